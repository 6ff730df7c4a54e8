"""Activations: which rules and which policy hold, from which record on."""

from __future__ import annotations

import pytest

from schemas import Activation
from streams.controls import activation
from tests.customer.log import HUNG_UP, POLICY, SECOND, T0, Log, changes, played, restored

NEWER = HUNG_UP.replace("version: 1", "version: 2")


@pytest.fixture
def log() -> Log:
    return Log()


def test_before_the_first_activation_nothing_is_detected(log: Log) -> None:
    log.touchpoint(T0, "queue.abandoned")
    log.rule(T0, HUNG_UP)
    assert played(log).moments == []


def test_a_moment_without_a_policy_is_refused_for_want_of_an_action(log: Log) -> None:
    log.rule(T0, HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    assert [
        (decision["reason"], decision["policy"], decision["policy_version"]) for decision in played(log).decisions
    ] == [("no_action", "none", 0)]


def test_each_record_runs_under_the_version_of_its_time(log: Log) -> None:
    log.rule(T0, HUNG_UP)
    log.touchpoint(T0, "queue.abandoned")
    log.rule(T0, NEWER)
    log.touchpoint(T0 + SECOND, "queue.abandoned")
    assert [moment["rule_version"] for moment in played(log).moments] == [1, 2]


def test_a_rule_that_is_off_detects_nothing(log: Log) -> None:
    log.rule(T0, HUNG_UP, NEWER + "mode: off\n")
    log.touchpoint(T0, "queue.abandoned")
    assert played(log).moments == []


def test_a_policy_of_a_later_version_decides_from_then_on(log: Log) -> None:
    log.rule(T0, HUNG_UP, POLICY)
    log.touchpoint(T0, "queue.abandoned")
    log.rule(T0, POLICY.replace("version: 1", "version: 2"))
    log.touchpoint(T0 + SECOND, "queue.abandoned")
    assert [decision["policy_version"] for decision in played(log).decisions] == [1, 2]


def _activation(kind: str, name: str, version: int, digest: str | None = None) -> Activation:
    made = activation(kind, name, version, NEWER)["activation"]
    assert made is not None
    return made if digest is None else {**made, "digest": digest}


@pytest.mark.parametrize(
    ("made", "detail"),
    [
        pytest.param(
            _activation("rule", "queue.abandoned", 2, digest="0" * 64),
            "rule queue.abandoned: the digest does not match the text; publish it again",
            id="another digest",
        ),
        pytest.param(
            _activation("rule", "queue.abandoned", 3),
            "the activation says queue.abandoned v3, its text says queue.abandoned v2",
            id="another version in the text",
        ),
        pytest.param(
            _activation("rule", "queue.left", 2),
            "the activation says queue.left v2, its text says queue.abandoned v2",
            id="another id in the text",
        ),
        pytest.param(
            _activation("unknown", "queue.abandoned", 2),
            "kind 'unknown' is unknown here; update this worker",
            id="a kind of later versions",
        ),
    ],
)
def test_an_activation_that_cannot_be_taken_is_dead_lettered_and_the_old_version_runs_on(
    log: Log, made: Activation, detail: str
) -> None:
    log.rule(T0, HUNG_UP)
    log.control(T0, {"kind": "activation", "at": None, "clock": None, "activation": made})
    log.touchpoint(T0, "queue.abandoned")
    outcome = played(log)
    assert [(letter["stage"], letter["reason"], letter["detail"]) for letter in outcome.letters] == [
        ("validate", "bad_activation", detail)
    ]
    assert [moment["rule_version"] for moment in outcome.moments] == [1]


@pytest.mark.parametrize(
    ("kind", "name", "text", "says"),
    [
        ("rule", "queue.abandoned", "", "queue.abandoned v2 (activation):1:1: "),
        ("rule", "queue.abandoned", NEWER.replace("stressed", "angry"), "queue.abandoned v2 (activation):6:10: "),
        ("policy", "outreach", "id: outreach\nversion: 2\n", "outreach v2 (activation):"),
        ("rule", "queue.abandoned", "\t- :", "queue.abandoned v2 (activation):"),
    ],
)
def test_a_text_with_mistakes_is_dead_lettered_with_their_places(
    log: Log, kind: str, name: str, text: str, says: str
) -> None:
    log.rule(T0, HUNG_UP, POLICY)
    log.control(T0, activation(kind, name, 2, text))
    log.touchpoint(T0, "queue.abandoned")
    outcome = played(log)
    assert [letter["reason"] for letter in outcome.letters] == ["bad_activation"]
    assert outcome.letters[0]["detail"].startswith(says)
    assert (len(outcome.moments), outcome.decisions[0]["policy_version"]) == (1, 1)


def test_the_same_activation_again_changes_nothing(log: Log) -> None:
    log.rule(T0, HUNG_UP)
    outcome = played(log)
    detector = outcome.partition.definitions.detector
    log.rule(T0, HUNG_UP)
    outcome.play(log.records[-1:])
    assert outcome.partition.definitions.detector is detector


def test_definitions_hold_after_a_restore(log: Log) -> None:
    log.rule(T0, HUNG_UP, POLICY, NEWER)
    outcome = restored(changes(played(log).partition))
    log.touchpoint(T0, "queue.abandoned")
    outcome.play(log.records[-1:])
    assert [(decision["rule_version"], decision["policy_version"]) for decision in outcome.decisions] == [(2, 1)]
