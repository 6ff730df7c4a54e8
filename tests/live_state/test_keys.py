"""Keys: hashes in a file, scopes, rates; what is wrong with a file is told without repeating a key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streams.live_state.keys import BadKeys, Keyring, digest, new_key, read_keys

KEY = "mk_canary-4f7c1c36e1"


def file_of(folder: Path, text: str) -> Path:
    path = folder / "keys.toml"
    path.write_text(text)
    return path


def entry(name: str, key: str, more: str = "") -> str:
    return f'[keys.{name}]\nsha256 = "{digest(key)}"\nscopes = ["state:read"]\n{more}'


def test_a_new_key_is_256_random_bits_and_its_hash_goes_into_the_file(tmp_path: Path) -> None:
    key, hashed = new_key()
    assert (key[:3], len(key), hashed) == ("mk_", 46, digest(key))
    assert new_key()[0] != key


def test_a_key_is_known_by_its_hash_and_names_its_holder(tmp_path: Path) -> None:
    ring = Keyring(file_of(tmp_path, entry("ivr", KEY) + entry("desk", "mk_other")))
    found = ring.key_of(f"Bearer {KEY}", 0.0)
    assert found is not None
    assert (found[0], found[1].scopes, found[1].channels) == ("ivr", ("state:read",), None)


@pytest.mark.parametrize(
    "header",
    [None, "", KEY, f"Basic {KEY}", "Bearer ", f"Bearer {KEY}x", f"Bearer {digest(KEY)}", "Bearer " + "x" * 9999],
)
def test_nothing_else_is_a_key(tmp_path: Path, header: str | None) -> None:
    assert Keyring(file_of(tmp_path, entry("ivr", KEY))).key_of(header, 0.0) is None


def test_a_key_that_is_taken_out_of_the_file_ends_within_a_second(tmp_path: Path) -> None:
    path = file_of(tmp_path, entry("ivr", KEY))
    ring = Keyring(path)
    assert ring.key_of(f"Bearer {KEY}", 10.0) is not None
    file_of(tmp_path, "")
    assert ring.key_of(f"Bearer {KEY}", 11.0) is None


def test_a_file_that_becomes_unusable_changes_nothing_and_its_log_line_repeats_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, entry("ivr", KEY))
    ring = Keyring(path)
    file_of(tmp_path, f'[keys.ivr]\nsha256 = "{KEY}"')
    assert ring.key_of(f"Bearer {KEY}", 11.0) is not None
    os.remove(path)
    assert ring.key_of(f"Bearer {KEY}", 12.5) is not None
    out = "".join(capsys.readouterr())
    assert out.count("the keys of before still hold") == 2
    assert KEY not in out


def test_a_key_asks_as_often_as_it_may_and_is_told_how_long_to_wait(tmp_path: Path) -> None:
    ring = Keyring(file_of(tmp_path, entry("ivr", KEY, "per_second = 2\n")))
    found = ring.key_of(f"Bearer {KEY}", 0.0)
    assert found is not None
    assert [ring.wait_s(*found, now) for now in (0.0, 0.0, 0.0, 0.25, 0.5, 0.5)] == [0.0, 0.0, 0.5, 0.25, 0.0, 0.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            f'[keys.ivr]\nsha256 = "{KEY}"\nscopes = ["state:read"]\n',
            r"Expected `str` matching regex .* - at `\$\.keys\[\.\.\.\]\.sha256`; a key has sha256, scopes",
            id="the key itself in place of its hash",
        ),
        pytest.param(
            entry("ivr", KEY).replace("state:read", KEY), r"Invalid enum value .*scopes", id="a scope that is none"
        ),
        pytest.param(entry("ivr", KEY, "channel = 'sms'"), "unknown field `channel`", id="an unknown field"),
        pytest.param(f"[keys.ivr\nsha256 = {KEY}", r"not TOML \(.*\); write what", id="no TOML"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadKeys, match=message) as error:
        read_keys(file_of(tmp_path, text))
    assert KEY not in str(error.value)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadKeys, match=r"cannot be read .*; check the path and its rights"):
        read_keys(tmp_path / "none.toml")


def test_a_file_without_any_key_lets_nobody_ask_and_the_log_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Keyring(file_of(tmp_path, "")).key_of(f"Bearer {KEY}", 0.0) is None
    assert "nobody may ask for live state: the file has no key" in "".join(capsys.readouterr())
