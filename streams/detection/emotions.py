"""How a customer's six emotional levels fade, and what moves them, as the log says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.types import Touchpoint
from streams.detection.condition_reader import required_condition
from streams.detection.conditions import Check, Condition
from streams.detection.document import Listing, Node
from streams.detection.document import Mapping as MappingNode
from streams.detection.errors import RuleFileError
from streams.detection.felt import EMOTIONS
from streams.detection.moment_types import MOMENT_TYPES
from streams.detection.reader import Reader, Section, described, did_you_mean, read_definition

EMOTIONS_KEYS = ("id", "version", "description", "half_lives", "most", "resolved", "moments", "touchpoints")
_MOST_WEIGHT = 10
_MOST_TOUCHPOINTS = 100
_SHORTEST_MS = 1_000
_EXAMPLE = "write like {frustrated: 1, joyful: -0.25}"

Moves = tuple[tuple[int, float], ...]
"""How much is added to which emotions (places in ``EMOTIONS``)."""


class EmotionsFileError(RuleFileError):
    """An emotions file that cannot be used; message and ``mistakes`` as for a rule file."""


@dataclass(frozen=True, slots=True)
class Emotions:
    """The active definition. Tuples are in the order of ``EMOTIONS``.

    Attributes:
        half_lives_ms: after how long half of a level is left.
        most: no level reads higher.
        resolved: the share of a moment's effect that its resolution takes away, 0 to 1.
        moments: what a moment of each emotion moves, for an intensity of 1.
        touchpoints: what else moves levels; of several conditions that a touchpoint meets the first counts.
    """

    version: int
    half_lives_ms: tuple[int, ...]
    most: float
    resolved: float
    moments: tuple[Moves, ...]
    touchpoints: tuple[tuple[Condition, Moves], ...] = ()
    _by_type: Mapping[str, tuple[tuple[Check | None, Moves], ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = sorted(frozenset().union(*(condition.types() for condition, _ in self.touchpoints)))
        object.__setattr__(self, "_by_type", {kind: self._bound(kind) for kind in named})

    def hears(self, touchpoint: Touchpoint) -> bool:
        """Whether a touchpoint of that type may move anything by itself."""
        return touchpoint["type"] in self._by_type

    def moves_of(self, touchpoint: Touchpoint) -> Moves:
        """What a touchpoint moves by itself, empty for nearly all."""
        for check, moves in self._by_type.get(touchpoint["type"], ()):
            if check is None or check(touchpoint):
                return moves
        return ()

    def _bound(self, touchpoint_type: str) -> tuple[tuple[Check | None, Moves], ...]:
        folded = [(condition.folded(touchpoint_type), moves) for condition, moves in self.touchpoints]
        return tuple((None if one is True else one.check(), moves) for one, moves in folded if one is not False)


def parse_emotions(text: str, filename: str) -> Emotions:
    """The emotions of a file.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.

    Raises:
        EmotionsFileError: with every mistake in the file.
    """
    return read_definition(text, filename, "an emotions file", EMOTIONS_KEYS, _emotions, EmotionsFileError)


def _emotions(section: Section) -> Emotions | None:
    reader = section.reader
    name = section.required("id", "write id: emotions; there is one such definition")
    if name is not None:
        reader.choice(name, "id", ("emotions",))
    version = section.version()
    if (description := section.value("description")) is not None:
        reader.text(description, "'description'")
    lives = section.required("half_lives", "say for each emotion after how long half of it is left")
    half_lives = _half_lives(reader, lives) if lives is not None else None
    ceiling = section.required("most", "say what no level reads higher than, like most: 10")
    most = reader.number(ceiling, "'most'", 0.1, 1_000) if ceiling is not None else None
    share = section.value("resolved")
    resolved = reader.number(share, "'resolved'", 0, 1) if share is not None else 0.0
    of_moments = section.required("moments", "say what a moment of each emotion moves")
    moments = _moments(reader, of_moments) if of_moments is not None else None
    others = section.value("touchpoints")
    touchpoints = _touchpoints(reader, others) if others is not None else ()
    if reader.mistakes or version is None or half_lives is None or most is None or resolved is None or moments is None:
        return None
    return Emotions(version, half_lives, float(most), float(resolved), moments, touchpoints)


def _half_lives(reader: Reader, node: Node) -> tuple[int, ...] | None:
    section = reader.section(node, "'half_lives'", EMOTIONS)
    if section is None:
        return None
    lives: list[int] = []
    for emotion in EMOTIONS:
        value = section.required(emotion, f"write how long, like {emotion}: 2d")
        life = reader.duration(value, f"'{emotion}'", _SHORTEST_MS) if value is not None else None
        if life is not None:
            lives.append(life)
    return tuple(lives) if len(lives) == len(EMOTIONS) else None


def _moments(reader: Reader, node: Node) -> tuple[Moves, ...] | None:
    section = reader.section(node, "'moments'", EMOTIONS)
    if section is None:
        return None
    moves = [_moves(reader, value, f"'{one}'") if (value := section.value(one)) is not None else () for one in EMOTIONS]
    return tuple(one for one in moves if one is not None)


def _touchpoints(reader: Reader, node: Node) -> tuple[tuple[Condition, Moves], ...]:
    if not isinstance(node, Listing) or not 1 <= len(node.items) <= _MOST_TOUCHPOINTS:
        remedy = "write a list of {event: {type: ...}, moves: {frustrated: 1}}"
        reader.note(node, f"'touchpoints' is {described(node)}", remedy)
        return ()
    found = [_touchpoint(reader, item) for item in node.items]
    return tuple(one for one in found if one is not None)


def _touchpoint(reader: Reader, node: Node) -> tuple[Condition, Moves] | None:
    section = reader.section(node, "a part of 'touchpoints'", ("event", "moves"))
    if section is None:
        return None
    condition = required_condition(section, "event")
    value = section.required("moves", _EXAMPLE)
    moves = _moves(reader, value, "'moves'") if value is not None else None
    if condition is None or moves is None:
        return None
    if condition.folded(None) is not False:
        remedy = "begin with the types, like event: {type: complaint.made}"
        reader.note(section.key("event"), "'event' is met by touchpoints of any type", remedy)
    if heard := sorted(condition.types() & MOMENT_TYPES):
        reader.note(section.key("event"), f"'event' names {heard[0]}", "what moments move stands under 'moments'")
    return condition, moves


def _moves(reader: Reader, node: Node, what: str) -> Moves | None:
    if not isinstance(node, MappingNode) or not node.entries:
        reader.note(node, f"{what} is {'empty' if isinstance(node, MappingNode) else described(node)}", _EXAMPLE)
        return None
    moves: list[tuple[int, float]] = []
    for key, value in node.entries:
        if key.text not in EMOTIONS:
            reader.note(key, f"unknown emotion '{key.text}'", did_you_mean(key.text, EMOTIONS))
            continue
        weight = reader.number(value, f"'{key.text}'", -_MOST_WEIGHT, _MOST_WEIGHT)
        if weight is not None:
            moves.append((EMOTIONS.index(key.text), float(weight)))
    return tuple(sorted(moves))
