"""What moments lead to within a customer: rules that hear them, emotional levels, and rules that watch those."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from schemas.types import Touchpoint
from streams.detection.detector import Detector, Report
from streams.detection.emotions import Emotions, Moves
from streams.detection.felt import PLACES, Felt, with_felt
from streams.detection.firing import Firing
from streams.detection.heard import heard_moment
from streams.detection.levels import Levels, feel
from streams.detection.state import DetectionState

Cause = Literal["moment", "resolution", "outcome", "touchpoint"]

_OUTCOMES = "outreach."


class Stir(msgspec.Struct, frozen=True, gc=False):
    """Levels were moved by one cause; ``occurred_at`` is when it took effect, ms UTC."""

    cause: Cause
    cause_id: str
    cause_name: str
    occurred_at: int
    felt: Felt


class Feelings:
    """One customer's levels while one record or deadline is taken in.

    Attributes:
        levels: as they are now; None when nothing is left of them.
        stirs: what moved them, in order.
    """

    __slots__ = ("_detector", "_emotions", "_state", "levels", "stirs")

    def __init__(
        self, detector: Detector, state: DetectionState, emotions: Emotions | None, levels: Levels | None
    ) -> None:
        """
        Args:
            detector: the active rules.
            state: what they remember; changed in place.
            emotions: the active definition; None: nothing moves a level.
            levels: what is remembered of the customer's levels.
        """
        self._detector = detector
        self._state = state
        self._emotions = emotions
        self.levels = levels
        self.stirs: list[Stir] = []

    def follow(
        self, reports: Iterable[Report], customer_id: str, identified: bool, clock: int, by_deadline: bool = False
    ) -> list[Report]:
        """The reports, each followed by all that follows from it.

        A moment takes effect when its last touchpoint occurred, or at its deadline. Those of rules in
        shadow have no effect on anything.

        Args:
            reports: of the detector.
            customer_id: whose they are.
            identified: whether that is known for sure.
            clock: ms UTC.
            by_deadline: whether a deadline made them.
        """
        found: list[Report] = []
        for report in reports:
            found.append(report)
            if not isinstance(report, Firing) or report.rule.mode != "live" or report.rule.stratum == 3:
                continue
            felt_at = report.detected_at if by_deadline else report.evidence[-1].occurred_at
            heard = heard_moment(report, customer_id, identified, felt_at)
            found += self.moment(heard, clock)
            if report.rule.stratum == 1:
                later = self._detector.on_moment(self._state, heard, clock)
                found += self.follow(later, customer_id, identified, clock)
        return found

    def deadlines(self, customer_id: str, identified: bool, now: int) -> list[Report]:
        """Fire everything that is due at or before ``now`` (ms UTC), with all that follows from it.

        What follows from one deadline comes before the next one.
        """
        state, found = self._state, list[Report]()
        while (due := state.due) is not None and due <= now:
            reports = self._detector.on_deadline(state, due)
            found += self.follow(reports, customer_id, identified, due, by_deadline=True)
        return found

    def moment(self, heard: Touchpoint, clock: int) -> list[Report]:
        """A moment moves levels: what follows from that."""
        emotions, facts = self._emotions, heard["properties"]
        if emotions is None:
            return []
        emotion, intensity = facts.get("emotion"), facts.get("intensity")
        if not isinstance(emotion, str) or emotion not in PLACES or not isinstance(intensity, int | float):
            return []
        moves = emotions.moments[PLACES[emotion]]
        return self._stir(moves, intensity, "moment", str(facts.get("rule")), heard["occurred_at"], heard, clock)

    def touchpoint(self, touchpoint: Touchpoint, moves: Moves, clock: int) -> list[Report]:
        """A touchpoint moves levels by itself, by the ``moves`` that the definition names: what follows from that."""
        name = touchpoint["type"]
        cause: Cause = "outcome" if name.startswith(_OUTCOMES) else "touchpoint"
        return self._stir(moves, 1.0, cause, name, touchpoint["occurred_at"], touchpoint, clock)

    def resolution(
        self,
        moment_id: str,
        rule: str,
        emotion: str,
        intensity: float,
        felt_at: int,
        touchpoint: Touchpoint,
        clock: int,
    ) -> list[Report]:
        """A moment's cause was solved: the definition's share of its effect never was, whenever that is heard of.

        Args:
            moment_id: the moment's.
            rule: its rule.
            emotion: its emotion.
            intensity: how strong it was.
            felt_at: when it took effect, ms UTC.
            touchpoint: what solved it.
            clock: ms UTC.
        """
        emotions = self._emotions
        if emotions is None or not emotions.resolved:
            return []
        moves = emotions.moments[PLACES[emotion]]
        taken = -emotions.resolved * intensity
        return self._stir(moves, taken, "resolution", rule, felt_at, touchpoint, clock, moment_id)

    def _stir(
        self,
        moves: Moves,
        factor: float,
        cause: Cause,
        name: str,
        at: int,
        touchpoint: Touchpoint,
        clock: int,
        cause_id: str | None = None,
    ) -> list[Report]:
        emotions = self._emotions
        if emotions is None or not moves:
            return []
        self.levels, felt = feel(self.levels, emotions, moves, factor, at)
        if felt is None:
            return []
        self.stirs.append(Stir(cause, cause_id or touchpoint["event_id"], name, at, felt))
        return self._detector.on_levels(self._state, with_felt(touchpoint, felt), clock)
