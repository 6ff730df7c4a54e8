"""Names in a rule that no touchpoint and no moment can have: channels, emotions, rules that nobody hears."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streams.authoring.finding import Finding, Level, at
from streams.detection import Rule
from streams.detection.document import Listing, Mapping, Node, Scalar
from streams.detection.felt import EMOTIONS
from streams.detection.moment_types import MOMENT_TYPES
from streams.detection.reader import did_you_mean
from streams.vocabulary import CHANNELS

Known = Callable[[str], Rule | None]
"""The rule of an id, None where nobody knows one."""


def impossible_names(document: Mapping, filename: str, known: Known) -> Iterator[Finding]:
    """Each where it stands.

    Args:
        document: of a rule that can be read.
        filename: how findings name it.
        known: knows the other rules.
    """
    for condition in _mappings(document):
        tested = {key.text.partition("|")[0]: _scalars(value) for key, value in condition.entries if _compared(key)}
        for node in tested.get("channel", ()):
            if node.text not in CHANNELS:
                what = f"no touchpoint has the channel '{node.text}'"
                yield at(node, filename, "error", what, did_you_mean(node.text, CHANNELS))
        if MOMENT_TYPES.isdisjoint(node.text for node in tested.get("type", ())):
            continue
        for node in tested.get("emotion", ()):
            if node.text not in EMOTIONS:
                what = f"no moment has the emotion '{node.text}'"
                yield at(node, filename, "error", what, did_you_mean(node.text, EMOTIONS))
        for node in tested.get("rule", ()):
            for level, what, remedy in _unheard(known(node.text), node.text):
                yield at(node, filename, level, what, remedy)


def _unheard(rule: Rule | None, name: str) -> Iterator[tuple[Level, str, str]]:
    """Why the moments of that rule are not heard."""
    if rule is None:
        yield "warning", f"there is no rule '{name}' here, and none is shipped", "check its id, or lint both together"
    elif rule.stratum > 1:
        remedy = "name rules that hear touchpoints only"
        yield "error", f"moments of '{name}' are heard by no rule that names moments: it hears some itself", remedy
    elif rule.mode != "live":
        yield "warning", f"'{name}' is in mode {rule.mode}, so its moments are heard by nobody", "let it be live first"


def _compared(key: Scalar) -> bool:
    """Whether the key compares with whole values."""
    return key.text.partition("|")[2] in ("", "eq", "ne")


def _mappings(node: Node) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        yield node
        for _, value in node.entries:
            yield from _mappings(value)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _mappings(item)


def _scalars(node: Node) -> list[Scalar]:
    nodes = node.items if isinstance(node, Listing) else [node]
    return [one for one in nodes if isinstance(one, Scalar)]
