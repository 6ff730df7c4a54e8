"""``momentous preferences``: keys, links, and what keeps the page from being served."""

from __future__ import annotations

import socket
from pathlib import Path

from streams.preferences import PREFERENCES, Links, new_key, read_keys
from tests.cli.conftest import Run

KEY = "2026:" + "bmV3" * 11


def test_a_key_can_be_made_and_used(momentous: Run) -> None:
    made = momentous("preferences", "key", "2026-b")
    assert made.code == 0
    assert read_keys(made.out.strip()).signing.id == "2026-b"


def test_a_link_opens_that_customers_page_for_as_long_as_was_said(momentous: Run) -> None:
    made = momentous(
        "preferences",
        "link",
        "zoë",
        "--days",
        "2",
        MOMENTOUS_PREFERENCES_KEYS=KEY,
        MOMENTOUS_PREFERENCES_URL="https://example.org/p/",
    )
    assert (made.code, made.err) == (0, "good for 2 days; give it to nobody but this customer\n")
    folder, _, token = made.out.strip().rpartition("/")
    assert folder == "https://example.org/p/preferences"
    assert Links(read_keys(KEY)).read(token, PREFERENCES, 0).customer_id == "zoë"


def test_without_a_key_there_are_no_links(momentous: Run) -> None:
    ended = momentous("preferences", "link", "c1")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "error: no key to sign links with is set; make one with `momentous preferences key` and set "
        "MOMENTOUS_PREFERENCES_KEYS=id:secret[,older-id:secret]\n"
    )


def test_without_a_key_no_page_is_served(momentous: Run) -> None:
    assert momentous("preferences", "serve").err.startswith("error: no key to sign links with is set")


def test_a_policy_with_a_mistake_is_named_with_the_place(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("id: x\nversion: one\n")
    ended = momentous("preferences", "serve", "--policy", "mine.yaml", MOMENTOUS_PREFERENCES_KEYS=KEY)
    assert ended.code == 2
    assert "mine.yaml:2:10" in ended.err


def test_without_kafka_the_page_is_not_served(momentous: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    ended = momentous(
        "preferences",
        "serve",
        MOMENTOUS_PREFERENCES_KEYS=new_key("a"),
        MOMENTOUS_KAFKA_BOOTSTRAP=f"127.0.0.1:{port}",
    )
    assert ended.code == 3
    assert "does not answer" in ended.err
