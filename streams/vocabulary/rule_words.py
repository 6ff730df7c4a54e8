"""Types that a rule listens to and nobody has ever heard of: a slip of the pen makes a rule that never fires."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.moment_types import MOMENT_TYPES
from streams.vocabulary.vocabulary import OWN_TYPE, Vocabulary

_TYPE_KEYS = ("type", "type|ne")


def unheard_types(text: str, filename: str, vocabulary: Vocabulary) -> list[str]:
    """A line ``file:line:column: what; remedy`` for each, in the order of the file.

    Args:
        text: a valid rule.
        filename: how the lines name it.
        vocabulary: where its types should be.
    """
    found = []
    for node in _types(read_document(text, filename)):
        name = node.text
        if name not in vocabulary.types and name not in MOMENT_TYPES and not name.startswith(OWN_TYPE):
            near = get_close_matches(name, vocabulary.types, n=1, cutoff=0.7)
            remedy = f"did you mean '{near[0]}'?" if near else f"types of your own begin with {OWN_TYPE}"
            found.append(f"{filename}:{node.line}:{node.column}: type '{name}' is not in the vocabulary; {remedy}")
    return found


def _types(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Listing):
        for item in node.items:
            yield from _types(item)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if key.text not in _TYPE_KEYS:
                yield from _types(value)
            elif isinstance(value, Scalar):
                yield value
            elif isinstance(value, Listing):
                yield from (item for item in value.items if isinstance(item, Scalar))
