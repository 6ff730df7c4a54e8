"""``momentous settings``."""

from __future__ import annotations

import os
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer

from streams.settings import ENVIRONMENT_PREFIX, FILE_VARIABLE, Settings, load_settings

_SECRET = "(secret)"
_MASK = "••••••"


class Row(NamedTuple):
    """One setting as people read it."""

    name: str
    variable: str
    default: str
    meaning: str
    value: str
    source: str


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("settings")(show_settings)


def show_settings(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The table of docs/settings.md, values left out.")
    ] = False,
) -> None:
    """Every setting: its name, variable, default, meaning, and what holds now and why."""
    from streams.cli.console import say, show

    if markdown:
        say(settings_markdown().rstrip("\n"))
        return
    from rich.table import Table

    table = Table("setting", "variable", "value", "source", "default", "meaning")
    for row in settings_rows(load_settings(), os.environ):
        table.add_row(row.name, row.variable, row.value, row.source, row.default, row.meaning)
    show(table)


def settings_rows(settings: Settings, environment: Mapping[str, str]) -> list[Row]:
    """The table; secrets are masked, also their defaults."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    in_file = _names_in_file(environment)
    rows = []
    for field in msgspec.structs.fields(Settings):
        meaning = next(meta.description for meta in hints[field.name].__metadata__ if meta.description)
        variable = ENVIRONMENT_PREFIX + field.name.upper()
        source = "environment" if variable in environment else "file" if field.name in in_file else "default"
        value = getattr(settings, field.name)
        shown = _MASK if _SECRET in meaning and value else _text(value)
        rows.append(Row(field.name, variable, _text(field.default), meaning, shown, source))
    return rows


def settings_markdown() -> str:
    """The page docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Every process reads the same settings: the defaults below, over them the TOML file that",
        f"`{FILE_VARIABLE}` (or `momentous --config FILE`) names, over that the environment. An unknown name",
        "is an error. `momentous settings` shows what holds and where it comes from; secrets are masked.",
        "",
        "| setting (file) | environment | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for row in settings_rows(Settings(), {}):
        default = f"`{row.default}`" if row.default else ""
        lines.append(f"| `{row.name}` | `{row.variable}` | {default} | {row.meaning} |")
    lines += ["", "This page is written by `momentous settings --markdown`; a test holds it.", ""]
    return "\n".join(lines)


def _names_in_file(environment: Mapping[str, str]) -> set[str]:
    path = environment.get(FILE_VARIABLE)
    return set(tomllib.loads(Path(path).read_text(encoding="utf-8"))) if path else set()


def _text(value: Any) -> str:
    return str(value)
