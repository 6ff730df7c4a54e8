"""Where a policy's test cases are played: a whole partition, its log written by the case.

It is the machine that workers run. Whenever it wants attention it gets a tick at just that time, as
its owner would send one, so what waits for an hour is decided in that very millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas import Codec, Control, Decision, Headers, Value
from streams.authoring.policies.case import ExpectedDecision, Happening, PolicyCase, Switch
from streams.authoring.policies.customer_reader import BEFORE_MS
from streams.authoring.policies.stand_ins import stand_in
from streams.controls import activation, throw_switch, tick
from streams.customer import Partition, process_all
from streams.outreach import Pause, Policy
from streams.topics import DECISIONS, MOMENTS, TRIGGERS

MOST_TICKS = 10_000
"""A case that wants attention more often is broken."""


@dataclass(frozen=True, slots=True)
class Found:
    """A decision as it was made, or a trigger that was taken back (``cancelled``)."""

    at: int
    moment: str
    status: str
    facts: Mapping[str, Value]
    inputs: Mapping[str, str]

    def is_as(self, expected: ExpectedDecision) -> bool:
        """Whether it is what the case expects; what the case leaves out is not compared."""
        return (
            (self.at, self.moment, self.status) == (expected.at, expected.moment, expected.status)
            and all(self.facts.get(name) == value for name, value in expected.facts.items())
            and all(self.inputs.get(name) == value for name, value in expected.inputs.items())
        )


class _Logged(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Stage:
    """Plays cases, each on a partition of its own.

    Args:
        policy: its parsed form.
        text: its file.
        rules: files of the rules whose moments it answers, by id.
    """

    def __init__(self, policy: Policy, text: str, rules: Mapping[str, str]) -> None:
        self._codec = Codec()
        self._activation = activation("policy", policy.id, policy.version, text)
        self._rules = rules

    def play(self, case: PolicyCase) -> list[Found]:
        """Every decision of the case, in order."""
        run = _Run(self._codec)
        first = min([case.start - BEFORE_MS, *(happening.at for happening in case.happenings)])
        run.control(first, self._activation)
        for rule in case.rules:
            version, text = stand_in(rule, self._rules)
            run.control(first, activation("rule", rule.id, version, text))
        for happening in case.happenings:
            run.happen(happening)
        if case.until is not None:
            run.reach(case.until)
        return run.found()


class _Run:
    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._partition = Partition(0, 1, codec)
        self._offset = 0

    def happen(self, happening: Happening) -> None:
        """Let the case's next record arrive."""
        what = happening.what
        if isinstance(what, Switch):
            self.control(happening.at, throw_switch(Pause(id=what.target, paused=what.paused, at=happening.at)))
        else:
            self._append(happening.at, what["customer_id"].encode(), self._codec.encode("Touchpoint", what))

    def control(self, at: int, control: Control) -> None:
        """Let a control arrive."""
        self._append(at, None, self._codec.encode("Control", control))

    def reach(self, at: int) -> None:
        """Let time pass until ``at``."""
        self._append(at, None, self._codec.encode("Control", tick(at)))

    def _append(self, at: int, key: bytes | None, value: bytes) -> None:
        for _ in range(MOST_TICKS):
            due = self._partition.next_deadline()
            if due is None or due >= at:
                break
            if due > self._partition.clock.now:
                self._process(due, None, self._codec.encode("Control", tick(due)))
            else:
                break
        self._process(at, key, value)

    def _process(self, at: int, key: bytes | None, value: bytes) -> None:
        process_all(self._partition, [_Logged(self._offset, at, key, value, [])])
        self._offset += 1

    def found(self) -> list[Found]:
        """What was decided, in order; triggers tell when they may go out."""
        records = [
            (output.topic, *self._codec.decode(output.value))
            for output in self._partition.take_outputs()
            if output.topic in (MOMENTS, DECISIONS, TRIGGERS)
        ]
        names = {
            one["moment_id"]: one["evidence"][0]["event_id"]
            for topic, _, one in records
            if topic == MOMENTS and one["phase"] == "detected"
        }
        triggers = {one["decision_id"]: one for _, name, one in records if name == "Trigger"}
        return [
            _cancelled(one, names) if name == "Cancellation" else _decided(one, names, triggers)
            for _, name, one in records
            if name in ("Decision", "Cancellation")
        ]


def _decided(decision: Any, names: Mapping[str, str], triggers: Mapping[str, Any]) -> Found:
    one: Decision = decision
    facts: dict[str, Value] = {key: decision[key] for key in ("action", "reason", "channel", "attempt")}
    trigger = triggers.get(one["decision_id"])
    if trigger is not None:
        facts |= {key: trigger[key] for key in ("not_before", "deliver_until", "expires_at")}
    elif one["checks"] and (release := one["checks"][-1]["inputs"].get("not_before")) is not None:
        facts["not_before"] = int(release)
    inputs = {f"{check['name']}.{key}": text for check in one["checks"] for key, text in check["inputs"].items()}
    return Found(one["decided_at"], names.get(one["moment_id"], "?"), one["status"], facts, inputs)


def _cancelled(cancellation: Any, names: Mapping[str, str]) -> Found:
    facts: dict[str, Value] = {key: cancellation[key] for key in ("action", "reason", "channel")}
    name = names.get(cancellation["moment_id"], "?")
    return Found(cancellation["cancelled_at"], name, "cancelled", facts, {})
