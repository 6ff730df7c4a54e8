from streams.controls import PUBLISH, activation, control_headers, history_clock, live_clock, tick
from streams.identifiers import text_digest


def test_a_history_clock_names_where_history_begins_and_ends() -> None:
    assert history_clock(1, 2) == {
        "kind": "clock",
        "at": None,
        "clock": {"mode": "event", "from": 1, "to": 2},
        "activation": None,
    }


def test_a_live_clock_has_no_bounds() -> None:
    assert live_clock()["clock"] == {"mode": "live", "from": None, "to": None}


def test_a_tick_carries_its_time() -> None:
    assert tick(7) == {"kind": "tick", "at": 7, "clock": None, "activation": None}


def test_an_activation_carries_the_full_text_and_its_digest() -> None:
    assert activation("rule", "queue.long_wait", 2, "id: x\n")["activation"] == {
        "kind": "rule",
        "id": "queue.long_wait",
        "version": 2,
        "text": "id: x\n",
        "digest": text_digest("id: x\n"),
        "change": "activate",
    }


def test_a_ticks_headers_bear_the_ticks_time_not_that_of_sending() -> None:
    assert dict(control_headers(tick(0), time_ms=1_000)) == {
        "ce_specversion": b"1.0",
        "ce_type": b"momentous.control.tick",
        "ce_source": b"momentous/publisher",
        "ce_id": b"tick-0",
        "ce_time": b"1970-01-01T00:00:00.000Z",
        "content-type": b"application/avro",
    }


def test_an_activation_is_identified_by_what_it_activates() -> None:
    made = activation("rule", "queue.long_wait", 2, "id: x\n")
    sent = dict(control_headers(made, time_ms=1_000))
    assert sent["ce_type"] == b"momentous.control.activation"
    assert sent["ce_id"] == b"rule-queue.long_wait-2-" + text_digest("id: x\n").encode()


def test_what_is_only_published_is_another_record_than_what_is_activated() -> None:
    made = activation("rule", "queue.long_wait", 2, "id: x\n", PUBLISH)
    sent = dict(control_headers(made, time_ms=1_000))
    assert sent["ce_id"] == b"publish-rule-queue.long_wait-2-" + text_digest("id: x\n").encode()
