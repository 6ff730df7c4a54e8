"""A rule that listens to a type nobody has heard of is told so before it is published."""

from __future__ import annotations

import pytest

from streams.catalogue import load_catalogue
from streams.vocabulary import shipped_vocabulary, unheard_types

HEAD = "id: a.b\nversion: 1\ntitle: t\ndescription: d\nemotion: stressed\n"


def lines(detect: str) -> list[str]:
    return unheard_types(HEAD + detect, "a.b.yaml", shipped_vocabulary())


def test_a_slip_of_the_pen_is_told_with_the_nearest_type() -> None:
    assert lines("detect: {event: {type: queue.abandond}}\n") == [
        "a.b.yaml:6:24: type 'queue.abandond' is not in the vocabulary; did you mean 'queue.abandoned'?"
    ]


def test_every_type_of_every_step_and_list_is_looked_at() -> None:
    detect = """\
detect:
  sequence:
    - start: {type: [flow.started, q.q]}
    - not_followed_by: {any: [{type: zz.z}, {type: flow.completed}]}
      for: 30m
resolved_by: {type|ne: y.y}
"""
    remedy = "is not in the vocabulary; types of your own begin with x."
    assert lines(detect) == [
        f"a.b.yaml:8:36: type 'q.q' {remedy}",
        f"a.b.yaml:9:38: type 'zz.z' {remedy}",
        f"a.b.yaml:11:24: type 'y.y' {remedy}",
    ]


@pytest.mark.parametrize(
    "condition",
    ["{type: x.our_own}", "{type|startswith: fl}", "{properties.type: seat}", "{kind: odd.one}", "{channel: web}"],
)
def test_own_types_beginnings_and_properties_are_no_slips(condition: str) -> None:
    assert lines(f"detect: {{event: {condition}}}\n") == []


@pytest.mark.parametrize(("name", "text"), load_catalogue(), ids=lambda part: part if part.endswith(".yaml") else "")
def test_the_shipped_rules_have_none(name: str, text: str) -> None:
    assert unheard_types(text, name, shipped_vocabulary()) == []
