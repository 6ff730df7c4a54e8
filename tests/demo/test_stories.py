"""The stories' last line must be able to say no; what they say is told from what ClickHouse has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from streams.catalogue import load_catalogue
from streams.codec import make_codec
from streams.demo import stories
from streams.demo.offsets import Work
from streams.demo.stories import StoryLost, tell_stories
from streams.settings import Settings
from streams.telling import Records
from streams.vocabulary import shipped_vocabulary

START = 918_000_000_000
PUBLISHED = 19


class Standing:
    """Stands for Kafka: a worker that has applied, and a loader that has stored, so many more."""

    def __init__(self, accepted: int) -> None:
        self._works = iter([Counter({"in": 100, "accepted": 100}), *[Counter({"in": 119, "accepted": accepted})] * 9])

    def work(self) -> Work:
        return Work([7], next(self._works))

    def ends(self) -> list[int]:
        return [7]

    def all_loaded(self) -> bool:
        return True


class Unsent:
    """Stands for a publisher."""

    def __init__(self, *arguments: Any) -> None:
        pass

    def __enter__(self) -> Unsent:
        return self

    def __exit__(self, *arguments: Any) -> None:
        pass


def told(monkeypatch: pytest.MonkeyPatch, accepted: int = 100 + PUBLISHED, contacted: bool = True) -> str:
    """What is printed when so many are accepted and everybody, or nobody, is contacted."""

    def records(_: Any, customer_id: str) -> Records:
        emotion = {"story-ana": "vulnerable", "story-ben": "anxious", "story-cleo": "joyful"}[customer_id]
        facts = {"place": "Lisbon", "due_at": "918000000000"}
        trigger = {"decision_id": "d1", "emotion": emotion, "template": "t", "context": facts}
        return Records([], [], [], [trigger] if contacted else [], [], [])

    def until(done: Callable[[], bool], trouble: str) -> None:
        assert done(), trouble

    monkeypatch.setattr(stories, "Publisher", Unsent)
    monkeypatch.setattr(stories, "play", lambda *arguments: None)
    monkeypatch.setattr(stories, "of_customer", records)
    console = Console(record=True, width=200)
    settings = Settings()
    standing: Any = Standing(accepted)
    client: Any = None
    tell_stories(console, settings, make_codec(settings), standing, client, START, until)
    return console.export_text()


def test_each_is_told_with_the_facts_of_its_contact_and_all_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = told(monkeypatch).splitlines()
    assert lines.count("told with  t: due_at 1999-02-03 00:00:00, place Lisbon") == 3
    assert lines[-1] == "stories    19 published, counted apart = 19 in = 19 accepted"


def test_a_touchpoint_that_was_not_accepted_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoryLost, match="touchpoints of the stories are missing"):
        told(monkeypatch, accepted=118)


def test_a_customer_who_was_not_contacted_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoryLost, match="customer story-ana was not contacted"):
        told(monkeypatch, contacted=False)


def test_the_stories_speak_the_vocabulary() -> None:
    vocabulary = shipped_vocabulary()
    touchpoints = [touchpoint for one in stories.stories(START) for touchpoint in one.touchpoints]
    assert [found for touchpoint in touchpoints for found in vocabulary.violations(touchpoint)] == []


def test_there_is_a_shipped_rule_for_each_feeling_of_the_stories() -> None:
    texts = " ".join(text for _, text in load_catalogue())
    assert [one.emotion for one in stories.stories(START) if f"emotion: {one.emotion}" not in texts] == []
