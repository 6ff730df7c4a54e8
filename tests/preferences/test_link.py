"""Links: what opens the page, and what never does."""

from __future__ import annotations

import base64
import random
from urllib.parse import urlsplit

import pytest

from streams.preferences import PREFERENCES, UNSUBSCRIBE, BadLink, Grant, Links, read_keys

NOW = 1_795_422_600_000
DAY = 86_400_000

OLD, NEW = "2025:" + "b2xk" * 11, "2026:" + "bmV3" * 11
LINKS = Links(read_keys(NEW), "https://example.org")
GRANT = Grant(PREFERENCES, "zoë-17", NOW + DAY)


def test_a_link_grants_what_was_signed() -> None:
    assert LINKS.read(LINKS.token(GRANT), PREFERENCES, NOW) == GRANT


def test_the_same_facts_make_the_same_link() -> None:
    assert LINKS.token(GRANT) == LINKS.token(GRANT)


def test_nothing_can_be_read_from_a_link_not_even_the_customer() -> None:
    token = LINKS.token(Grant(PREFERENCES, "someone@example.org", NOW))
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"someone" not in raw
    assert b"preferences" not in raw


def test_two_customers_share_nothing_behind_the_key_id() -> None:
    ours, theirs = (LINKS.token(Grant(PREFERENCES, name, NOW)) for name in ("c1", "c2"))
    assert ours[8:24] != theirs[8:24]


def test_of_a_thousand_flipped_bits_none_opens_the_page() -> None:
    token = LINKS.token(GRANT)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    draw = random.Random(6)
    for _ in range(1000):
        bit = draw.randrange(len(raw) * 8)
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        forged = base64.urlsafe_b64encode(bytes(flipped)).decode().rstrip("=")
        with pytest.raises(BadLink, match="no link of ours"):
            LINKS.read(forged, PREFERENCES, NOW)


def test_of_all_changed_characters_none_opens_the_page() -> None:
    token = LINKS.token(GRANT)
    for place in range(len(token)):
        for other in "AB9_-":
            forged = token[:place] + other + token[place + 1 :]
            if forged != token:
                with pytest.raises(BadLink, match="no link of ours"):
                    LINKS.read(forged, PREFERENCES, NOW)


@pytest.mark.parametrize("forged", ["", "A", "AQ", "é", "AQQyMDI2", "=" * 8, "A" * 1001, "../x", "AQD/AAAA"])
def test_what_is_no_token_opens_nothing(forged: str) -> None:
    with pytest.raises(BadLink, match="no link of ours"):
        LINKS.read(forged, PREFERENCES, NOW)


def test_a_link_cut_short_opens_nothing() -> None:
    token = LINKS.token(GRANT)
    for length in range(len(token)):
        with pytest.raises(BadLink, match="no link of ours"):
            LINKS.read(token[:length], PREFERENCES, NOW)


def test_a_link_opens_until_the_last_millisecond_before_its_end() -> None:
    assert LINKS.read(LINKS.token(GRANT), PREFERENCES, NOW + DAY - 1) == GRANT


def test_at_its_end_a_link_has_run_out() -> None:
    with pytest.raises(BadLink, match="run out") as caught:
        LINKS.read(LINKS.token(GRANT), PREFERENCES, NOW + DAY)
    assert caught.value.expired


def test_a_link_of_the_key_before_still_opens_while_that_key_is_kept() -> None:
    token = Links(read_keys(OLD)).token(GRANT)
    assert Links(read_keys(f"{NEW},{OLD}")).read(token, PREFERENCES, NOW) == GRANT


def test_a_link_of_a_key_that_was_taken_out_opens_nothing() -> None:
    with pytest.raises(BadLink, match="no link of ours"):
        LINKS.read(Links(read_keys(OLD)).token(GRANT), PREFERENCES, NOW)


def test_a_key_under_another_keys_id_opens_nothing() -> None:
    with pytest.raises(BadLink, match="no link of ours"):
        LINKS.read(Links(read_keys(OLD.replace("2025", "2026"))).token(GRANT), PREFERENCES, NOW)


def test_a_link_to_unsubscribe_does_not_open_the_page() -> None:
    token = LINKS.token(Grant(UNSUBSCRIBE, "c1", NOW + DAY, "care", "email"))
    with pytest.raises(BadLink, match="no link of ours"):
        LINKS.read(token, PREFERENCES, NOW)


def test_an_unsubscribe_link_names_consent_and_outreach_and_lives_400_days() -> None:
    url = urlsplit(LINKS.unsubscribe("c1", "care", "email", NOW, "t9"))
    folder, _, token = url.path.rpartition("/")
    assert (url.scheme, url.netloc, folder) == ("https", "example.org", "/unsubscribe")
    assert LINKS.read(token, UNSUBSCRIBE, NOW) == Grant("unsubscribe", "c1", NOW + 400 * DAY, "care", "email", "t9")


def test_a_preferences_link_lives_30_days_unless_told_otherwise() -> None:
    token = LINKS.preferences("c1", NOW).rpartition("/")[2]
    assert LINKS.read(token, PREFERENCES, NOW).expires_at == NOW + 30 * DAY
    short = LINKS.preferences("c1", NOW, days=1).rpartition("/")[2]
    assert LINKS.read(short, PREFERENCES, NOW).expires_at == NOW + DAY
