"""What a replay chooses of that which was set aside."""

from __future__ import annotations

from typing import cast

import pytest

from schemas import DeadLetter
from streams.delivery import Replay


def letter(reason: str = "HTTP_503", failed_at: int = 1000) -> DeadLetter:
    return cast(DeadLetter, {"reason": reason, "failed_at": failed_at})


@pytest.mark.parametrize(
    ("choice", "is_chosen"),
    [
        (Replay(), True),
        (Replay(endpoint="texts"), True),
        (Replay(endpoint="mail"), False),
        (Replay(reason="HTTP_503"), True),
        (Replay(reason="HTTP_500"), False),
        (Replay(since=1000), True),
        (Replay(since=1001), False),
        (Replay(limit=3), True),
        (Replay(limit=2), False),
        (Replay(endpoint="texts", reason="no_template"), False),
    ],
)
def test_a_letter_is_chosen_when_it_is_all_that_was_asked_for(choice: Replay, is_chosen: bool) -> None:
    assert choice.takes(letter(), "texts", 2) is is_chosen


def test_without_a_word_everything_is_chosen_also_what_nobody_takes_any_more() -> None:
    assert Replay().takes(letter(), "", 10**6)
    assert Replay().is_all
    assert not Replay(limit=1).is_all
