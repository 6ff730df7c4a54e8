"""A policy file, read: from text to ``Policy``, or to everything that is wrong with it."""

from __future__ import annotations

from functools import partial

from streams.detection.document import Listing, Mapping, Node, Scalar
from streams.detection.reader import Reader, Section, did_you_mean, read_definition
from streams.outreach.action_reader import read_action
from streams.outreach.errors import PolicyFileError
from streams.outreach.limits_reader import read_limits, read_variant
from streams.outreach.policy import Action, Limits, Policy, Suppression, Variant
from streams.outreach.policy_words import CHANNELS, note_repeated, read_name
from streams.outreach.suppression_reader import read_holdout, read_suppression

POLICY_KEYS = (
    "id",
    "version",
    "description",
    "actions",
    "limits",
    "variants",
    "holdout",
    "suppressions",
    "channel_costs",
    "arbitration_wait",
)
MOST_VARIANTS, MOST_SUPPRESSIONS = 50, 100
LONGEST_ARBITRATION_MS = 3_600_000
MOST_COST = 999_999


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
    name = read_name(section, "id")
    version = section.version()
    description_node = section.required("description", "say in a sentence what this policy is for")
    description = reader.text(description_node, "'description'") if description_node is not None else None
    actions = _actions(section)
    known = _named_actions(section)
    limits_node, holdout_node = section.value("limits"), section.value("holdout")
    limits = read_limits(reader, limits_node, known) if limits_node is not None else Limits()
    variants = _variants(section, known, limits)
    holdout = read_holdout(reader, holdout_node, name or "") if holdout_node is not None else None
    suppressions = _suppressions(section)
    costs = _channel_costs(section)
    wait_node = section.value("arbitration_wait")
    wait = reader.duration(wait_node, "'arbitration_wait'", 0, LONGEST_ARBITRATION_MS) if wait_node is not None else 0
    if name is None or version is None or description is None or actions is None or limits is None or wait is None:
        return None
    return Policy(
        id=name,
        version=version,
        description=description,
        actions=actions,
        limits=limits,
        variants=variants,
        holdout=holdout,
        suppressions=suppressions,
        channel_costs=costs,
        arbitration_wait=wait,
    )


def _actions(section: Section) -> tuple[Action, ...] | None:
    node, reader = section.required("actions", "write a list of actions"), section.reader
    if node is None:
        return None
    actions = reader.listing(node, "'actions'", partial(read_action, reader), most=500)
    if actions is not None:
        remedy = "one action answers a moment; keep one"
        note_repeated(reader, node, "action", tuple(action.id for action in actions), remedy)
        note_repeated(reader, node, "moment", tuple(rule for action in actions for rule in action.moments), remedy)
    return actions


def _named_actions(section: Section) -> tuple[str, ...]:
    """The ids of all actions, also where one cannot be read: a slip in it is no slip in what names it."""
    node = section.value("actions")
    entries = [item.entries for item in node.items if isinstance(item, Mapping)] if isinstance(node, Listing) else []
    return tuple(
        value.text for pairs in entries for key, value in pairs if key.text == "id" and isinstance(value, Scalar)
    )


def _variants(section: Section, actions: tuple[str, ...], everybody: Limits | None) -> tuple[Variant, ...]:
    node, reader = section.value("variants"), section.reader
    if node is None:
        return ()

    def read(item: Node, what: str) -> Variant | None:
        return read_variant(reader, item, what, actions)

    variants = reader.listing(node, "'variants'", read, most=MOST_VARIANTS) or ()
    named = tuple(f"{variant.section} {variant.name}" for variant in variants)
    note_repeated(reader, node, "variant", named, "the first one holds; keep that")
    all_limits = [*([everybody] if everybody is not None else []), *(variant.limits for variant in variants)]
    if len({frozenset(limits.ask_use.uses) for limits in all_limits if limits.ask_use is not None}) > 1:
        # Of a use only its time is remembered, so that a customer's record stays small.
        reader.note(node, "'uses' differ between limits", "a use is one for everybody: write the same list in each")
    return variants


def _suppressions(section: Section) -> tuple[Suppression, ...]:
    node, reader = section.value("suppressions"), section.reader
    if node is None:
        return ()
    read = partial(read_suppression, reader)
    suppressions = reader.listing(node, "'suppressions'", read, most=MOST_SUPPRESSIONS) or ()
    note_repeated(reader, node, "list", tuple(one.list for one in suppressions), "say in one entry what it stops")
    return suppressions


def _channel_costs(section: Section) -> tuple[tuple[str, float], ...]:
    node, reader = section.value("channel_costs"), section.reader
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        reader.note(node, "'channel_costs' is no mapping", "write {sms: 0.07, voice: 4.5}")
        return ()
    return tuple(cost for key, value in node.entries if (cost := _cost(reader, key, value)) is not None)


def _cost(reader: Reader, key: Node, value: Node) -> tuple[str, float] | None:
    channel = getattr(key, "text", "")
    if channel not in CHANNELS:
        reader.note(key, f"unknown channel '{channel}'", did_you_mean(channel, CHANNELS))
        return None
    cost = reader.number(value, f"the cost of '{channel}'", 0, MOST_COST)
    return None if cost is None else (channel, float(cost))
