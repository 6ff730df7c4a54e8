"""The page docs/touchpoints.md, written from the vocabulary."""

from __future__ import annotations

from streams.vocabulary.channels import CHANNELS
from streams.vocabulary.property import Property
from streams.vocabulary.touchpoint_type import TouchpointType
from streams.vocabulary.vocabulary import OWN_PROPERTY, OWN_TYPE, Vocabulary, range_text

_INTRODUCTION = f"""\
# Touchpoints: what may happen, and how it is said

Whatever a customer does, says or is told, on any channel, is a touchpoint: a `type`, the `channel` on which it \
happened, when (`occurred_at`, ms UTC), to whom, and `properties`. This page lists the types and their properties; \
rules are written in these words.

- **A property means the same wherever it stands**, in the unit that its table names. Times are whole ms UTC, spans \
of time seconds, money whole currency units with decimals beside `currency`, positions CSS pixels.
- **required** properties make a touchpoint useful; (a or b) needs one of them. **needs** names fields of the record: \
`correlation_id` ties the touchpoints of one flow, call or order together, `session_id` those of one visit. A property \
that is null counts as missing.
- **Own words are welcome.** Types that begin with `{OWN_TYPE}` and properties that begin with `{OWN_PROPERTY}` are \
yours; nothing is said about them. A rule that listens to any other type that is not here is noted when it is \
validated (`momentous rules publish --dry-run`).
- **Nothing here refuses a touchpoint.** What does not fit is taken in like everything else, and counted by its source \
in the counters of the partition, `violation:<source>:<kind>`, one per touchpoint and kind: `unknown_type`, \
`unknown_property`, `missing_property`, `missing_field`, `wrong_type`, `out_of_range` (also a text that \
is not among the values). Duplicates, late and dead touchpoints are not looked at. A partition counts 64 sources by \
name; further ones, and names of more than 100 characters, share the source `*`.
- The channel of a touchpoint is not held against the list of its type: new channels for old types are no mistake.
- `profile.set`, `preference.set`, `persona.set` and `segment.set` are kept with the customer until erasure: by field \
the newest `occurred_at` holds. A customer has at most 64 such fields, with names of at most 100 and texts of at most \
256 characters; what is over that is counted as `profile_overflow`.

`momentous touchpoints` searches this list on the command line.
"""


def vocabulary_page(vocabulary: Vocabulary) -> str:
    """The page, Markdown."""
    parts = [_INTRODUCTION, _channels(vocabulary), _families(vocabulary), _properties(vocabulary)]
    closing = "This page is written by `momentous touchpoints --markdown`; a test holds it.\n"
    return "\n".join([*parts, closing])


def families(vocabulary: Vocabulary) -> dict[str, list[TouchpointType]]:
    """The types by the first word of their names, in the order of the file."""
    found: dict[str, list[TouchpointType]] = {}
    for known in vocabulary.types.values():
        found.setdefault(known.family, []).append(known)
    return found


def requirements(known: TouchpointType) -> str:
    """What a touchpoint of this type must carry, for people."""
    one_of = f"({' or '.join(known.one_of)})" if known.one_of else ""
    return ", ".join(part for part in (*known.required, one_of) if part)


def _channels(vocabulary: Vocabulary) -> str:
    lines = ["## By channel", "", "| channel | types |", "| --- | --- |"]
    everywhere = [f"`{known.name}`" for known in vocabulary.types.values() if not known.channels]
    for channel in CHANNELS:
        names = [f"`{known.name}`" for known in vocabulary.types.values() if channel in known.channels]
        lines.append(f"| **{channel}** | {', '.join(names)} |")
    lines.append(f"| every channel | {', '.join(everywhere)} |")
    return "\n".join([*lines, ""])


def _families(vocabulary: Vocabulary) -> str:
    lines = ["## By family", ""]
    for family, types in families(vocabulary).items():
        lines += [
            f"### {family}",
            "",
            "| type | what happened | required | optional | needs |",
            "| --- | --- | --- | --- | --- |",
        ]
        for known in types:
            optional = "any" if known.is_open else ", ".join(known.optional)
            cells = (f"`{known.name}`", known.description, requirements(known), optional, ", ".join(known.needs))
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _properties(vocabulary: Vocabulary) -> str:
    lines = [
        "## Properties",
        "",
        f"Every type may carry {', '.join(f'`{name}`' for name in vocabulary.anywhere)}.",
        "",
        "| property | type | unit | meaning | bounds | example |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for known in vocabulary.properties.values():
        bounds = bounds_text(known)
        cells = (f"`{known.name}`", known.type, known.unit, known.meaning, bounds, f"`{_example(known)}`")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def bounds_text(known: Property) -> str:
    """Bounds or values; empty where there are none."""
    text = range_text(known)
    return "" if text == "finite" else text


def _example(known: Property) -> str:
    value = known.example
    return str(value).lower() if isinstance(value, bool) else str(value)
