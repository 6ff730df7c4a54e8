import pytest

from sinks.embedded.failure import QueryFailed


def test_the_engines_message_is_taken_apart() -> None:
    failure = QueryFailed.from_engine("Code: 60. DB::Exception: Table a.b does not exist. (UNKNOWN_TABLE)")
    assert (failure.code, failure.name, failure.text) == (60, "UNKNOWN_TABLE", "Table a.b does not exist.")
    assert str(failure) == "Code: 60. DB::Exception: Table a.b does not exist. (UNKNOWN_TABLE)"


def test_a_code_and_a_name_said_twice_are_told_once() -> None:
    failure = QueryFailed.from_engine(
        "Code: 33. DB::Exception: Code: 33. DB::Exception: Cannot read. (CANNOT_READ_ALL_DATA) (version 26.9.2.1)."
        " (CANNOT_READ_ALL_DATA)"
    )
    assert (failure.code, failure.name, failure.text) == (33, "CANNOT_READ_ALL_DATA", "Cannot read.")


def test_a_message_without_a_code_is_kept_whole() -> None:
    failure = QueryFailed.from_engine("out of luck")
    assert (failure.code, failure.name, failure.text) == (1002, "UNKNOWN_EXCEPTION", "out of luck")


@pytest.mark.parametrize(
    ("code", "status"),
    [(62, 400), (27, 400), (516, 403), (60, 404), (81, 404), (159, 408), (229, 413), (48, 501), (209, 503), (241, 500)],
)
def test_the_http_status_is_the_one_a_server_gives(code: int, status: int) -> None:
    assert QueryFailed(code, "X", "x").status == status
