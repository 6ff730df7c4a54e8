"""``momentous touchpoints``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.vocabulary import TouchpointType, Vocabulary


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("touchpoints")(touchpoints)


def touchpoints(
    name: Annotated[
        str, typer.Argument(help="A type, the beginning of one, or a channel; none: all types.", metavar="[TYPE]")
    ] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="The page docs/touchpoints.md.")] = False,
    check: Annotated[
        Path | None,
        typer.Option(help="Hold touchpoints, JSON a line, against the vocabulary; - is stdin.", metavar="FILE"),
    ] = None,
) -> int:
    """The vocabulary: what may happen on which channel, and with which properties and units."""
    from streams.cli.console import say
    from streams.vocabulary import shipped_vocabulary, vocabulary_page

    vocabulary = shipped_vocabulary()
    if check is not None:
        return _check(vocabulary, check)
    if markdown:
        say(vocabulary_page(vocabulary).rstrip("\n"))
        return 0
    return _show(vocabulary, name)


def _show(vocabulary: Vocabulary, name: str) -> int:
    from streams.cli.console import complain
    from streams.cli.failures import REFUSED

    if name in vocabulary.types:
        _show_type(vocabulary, vocabulary.types[name])
        return 0
    types = [known for known in vocabulary.types.values() if known.name.startswith(name) or name in known.channels]
    if not types:
        near = get_close_matches(name, vocabulary.types, n=1, cutoff=0.7)
        remedy = f"did you mean '{near[0]}'?" if near else "`momentous touchpoints` lists all"
        complain(f"error: {name} is neither a type nor a channel; {remedy}")
        return REFUSED
    _show_types(types)
    return 0


def _show_types(types: Iterable[TouchpointType]) -> None:
    from rich.table import Table

    from streams.cli.console import show
    from streams.vocabulary import requirements

    table = Table("type", "what happened", "channels", "required")
    for known in types:
        table.add_row(known.name, known.description, ", ".join(known.channels) or "any", requirements(known))
    show(table)


def _show_type(vocabulary: Vocabulary, known: TouchpointType) -> None:
    from rich.table import Table

    from streams.cli.console import say, show
    from streams.vocabulary import bounds_text

    say(f"{known.name}: {known.description}")
    say(f"channels: {', '.join(known.channels) or 'any'}")
    if known.needs:
        say(f"needs: {', '.join(known.needs)}")
    if known.is_open:
        say("properties: any")
    table = Table("property", "", "type", "unit", "meaning", "bounds", "example")
    for name in (*known.properties, *(name for name in vocabulary.anywhere if name not in known.properties)):
        meant = vocabulary.properties[name]
        example = str(meant.example)
        use = "required" if name in known.required else "one of" if name in known.one_of else ""
        table.add_row(name, use, meant.type, meant.unit, meant.meaning, bounds_text(meant), example)
    show(table)


def _check(vocabulary: Vocabulary, path: Path) -> int:
    """A line for every violation, then the counts by source, as a partition would count them."""
    from streams.cli.console import complain, counted, say
    from streams.cli.failures import REFUSED
    from streams.importers import Refusal, read_json_lines

    number = refused = 0
    counts: Counter[tuple[str, str]] = Counter()
    with sys.stdin.buffer if str(path) == "-" else path.open("rb") as lines:
        for line, read in read_json_lines(lines):
            number += 1
            if isinstance(read, Refusal):
                complain(f"{path}:{line}: refused: {read.reason}")
                refused += 1
                continue
            for violation in vocabulary.violations(read):
                say(f"{path}:{line}: {read['type']}: {violation.detail} ({violation.kind})")
            counts.update((read["source"], kind) for kind in vocabulary.kinds(read))
    for (source, kind), count in sorted(counts.items()):
        say(f"{source}: {kind} in {counted(count, 'touchpoint')}")
    ending = "all fit" if not refused else "what was read fits"
    ending = ending if not counts else "what does not fit is taken in nevertheless, and counted"
    say(f"{counted(number - refused, 'touchpoint')} read, {refused} refused; {ending}")
    return REFUSED if refused or counts else 0
