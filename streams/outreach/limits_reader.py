"""``limits`` of a policy file, for everybody or for a persona or segment."""

from __future__ import annotations

from functools import partial

from streams.detection.document import Node
from streams.detection.reader import Reader, Section, did_you_mean
from streams.outreach.policy import MOST_CONTACTS, AskUse, Cap, Limits, Variant
from streams.outreach.policy_words import (
    ACTION_CLASSES,
    CHANNELS,
    note_repeated,
    optional_choice,
    optional_name,
    read_entry,
    read_name,
    read_names,
)
from streams.outreach.quiet_hours_reader import read_quiet_hours

LIMITS_KEYS = ("caps", "quiet_hours", "ask_use", "without")
CAP_KEYS = ("id", "most", "within", "channel", "purpose", "class")
ASK_USE_KEYS = ("most", "least_asks", "within", "uses")
SECTIONS = ("persona", "segment")
MOST_CAPS, LONGEST_NAME = 50, 100
_CAP = "{id: week, most: 3, within: 7d}"
_VARIANT = "{segment: at-risk, limits: {...}}"


def read_limits(reader: Reader, node: Node, actions: tuple[str, ...], what: str = "'limits'") -> Limits | None:
    """The limits; None when something is wrong in them.

    Args:
        reader: of the file.
        node: where they stand.
        actions: the policy's, which ``without`` may name.
        what: how a message calls them.
    """
    section = reader.section(node, what, LIMITS_KEYS)
    if section is None:
        return None
    caps_node, quiet_node, ask_node = (section.value(key) for key in ("caps", "quiet_hours", "ask_use"))
    caps: tuple[Cap, ...] | None = ()
    if caps_node is not None:
        caps = reader.listing(caps_node, "'caps'", partial(_cap, reader), most=MOST_CAPS)
        note_repeated(reader, caps_node, "cap", tuple(cap.id for cap in caps or ()), "give each its own id")
    quiet_hours = read_quiet_hours(reader, quiet_node) if quiet_node is not None else None
    ask_use = _ask_use(reader, ask_node) if ask_node is not None else None
    without = _without(section, actions)
    return None if caps is None else Limits(caps, quiet_hours, ask_use, without)


def read_variant(reader: Reader, node: Node, what: str, actions: tuple[str, ...]) -> Variant | None:
    """Other limits for a persona or a segment."""
    mapping = read_entry(reader, node, what, _VARIANT)
    section = reader.section(mapping, "a variant", (*SECTIONS, "limits")) if mapping is not None else None
    if section is None:
        return None
    named = [key for key in SECTIONS if section.has(key)]
    if len(named) != 1:
        reader.note(section.node, f"a variant names {' and '.join(named) or 'nobody'}", f"write {_VARIANT}")
    limits_node = section.required("limits", "write limits: {} for none at all")
    limits = read_limits(reader, limits_node, actions) if limits_node is not None else None
    name = _short_text(section, named[0]) if len(named) == 1 else None
    return None if limits is None or name is None else Variant(named[0], name, limits)


def _cap(reader: Reader, node: Node, what: str) -> Cap | None:
    mapping = read_entry(reader, node, what, _CAP)
    section = reader.section(mapping, "a cap", CAP_KEYS) if mapping is not None else None
    if section is None:
        return None
    name = read_name(section, "id", f"name it, like {_CAP}")
    most_node, within_node = section.required("most", f"write {_CAP}"), section.required("within", f"write {_CAP}")
    most = reader.whole(most_node, "'most'", 0, MOST_CONTACTS) if most_node is not None else None
    within = reader.duration(within_node, "'within'") if within_node is not None else None
    channel = optional_choice(section, "channel", "channel", CHANNELS)
    action_class = optional_choice(section, "class", "class", ACTION_CLASSES)
    purpose = optional_name(section, "purpose")
    if name is None or most is None or within is None:
        return None
    return Cap(name, most, within, channel, purpose, action_class)


def _ask_use(reader: Reader, node: Node) -> AskUse | None:
    section = reader.section(node, "'ask_use'", ASK_USE_KEYS)
    if section is None:
        return None
    most_node = section.required("most", "write most asks for each use, like most: 0.5")
    within_node = section.required("within", "write over how long both are counted, like within: 30d")
    most = reader.number(most_node, "'most'", 0, MOST_CONTACTS) if most_node is not None else None
    within = reader.duration(within_node, "'within'") if within_node is not None else None
    uses = read_names(section, "uses", "name touchpoint types that are a use, like uses: [order.placed]")
    least_node = section.value("least_asks")
    least_asks = reader.whole(least_node, "'least_asks'", 0, MOST_CONTACTS) if least_node is not None else 0
    if uses is not None:
        note_repeated(reader, section.key("uses"), "use", uses)
    if most is None or within is None or uses is None or least_asks is None:
        return None
    return AskUse(float(most), least_asks, within, uses)


def _without(section: Section, actions: tuple[str, ...]) -> tuple[str, ...]:
    node = section.value("without")
    if node is None:
        return ()
    reader = section.reader
    names = reader.listing(node, "'without'", reader.text, most=500) or ()
    for name in names:
        if name not in actions:
            reader.note(node, f"'without' names '{name}', which is no action", did_you_mean(name, actions))
    note_repeated(reader, node, "action", names)
    return names


def _short_text(section: Section, key: str) -> str | None:
    node = section.value(key)
    text = section.reader.text(node, f"'{key}'") if node is not None else None
    if text is not None and node is not None and len(text) > LONGEST_NAME:
        section.reader.note(node, f"'{key}' has {len(text)} characters", f"write 1 to {LONGEST_NAME}")
        return None
    return text
