"""``docker-compose.yml``: of the right form, complete, and in agreement with the code."""

from __future__ import annotations

import re
from collections import Counter

import msgspec
import pytest

from streams.kafka import PARTITIONER
from streams.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from tests.deploy.commands import check_command
from tests.deploy.compose import Missing, compose, examples, ours, variables
from tests.deploy.files import ROOT, read_text, read_yaml
from tests.deploy.specification import Service, checked

FILE = compose()
SERVICES = FILE.services
OURS = ours()
LONG_RUNNING = {name: service for name, service in OURS.items() if name != "bootstrap"}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY")


def settings_of(service: Service) -> Settings:
    """What the process would read; unknown names and bad values are errors."""
    return load_settings({name: str(value) for name, value in service.environment.items()})


# -- form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mistake", [{"dependson": []}, {"ports": ["80"]}, {"restart": "sometimes"}, {"image": None}])
def test_the_check_of_the_form_can_fail(mistake: dict[str, object]) -> None:
    document = read_yaml("docker-compose.yml")
    document["services"]["grafana"] |= mistake
    with pytest.raises(msgspec.ValidationError):
        checked(document)


def test_what_the_issue_asks_for_is_there() -> None:
    wanted = {"kafka", "schema-registry", "clickhouse", "bootstrap", "worker-1", "worker-2", "loader", "grafana"}
    assert wanted <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_to_an_exact_version(name: str) -> None:
    if name in OURS:
        assert SERVICES[name].image.startswith("momentous:")
    else:
        assert re.fullmatch(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+(\.\d+)?", SERVICES[name].image)


def test_ports_on_the_host_are_told_apart() -> None:
    ports = [port.rsplit(":", 2)[-2] for service in SERVICES.values() for port in service.ports]
    assert [port for port, count in Counter(ports).items() if count > 1] == []


def test_ports_on_the_host_are_for_this_host_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.ports]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_volumes_are_declared_and_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.volumes}
    assert {volume for volume in used if not volume.startswith("./")} == set(FILE.volumes)


def test_files_that_are_mounted_exist_and_are_read_only() -> None:
    mounted = [volume.split(":") for service in SERVICES.values() for volume in service.volumes if volume[0] == "."]
    assert mounted
    assert [parts for parts in mounted if not (ROOT / parts[0]).exists() or parts[2:] != ["ro"]] == []


# -- health, order, limits ------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_or_is_waited_for_to_end(name: str) -> None:
    check = SERVICES[name].healthcheck
    if check.disable:
        waited = [other.depends_on[name].condition for other in SERVICES.values() if name in other.depends_on]
        assert set(waited) == {"service_completed_successfully"}
    else:
        assert check.test is not None
        assert check.test[0] in ("CMD", "CMD-SHELL")
        assert None not in (check.interval, check.timeout, check.retries, check.start_period)


def test_what_is_depended_on_exists_and_is_ready_never_merely_started() -> None:
    conditions = {
        (name, other): dependency.condition
        for name, service in SERVICES.items()
        for other, dependency in service.depends_on.items()
    }
    assert {other for _, other in conditions} <= set(SERVICES)
    assert "service_started" not in conditions.values()
    assert all(
        (condition == "service_healthy") is not SERVICES[other].healthcheck.disable
        for (_, other), condition in conditions.items()
    )


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_workers_and_loader_begin_after_the_topics_are_there(name: str) -> None:
    assert SERVICES[name].depends_on["bootstrap"].condition == "service_completed_successfully"


def test_all_that_stays_comes_back_after_a_restart_of_the_host() -> None:
    assert {name for name, service in SERVICES.items() if service.restart != "unless-stopped"} == {"bootstrap"}


def test_the_health_of_ours_is_asked_on_the_port_that_they_open() -> None:
    asked = {
        name: re.findall(r"127\.0\.0\.1:(\d+)/health/ready", str(service.healthcheck.test))
        for name, service in OURS.items()
    }
    opened = {
        name: [str(settings_of(service).loader_web_port if name == "loader" else settings_of(service).worker_web_port)]
        for name, service in LONG_RUNNING.items()
    }
    assert asked == {**opened, "bootstrap": []}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_stopping_process_is_given_longer_than_its_longest_commit(name: str) -> None:
    grace = int(SERVICES[name].stop_grace_period.removesuffix("s"))
    assert grace * 1000 > settings_of(SERVICES[name]).transaction_timeout_ms


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_that_the_code_reads_with_a_value_it_takes(name: str) -> None:
    read = {ENVIRONMENT_PREFIX + field.upper() for field in Settings.__struct_fields__}
    assert {variable for variable in OURS[name].environment if variable not in read} == set()
    settings_of(OURS[name])


def test_nobody_is_left_with_an_address_that_leads_to_itself() -> None:
    for name, service in OURS.items():
        settings = settings_of(service)
        assert (settings.kafka_bootstrap, settings.schema_registry_url) == ("kafka:9092", "http://schema-registry:8081")
        if "clickhouse" in service.depends_on:
            assert settings.clickhouse_url == "http://clickhouse:8123", name


def test_all_of_ours_agree_on_what_they_share() -> None:
    shared = ("kafka_bootstrap", "schema_registry_url", "app_id", "topic_prefix", "partitions", "replication_factor")
    assert len({tuple(getattr(settings_of(service), field) for field in shared) for service in OURS.values()}) == 1


def test_each_worker_is_a_static_member_of_its_own() -> None:
    workers = [service for service in OURS.values() if service.command == ["worker"]]
    assert sorted(settings_of(worker).worker_instance for worker in workers) == ["worker-1", "worker-2"]


def test_workers_differ_in_nothing_but_their_instance() -> None:
    one, two = SERVICES["worker-1"], SERVICES["worker-2"]
    instance = {"MOMENTOUS_WORKER_INSTANCE": "any"}
    assert msgspec.structs.replace(one, environment={**one.environment, **instance}) == msgspec.structs.replace(
        two, environment={**two.environment, **instance}
    )


def test_the_loader_is_a_static_member_too() -> None:
    assert SERVICES["loader"].command[1:] == ["--instance", "loader-1"]


def test_the_loader_and_clickhouse_agree_on_user_password_and_database() -> None:
    settings, server = settings_of(SERVICES["loader"]), SERVICES["clickhouse"].environment
    assert (settings.clickhouse_user, settings.clickhouse_password, settings.clickhouse_database) == (
        server["CLICKHOUSE_USER"],
        server["CLICKHOUSE_PASSWORD"],
        server["CLICKHOUSE_DB"],
    )


def test_grafana_asks_the_database_of_the_loader_as_the_reader_that_clickhouse_has() -> None:
    environment, server = SERVICES["grafana"].environment, SERVICES["clickhouse"].environment
    (source,) = [
        source
        for source in read_yaml("deploy/grafana/provisioning/datasources/momentous.yaml")["datasources"]
        if source["type"] == "grafana-clickhouse-datasource"
    ]
    assert environment[source["jsonData"]["defaultDatabase"].removeprefix("$")] == server["CLICKHOUSE_DB"]
    assert environment[source["jsonData"]["host"].removeprefix("$")] == "clickhouse"
    password = source["secureJsonData"]["password"].removeprefix("$")
    assert environment[password] == server[password]
    users = read_text("deploy/clickhouse/users.d/grafana.xml")
    assert f'from_env="{password}"' in users
    assert f"<{source['jsonData']['username']}>" in users


def test_variables_of_the_provisioning_are_set_for_grafana() -> None:
    named = set(re.findall(r"\$([A-Z_]+)", read_text("deploy/grafana/provisioning/datasources/momentous.yaml")))
    named.discard("NAMES")  # of the comment
    assert named
    assert named <= set(SERVICES["grafana"].environment)


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_one_that_the_program_has(name: str) -> None:
    check_command(OURS[name].command)


def test_ours_run_with_no_more_rights_than_they_need() -> None:
    for service in OURS.values():
        assert (service.init, service.read_only, service.cap_drop) == (True, True, ["ALL"])
        assert service.security_opt == ["no-new-privileges:true"]


def test_ours_may_write_where_they_write() -> None:
    assert "MOMENTOUS_DATA_DIR=/var/lib/momentous" in read_text("Dockerfile")
    assert [name for name, service in OURS.items() if "/var/lib/momentous" not in service.tmpfs] == []


# -- the environment file -------------------------------------------------------------------------


def test_the_example_names_every_variable_of_the_file_and_no_other() -> None:
    assert set(examples()) == {variable.name for variable in variables()}


def test_the_example_shows_the_default_that_holds() -> None:
    shown = {name: example.value for name, example in examples().items() if not example.is_set}
    assert shown == {variable.name: variable.default for variable in variables() if variable.default is not None}


def test_what_has_no_default_is_there_to_be_filled_in_and_nothing_else_is() -> None:
    to_fill = {name for name, example in examples().items() if example.is_set}
    assert to_fill == {variable.name for variable in variables() if variable.default is None}
    assert {examples()[name].value for name in to_fill} == {""}


def test_every_variable_is_explained() -> None:
    assert [name for name, example in examples().items() if not example.explanation.endswith(".")] == []


def test_an_example_that_was_copied_and_not_filled_in_is_refused() -> None:
    with pytest.raises(Missing):
        compose({name: example.value for name, example in examples().items()})


def test_no_secret_stands_in_the_file() -> None:
    raw = read_yaml("docker-compose.yml")
    secrets = {
        (name, variable): str(value)
        for name, service in raw["services"].items()
        for variable, value in (service.get("environment") or {}).items()
        if SECRET.search(variable)
    }
    assert secrets
    assert {place: value for place, value in secrets.items() if not re.fullmatch(r"\$\{\w+:\?[^}]*\}", value)} == {}


def test_a_filled_in_environment_stays_out_of_version_control() -> None:
    assert ".env" in read_text(".gitignore").splitlines()


# -- Kafka ----------------------------------------------------------------------------------------


def test_producers_elsewhere_are_told_the_partitioner() -> None:
    assert PARTITIONER in read_text("docs/operations.md")
