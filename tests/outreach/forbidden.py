"""The referee of outreach: whether a contact was forbidden, from what was said and what came out alone.

It shares no code with the policy: each ground is read off the whole log again, in the plainest way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schemas import Touchpoint
from streams.outreach import Action, Policy
from streams.outreach.policy import Limits, QuietHours, QuietWindow
from tests.outreach.scenario import Done, Life, Said
from tests.outreach.zones import zone

RESOLVERS = {
    "queue.abandoned": "agent.connected",
    "queue.again": "agent.connected",
    "card.lost": "agent.connected",
    "flow.abandoned": "flow.completed",
}
BOUGHT, RETURNED = ("order.placed", "store.purchased"), ("order.returned",)
REACHED = ("delivered", "opened", "replied")
AS_NEW = ("sms.received", "push.enabled", "email.received")


@dataclass(slots=True)
class Sent:
    """A trigger, and what was reported of it so far."""

    trigger: dict[str, Any]
    action: Action
    at: int
    void: bool = False
    bounced: bool = False
    reported: bool = False
    cancelled: bool = False

    def is_open(self, at: int) -> bool:
        """Whether it may still be carried out."""
        return not self.void and not self.reported and at < self.trigger["deliver_until"]


@dataclass(slots=True)
class Referee:
    """Walks through a life; ``findings`` are what should not have been."""

    policy: Policy
    findings: list[str] = field(default_factory=list)
    said: list[Touchpoint] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    moments: dict[str, dict[str, Any]] = field(default_factory=dict)
    decisions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    owed: dict[str, str] = field(default_factory=dict)
    """Triggers that must be taken back before anything else happens, and why."""
    rehearsed: list[Done] = field(default_factory=list)
    """Refused rehearsals: judged after all others of their record, they may give what came of those as reason."""
    unexplained: list[Done] = field(default_factory=list)
    """Refusals that nothing before them explains: what goes before all others of its record may."""

    def note(self, text: str) -> None:
        """Something is wrong."""
        self.findings.append(text)

    # -- walking --------------------------------------------------------------------------------

    def walk(self, life: Life) -> list[str]:
        """Everything that is wrong with a life."""
        together: list[dict[str, Any]] = []
        for one in life.log:
            if isinstance(one, Said):
                self._settle(together)
                together = []
                self._listen(one)
            elif one.kind == "Moment":
                if one.body["phase"] == "detected":
                    self.moments[one.body["moment_id"]] = one.body
            elif one.kind == "Decision":
                self._judge_decision(one)
                together.append(one.body)
            elif one.kind == "Trigger":
                self._judge_trigger(one)
            else:
                self._judge_cancellation(one.body)
        self._settle(together)
        for moment_id in self.moments:
            finals = [one for one in self.decisions.get(moment_id, []) if one["final"]]
            if len(finals) != 1:
                self.note(f"moment {moment_id} has {len(finals)} final decisions")
        return self.findings

    def _settle(self, together: list[dict[str, Any]]) -> None:
        for trigger_id, why in self.owed.items():
            self.note(f"trigger {trigger_id} was not taken back although {why}")
        self.owed.clear()
        for done in self.rehearsed:
            self._judge_refusal(done)
        self.rehearsed.clear()
        for done in self.unexplained:
            self._judge_after_who_goes_first(done)
        self.unexplained.clear()
        for one in together:
            if one["reason"] == "outranked":
                winner = one["checks"][-1]["inputs"]["winner_moment"]
                won = [other for other in together if other["moment_id"] == winner]
                if not any(other["status"] in ("triggered", "deferred") for other in won):
                    self.note(f"{one['decision_id']} lost to {winner}, which was not contacted")
                elif self._score(won[0]) < self._score(one):
                    self.note(f"{one['decision_id']} lost to something worth less")

    def _score(self, decision: dict[str, Any]) -> float:
        action = self._action(decision["action"])
        return action.priority * action.value * action.propensity

    def _action(self, name: str) -> Action:
        return next(one for one in self.policy.actions if one.id == name)

    # -- what was said --------------------------------------------------------------------------

    def _listen(self, said: Said) -> None:
        touchpoint, at = said.touchpoint, said.at
        self.said.append(touchpoint)
        kind, facts = touchpoint["type"], touchpoint["properties"]
        if kind.startswith("outreach."):
            self._report(kind.removeprefix("outreach."), facts.get("trigger_id"), touchpoint["occurred_at"], at)
            return
        for one in self.sent:
            if one.is_open(at):
                trigger, why = one.trigger, None
                moment = self.moments[trigger["moment_id"]]
                if kind.startswith("consent.") and not self._consents(trigger["purpose"], trigger["channel"]):
                    if (facts["purpose"], facts["channel"]) == (trigger["purpose"], trigger["channel"]):
                        why = kind
                elif kind == "suppression.added" and self._is_suppressed(one.action, trigger["channel"]):
                    why = kind
                elif kind in BOUGHT and one.action.bought_within:
                    why = kind if facts["product_id"] == moment["context"].get("product_id") else None
                elif self._resolves(touchpoint, moment):
                    why = kind
                if why:
                    self.owed[trigger["trigger_id"]] = f"{why} was said at {at}"

    def _report(self, end: str, trigger_id: object, occurred_at: int, at: int) -> None:
        for one in self.sent:
            if one.trigger["trigger_id"] == trigger_id:
                if end in REACHED and not one.bounced:
                    if one.void or not one.reported:
                        one.at = max(one.at, min(occurred_at, at))
                    one.void, one.reported = False, True
                elif end not in REACHED:
                    one.void, one.bounced = True, one.bounced or end == "bounced"

    # -- what came out --------------------------------------------------------------------------

    def _judge_cancellation(self, body: dict[str, Any]) -> None:
        self.owed.pop(body["trigger_id"], None)
        one = next((one for one in self.sent if one.trigger["trigger_id"] == body["trigger_id"]), None)
        if one is None or one.cancelled:
            self.note(f"cancellation of {body['trigger_id']}, which was not sent or was taken back before")
            return
        if not one.is_open(body["cancelled_at"]):
            self.note(f"{body['trigger_id']} was taken back when it was over")
        one.cancelled = one.void = True

    def _judge_decision(self, done: Done) -> None:
        decision = done.body
        before = self.decisions.setdefault(decision["moment_id"], [])
        if decision["attempt"] != len(before) + 1 or any(one["final"] for one in before):
            self.note(f"{decision['decision_id']} is attempt {decision['attempt']} after {len(before)}")
        before.append(decision)
        status, reason, checks = decision["status"], decision["reason"], decision["checks"]
        if decision["final"] != (status != "deferred"):
            self.note(f"{decision['decision_id']} is {status} and final: {decision['final']}")
        if checks and (checks[-1]["reason"] != reason or any(not check["passed"] for check in checks[:-1])):
            self.note(f"{decision['decision_id']} gives {reason}, its last check {checks[-1]['reason']}")
        if (status == "triggered") != (reason == "ok"):
            self.note(f"{decision['decision_id']} is {status} because of {reason}")
        if status == "deferred" and not done.at < int(checks[-1]["inputs"]["not_before"]):
            self.note(f"{decision['decision_id']} waits for the past")
        if status == "refused":
            if decision["action"] and self._action(decision["action"]).sandbox:
                self.rehearsed.append(done)
            elif not self._is_so(reason, decision, done.at):
                self.unexplained.append(done)

    def _judge_after_who_goes_first(self, done: Done) -> None:
        """Whoever does not compete is decided before the others, wherever its decision stands among theirs."""
        sent = self.sent
        self.sent = [
            one
            for one in sent
            if one.trigger["not_before"] < done.at
            or (one.trigger["not_before"] == done.at and "arbitration" in one.action.may_override)
        ]
        self._judge_refusal(done)
        self.sent = sent

    def _judge_refusal(self, done: Done) -> None:
        decision, reason = done.body, done.body["reason"]
        if not self._is_so(reason, decision, done.at):
            self.note(f"{decision['decision_id']} is refused for {reason}, which is not so")

    def _is_so(self, reason: str, decision: dict[str, Any], now: int) -> bool:
        """Whether a refusal's reason holds; of those that one can read off the log."""
        action, moment = self._action(decision["action"]), self.moments[decision["moment_id"]]
        if reason.startswith("consent_"):
            return not any(self._consents(action.purpose, channel) for channel in action.channels)
        product = moment["context"].get("product_id")
        holds = {
            "anonymous": lambda: not moment["identified"],
            "expired": lambda: now >= moment["expires_at"],
            "resolved": lambda: any(self._resolves(one, moment) for one in self.said),
            "bought": lambda: self._was_bought(product, now - action.bought_within),
            "cool_down": lambda: self._is_cooling(action, now),
            "holdout": lambda: not action.sandbox and self._is_held_out(action, moment["customer_id"]),
            "outranked": lambda: not action.sandbox,
            "suppressed": lambda: (
                not any(
                    self._consents(action.purpose, name) and not self._is_suppressed(action, name)
                    for name in action.channels
                )
            ),
            "not_for_them": lambda: action.id in self._limits().without,
            "frequency_cap": lambda: not any(self._has_room(action, name, now) for name in self._reachable(action)),
            "ask_use": lambda: self._asks_too_often(now),
            "quiet_hours": lambda: self._is_quiet(now),
            "zone_unknown": lambda: self._zone() is None,
        }
        return reason not in holds or bool(holds[reason]())

    def _judge_trigger(self, done: Done) -> None:
        trigger = done.body
        now, channel, moment = trigger["not_before"], trigger["channel"], self.moments[trigger["moment_id"]]
        action = self._action(trigger["action"])
        over = action.may_override
        wrong = {
            "it is dated at another time": now != done.at,
            "the customer is anonymous": not moment["identified"],
            "it is expired": now >= moment["expires_at"] or trigger["deliver_until"] > moment["expires_at"],
            "nobody may deliver it": trigger["deliver_until"] <= now,
            "there is no consent": not self._consents(trigger["purpose"], channel),
            "it is suppressed": self._is_suppressed(action, channel),
            "its matter is resolved": any(self._resolves(one, moment) for one in self.said),
            "it was bought": action.bought_within > 0
            and self._was_bought(moment["context"].get("product_id"), now - action.bought_within),
            "it cools down": self._is_cooling(action, now),
            "it is not for them": action.id in self._limits().without,
            "the firm asks too often": "ask_use" not in over and self._asks_too_often(now),
            "its mark is wrong": trigger["sandbox"] != action.sandbox,
            "the customer is held out": "holdout" not in over
            and not action.sandbox
            and self._is_held_out(action, moment["customer_id"]),
            "a cap is full": "caps" not in over and not self._has_room(action, channel, now),
            "the channel is none of the action's": channel not in action.channels,
            "two were sent at once": "arbitration" not in over and not action.sandbox
            and any(one.trigger["not_before"] == now and one.trigger["created_at"] == trigger["created_at"]
                    and "arbitration" not in one.action.may_override and self._of_one_evaluation(one, trigger)
                    for one in self.sent),
        }  # fmt: skip
        if "quiet_hours" not in over:
            span = trigger["deliver_until"] - now
            probes = [now, now + 1, *(now + span * part // 12 for part in range(12)), trigger["deliver_until"] - 1]
            wrong["it is quiet"] = any(self._is_quiet(at) for at in probes if now <= at < now + span)
        for text, is_wrong in wrong.items():
            if is_wrong:
                self.note(f"{action.id} by {channel} at {now}: {text}")
        if not action.sandbox:  # a rehearsal reaches nobody: from here on it is as if it had not been
            self.sent.append(Sent(trigger, action, now))

    def _of_one_evaluation(self, one: Sent, trigger: dict[str, Any]) -> bool:
        """Whether both were detected by one record, or waited for the same time."""
        mine, theirs = self.moments[trigger["moment_id"]], self.moments[one.trigger["moment_id"]]
        attempts = [len(self.decisions[moment["moment_id"]]) for moment in (mine, theirs)]
        return attempts == [1, 1] and mine["evidence"][-1]["event_id"] == theirs["evidence"][-1]["event_id"]

    # -- grounds --------------------------------------------------------------------------------

    def _newest(self, kinds: Iterable[str], **facts: object) -> Touchpoint | None:
        found = None
        for one in self.said:
            fits = one["type"] in kinds and all(one["properties"].get(name) == value for name, value in facts.items())
            if fits and (found is None or one["occurred_at"] >= found["occurred_at"]):
                found = one
        return found

    def _consents(self, purpose: str, channel: str) -> bool:
        kinds = ("consent.given", "consent.denied", "consent.withdrawn")
        newest = self._newest(kinds, purpose=purpose, channel=channel)
        return newest is not None and newest["type"] == "consent.given"

    def _is_suppressed(self, action: Action, channel: str) -> bool:
        for one in self.policy.suppressions:
            newest = self._newest(("suppression.added", "suppression.removed"), list=one.list)
            stops = action.action_class in one.classes and (not one.channels or channel in one.channels)
            if stops and newest is not None and newest["type"] == "suppression.added":
                return True
        return False

    def _resolves(self, touchpoint: Touchpoint, moment: dict[str, Any]) -> bool:
        return (
            touchpoint["type"] == RESOLVERS.get(moment["rule"])
            and touchpoint["occurred_at"] > moment["evidence"][-1]["occurred_at"]
            and (moment["rule"] != "flow.abandoned" or touchpoint["correlation_id"] == moment["correlation_id"])
        )

    def _was_bought(self, product: object, after: int) -> bool:
        bought = self._newest(BOUGHT, product_id=product)
        if bought is None or bought["occurred_at"] <= after:
            return False
        # A return that was told before its purchase takes nothing back: in doubt nobody is contacted.
        later = self.said[self.said.index(bought) :]
        known = [one for one in later if one["type"] in RETURNED and one["properties"]["product_id"] == product]
        return not any(one["occurred_at"] > bought["occurred_at"] for one in known)

    def _is_cooling(self, action: Action, now: int) -> bool:
        return any(
            one.action.id == action.id and now < one.trigger["not_before"] + action.cool_down for one in self.sent
        )

    def _is_held_out(self, action: Action, customer_id: str) -> bool:
        for group, name in ((self.policy.holdout, ""), (action.holdout, action.id)):
            if group is not None:
                digest = hashlib.sha256("\0".join((group.salt, customer_id, name)).encode()).hexdigest()
                if int(digest[:16], 16) / 2**64 < group.percent / 100:
                    return True
        return False

    def _limits(self) -> Limits:
        persona = self._newest(("persona.set",))
        for variant in self.policy.variants:
            if persona is not None and persona["properties"]["persona"] == variant.name:
                return variant.limits
        return self.policy.limits

    def _has_room(self, action: Action, channel: str, now: int) -> bool:
        for cap in self._limits().caps:
            if cap.channel not in (None, channel) or cap.purpose not in (None, action.purpose):
                continue
            if cap.action_class not in (None, action.action_class):
                continue
            counted = [
                one
                for one in self.sent
                if one.action.counts_toward_caps
                and not one.void
                and now - cap.within < one.at
                and cap.channel in (None, one.trigger["channel"])
                and cap.purpose in (None, one.trigger["purpose"])
                and cap.action_class in (None, one.action.action_class)
            ]
            if len(counted) >= cap.most:
                return False
        return True

    def _reachable(self, action: Action) -> list[str]:
        """Channels with consent, without those on which something bounced for good: there no room is needed."""
        lost = {
            one["channel"]
            for one in self.said
            if one["type"] == "outreach.bounced" and one["properties"].get("hard") is True
        }
        return [
            name
            for name in action.channels
            if self._consents(action.purpose, name) and not self._is_suppressed(action, name) and name not in lost
        ]

    def _asks_too_often(self, now: int) -> bool:
        limit = self._limits().ask_use
        if limit is None:
            return False
        after = now - limit.within
        asks = len([one for one in self.sent if one.action.counts_toward_caps and not one.void and one.at > after])
        uses = len([one for one in self.said if one["type"] in limit.uses and one["occurred_at"] > after])
        return asks >= limit.least_asks and asks > limit.most * uses

    # -- quiet hours ----------------------------------------------------------------------------

    def _fact(self, kind: str, name: str) -> object:
        newest = None
        for one in self.said:
            if (
                one["type"] == kind
                and one["properties"].get(name) is not None
                and (newest is None or one["occurred_at"] >= newest["occurred_at"])
            ):
                newest = one
        return None if newest is None else newest["properties"][name]

    def _zone(self) -> ZoneInfo | None:
        name = self._fact("preference.set", "time_zone") or self._fact("profile.set", "time_zone")
        try:
            return zone(str(name)) if name else None
        except KeyError:
            return None

    def _is_quiet(self, at: int) -> bool:
        """Whether any clock that may be the customer's shows quiet hours, or none can be named."""
        hours = self._limits().quiet_hours
        own = self._fact("preference.set", "quiet_from"), self._fact("preference.set", "quiet_to")
        windows = list(hours.windows) if hours else []
        if own[0] and own[1]:
            start, end = (int(str(text)[:2]) * 60 + int(str(text)[3:]) for text in own)
            windows.append(QuietWindow(start, end, frozenset(range(7))))
        if hours is None and not windows:
            return False
        known = self._zone()
        zones = [known] if known else [zone(name) for name in _plausible(hours)]
        holidays = hours.holidays if hours else frozenset()
        return not zones or any(_shows_quiet(windows, holidays, one, at) for one in zones)


def _plausible(hours: QuietHours | None) -> tuple[str, ...]:
    return hours.zones if hours is not None and hours.unknown_zone == "polite" else ()


def _shows_quiet(windows: list[QuietWindow], holidays: frozenset[str], where: ZoneInfo, at: int) -> bool:
    shown = datetime.fromtimestamp(at // 1000, where)
    minute = shown.hour * 60 + shown.minute
    yesterday = (shown.date() - timedelta(days=1)).weekday()
    for window in windows:
        begun_today = shown.weekday() in window.weekdays and minute >= window.start
        if window.start < window.end:
            if begun_today and minute < window.end:
                return True
        elif begun_today or (yesterday in window.weekdays and minute < window.end):
            return True
    return shown.date().isoformat() in holidays


def findings(life: Life) -> list[str]:
    """Everything that is wrong with a life."""
    return Referee(life.policy).walk(life)
