"""Signing keys as they are set."""

from __future__ import annotations

import pytest

from streams.preferences import BadKeys, new_key, read_keys

SECRET = "c2Vj" * 11


def test_the_first_key_signs_and_every_one_is_known() -> None:
    ring = read_keys(f"b:{SECRET}, a:{SECRET}")
    assert ring.signing.id == "b"
    assert [key.id for key in ring.keys] == ["b", "a"]


def test_a_new_key_is_one_that_can_be_set() -> None:
    assert len(read_keys(new_key("2026")).signing.secret) == 32


def test_two_new_keys_differ() -> None:
    assert new_key("a") != new_key("a")


def test_a_key_does_not_show_its_secret() -> None:
    assert "secret" not in repr(read_keys(f"a:{SECRET}"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no key to sign links with is set"),
        (" , ", "no key to sign links with is set"),
        (SECRET, "key 1 of preferences_keys is not id:secret"),
        (f"a:{SECRET},b c:{SECRET}", "key 2 of preferences_keys is not id:secret"),
        ("a:c2VjcmV0", "the secret of key a in preferences_keys has 6 bytes, fewer than 32"),
        ("a:&&&&", "the secret of key a in preferences_keys is not base64url"),
        (f"a:{SECRET},a:{SECRET}", r"preferences_keys has an id twice \(a, a\)"),
    ],
)
def test_keys_that_cannot_be_used_are_refused_with_the_place_and_a_remedy(text: str, message: str) -> None:
    with pytest.raises(BadKeys, match=message):
        read_keys(text)


def test_an_id_with_a_colon_cannot_be_a_keys() -> None:
    with pytest.raises(BadKeys, match="'a:b' cannot be a key's id"):
        new_key("a:b")
