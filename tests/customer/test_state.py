"""Bytes of state: what was written comes back, and what another version wrote is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streams.customer import Customer, StateFormatError, decode_customer, encode_customer
from streams.customer.ledger import PartitionRecord, decode_partition, encode_partition
from tests.customer.log import (
    DAY,
    HUNG_UP,
    MINUTE,
    POLICY,
    REPEATED,
    SILENCE,
    T0,
    Log,
    Outcome,
    changes,
    played,
    restored,
)


def _changelog() -> dict[bytes, bytes]:
    log = Log()
    log.rule(T0, SILENCE, HUNG_UP, REPEATED, POLICY)
    log.consent(T0, "consent.given")
    log.touchpoint(T0, "flow.started", correlation_id="k", step=3)
    log.touchpoint(T0 + MINUTE, "queue.abandoned")
    log.touchpoint(T0 + MINUTE, "ivr.entered")
    return {key: value for key, value in changes(played(log).partition) if value is not None}


def test_every_value_in_the_changelog_begins_with_its_format() -> None:
    assert {key: value[0] for key, value in _changelog().items()} == {
        b"c1": 1,
        b"\0partition": 1,
        b"\0definition\0rule\0flow.abandoned": 1,
        b"\0definition\0rule\0queue.abandoned": 1,
        b"\0definition\0rule\0contact.repeated": 1,
        b"\0definition\0policy\0outreach": 1,
        b"\0version\0rule\0flow.abandoned\x001": 1,
        b"\0version\0rule\0queue.abandoned\x001": 1,
        b"\0version\0rule\0contact.repeated\x001": 1,
        b"\0version\0policy\0outreach\x001": 1,
    }


def test_a_customer_comes_back_as_it_was() -> None:
    data = _changelog()[b"c1"]
    assert encode_customer(decode_customer(data)) == data


def test_a_new_customer_comes_back_as_it_was() -> None:
    again = decode_customer(encode_customer(Customer(T0)))
    assert (again.due, again.newest, again.evict_at, again.identified, len(again.seen)) == (
        None,
        -(2**63),
        T0,
        False,
        0,
    )


def _quiet_changelog() -> dict[bytes, bytes]:
    """Of one who called once, nine days later; under rules that still remember it."""
    log = Log()
    log.rule(T0, SILENCE, HUNG_UP, REPEATED.replace("within: 1h", "within: 30d"), POLICY)
    log.touchpoint(T0, "ivr.entered", correlation_id="call-1")
    log.touchpoint(T0 + MINUTE, "ivr.entered", correlation_id="call-2")
    log.consent(T0 + MINUTE, "consent.given")
    log.tick(T0 + 9 * DAY)
    return {key: value for key, value in changes(played(log).partition) if value is not None}


def test_the_record_of_a_quiet_customer_is_deflated() -> None:
    data = _quiet_changelog()[b"c1"]
    customer = decode_customer(data)
    assert (data[0], customer.evict_at, list(customer.detection.rules), len(customer.seen)) == (
        2,
        T0 + 16 * DAY,
        ["contact.repeated"],
        0,
    )


def test_a_deflated_record_comes_back_as_it_was() -> None:
    data = _quiet_changelog()[b"c1"]
    assert encode_customer(decode_customer(data)) == data


def test_a_quiet_customer_who_comes_back_is_known() -> None:
    outcome = restored(_quiet_changelog().items())
    log = Log()
    log.tick(T0)
    offset = outcome.partition.applied + 1
    while len(log.records) < offset:
        log.tick(T0)
    log.touchpoint(T0 + 10 * DAY, "queue.abandoned", correlation_id="call-3")
    outcome.play(log.records[offset:])
    assert [decision["reason"] for decision in outcome.decisions] == ["ok"]
    assert changes(outcome.partition)[0][1][:1] == b"\x01"


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: data[:-9] + b"\xff" * 9])
def test_a_deflated_record_that_is_spoilt_stops_the_restore_with_a_remedy(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(StateFormatError, match="state record of format 2 cannot be used: "):
        decode_customer(spoil(_quiet_changelog()[b"c1"]))


OLDER = (
    "0198c0cf000001a259ec7b40cf000001a20787a5a0c3c40094820099a26534a474657374a26331ab6976722e656e74657265"
    "64a3776562cf000001a20786bb40a663616c6c2d31c0010199a26535a474657374a26331ab6976722e656e7465726564a377"
    "6562cf000001a20787a5a0a663616c6c2d32c00181b0636f6e746163742e72657065617465649601cf000001a2c612f1a0c0"
    "8081000194019200019090c0009581a86361726520736d7392a76772616e746564cf000001a20787a5a0809080c090"
)
"""The same customer's record as it was written then."""


def test_a_record_written_before_quiet_ones_were_deflated_is_read() -> None:
    written = bytes.fromhex(OLDER)
    customer = decode_customer(written)
    assert written[0] == 1
    assert encode_customer(customer) == _quiet_changelog()[b"c1"]


def test_the_partition_record_comes_back_as_it_was() -> None:
    record = PartitionRecord(
        applied=7, clock=T0, mode="event", until=T0 + 1, counters={"in": 8}, definitions={"rule a.b": 2}
    )
    assert decode_partition(encode_partition(record)) == record


@pytest.mark.parametrize("key", sorted(_changelog()))
@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda data: b"\x03" + data[1:], "state record has format 3, this version reads up to [12]; "),
        (lambda data: b"", "state record is empty; "),
        (lambda data: data[:1] + b"\xc1", "state record of format 1 cannot be used: "),
    ],
)
def test_a_record_of_another_version_stops_the_restore_with_a_remedy(
    key: bytes, spoil: Callable[[bytes], bytes], what: str
) -> None:
    changelog = _changelog()
    with pytest.raises(StateFormatError, match=what) as error:
        restored({**changelog, key: spoil(changelog[key])}.items())
    assert error.value.remedy == "run the version that wrote it or a newer one; the record was not touched"


def test_a_rule_that_this_version_cannot_read_stops_the_restore() -> None:
    changelog = _changelog()
    partition = Outcome().partition
    key = b"\0definition\0rule\0queue.abandoned"
    newer = changelog[key].replace(b"emotion: stressed", b"emotion: bewildrd")
    with pytest.raises(StateFormatError, match="the digest does not match the text"):
        partition.restore(key, newer)


def test_a_key_of_none_and_reserved_keys_of_later_versions_are_passed_over() -> None:
    outcome = restored([(b"\0something.new", b"\x09"), *_changelog().items()])
    outcome.partition.restore(None, b"x")
    assert len(outcome.partition) == 1
