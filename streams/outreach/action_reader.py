"""``actions`` of a policy file."""

from __future__ import annotations

from streams.detection.document import Mapping, Node
from streams.detection.reader import Reader, Section
from streams.outreach.policy import OVERRIDABLE, Action
from streams.outreach.policy_words import (
    ACTION_CLASSES,
    CHANNELS,
    optional_choice,
    read_choices,
    read_name,
    read_names,
    read_share,
)
from streams.outreach.quiet_hours_reader import FALLBACKS
from streams.outreach.suppression_reader import read_holdout

REQUIRED = ("id", "moments", "class", "purpose", "channels", "template")
ACTION_KEYS = (
    *REQUIRED,
    "cool_down",
    "priority",
    "value",
    "propensity",
    "counts_toward_caps",
    "may_override",
    "holdout",
    "quiet_fallback",
    "bought_within",
    "sandbox",
)
MOST_PRIORITY, MOST_VALUE = 1_000, 999_999


def read_action(reader: Reader, node: Node, what: str) -> Action | None:
    """An action; None when something is wrong in it."""
    if not isinstance(node, Mapping):
        reader.note(node, f"an entry of {what} is no action", f"write one with {', '.join(REQUIRED)}")
        return None
    section = reader.section(node, "an action", ACTION_KEYS)
    assert section is not None
    name = read_name(section, "id")
    moments = read_names(section, "moments", "name the rules whose moments it answers")
    class_node = section.required("class", f"one of {', '.join(ACTION_CLASSES)}")
    action_class = reader.choice(class_node, "class", ACTION_CLASSES) if class_node is not None else None
    purpose = read_name(section, "purpose")
    section.required("channels", f"preferred first, of {', '.join(CHANNELS)}")
    channels = read_choices(section, "channels", "channel", CHANNELS)
    template = read_name(section, "template")
    cool_down, bought_within = section.duration("cool_down", low=0), section.duration("bought_within")
    priority, value, propensity = _priority(section), _value(section), _propensity(section)
    counts, sandbox = section.flag("counts_toward_caps", default=True), section.flag("sandbox")
    may_override = read_choices(section, "may_override", "limit", OVERRIDABLE)
    holdout_node = section.value("holdout")
    holdout = read_holdout(reader, holdout_node, name or "") if holdout_node is not None else None
    quiet_fallback = optional_choice(section, "quiet_fallback", "quiet_fallback", FALLBACKS)
    if name is None or moments is None or action_class is None or purpose is None or template is None:
        return None
    if not channels or may_override is None or priority is None or value is None or propensity is None:
        return None
    return Action(
        id=name,
        moments=moments,
        action_class=action_class,
        purpose=purpose,
        channels=channels,
        template=template,
        cool_down=cool_down or 0,
        priority=priority,
        value=value,
        propensity=propensity,
        counts_toward_caps=counts,
        may_override=may_override,
        holdout=holdout,
        quiet_fallback=quiet_fallback,
        bought_within=bought_within or 0,
        sandbox=sandbox,
    )


def _priority(section: Section) -> int | None:
    node = section.value("priority")
    return section.reader.whole(node, "'priority'", 1, MOST_PRIORITY) if node is not None else 1


def _value(section: Section) -> float | None:
    node = section.value("value")
    if node is None:
        return 1.0
    value = section.reader.number(node, "'value'", 0, MOST_VALUE)
    return None if value is None else float(value)


def _propensity(section: Section) -> float | None:
    node = section.value("propensity")
    return read_share(section.reader, node, "'propensity'") if node is not None else 1.0
