"""Emotional levels: they add up in any order, fade by half, and read between nought and the ceiling."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.detection.emotions import parse_emotions
from streams.detection.felt import EMOTIONS, dominant
from streams.detection.levels import NOTHING, Levels, feel

HOUR = 3_600_000
T = 1_767_603_600_000
EMOTIONS_FILE = parse_emotions(
    "{id: emotions, version: 1, most: 3, resolved: 0.5, moments: {frustrated: {frustrated: 1}},"
    " half_lives: {vulnerable: 1h, anxious: 1h, joyful: 4h, stressed: 2h, neglected: 1h, frustrated: 1h}}",
    "e.yaml",
)
JOYFUL, STRESSED, FRUSTRATED = 2, 3, 5


def after(*causes: tuple[int, float, int]) -> Levels:
    """Levels after causes: which emotion, by how much, when (ms)."""
    levels = Levels(T, {})
    for place, weight, at in causes:
        levels = levels.moved(EMOTIONS_FILE, ((place, weight),), 1.0, T + at)
    return levels


def test_each_emotion_fades_to_half_in_its_own_half_life() -> None:
    levels = after((JOYFUL, 1.0, 0), (STRESSED, 1.0, 0), (FRUSTRATED, 1.0, 0))
    assert levels.read(EMOTIONS_FILE, T) == (0.0, 0.0, 1.0, 1.0, 0.0, 1.0)
    assert levels.read(EMOTIONS_FILE, T + 4 * HOUR) == (0.0, 0.0, 0.5, 0.25, 0.0, 0.0625)


def test_a_cause_adds_to_what_is_left() -> None:
    assert after((FRUSTRATED, 1.0, 0), (FRUSTRATED, 1.0, HOUR)).read(EMOTIONS_FILE, T + HOUR)[FRUSTRATED] == 1.5


def test_a_late_cause_counts_as_much_as_if_it_had_come_in_time() -> None:
    causes = [(FRUSTRATED, 1.0, 0), (FRUSTRATED, 0.5, HOUR), (FRUSTRATED, -0.25, 2 * HOUR)]
    found = [after(*order).read(EMOTIONS_FILE, T + 3 * HOUR)[FRUSTRATED] for order in permutations(causes)]
    assert found == pytest.approx([0.125 + 0.125 - 0.125] * 6)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.floats(-2, 2).map(lambda one: round(one, 3)), st.integers(0, 24 * HOUR)),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_changes_no_level(causes: list[tuple[int, float, int]], dice: object) -> None:
    shuffled = list(causes)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    at = T + 24 * HOUR
    assert after(*shuffled).read(EMOTIONS_FILE, at) == pytest.approx(after(*causes).read(EMOTIONS_FILE, at), abs=1e-4)


def test_a_level_reads_no_lower_than_nought_and_no_higher_than_the_ceiling() -> None:
    levels = after((FRUSTRATED, -1.0, 0), (STRESSED, 9.0, 0))
    assert levels.read(EMOTIONS_FILE, T) == (0.0, 0.0, 0.0, 3.0, 0.0, 0.0)


def test_what_lies_above_the_ceiling_fades_before_the_level_does() -> None:
    levels = after((STRESSED, 6.0, 0))
    assert [levels.read(EMOTIONS_FILE, T + hours * HOUR)[STRESSED] for hours in (0, 2, 4)] == [3.0, 3.0, 1.5]


def test_levels_before_the_newest_cause_are_not_asked_for() -> None:
    assert after((FRUSTRATED, 1.0, HOUR)).read(EMOTIONS_FILE, T) == (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def test_of_equal_levels_the_first_emotion_dominates_and_of_none_none() -> None:
    assert dominant((0.0, 0.5, 0.0, 0.5, 0.0, 0.2)) == "anxious"
    assert dominant((0.0, 0.5, 0.0, 0.7, 0.0, 0.2)) == "stressed"
    assert dominant((0.0,) * 6) is None


def test_what_moved_is_told_with_the_levels_before_and_after() -> None:
    levels, felt = feel(after((FRUSTRATED, 1.0, 0)), EMOTIONS_FILE, ((FRUSTRATED, 1.0),), 0.5, T + HOUR)
    assert levels == Levels(T + HOUR, {FRUSTRATED: 1.0})
    assert felt is not None
    assert (felt.before[FRUSTRATED], felt.after[FRUSTRATED], felt.at) == (0.5, 1.0, T + HOUR)


def test_what_moves_no_level_is_not_told() -> None:
    assert feel(None, EMOTIONS_FILE, ((FRUSTRATED, -1.0),), 1.0, T)[1] is None


def test_a_sum_that_has_faded_to_a_millionth_is_forgotten() -> None:
    levels, felt = feel(after((FRUSTRATED, 1.0, 0)), EMOTIONS_FILE, ((FRUSTRATED, -1.0),), 1.0, T)
    assert levels is None
    assert felt is not None
    assert after((FRUSTRATED, NOTHING, 0)).sums == {FRUSTRATED: NOTHING}
    assert after((FRUSTRATED, NOTHING * 0.99, 0)).sums == {}


def test_it_is_known_when_nothing_will_be_left() -> None:
    levels = after((FRUSTRATED, 1.0, 0), (JOYFUL, 1.0, 0))
    assert levels.gone_at(EMOTIONS_FILE) == T + 20 * 4 * HOUR
    assert levels.read(EMOTIONS_FILE, levels.gone_at(EMOTIONS_FILE))[JOYFUL] == NOTHING


def test_two_levels_take_a_few_dozen_bytes() -> None:
    assert len(msgspec.msgpack.encode(after((FRUSTRATED, 0.3, 0), (STRESSED, 0.7, 5)))) == 31


def test_there_are_six_emotions() -> None:
    assert len(EMOTIONS) == 6
