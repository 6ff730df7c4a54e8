"""Suppression lists and holdouts of a policy file: who is left alone whatever happens."""

from __future__ import annotations

from streams.detection.document import Mapping, Node
from streams.detection.reader import Reader, described
from streams.outreach.policy import Holdout, Suppression
from streams.outreach.policy_words import ACTION_CLASSES, CHANNELS, read_choices, read_entry, read_name, read_percent

SUPPRESSION_KEYS = ("list", "classes", "channels")
HOLDOUT_KEYS = ("percent", "salt")
LONGEST_SALT = 100
_SUPPRESSION = "{list: do_not_contact, classes: [service, promotional]}"
_HOLDOUT = "write holdout: {percent: 5%}"


def read_suppression(reader: Reader, node: Node, what: str) -> Suppression | None:
    """What one list stops."""
    mapping = read_entry(reader, node, what, _SUPPRESSION)
    section = reader.section(mapping, "a suppression", SUPPRESSION_KEYS) if mapping is not None else None
    if section is None:
        return None
    name = read_name(section, "list", f"name the list, like {_SUPPRESSION}")
    section.required("classes", f"say what it stops: one or both of {', '.join(ACTION_CLASSES)}")
    classes = read_choices(section, "classes", "class", ACTION_CLASSES)
    channels = read_choices(section, "channels", "channel", CHANNELS)
    return None if name is None or not classes or channels is None else Suppression(name, classes, channels)


def read_holdout(reader: Reader, node: Node, salt: str) -> Holdout | None:
    """A control group.

    Args:
        reader: of the file.
        node: where it stands.
        salt: which group is drawn where the file does not say.
    """
    if not isinstance(node, Mapping):
        reader.note(node, f"'holdout' is {described(node)}", _HOLDOUT)
        return None
    section = reader.section(node, "'holdout'", HOLDOUT_KEYS)
    assert section is not None
    percent_node, salt_node = section.required("percent", _HOLDOUT), section.value("salt")
    percent = read_percent(reader, percent_node, "'percent'") if percent_node is not None else None
    text = reader.text(salt_node, "'salt'") if salt_node is not None else salt
    if text is not None and salt_node is not None and len(text) > LONGEST_SALT:
        reader.note(salt_node, f"'salt' has {len(text)} characters", f"write 1 to {LONGEST_SALT}")
        return None
    return None if percent is None or text is None else Holdout(percent, text)
