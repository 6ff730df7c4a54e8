"""Where in a policy file something stands."""

from __future__ import annotations

from streams.authoring.finding import Finding, Level, at
from streams.detection.document import Listing, Mapping, Node


class Places:
    """The places of a policy file, for findings to point at."""

    def __init__(self, filename: str, document: Mapping) -> None:
        self._filename = filename
        self._document = document

    def warning(self, path: tuple[str | int, ...], what: str, remedy: str, level: Level = "warning") -> Finding:
        """A finding at what ``path`` leads to, or as near to it as the file goes.

        Args:
            path: keys and positions from the top; a single value stands for a list of one.
            what: is wrong.
            remedy: what would be right.
            level: how bad.
        """
        return at(self._node(path), self._filename, level, what, remedy)

    def _node(self, path: tuple[str | int, ...]) -> Node:
        node: Node = self._document
        for step in path:
            if isinstance(node, Mapping) and isinstance(step, str):
                found = next((value for key, value in node.entries if key.text == step), None)
                if found is None:
                    return node
                node = found
            elif isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
        return node
