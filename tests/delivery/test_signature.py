"""S1: what was not signed, was changed, or is old is not believed; what was signed by a valid secret is.

Sabotage: ``verify`` with ``any(hits) or True``, without its look at the timestamp, or with the first secret only.
"""

from __future__ import annotations

import base64
import random

import pytest

from streams.delivery import BadSignature, Secret, signed_headers, verify

TEXT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = 1_614_265_330
BODY = b'{"test": 2432232314}'
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_the_signature_is_that_of_the_published_example() -> None:
    assert Secret(TEXT).signature(ID, NOW, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_message_is_believed_and_its_id_told() -> None:
    secret = Secret(TEXT)
    assert verify([secret], signed_headers([secret], ID, NOW, BODY), BODY, NOW) == ID


def test_of_1000_flipped_bits_none_is_believed() -> None:
    secret, chance = Secret(TEXT), random.Random(6)
    headers = signed_headers([secret], ID, NOW, BODY)
    wire = {"body": BODY, **{name: value.encode() for name, value in headers.items()}}
    believed = []
    for _ in range(1000):
        part = chance.choice(list(wire))
        bit = chance.randrange(len(wire[part]) * 8)
        flipped = bytearray(wire[part])
        flipped[bit // 8] ^= 1 << bit % 8
        changed = {**wire, part: bytes(flipped)}
        texts = {name: value.decode("latin-1") for name, value in changed.items() if name != "body"}
        try:
            verify([secret], texts, changed["body"], NOW)
        except BadSignature:
            continue
        believed.append((part, bit))
    assert believed == []


@pytest.mark.parametrize(("age_s", "is_believed"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_replay_is_believed_for_five_minutes_only(age_s: int, is_believed: bool) -> None:
    secret = Secret(TEXT)
    headers = signed_headers([secret], ID, NOW, BODY)
    if is_believed:
        assert verify([secret], headers, BODY, NOW + age_s) == ID
    else:
        with pytest.raises(BadSignature, match="the timestamp is more than 300 s away"):
            verify([secret], headers, BODY, NOW + age_s)


@pytest.mark.parametrize("senders", [[TEXT], [NEW, TEXT], [TEXT, NEW], [NEW]])
@pytest.mark.parametrize("receivers", [[TEXT], [TEXT, NEW], [NEW, TEXT], [NEW]])
def test_in_a_rotation_a_message_is_believed_exactly_where_a_secret_is_shared(
    senders: list[str], receivers: list[str]
) -> None:
    headers = signed_headers([Secret(one) for one in senders], ID, NOW, BODY)
    theirs = [Secret(one) for one in receivers]
    if set(senders) & set(receivers):
        assert verify(theirs, headers, BODY, NOW) == ID
    else:
        with pytest.raises(BadSignature, match="no signature fits"):
            verify(theirs, headers, BODY, NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = signed_headers([Secret(TEXT)], ID, NOW, BODY)
    del headers[name]
    with pytest.raises(BadSignature, match=f"no header {name}"):
        verify([Secret(TEXT)], headers, BODY, NOW)


@pytest.mark.parametrize("stamp", ["", "-1", "1e9", " 1614265330", "١٦١٤", "1614265330.0"])
def test_a_timestamp_that_is_no_whole_number_is_refused(stamp: str) -> None:
    headers = {**signed_headers([Secret(TEXT)], ID, NOW, BODY), "webhook-timestamp": stamp}
    with pytest.raises(BadSignature, match="no whole number"):
        verify([Secret(TEXT)], headers, BODY, NOW)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("secret", "does not begin with whsec_"),
        ("whsec_%%%", "is not base64 after whsec_"),
        ("whsec_c2hvcnQ=", "holds 5 bytes, and 24 to 64 are wanted"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "holds 65 bytes, and 24 to 64 are wanted"),
    ],
)
def test_a_bad_secret_is_refused_without_repeating_it(text: str, what: str) -> None:
    with pytest.raises(ValueError) as raised:
        Secret(text)
    assert str(raised.value) == what


def test_a_secret_does_not_show_itself() -> None:
    assert repr(Secret(TEXT)) == "Secret(...)"
