"""The rules, the policy, the timing and the emotions that are active in a partition, as its log activated them."""

from __future__ import annotations

from schemas import Activation
from streams.customer.timing import DEFAULT_TIMING, Timing, parse_timing
from streams.detection import Detector, Emotions, Rule, RuleFileError, parse_emotions, parse_rule
from streams.identifiers import text_digest
from streams.outreach import NO_POLICY, BadPause, Pause, Policy, PolicyFileError, parse_pause, parse_policy

_TYPES_REMEMBERED = 10_000


class BadActivation(ValueError):
    """An activation that cannot be taken: unreadable text, digest that does not match."""


class Definitions:
    """Active rules and policy; compiled when next asked for.

    Attributes:
        activations: the active activation of each (kind, id), full text included.
        pauses: the kill switches that are thrown, by id.
        emotions: how emotional levels move, None where the log has not said.
    """

    def __init__(self) -> None:
        self.activations: dict[tuple[str, str], Activation] = {}
        self.policy: Policy = NO_POLICY
        self.pauses: dict[str, Pause] = {}
        self.timing: Timing = DEFAULT_TIMING
        self.emotions: Emotions | None = None
        self._rules: dict[str, Rule] = {}
        self._detector: Detector | None = Detector(())
        self._resolving: dict[str, tuple[Rule, ...]] = {}

    @property
    def detector(self) -> Detector:
        """The compiled rules."""
        if self._detector is None:
            timing = self.timing
            self._detector = Detector(
                self._rules.values(),
                late_grace_ms=timing.late_grace_ms,
                source_graces_ms=timing.source_graces_ms,
            )
        return self._detector

    def resolving(self, touchpoint_type: str) -> tuple[Rule, ...]:
        """Running rules whose moments a touchpoint of this type may resolve, in id order."""
        known = self._resolving.get(touchpoint_type)
        if known is None:
            known = tuple(rule for rule in self.detector.rules if rule.may_be_resolved_by(touchpoint_type))
            if len(self._resolving) < _TYPES_REMEMBERED:
                self._resolving[touchpoint_type] = known
        return known

    def activate(self, activation: Activation) -> None:
        """Make a definition the active one; the same again changes nothing.

        Raises:
            BadActivation: it cannot be used; what was active stays so.
        """
        kind, name, text = activation["kind"], activation["id"], activation["text"]
        known = self.activations.get((kind, name))
        if known == activation:
            return
        if text_digest(text) != activation["digest"]:
            raise BadActivation(f"{kind} {name}: the digest does not match the text; publish it again")
        label = f"{name} v{activation['version']} (activation)"
        try:
            if kind == "rule":
                rule = parse_rule(text, label)
                self._must_agree(activation, rule.id, rule.version)
                self._rules[name] = rule
                self._detector = None
                self._resolving = {}
            elif kind == "policy":
                policy = parse_policy(text, label)
                self._must_agree(activation, policy.id, policy.version)
                self.policy = policy
            elif kind == "pause":
                pause = parse_pause(text, label)
                self._must_agree(activation, pause.id, pause.version)
                self.pauses = {known: one for known, one in self.pauses.items() if known != name}
                if pause.paused:
                    self.pauses[name] = pause
            elif kind == "time":
                timing = parse_timing(text, label)
                self._must_agree(activation, "time", timing.version)
                self.timing = timing
                self._detector = None
            elif kind == "emotions":
                emotions = parse_emotions(text, label)
                self._must_agree(activation, "emotions", emotions.version)
                self.emotions = emotions
            else:
                raise BadActivation(f"kind {kind!r} is unknown here; update this worker")
        except (RuleFileError, PolicyFileError, BadPause) as error:
            raise BadActivation(str(error)) from error
        self.activations[kind, name] = activation

    def versions(self) -> dict[str, int]:
        """Version of each active definition by ``kind id``, sorted."""
        return {f"{kind} {name}": found["version"] for (kind, name), found in sorted(self.activations.items())}

    @staticmethod
    def _must_agree(activation: Activation, name: str, version: int) -> None:
        if (name, version) != (activation["id"], activation["version"]):
            raise BadActivation(
                f"the activation says {activation['id']} v{activation['version']}, its text says {name} v{version}"
            )
