"""A pattern as an automaton: states, and edges that a touchpoint takes, passes over or falls through.

The construction is the one by which Flink's CEP library reads its patterns, so that quantifiers,
contiguity and negation mean here what they mean there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

MAX_STATES = 1_000
"""Most states of one pattern: what needs more would take long to build and to run."""

Word = Literal["take", "until", "guard"]
Action = Literal["take", "ignore", "proceed"]
Kind = Literal["normal", "ripe", "final", "stop", "pending"]
Contiguity = Literal["next", "followed_by", "followed_by_any"]


class TooIntricate(ValueError):
    """A pattern that needs more than ``MAX_STATES`` states."""


class Question(NamedTuple):
    """What is asked about a touchpoint: whether it is the step, ends its loop, or is forbidden there."""

    word: Word
    part: int


Terms = tuple[tuple[Question, bool], ...]
Tests = tuple[tuple[bool, Terms], ...]
"""All hold: each says whether all of its terms are to be answered as written."""


class Part(NamedTuple):
    """One entry of a pattern: a step, or what must not happen (``negated``)."""

    contiguity: Contiguity = "followed_by"
    negated: Literal["", "not_next", "not_followed_by"] = ""
    least: int = 1
    most: int | None = 1
    """None: any number."""
    optional: bool = False
    greedy: bool = False
    inner: Contiguity = "followed_by"
    has_until: bool = False

    @property
    def loops(self) -> bool:
        """Whether it can take any number of touchpoints."""
        return self.most is None

    @property
    def repeats(self) -> bool:
        """Whether it can take more than one touchpoint."""
        return self.most != 1


ONE = Part()
"""A step that is taken once."""


class Edge(NamedTuple):
    """One way out of a state."""

    action: Action
    target: int
    tests: Tests


class State(NamedTuple):
    """One state of the automaton; ``part`` is the entry that it waits for, -1 at the end.

    *pending*: complete once its time is over. *ripe*: complete, and reported once it cannot take more.
    """

    kind: Kind
    part: int
    edges: tuple[Edge, ...]


@cache
def automaton(parts: tuple[Part, ...]) -> tuple[State, ...]:
    """The states; the first is the start. Their order is part of what an open match stores: it never changes.

    Raises:
        TooIntricate: it has too many.
    """
    order = _reached(_Compiler(parts).start())
    if ends_greedily(parts):
        _ripen(order)
        order = _reached(order[0])
    return tuple(_numbered(order))


def ends_greedily(parts: tuple[Part, ...]) -> bool:
    """Whether a match waits for as many as come of its last step."""
    return parts[-1].greedy and not parts[-1].negated


class _Draft:
    """A state in the making."""

    def __init__(self, kind: Kind, part: int) -> None:
        self.kind = kind
        self.part = part
        self.is_numbered_last = False
        self.edges: list[tuple[Action, _Draft, Tests]] = []

    def add(self, action: Action, target: _Draft, tests: Tests = ()) -> None:
        self.edges.append((action, target, tests))


def _is(question: Question, wanted: bool = True) -> Tests:
    return ((wanted, ((question, True),)),)


class _Compiler:
    """Builds from the end, so that every state knows what comes after it."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts
        self._stops: dict[int, _Draft] = {}
        self._twins: list[tuple[_Draft, _Draft]] = []
        self._drafts = 0

    def start(self) -> _Draft:
        parts = self._parts
        sink = self._draft("final", -1)
        for place in range(len(parts) - 1, -1, -1):
            negated = parts[place].negated
            if negated == "not_followed_by":
                sink = self._absence(place, sink) if sink.kind == "final" else sink
            elif negated == "not_next":
                sink = self._not_next(place, sink)
            else:
                sink = self._step(place, sink)
        return sink

    def _draft(self, kind: Kind, part: int) -> _Draft:
        self._drafts += 1
        if self._drafts > MAX_STATES:
            raise TooIntricate(f"more than {MAX_STATES} states")
        return _Draft(kind, part)

    def _copy(self, draft: _Draft) -> _Draft:
        copy = self._draft(draft.kind, draft.part)
        copy.edges = [(action, copy if target is draft else target, tests) for action, target, tests in draft.edges]
        return copy

    def _absence(self, place: int, sink: _Draft) -> _Draft:
        """At the end: it waits for its time to pass."""
        pending = self._draft("pending", place)
        passing: Tests = ()
        while place >= 0 and self._parts[place].negated == "not_followed_by":
            guard = Question("guard", place)
            pending.add("proceed", self._stop(place), _is(guard))
            passing = (*passing, *_is(guard, False))
            place -= 1
        pending.add("ignore", pending, passing)
        return pending

    def _not_next(self, place: int, sink: _Draft) -> _Draft:
        guard = Question("guard", place)
        state = self._draft("normal", place)
        state.add("ignore" if sink.kind == "final" else "proceed", sink, _is(guard, False))
        state.add("proceed", self._stop(place), _is(guard))
        return state

    def _step(self, place: int, sink: _Draft) -> _Draft:
        part = self._parts[place]
        if part.loops:
            first = self._times(place, self._looping(place, self._freed(place, sink)), sink)
        elif part.repeats or part.least > 1:
            first = self._times(place, self._freed(place, sink), sink)
        else:
            taken = self._kept_open(sink, self._taking(place)) if part.greedy and part.optional else sink
            first = self._single(place, taken, sink, self._taking(place), self._passing(place, part.contiguity))
        self._add_stops(place, first)
        return first

    def _times(self, place: int, sink: _Draft, after: _Draft) -> _Draft:
        part = self._parts[place]
        last, taking = sink, self._taking(place)
        inner = self._passing(place, part.inner, until=True)
        most = part.least if part.most is None else part.most
        if part.greedy and part.least != most:
            if part.has_until:
                self._twins.append((after, self._copy(after)))
            last = self._kept_open(after, taking) if sink is after else sink
            if sink is not after:
                _forbid(after, taking)
        for _ in range(part.least, most):
            last = self._single(place, last, after, taking, inner, optional=True)
            self._add_loop_stop(place, last)
        for _ in range(part.least - 1):
            last = self._single(place, last, after, taking, inner, optional=False)
            self._add_loop_stop(place, last)
        return self._single(place, last, after, taking, self._passing(place, part.contiguity))

    def _kept_open(self, after: _Draft, taking: Tests) -> _Draft:
        """What follows a greedy step that came as often as it may; ``after`` it came less often, it must not come."""
        full = after
        if after.kind != "final":
            full = self._copy(after)
            full.is_numbered_last = True  # The others keep the numbers that open matches may have stored.
        _forbid(after, taking)
        return full

    def _single(
        self,
        place: int,
        sink: _Draft,
        after: _Draft,
        taking: Tests,
        passing: Tests | None,
        optional: bool | None = None,
    ) -> _Draft:
        part = self._parts[place]
        optional = part.optional if optional is None else optional
        state = self._draft("normal", place)
        freed = self._freed(place, sink)
        state.add("take", freed, taking)
        if optional:
            until = Question("until", place)
            twin = next((twin for one, twin in reversed(self._twins) if one is after), None)
            if part.greedy and part.has_until and twin is not None:
                state.add("proceed", twin, _is(until))
                state.add("proceed", after, _is(until, False))
            else:
                state.add("proceed", after)
        if passing is not None:
            waiting = state
            if optional:
                waiting = self._draft("normal", place)
                waiting.add("take", freed, taking)
                waiting.add("ignore", waiting, passing)
                self._add_stops(place, waiting)
            state.add("ignore", waiting, passing)
        return state

    def _looping(self, place: int, sink: _Draft) -> _Draft:
        part = self._parts[place]
        state = self._draft("normal", place)
        taking, passing = self._taking(place), self._passing(place, part.inner, until=True)
        until = Question("until", place)
        if part.greedy:
            if part.has_until:
                twin = self._copy(sink)
                state.add("proceed", twin, _is(until))
                self._twins.append((sink, twin))
                state.add("proceed", sink, _is(until, False))
            else:
                state.add("proceed", sink)
            _forbid(sink, _is(Question("take", place)))
        else:
            state.add("proceed", sink)
        state.add("take", state, taking)
        self._add_loop_stop(place, state)
        if passing is not None:
            waiting = self._draft("normal", place)
            waiting.add("take", state, taking)
            waiting.add("ignore", waiting, passing)
            state.add("ignore", waiting, passing)
            self._add_loop_stop(place, waiting)
        return state

    def _taking(self, place: int) -> Tests:
        take = (Question("take", place), True)
        if self._parts[place].has_until:
            return ((True, ((Question("until", place), False), take)),)
        return ((True, (take,)),)

    def _passing(self, place: int, contiguity: Contiguity, until: bool = False) -> Tests | None:
        """When a touchpoint may be passed over; None: never."""
        if place == 0 and not until:
            return None
        if contiguity == "next":
            return None
        tests: Tests = () if contiguity == "followed_by_any" else _is(Question("take", place), False)
        if until and self._parts[place].has_until:
            tests = (*_is(Question("until", place), False), *tests)
        return tests

    def _guards_before(self, place: int) -> list[int]:
        """Places of ``not_followed_by`` that still count when the step at ``place`` is awaited."""
        found: list[int] = []
        while place > 0 and (self._parts[place - 1].optional or self._parts[place - 1].negated == "not_followed_by"):
            place -= 1
            if self._parts[place].negated == "not_followed_by":
                found.append(place)
        return found

    def _add_stops(self, place: int, state: _Draft) -> None:
        for guard in self._guards_before(place):
            state.add("proceed", self._stop(guard), _is(Question("guard", guard)))

    def _add_loop_stop(self, place: int, state: _Draft) -> None:
        """What must not follow a loop must not happen inside it either, once it has begun."""
        after = place + 1
        if after < len(self._parts) and self._parts[after].negated == "not_followed_by":
            state.add("proceed", self._stop(after), _is(Question("guard", after)))

    def _stop(self, place: int) -> _Draft:
        stop = self._stops.get(place)
        if stop is None:
            stop = self._stops[place] = self._draft("stop", place)
        return stop

    def _freed(self, place: int, sink: _Draft) -> _Draft:
        """What follows an optional step once it has come: guards from before it no longer count."""
        guards = self._guards_before(place)
        if not guards or not self._parts[place].optional:
            return sink
        freed = self._draft(sink.kind, sink.part)
        for action, target, tests in sink.edges:
            if action == "proceed" and target.kind == "stop":
                if target.part not in guards:
                    freed.add(action, target, tests)
            elif action == "proceed":
                freed.add(action, self._freed(place, target), tests)
            else:
                freed.add(action, freed if target is sink else target, tests)
        return freed


def _forbid(draft: _Draft, tests: Tests) -> None:
    """Its edges are open only where ``tests`` do not hold."""
    terms = tuple(term for _, some in tests for term in some)
    draft.edges = [(action, target, (*old, (False, terms))) for action, target, old in draft.edges]


def _reached(start: _Draft) -> list[_Draft]:
    """Every state, in the order in which it is first reached, but for those that are numbered last."""
    order = [start]
    for draft in order:
        for _, target, _ in draft.edges:
            if not any(target is known for known in order):
                order.append(target)
    return sorted(order, key=lambda draft: draft.is_numbered_last)


def _ripen(drafts: list[_Draft]) -> None:
    """What could end there waits for more instead."""
    ripe = [draft for draft in drafts if any(_ends(edge) for edge in draft.edges)]
    for draft in ripe:
        draft.kind = "ripe"
        draft.edges = [edge for edge in draft.edges if not _ends(edge)]
        ripe += [target for action, target, _ in draft.edges if action == "ignore" and target not in ripe]


def _ends(edge: tuple[Action, _Draft, Tests]) -> bool:
    return edge[0] == "proceed" and edge[1].kind == "final"


def _numbered(order: list[_Draft]) -> Iterator[State]:
    for draft in order:
        numbers = [next(n for n, known in enumerate(order) if known is target) for _, target, _ in draft.edges]
        edges = tuple(
            Edge(action, number, tests) for (action, _, tests), number in zip(draft.edges, numbers, strict=True)
        )
        yield State(draft.kind, draft.part, edges)
