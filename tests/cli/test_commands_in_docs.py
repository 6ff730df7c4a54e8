"""Every command that README and docs show is one: its words, its options, and no argument too many."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from streams.cli.root import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_SHOWN = re.compile(r"`(momentous [^`]*)`|^ {4}(?:\S*/)?(momentous .*)$", re.MULTILINE)
_END = re.compile(r"\s(?:#|&|\||>|&&).*$")


def shown(page: Path) -> Iterator[str]:
    """The commands of a page, without what the shell would make of them."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for found in _SHOWN.finditer(text):
        yield _END.sub("", " ".join((found[1] or found[2]).split()))


def slip(line: str) -> str | None:
    """What is wrong with a command, None for nothing."""
    command: Any = typer.main.get_command(app)
    words = [word for word in shlex.split(line)[1:] if word not in ("...", "…")]
    while hasattr(command, "commands") and words:
        option = next((one for one in command.params if words[0] in one.opts), None)
        if option is not None:
            words = words[1 if getattr(option, "is_flag", False) else 2 :]
            continue
        if words[0].startswith("-"):
            return None  # a group that is a command too, like import
        if words[0] not in command.commands:
            return f"no command '{words[0]}'"
        command, words = command.commands[words[0]], words[1:]
    places = 0
    while words:
        word, *words = words
        name, equals, _ = word.partition("=")
        if not name.startswith("-") or name == "-":
            places += 1
            continue
        option = next((one for one in command.params if name in (*one.opts, *one.secondary_opts)), None)
        if option is None and name != "--help":
            return f"no option '{name}'"
        if option is not None and not equals and not getattr(option, "is_flag", False):
            words = words[1:]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    most = None if any(one.nargs == -1 for one in arguments) else len(arguments)
    return f"{places} arguments, at most {most} are taken" if most is not None and places > most else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_is_one(page: Path) -> None:
    assert [(line, wrong) for line in shown(page) if (wrong := slip(line)) is not None] == []


def test_commands_are_found_and_slips_seen() -> None:
    assert sum(1 for page in PAGES for _ in shown(page)) > 50
    assert slip("momentous query emotion-history customer_id=c1") == "2 arguments, at most 1 are taken"
    assert slip("momentous rules publisch x.yaml") == "no command 'publisch'"
    assert slip("momentous rules lint --strickt") == "no option '--strickt'"
    assert slip("momentous query lift --param rule=a.b --json") is None
