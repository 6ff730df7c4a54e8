"""A policy file, read: from text to ``Policy``, or to everything that is wrong with it."""

from __future__ import annotations

from collections import Counter
from functools import partial

from streams.detection.document import Mapping, Node
from streams.detection.reader import Reader, Section, read_definition
from streams.outreach.errors import PolicyFileError
from streams.outreach.policy import Action, Policy

POLICY_KEYS = ("id", "version", "description", "actions")
ACTION_KEYS = ("id", "moments", "class", "purpose", "channels", "template", "cool_down")
ACTION_CLASSES = ("service", "promotional")
CHANNELS = ("web", "app", "email", "sms", "push", "chat", "ivr", "voice", "contact_centre", "social", "post")
_NAME = r"[a-z][a-z0-9_]*([.-][a-z0-9_]+)*"
_NAME_REMEDY = "write lower-case words joined by dots, like call.back"


def parse_policy(text: str, filename: str) -> Policy:
    """The policy of a file.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.

    Raises:
        PolicyFileError: with every mistake in the file.
    """
    return read_definition(text, filename, "a policy", POLICY_KEYS, _policy, PolicyFileError)


def _policy(section: Section) -> Policy | None:
    reader = section.reader
    name = _name(section, "id")
    version_node = section.required("version", "write version: 1, and count up with every change")
    version = reader.whole(version_node, "'version'", 1, 1_000_000) if version_node is not None else None
    description = _text(section, "description", "say in a sentence what this policy is for")
    actions_node = section.required("actions", "write a list of actions")
    actions = (
        reader.listing(actions_node, "'actions'", partial(_action, reader), most=500)
        if actions_node is not None
        else None
    )
    if name is None or version is None or description is None or actions is None or actions_node is None:
        return None
    _each_once(reader, actions_node, "action", [action.id for action in actions])
    _each_once(reader, actions_node, "moment", [moment for action in actions for moment in action.moments])
    return Policy(name, version, description, actions)


def _action(reader: Reader, node: Node, what: str) -> Action | None:
    if not isinstance(node, Mapping):
        reader.note(node, f"an entry of {what} is no action", f"write one with {', '.join(ACTION_KEYS)}")
        return None
    section = reader.section(node, "an action", ACTION_KEYS)
    assert section is not None
    name = _name(section, "id")
    moments = _names(section, "moments", "name the rules whose moments it answers")
    class_node = section.required("class", f"one of {', '.join(ACTION_CLASSES)}")
    action_class = reader.choice(class_node, "class", ACTION_CLASSES) if class_node is not None else None
    purpose = _name(section, "purpose")
    channels_node = section.required("channels", f"preferred first, of {', '.join(CHANNELS)}")
    channels = None
    if channels_node is not None:
        channels = reader.listing(
            channels_node, "'channels'", lambda item, _: reader.choice(item, "channel", CHANNELS), least=1
        )
    template = _name(section, "template")
    cool_down = section.duration("cool_down", low=0)
    if name is None or moments is None or action_class is None or purpose is None:
        return None
    if channels is None or template is None:
        return None
    return Action(name, moments, action_class, purpose, channels, template, cool_down or 0)


def _names(section: Section, key: str, remedy: str) -> tuple[str, ...] | None:
    node = section.required(key, remedy)
    if node is None:
        return None
    reader = section.reader
    return reader.listing(
        node, f"'{key}'", lambda item, what: reader.matching(item, what, _NAME, _NAME_REMEDY), most=500, least=1
    )


def _each_once(reader: Reader, node: Node, what: str, names: list[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            reader.note(node, f"{what} '{name}' is there {count} times", "one action answers a moment; keep one")


def _name(section: Section, key: str) -> str | None:
    node = section.required(key, _NAME_REMEDY)
    return section.reader.matching(node, f"'{key}'", _NAME, _NAME_REMEDY) if node is not None else None


def _text(section: Section, key: str, remedy: str) -> str | None:
    node = section.required(key, remedy)
    return section.reader.text(node, f"'{key}'") if node is not None else None
