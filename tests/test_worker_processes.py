"""The settings of a worker's processes: derived, or refused with a remedy."""

from __future__ import annotations

import os

import msgspec
import pytest

from streams import worker_processes
from streams.settings import Settings, SettingsError
from streams.worker_processes import process_settings
from tests.unavailable import unavailable

THREE = Settings(worker_processes=3)


def told(settings: Settings, name: str) -> list[object]:
    return [getattr(own, name) for own in process_settings(settings)]


def test_one_process_is_the_worker_itself_with_the_settings_given() -> None:
    settings = Settings(worker_instance="w", worker_web_port=65535, state_address="h:65535")
    assert process_settings(settings) == [settings]


def test_each_process_is_a_worker_of_one_process() -> None:
    assert told(THREE, "worker_processes") == [1, 1, 1]


def test_the_instances_are_numbered_and_dynamic_members_stay_dynamic() -> None:
    assert told(msgspec.structs.replace(THREE, worker_instance="w"), "worker_instance") == ["w-1", "w-2", "w-3"]
    assert told(THREE, "worker_instance") == ["", "", ""]


def test_the_ports_are_ten_apart() -> None:
    assert told(THREE, "worker_web_port") == [6066, 6076, 6086]
    assert told(THREE, "state_port") == [6069, 6079, 6089]


def test_no_http_stays_no_http() -> None:
    assert told(msgspec.structs.replace(THREE, worker_web_port=0), "worker_web_port") == [0, 0, 0]


def test_as_many_processes_as_may_be_stay_off_the_ports_of_other_commands() -> None:
    settings = Settings(worker_processes=1000, partitions=1000, state_keys="keys.toml")
    others = {settings.loader_web_port, settings.deliver_web_port, settings.preferences_port}
    ports = [port for own in process_settings(settings) for port in (own.worker_web_port, own.state_port)]
    assert (len(set(ports)), others & set(ports)) == (2000, set())


def test_the_port_of_the_address_for_other_workers_goes_with_the_process() -> None:
    named = msgspec.structs.replace(THREE, state_address="worker-1:6069")
    assert told(named, "state_address") == ["worker-1:6069", "worker-1:6079", "worker-1:6089"]
    of_six = msgspec.structs.replace(THREE, state_address="[::1]:6069")
    assert told(of_six, "state_address") == ["[::1]:6069", "[::1]:6079", "[::1]:6089"]
    assert told(THREE, "state_address") == ["", "", ""]


def test_everything_else_is_the_same_for_all() -> None:
    own = {"worker_processes", "worker_instance", "worker_web_port", "state_port", "state_address"}
    settings = msgspec.structs.replace(THREE, app_id="mine", clickhouse_password="secret")
    for made in process_settings(settings):
        for name in set(Settings.__struct_fields__) - own:
            assert getattr(made, name) == getattr(settings, name)


@pytest.mark.parametrize(("processors", "expected"), [(1, 1), (3, 3), (64, 4)])
def test_0_is_one_for_each_processor_but_not_more_than_partitions(
    monkeypatch: pytest.MonkeyPatch, processors: int, expected: int
) -> None:
    monkeypatch.setattr(worker_processes, "processors", lambda: processors)
    assert len(process_settings(Settings(worker_processes=0, partitions=4))) == expected


def test_processors_are_those_that_this_process_may_use() -> None:
    if not hasattr(os, "sched_setaffinity"):
        unavailable("no processor affinity", "this system cannot limit a process to some processors; run it on Linux")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert worker_processes.processors() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            Settings(worker_processes=5, partitions=4),
            "worker_processes 5: there are 4 partitions, and a process without one has nothing to do; "
            "set MOMENTOUS_WORKER_PROCESSES (or --processes) to 4 or less, or to 0",
            id="more than partitions",
        ),
        pytest.param(
            Settings(worker_processes=2, worker_web_port=65526),
            "worker_web_port 65526: process 2 would have port 65536, and 65535 is the last; "
            "set MOMENTOUS_WORKER_WEB_PORT to a lower one (each process takes the port 10 further)",
            id="web port",
        ),
        pytest.param(
            Settings(worker_processes=3, state_port=65520),
            "state_port 65520: process 3 would have port 65540, and 65535 is the last; "
            "set MOMENTOUS_STATE_PORT to a lower one (each process takes the port 10 further)",
            id="state port",
        ),
        pytest.param(
            Settings(worker_processes=2, state_address="worker-1:65530"),
            "state_address 65530: process 2 would have port 65540, and 65535 is the last; "
            "set MOMENTOUS_STATE_ADDRESS to a lower one (each process takes the port 10 further)",
            id="port of the address",
        ),
        pytest.param(
            Settings(worker_processes=2, state_address="worker-1"),
            "state_address: has no port at its end; set MOMENTOUS_STATE_ADDRESS to host:port",
            id="address without a port",
        ),
        pytest.param(
            Settings(worker_processes=3, worker_web_port=6000, state_port=6020, state_keys="keys.toml"),
            "worker_web_port 6000 and state_port 6020: port 6020 would be one process's and another's too; "
            "set MOMENTOUS_STATE_PORT so that the two do not differ by a multiple of 10",
            id="web and state ports meet",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(settings: Settings, message: str) -> None:
    with pytest.raises(SettingsError) as error:
        process_settings(settings)
    assert str(error.value) == message


def test_the_highest_ports_can_be_used() -> None:
    assert told(Settings(worker_processes=2, worker_web_port=65525), "worker_web_port") == [65525, 65535]
