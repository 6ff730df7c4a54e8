"""The intervals against published values and against what must hold of any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.lift import newcombe, wilson

PUBLISHED = [
    # Newcombe (1998), table II, method 10.
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]

counts = st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(("good", "of", "other_good", "other_of", "low", "high"), PUBLISHED)
def test_the_interval_of_a_difference_is_the_published_one(
    good: int, of: int, other_good: int, other_of: int, low: float, high: float
) -> None:
    found = newcombe(good, of, other_good, other_of)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_interval_of_a_proportion_is_the_published_one() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    assert [round(bound, 4) for bound in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(bound, 4) for bound in wilson(15, 148)] == [0.0624, 0.1605]
    assert [round(bound, 4) for bound in wilson(0, 20)] == [0.0, 0.1611]
    assert [round(bound, 4) for bound in wilson(1, 29)] == [0.0061, 0.1718]


@given(counts, counts)
def test_the_estimate_lies_within_and_nothing_beyond_minus_one_and_one(
    treated: tuple[int, int], held_out: tuple[int, int]
) -> None:
    found = newcombe(*treated, *held_out)
    assert -1 - 1e-12 <= found.low <= found.estimate <= found.high <= 1 + 1e-12


@given(counts, counts)
def test_groups_exchanged_turn_the_interval_round(treated: tuple[int, int], held_out: tuple[int, int]) -> None:
    found, turned = newcombe(*treated, *held_out), newcombe(*held_out, *treated)
    assert (turned.estimate, turned.low, turned.high) == pytest.approx((-found.estimate, -found.high, -found.low))


@pytest.mark.parametrize(("good", "of"), [(0, 0), (-1, 10), (11, 10)])
def test_counts_that_no_sample_has_are_refused(good: int, of: int) -> None:
    with pytest.raises(ValueError, match=f"{good} of {of} is no proportion"):
        wilson(good, of)
