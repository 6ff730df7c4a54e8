"""The rules, the policy, the timing and the emotions of a partition, as its log changes them.

A change comes as a record and holds from that record on:

- ``publish``: the version is kept and does not run.
- ``activate``, ``shadow``: it runs from here on, a shadow without contacting anybody. What it takes over
  from ends what it has begun or is dropped, as the new version's ``on_change`` says.
- ``roll_back``: an earlier version runs again; what the one it takes over from has begun is dropped.
- ``retire``: nothing of it runs, and what it has begun is dropped.

What cannot be taken is quarantined: it is named until a good version comes, and what ran runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol
from weakref import WeakValueDictionary

from msgspec.structs import asdict
from msgspec.structs import replace as renewed

from schemas import Activation
from streams.controls import ACTIVATE, PUBLISH, RETIRE, ROLL_BACK, SHADOW
from streams.customer import ledger
from streams.customer.standing import LONGEST_REASON, Drain, Kept, Quarantined, Standing
from streams.customer.timing import DEFAULT_TIMING, Timing, parse_timing
from streams.detection import Detector, Draining, Emotions, Rule, RuleFileError, parse_emotions, parse_rule
from streams.identifiers import text_digest
from streams.outreach import NO_POLICY, BadPause, Pause, Policy, PolicyFileError, parse_pause, parse_policy

VERSIONS_KEPT = 10
"""Versions of each definition that are kept; beyond it the lowest go, but never one that runs."""

MOST_DRAINS = 3
"""Earlier versions of a rule that end what they have begun at the same time; beyond it the oldest is dropped."""

LONGEST_DRAIN_MS = 90 * 86_400_000
"""After so long by the partition's clock whatever is left of an earlier version is dropped."""

MOST_QUARANTINED = 100
"""Refused definitions that are named; further ones are only dead-lettered."""

NEVER = 2**63 - 1
_TYPES_REMEMBERED = 10_000
_TEXTS_REMEMBERED = 512
_CHANGES = (PUBLISH, ACTIVATE, SHADOW, RETIRE, ROLL_BACK)


class BadActivation(ValueError):
    """An activation that cannot be taken: unreadable text, digest that does not match, a version of its own."""


class _Versioned(Protocol):
    """What a definition's text says it is."""

    @property
    def version(self) -> int:
        """Its version."""


_PARSERS: dict[str, Callable[[str, str], _Versioned]] = {
    "rule": parse_rule,
    "policy": parse_policy,
    "time": parse_timing,
    "emotions": parse_emotions,
}
"""Kinds that have versions; a pause has not: it is thrown and lifted."""

_DETECTORS: WeakValueDictionary[tuple[object, ...], Detector] = WeakValueDictionary()
"""Compiled rules that a partition of this process uses: they never change, so others with the same ones share them."""


class Definitions:
    """What is defined; compiled when next asked for.

    Attributes:
        standings: how each (kind, id) stands, full text included.
        kept: versions heard of, by (kind, id) and version.
        quarantined: what could not be taken, by ``kind id``.
        policy, timing: what runs.
        emotions: how emotional levels move, None where the log has not said.
        pauses: the kill switches that are thrown, by id.
        drains_end: when the next earlier version is dropped, ms UTC by the partition's clock.
    """

    def __init__(self) -> None:
        self.standings: dict[tuple[str, str], Standing] = {}
        self.kept: dict[tuple[str, str], dict[int, Kept]] = {}
        self.quarantined: dict[str, Quarantined] = {}
        self.policy: Policy = NO_POLICY
        self.pauses: dict[str, Pause] = {}
        self.timing: Timing = DEFAULT_TIMING
        self.emotions: Emotions | None = None
        self.drains_end = NEVER
        self._rules: dict[str, Rule] = {}
        self._draining: dict[str, list[Draining]] = {}
        self._detector: Detector | None = Detector(())
        self._resolving: dict[str, tuple[Rule, ...]] = {}
        self._unsaved: dict[bytes, None] = {}
        self._told: tuple[dict[str, int], dict[str, str], dict[str, list[int]]] | None = None

    # -- what runs ------------------------------------------------------------------------------

    @property
    def detector(self) -> Detector:
        """The compiled rules."""
        if self._detector is None:
            timing = self.timing
            running = tuple((name, self.standings["rule", name]) for name in sorted(self._rules))
            draining = [one for some in self._draining.values() for one in some]
            same = (
                tuple((name, one.digest, one.change == SHADOW, one.era) for name, one in running),
                timing.late_grace_ms,
                tuple(sorted(timing.source_graces_ms.items())),
            )
            # What drains is told apart by more than this: it is not shared.
            known = None if draining else _DETECTORS.get(same)
            if known is None:
                known = Detector(
                    self._rules.values(),
                    late_grace_ms=timing.late_grace_ms,
                    source_graces_ms=timing.source_graces_ms,
                    eras={name: one.era for name, one in running},
                    draining=draining,
                )
                if not draining:
                    _DETECTORS[same] = known
            self._detector = known
        return self._detector

    def resolving(self, touchpoint_type: str) -> tuple[Rule, ...]:
        """Running rules whose moments a touchpoint of this type may resolve, in id order."""
        known = self._resolving.get(touchpoint_type)
        if known is None:
            known = tuple(rule for rule in self.detector.rules if rule.may_be_resolved_by(touchpoint_type))
            if len(self._resolving) < _TYPES_REMEMBERED:
                self._resolving[touchpoint_type] = known
        return known

    def versions(self) -> dict[str, int]:
        """Version of each definition that runs by ``kind id``, sorted."""
        return self._summed()[0]

    def modes(self) -> dict[str, str]:
        """Mode of each rule that runs and is not live, by ``kind id``."""
        return self._summed()[1]

    def draining(self) -> dict[str, list[int]]:
        """Versions that still end what they have begun, by ``kind id``."""
        return self._summed()[2]

    # -- changes --------------------------------------------------------------------------------

    def activate(self, activation: Activation, at: int = 0, clock: int = 0) -> None:
        """Take a change; the same again changes nothing.

        Args:
            activation: what is defined, and what becomes of it.
            at: append time of its record, ms UTC.
            clock: the partition's, ms UTC.

        Raises:
            BadActivation: it cannot be taken; what ran runs on, and it is quarantined.
        """
        kind, name = activation["kind"], activation["id"]
        try:
            self._take(activation, at, clock)
        except BadActivation as error:
            if kind in _PARSERS:
                self._quarantine(f"{kind} {name}", activation["version"], str(error), at)
            raise
        if activation["change"] != PUBLISH:
            self.quarantined.pop(f"{kind} {name}", None)

    def end_drains(self, clock: int) -> None:
        """Drop earlier versions whose time is up at ``clock``, ms UTC."""
        for standing in list(self.standings.values()):
            left = [drain for drain in standing.drains if drain.until > clock]
            if len(left) < len(standing.drains):
                self._stand(renewed(standing, drains=left))

    def _take(self, activation: Activation, at: int, clock: int) -> None:
        kind, name, version, text = activation["kind"], activation["id"], activation["version"], activation["text"]
        change = activation["change"]
        label = f"{name} v{version} (activation)"
        _must_match(kind, name, text, activation["digest"])
        if kind == "pause":
            self._throw(activation, at, label)
            return
        if kind not in _PARSERS:
            raise BadActivation(f"kind {kind!r} is unknown here; update this worker")
        if change not in _CHANGES or (change == SHADOW and kind != "rule"):
            raise BadActivation(f"{kind} {name}: change {change!r} is unknown here; update this worker")
        standing = self.standings.get((kind, name))
        known = self.known_versions(kind, name).get(version)
        if known is not None and known.digest != activation["digest"]:
            raise BadActivation(f"{kind} {name}: v{version} is known with another text; count the version up")
        if change == RETIRE:
            if standing is not None and standing.runs:
                self._stand(renewed(standing, change=RETIRE, since=at, drains=[]))
            return
        _must_be_in_order(standing, activation)
        found = _parsed(activation, label)
        if standing is not None and standing.runs and standing.is_text_of(activation) and _goes_on(standing, change):
            return
        self._keep(activation, at)
        if change == PUBLISH:
            return
        made = Standing(
            kind=kind, id=name, version=version, text=text, digest=activation["digest"], change=change, since=at
        )
        if isinstance(found, Rule):
            made = self._taken_over(made, standing, found, clock)
        if kind == "policy":
            for other in [one for (of, _), one in self.standings.items() if of == kind and one.id != name and one.runs]:
                self._stand(renewed(other, change=RETIRE, since=at))
        self._stand(made, found)

    def _taken_over(self, made: Standing, standing: Standing | None, rule: Rule, clock: int) -> Standing:
        """The new standing with its era and what still drains."""
        if standing is None:
            return made
        before = self._rules.get(made.id)
        will_run, ran = _in_mode(rule, made.change).mode != "off", before is not None and before.mode != "off"
        if will_run and ran and standing.version == made.version:
            return renewed(made, era=standing.era, drains=standing.drains)
        drains = [drain for drain in standing.drains if drain.until > clock]
        if made.change != ROLL_BACK:
            if rule.on_change == "drop" or not will_run:
                drains = []
            elif before is not None and ran:
                until = clock + LONGEST_DRAIN_MS
                drains.append(
                    Drain(
                        version=standing.version,
                        era=standing.era,
                        text=standing.text,
                        mode=before.mode,
                        until=until,
                    )
                )
        return renewed(made, era=standing.era + 1, drains=drains[-MOST_DRAINS:])

    def _throw(self, activation: Activation, at: int, label: str) -> None:
        try:
            pause = parse_pause(activation["text"], label)
        except BadPause as error:
            raise BadActivation(str(error)) from error
        _must_agree(activation, pause.id, pause.version)
        standing = self.standings.get(("pause", pause.id))
        if standing is None or not standing.is_text_of(activation):
            self._stand(Standing(**activation, since=at), pause)

    # -- what is kept ---------------------------------------------------------------------------

    def known_versions(self, kind: str, name: str) -> dict[int, Kept]:
        """Versions of a definition that are known here, the one that runs included."""
        known = dict(self.kept.get((kind, name), {}))
        standing = self.standings.get((kind, name))
        if standing is not None and standing.version not in known:
            known[standing.version] = _kept(standing)
        return known

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Changelog records since the last call; None is a tombstone."""
        unsaved, self._unsaved = self._unsaved, {}
        for key in unsaved:
            yield key, self._saved(key)

    def restore(self, key: bytes, value: bytes | None) -> bool:
        """Take in a changelog record; False if it is none of definitions.

        Raises:
            BadActivation: it cannot be used here.
            StateFormatError: another version of the software wrote it.
        """
        if key.startswith(ledger.VERSION_PREFIX):
            kind, name, version = ledger.names_of(key, ledger.VERSION_PREFIX)
            if value is None:
                self.kept.get((kind, name), {}).pop(int(version), None)
            else:
                self.kept.setdefault((kind, name), {})[int(version)] = ledger.decode_kept(value)
        elif key.startswith(ledger.DEFINITION_PREFIX):
            if value is not None:
                standing = ledger.decode_definition(value)
                self._stand(standing, _parsed_again(standing))
                self._unsaved.clear()
        else:
            return False
        return True

    def _keep(self, activation: Activation, at: int) -> None:
        kind, name, version = activation["kind"], activation["id"], activation["version"]
        versions = self.kept.setdefault((kind, name), {})
        if version not in versions:
            versions[version] = Kept(
                kind=kind, id=name, version=version, text=activation["text"], digest=activation["digest"], since=at
            )
            self._unsaved[ledger.version_key(kind, name, version)] = None
        standing = self.standings.get((kind, name))
        running = standing.version if standing is not None else version
        for lowest in sorted(versions)[: max(0, len(versions) - VERSIONS_KEPT)]:
            if lowest not in (running, version):
                del versions[lowest]
                self._unsaved[ledger.version_key(kind, name, lowest)] = None

    def _saved(self, key: bytes) -> bytes | None:
        if key.startswith(ledger.VERSION_PREFIX):
            kind, name, version = ledger.names_of(key, ledger.VERSION_PREFIX)
            kept = self.kept.get((kind, name), {}).get(int(version))
            return None if kept is None else ledger.encode_kept(kept)
        kind, name = ledger.names_of(key, ledger.DEFINITION_PREFIX)
        return ledger.encode_definition(self.standings[kind, name])

    def _quarantine(self, name: str, version: int, reason: str, at: int) -> None:
        if name in self.quarantined or len(self.quarantined) < MOST_QUARANTINED:
            self.quarantined[name] = Quarantined(version=version, reason=reason[:LONGEST_REASON], since=at)

    # -- how it takes hold ----------------------------------------------------------------------

    def _stand(self, standing: Standing, found: Any = None) -> None:
        """Let a definition stand so; ``found`` is what its text says, where that changes."""
        kind, name = standing.kind, standing.id
        self.standings[kind, name] = standing
        self._unsaved[ledger.definition_key(kind, name)] = None
        self._told = None
        if kind == "rule":
            self._stand_rule(standing, found)
        elif kind == "policy":
            if found is not None and standing.runs:
                self.policy = found
            elif not standing.runs and self.policy.id == name:
                self.policy = NO_POLICY
        elif kind == "time":
            self.timing = found if found is not None and standing.runs else DEFAULT_TIMING
            self._detector = None
        elif kind == "emotions":
            self.emotions = found if standing.runs else None
        elif kind == "pause" and found is not None:
            self.pauses = {known: one for known, one in self.pauses.items() if known != name}
            if found.paused:
                self.pauses[name] = found

    def _stand_rule(self, standing: Standing, rule: Rule | None) -> None:
        name = standing.id
        if not standing.runs:
            self._rules.pop(name, None)
        elif rule is not None:
            self._rules[name] = _in_mode(rule, standing.change)
        self._draining.pop(name, None)
        if standing.drains:
            self._draining[name] = [
                Draining(replace(parse_rule(drain.text, name), mode=drain.mode), drain.era) for drain in standing.drains
            ]
        self.drains_end = min((drain.until for one in self.standings.values() for drain in one.drains), default=NEVER)
        self._detector, self._resolving = None, {}

    def _summed(self) -> tuple[dict[str, int], dict[str, str], dict[str, list[int]]]:
        if self._told is None:
            running = [(f"{kind} {name}", one) for (kind, name), one in sorted(self.standings.items()) if one.runs]
            modes: dict[str, str] = {
                f"rule {name}": rule.mode for name, rule in sorted(self._rules.items()) if rule.mode != "live"
            }
            drains = {name: [drain.version for drain in one.drains] for name, one in running if one.drains}
            self._told = {name: one.version for name, one in running}, modes, drains
        return self._told


def _must_be_in_order(standing: Standing | None, activation: Activation) -> None:
    """A lower version comes only by a roll-back, and a roll-back only to a lower one."""
    if standing is None:
        return
    what, version = f"{activation['kind']} {activation['id']}", activation["version"]
    if activation["change"] != ROLL_BACK:
        if version < standing.version:
            raise BadActivation(f"{what}: v{version} is older than v{standing.version}; go back with a roll-back")
    elif version >= standing.version and not (standing.change == ROLL_BACK and version == standing.version):
        raise BadActivation(f"{what}: v{version} is not older than v{standing.version}; activate it")


def _goes_on(standing: Standing, change: str) -> bool:
    return change == PUBLISH or (standing.change == SHADOW) == (change == SHADOW)


@lru_cache(_TEXTS_REMEMBERED)
def _read(kind: str, text: str, label: str) -> Any:
    """What a text says. It is never changed, so that all partitions of a process share it."""
    return _PARSERS[kind](text, label)


@lru_cache(_TEXTS_REMEMBERED)
def _must_run(text: str, label: str) -> None:
    """The rule can be made ready to run; raises whatever prevents that."""
    Detector([replace(_read("rule", text, label), mode="live")])


def _parsed(activation: Activation, label: str) -> Any:
    kind, text = activation["kind"], activation["text"]
    try:
        found = _read(kind, text, label)
    except (RuleFileError, PolicyFileError) as error:
        raise BadActivation(str(error)) from error
    # There is one timing and one table of emotions, so they have no ids of their own.
    _must_agree(activation, getattr(found, "id", kind), found.version)
    if isinstance(found, Rule):
        try:
            _must_run(text, label)
        except Exception as error:  # whatever it is, it must not reach a customer
            raise BadActivation(f"{label}: it cannot be made ready to run: {type(error).__name__}") from error
    return found


def _parsed_again(standing: Standing) -> Any:
    """What the text of a standing says, which was found good before; None where nothing of it runs."""
    _must_match(standing.kind, standing.id, standing.text, standing.digest)
    if not standing.runs:
        return None
    label = f"{standing.id} v{standing.version} (activation)"
    try:
        if standing.kind == "pause":
            return parse_pause(standing.text, label)
        return _read(standing.kind, standing.text, label)
    except KeyError as error:
        raise BadActivation(f"kind {standing.kind!r} is unknown here; update this worker") from error
    except (RuleFileError, PolicyFileError, BadPause) as error:
        raise BadActivation(str(error)) from error


def _must_match(kind: str, name: str, text: str, digest: str) -> None:
    if text_digest(text) != digest:
        raise BadActivation(f"{kind} {name}: the digest does not match the text; publish it again")


def _in_mode(rule: Rule, change: str) -> Rule:
    return replace(rule, mode="shadow") if change == SHADOW else rule


def _must_agree(activation: Activation, name: str, version: int) -> None:
    if (name, version) != (activation["id"], activation["version"]):
        raise BadActivation(
            f"the activation says {activation['id']} v{activation['version']}, its text says {name} v{version}"
        )


def _kept(standing: Standing) -> Kept:
    fields = asdict(standing)
    return Kept(**{name: fields[name] for name in Kept.__struct_fields__})
