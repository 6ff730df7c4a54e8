"""``momentous query``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from sinks.queries import Answer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("query")(query)


def query(
    name: Annotated[str | None, typer.Argument(help="Which query; none: list them all.", metavar="NAME")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="A parameter; repeat for more.", metavar="NAME=VALUE")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A JSON object a row, for other programs.")] = False,
) -> None:
    """Ask ClickHouse one of the questions that come with Momentous."""
    from sinks.connection import connect
    from sinks.queries import prepared, run_query
    from streams.cli.console import say, show
    from streams.settings import load_settings

    if name is None:
        if param:
            raise typer.BadParameter("a parameter goes with the NAME of a query", param_hint="--param")
        show(_names())
        return
    params = dict(_pair(text) for text in param or ())
    prepared(name, params)  # what is wrong with the question itself is told before ClickHouse is looked for
    answer = run_query(connect(load_settings()), name, params)
    if json:
        for line in _json_lines(answer):
            say(line)
        return
    from streams.telling import answer_table

    show(answer_table(answer.columns, answer.rows, answer.query.title))
    for note in answer.query.notes:
        say(note)


def _names() -> Table:
    from rich.table import Table

    from sinks.queries import named_queries

    table = Table("query", "what it answers", "parameters")
    for found in named_queries().values():
        parameters = (
            f"{parameter.name} ({'needed' if parameter.default is None else parameter.default or 'empty'}): "
            f"{parameter.meaning}"
            for parameter in found.parameters
        )
        table.add_row(found.name, found.title, "\n".join(parameters))
    return table


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--param")
    return name, value


def _json_lines(answer: Answer) -> Iterable[str]:
    import msgspec

    for row in answer.rows:
        pairs = zip(answer.columns, (_zoned(value) for value in row), strict=True)
        yield msgspec.json.encode(dict(pairs)).decode()


def _zoned(value: Any) -> Any:
    """ClickHouse's times are UTC and come without a zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
