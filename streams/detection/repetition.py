"""One case for each of many values: ``each``, and ``$each`` where they go."""

from __future__ import annotations

from collections.abc import Iterator

from streams.detection.document import Listing, Mapping, Node, Scalar
from streams.detection.reader import Reader, described

MOST_EACH = 50
_EACH = "$each"


def repeated(reader: Reader, node: Node) -> Iterator[tuple[Node, str]]:
    """The case and "", or, with ``each``, for every value listed there the case with that value wherever
    ``$each`` is written, and what its name ends in."""
    values = {key.text: value for key, value in node.entries}.get("each") if isinstance(node, Mapping) else None
    if values is None:
        yield node, ""
        return
    if not isinstance(values, Listing) or not 1 <= len(values.items) <= MOST_EACH:
        reader.note(values, f"'each' is {described(values)}", f"write a list of 1 to {MOST_EACH} values")
        return
    for value in values.items:
        if not isinstance(value, Scalar):
            reader.note(value, f"'each' has {described(value)}", "write single values")
            return
        if not any(True for _ in _places(node)):
            reader.note(values, f"'each' without {_EACH}", f"write {_EACH} where the values go, like type: {_EACH}")
            return
        yield _filled(node, value), f": {value.text}"


def _places(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield from [node] if node.value == _EACH else []
    else:
        inner = node.items if isinstance(node, Listing) else [value for _, value in node.entries]
        for one in inner:
            yield from _places(one)


def _filled(node: Node, value: Scalar) -> Node:
    if isinstance(node, Scalar):
        return Scalar(node.line, node.column, value.value, value.text) if node.value == _EACH else node
    if isinstance(node, Listing):
        return Listing(node.line, node.column, [_filled(item, value) for item in node.items])
    return Mapping(node.line, node.column, [(key, _filled(inner, value)) for key, inner in node.entries])
