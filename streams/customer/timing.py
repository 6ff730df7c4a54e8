"""How a partition deals with what comes in the wrong order or late, as its log says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.detection import LATE_GRACE_MS, RuleFileError
from streams.detection.document import Mapping as MappingNode
from streams.detection.document import Node
from streams.detection.reader import Reader, Section, read_definition

TIMING_KEYS = ("id", "version", "description", "order_wait", "late_grace", "sources")
SOURCE_KEYS = ("late_grace",)
LONGEST_WAIT_MS = 3_600_000
"""Most that ``order_wait`` may be: everything is that much later."""

MOST_SOURCES = 500
_ID_REMEDY = "write id: time; there is one such definition"


class TimingFileError(RuleFileError):
    """A timing file that cannot be used; message and ``mistakes`` as for a rule file."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The active timing.

    Attributes:
        order_wait_ms: how long a touchpoint is held so that older ones of the customer may overtake it.
        late_grace_ms: how long a deadline that is past already when it is set waits.
        source_graces_ms: the same for touchpoints of one source.
    """

    version: int = 0
    order_wait_ms: int = 0
    late_grace_ms: int = LATE_GRACE_MS
    source_graces_ms: Mapping[str, int] = field(default_factory=dict)


DEFAULT_TIMING = Timing()


def parse_timing(text: str, filename: str) -> Timing:
    """The timing of a file.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.

    Raises:
        TimingFileError: with every mistake in the file.
    """
    return read_definition(text, filename, "a timing", TIMING_KEYS, _timing, TimingFileError)


def _timing(section: Section) -> Timing | None:
    reader = section.reader
    name = section.required("id", _ID_REMEDY)
    if name is not None:
        reader.choice(name, "id", ("time",))
    version = section.version()
    if (description := section.value("description")) is not None:
        reader.text(description, "'description'")
    wait_node = section.value("order_wait")
    wait = reader.duration(wait_node, "'order_wait'", 0, LONGEST_WAIT_MS) if wait_node is not None else 0
    grace = section.duration("late_grace", low=0) if section.has("late_grace") else LATE_GRACE_MS
    sources_node = section.value("sources")
    sources = _sources(reader, sources_node) if sources_node is not None else {}
    if version is None or wait is None or grace is None:
        return None
    return Timing(version, wait, grace, sources)


def _sources(reader: Reader, node: Node) -> dict[str, int]:
    if not isinstance(node, MappingNode) or len(node.entries) > MOST_SOURCES:
        reader.note(node, "'sources' is no mapping of sources", f"write at most {MOST_SOURCES} lines 'source: ...'")
        return {}
    graces: dict[str, int] = {}
    for key, value in node.entries:
        section = reader.section(value, f"source '{key.text}'", SOURCE_KEYS)
        if section is None:
            continue
        if section.required("late_grace", "write late_grace, like 6h") is not None:
            grace = section.duration("late_grace", low=0)
            if grace is not None:
                graces[key.text] = grace
    return graces
