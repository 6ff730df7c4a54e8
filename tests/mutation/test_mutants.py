from tests.mutation.mutants import mutants

RULE = """\
id: queue.twice
version: 1
title: Twice
description: Two long waits within an hour.
emotion: stressed
detect:
  count: {type: [queue.abandoned, queue.entered], wait_seconds|gt: 300}
  at_least: 2
  within: 1h
by: [skill]
cool_down: 1d
"""


def made(text: str = RULE) -> list[tuple[str, str]]:
    return [(mutant.kind, mutant.what) for mutant in mutants(text, "queue.twice.yaml")]


def test_numbers_move_by_one_and_durations_by_a_millisecond() -> None:
    assert [what for kind, what in made() if kind == "number"] == [
        "within: 1h -> 3599999ms",
        "within: 1h -> 3600001ms",
        "cool_down: 1d -> 86399999ms",
        "cool_down: 1d -> 86400001ms",
        "wait_seconds|gt: 300 -> 299",
        "wait_seconds|gt: 300 -> 301",
        "at_least: 2 -> 3",
    ]


def test_comparisons_flip_to_the_one_beside_and_to_the_opposite() -> None:
    assert [what for kind, what in made() if kind == "comparison"] == [
        "detect.count.wait_seconds|gt -> gte",
        "detect.count.wait_seconds|gt -> lte",
    ]


def test_conditions_and_alternatives_are_dropped_one_by_one() -> None:
    assert [what for kind, what in made() if kind in ("condition dropped", "value dropped")] == [
        "detect.count.type",
        'detect.count.type.0 ("queue.abandoned")',
        'detect.count.type.1 ("queue.entered")',
        "detect.count.wait_seconds|gt",
    ]


def test_correlation_cool_down_lateness_and_edges_are_changed_too() -> None:
    kinds = {"inclusive", "late", "by dropped", "cool_down dropped"}
    assert [kind for kind, _ in made() if kind in kinds] == ["inclusive", "late", "by dropped", "cool_down dropped"]


def test_what_is_no_rule_any_more_is_no_mutant() -> None:
    assert not [what for _, what in made() if what in ("detect.within", "detect.at_least")]
