"""Through a real broker, by real processes, over real HTTP.

Sabotage: ``Intake.finish`` that commits ``ledger.next_offset`` instead of what is due loses the triggers in
flight at a kill; ``Delivery.message_id`` made by ``uuid4`` breaks the same ids; a place in ``Outlet._finish``
that is given back before ``settle`` repeats more than the places.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path

from schemas import Codec
from streams.identifiers import digest_id
from streams.settings import Settings
from tests.delivery.process import endpoint_file, run, start
from tests.delivery.receiver import Received, Receiver
from tests.delivery.triggers import cancellation, publish, trigger
from tests.kafka.reader import read

KILLS, TRIGGERS, CUSTOMERS, PLACES = 2, 150, 30, 4


def slowly(_one: Received, _number: int) -> int:
    time.sleep(0.02)
    return 204


def wait_for(settings: Settings, topic: str, count: int) -> None:
    deadline = time.monotonic() + 30
    while (found := len(read(settings, topic))) < count:
        assert time.monotonic() < deadline, f"{found} of {count} records in {topic}"
        time.sleep(0.1)


def test_after_kills_every_trigger_came_under_one_id_and_only_those_in_flight_came_twice(
    topics: Settings, tmp_path: Path
) -> None:
    publish(topics, *(trigger(number, f"c{number % CUSTOMERS}") for number in range(TRIGGERS)))
    with Receiver(slowly) as receiver:
        file = endpoint_file(tmp_path, receiver.url, f"    concurrency: {PLACES}\n")
        for kill in range(KILLS):
            process = start(topics, file)
            try:
                receiver.wait_for((kill + 1) * TRIGGERS // (KILLS + 1))
            finally:
                process.kill()
                process.communicate()
        process = start(topics, file)
        receiver.wait_for(TRIGGERS)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert set(receiver.ids) == {digest_id("trigger", number) for number in range(TRIGGERS)}
    assert len({(one.id, one.body) for one in receiver.received}) == TRIGGERS
    assert len(receiver.ids) - TRIGGERS <= KILLS * PLACES
    assert receiver.forged == 0
    first_seen = list(
        dict.fromkeys((one.data["customer_id"], one.data["context"]["number"]) for one in receiver.received)
    )
    for customer in range(CUSTOMERS):
        seen = [number for name, number in first_seen if name == f"c{customer}"]
        assert seen == list(range(customer, TRIGGERS, CUSTOMERS))
    outcomes = [Codec().decode(record.value)[1] for record in read(topics, "touchpoints")]
    assert {(one["type"], one["properties"]["trigger_id"]) for one in outcomes} == {
        ("outreach.sent", digest_id("trigger", number)) for number in range(TRIGGERS)
    }
    assert {one["event_id"] for one in outcomes} == {
        digest_id(digest_id("trigger", number), "outreach.sent") for number in range(TRIGGERS)
    }


def test_what_cannot_be_delivered_is_set_aside_shown_and_delivered_by_a_replay(
    topics: Settings, tmp_path: Path
) -> None:
    is_well = False

    def reply(_one: Received, _number: int) -> int:
        return 204 if is_well else 500

    publish(topics, trigger(1), trigger(2, "c2"), b"\x00\x00\x00\x00\x05cut", trigger(3, "c2", expires_at=1))
    with Receiver(reply) as receiver:
        file = endpoint_file(tmp_path, receiver.url, "    retries: [100ms]\n    circuit: {failures: 99}\n")
        process = start(topics, file)
        wait_for(topics, "deliveries.dead", 3)
        wait_for(topics, "touchpoints", 1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        letters = [Codec().decode(record.value)[1] for record in read(topics, "deliveries.dead")]
        assert Counter(one["reason"] for one in letters) == {"HTTP_500": 2, "cut_short": 1}
        assert Counter(receiver.ids) == {digest_id("trigger", 1): 2, digest_id("trigger", 2): 2}
        told = run(topics, file, "status")
        assert (told[0], told[1].splitlines()[1:]) == (
            0,
            ["set aside: 3; deliver with: momentous deliver replay", "texts: on"],
        )
        is_well = True
        chosen = run(topics, file, "replay", "--endpoint", "texts", "--limit", "1")
        assert chosen[:2] == (0, "replayed: 1 sent; 2 records not chosen\n")
        assert run(topics, file, "status")[1].splitlines()[1].startswith("set aside: 2;")
        code, out, _ = run(topics, file, "replay")
        assert (code, out) == (0, "replayed: 1 dead, 1 sent\n")
    assert Counter(receiver.ids) == {digest_id("trigger", 1): 3, digest_id("trigger", 2): 3}
    outcomes = [Codec().decode(record.value)[1] for record in read(topics, "touchpoints")]
    assert Counter(one["type"] for one in outcomes) == {
        "outreach.expired": 1,
        "outreach.sent": 2,
    }


def test_an_endpoint_that_is_gone_stays_off_over_restarts_until_it_is_enabled(topics: Settings, tmp_path: Path) -> None:
    is_gone = True
    publish(topics, trigger(1), trigger(2))
    with Receiver(lambda _one, _number: 410 if is_gone else 204) as receiver:
        file = endpoint_file(tmp_path, receiver.url)
        for _ in range(2):
            process = start(topics, file)
            receiver.wait_for(1)
            wait_for(topics, "deliveries.dead", 2)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
            assert receiver.ids == [digest_id("trigger", 1)]
            code, out, _ = run(topics, file, "status")
            assert code == 1
            assert "texts: off since " in out
            assert "it answered HTTP_410" in out
        is_gone = False
        assert run(topics, file, "enable", "texts")[0] == 0
        assert run(topics, file, "replay")[:2] == (0, "replayed: 2 sent\n")
    assert receiver.ids == [digest_id("trigger", number) for number in (1, 1, 2)]


def test_a_cancellation_behind_a_waiting_trigger_stops_it_and_is_passed_on(topics: Settings, tmp_path: Path) -> None:
    later = time.time_ns() // 1_000_000 + 20_000
    publish(topics, trigger(1, not_before=later), cancellation(1), trigger(2))
    with Receiver() as receiver:
        process = start(topics, endpoint_file(tmp_path, receiver.url))
        receiver.wait_for(2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert [(one.type, one.data["trigger_id"]) for one in receiver.received] == [
        ("outreach.cancelled", digest_id("trigger", 1)),
        ("outreach.triggered", digest_id("trigger", 2)),
    ]


def test_a_trigger_that_waits_holds_the_commit_and_what_ended_behind_it_is_not_sent_again(
    topics: Settings, tmp_path: Path
) -> None:
    later = time.time_ns() // 1_000_000 + 3_600_000
    publish(topics, trigger(0, "waits", not_before=later, deliver_until=later * 2, expires_at=later * 2))
    publish(topics, *(trigger(number, f"c{number}") for number in range(1, 21)))
    with Receiver() as receiver:
        file = endpoint_file(tmp_path, receiver.url)
        for _ in range(2):
            process = start(topics, file)
            receiver.wait_for(20)
            time.sleep(1.0)
            process.kill()
            process.communicate()
        assert sorted(receiver.ids) == sorted(digest_id("trigger", number) for number in range(1, 21))
        assert run(topics, file, "status")[1].splitlines()[0].startswith("unfinished: 1 (besides, ")
