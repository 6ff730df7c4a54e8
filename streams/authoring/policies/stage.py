"""Where a policy's test cases are played: a whole partition, its log written by the case.

It is the machine that workers run. Whenever it wants attention it gets a tick at just that time, as
its owner would send one, so what waits for an hour is decided in that very millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas import Codec, Control, Decision, Headers, Value
from streams.authoring.policies.case import ExpectedDecision, Happening, PolicyCase, Switch
from streams.authoring.policies.customer_reader import BEFORE_MS
from streams.authoring.policies.stand_ins import stand_in
from streams.controls import activation, throw_switch, tick
from streams.customer import Partition, process_all
from streams.customer.definitions import Definitions
from streams.outreach import Pause, Policy
from streams.topics import DEAD, DECISIONS, MOMENTS, TRIGGERS

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
        self._rules = rules
        active = _Run(self._codec, Definitions())
        active.control(0, activation("policy", policy.id, policy.version, text))
        self._active = active.definitions

    def play(self, case: PolicyCase) -> list[Found]:
        """Every decision of the case, in order, and whatever the partition could not take in (``dead``)."""
        # The policy is as good as new: it never changes, and compiling it for each case takes long.
        known = self._active.policy
        run = _Run(self._codec, deepcopy(self._active, {id(known): known}))
        first = min([case.start - BEFORE_MS, *(happening.at for happening in case.happenings)])
        for rule in case.rules:
            version, text = stand_in(rule, self._rules)
            run.control(first, activation("rule", rule.id, version, text))
        for happening in case.happenings:
            run.happen(happening)
        if case.until is not None:
            run.reach(case.until)
        return run.found()


class _Run:
    """One case on its partition; ``records`` are what it put out, with topic and name."""

    def __init__(self, codec: Codec, definitions: Definitions) -> None:
        self.definitions = definitions
        self._codec = codec
        self._partition = Partition(0, 1, codec, definitions=definitions)
        self._offset = 0
        self._records: list[tuple[str, str, Any]] = []
        self._names: dict[str, str] = {}

    def happen(self, happening: Happening) -> None:
        """Let the case's next record arrive."""
        what = happening.what
        if isinstance(what, Switch):
            self.control(happening.at, throw_switch(Pause(id=what.target, paused=what.paused, at=happening.at)))
            return
        if happening.of is not None:
            self._catch_up(happening.at)
            properties = {**what["properties"], "trigger_id": self._trigger_of(happening.of)}
            what = {**what, "properties": dict(sorted(properties.items()))}
        self._append(happening.at, what["customer_id"].encode(), self._codec.encode("Touchpoint", what))

    def control(self, at: int, control: Control) -> None:
        """Let a control arrive."""
        self._append(at, None, self._codec.encode("Control", control))

    def reach(self, at: int) -> None:
        """Let time pass until ``at``."""
        self._append(at, None, self._codec.encode("Control", tick(at)))

    def found(self) -> list[Found]:
        """What was decided, in order; triggers tell when they may go out."""
        triggers = {one["decision_id"]: one for _, name, one in self._records if name == "Trigger"}
        tell = {
            "Decision": lambda one: _decided(one, self._names, triggers),
            "Cancellation": lambda one: _cancelled(one, self._names),
            "DeadLetter": _dead,
        }
        return [tell[name](one) for _, name, one in self._records if name in tell]

    def _append(self, at: int, key: bytes | None, value: bytes) -> None:
        self._catch_up(at)
        self._process(at, key, value)

    def _catch_up(self, at: int) -> None:
        """Ticks at all that is due before ``at``."""
        for _ in range(MOST_TICKS):
            due = self._partition.next_deadline()
            if due is None or not self._partition.clock.now < due < at:
                return
            self._process(due, None, self._codec.encode("Control", tick(due)))

    def _process(self, at: int, key: bytes | None, value: bytes) -> None:
        process_all(self._partition, [_Logged(self._offset, at, key, value, [])])
        self._offset += 1
        for output in self._partition.take_outputs():
            if output.topic in (MOMENTS, DECISIONS, TRIGGERS, DEAD):
                name, record = self._codec.decode(output.value)
                self._records.append((output.topic, name, record))
                if output.topic == MOMENTS and record["phase"] == "detected":
                    self._names[record["moment_id"]] = record["evidence"][0]["event_id"]

    def _trigger_of(self, moment: str) -> str:
        triggers = [one for _, name, one in self._records if name == "Trigger"]
        ids = [one["trigger_id"] for one in triggers if self._names.get(one["moment_id"]) == moment]
        return ids[-1] if ids else "never triggered"


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


def _dead(letter: Any) -> Found:
    return Found(letter["failed_at"], "?", "dead", {"reason": f"{letter['reason']}: {letter['detail']}"}, {})
