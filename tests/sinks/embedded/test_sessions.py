import pytest

from sinks.embedded.failure import QueryFailed
from sinks.embedded.sessions import Sessions
from sinks.embedded.statement import parse


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_session_remembers_what_was_set_and_nothing_else() -> None:
    sessions = Sessions(Clock())
    for sql in (b"SET max_threads = 1", b"SELECT 1", b"USE a", b"CREATE TABLE t (a Int8) ENGINE = Memory"):
        sessions.get("s").note(parse(sql))
    assert sessions.get("s").setup == [b"SET max_threads = 1", b"USE a"]


def test_sessions_do_not_see_each_other() -> None:
    sessions = Sessions(Clock())
    sessions.get("a").note(parse(b"SET max_threads = 1"))
    assert sessions.get("b").setup == []


def test_without_an_id_nothing_is_remembered() -> None:
    sessions = Sessions(Clock())
    sessions.get("").note(parse(b"SET max_threads = 1"))
    assert sessions.get("").setup == []


def test_a_session_ends_when_its_timeout_has_passed_since_its_last_request() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    sessions.get("s", "10").note(parse(b"SET max_threads = 1"))
    clock.now = 9.0
    assert sessions.get("s", "10").setup == [b"SET max_threads = 1"]
    clock.now = 19.0
    assert sessions.get("s", "10").setup == []


def test_a_session_that_must_exist_and_does_not_is_an_error() -> None:
    with pytest.raises(QueryFailed, match=r"Code: 372\..*SESSION_NOT_FOUND"):
        Sessions(Clock()).get("s", check=True)


@pytest.mark.parametrize("timeout", ["-1", "x", "3601"])
def test_an_unusable_timeout_is_an_error(timeout: str) -> None:
    with pytest.raises(QueryFailed, match=f"session_timeout {timeout} is not 0 to 3600"):
        Sessions(Clock()).get("s", timeout)
