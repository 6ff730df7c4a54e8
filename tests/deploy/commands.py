"""Whether a ``momentous ...`` command line is one that the program has."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.main import get_command

from streams.cli.import_group import ImportGroup, as_command
from streams.cli.root import app


class NoSuchCommand(ValueError):
    """A subcommand or an option that does not exist."""


def check_command(words: Sequence[str], *, may_be_group: bool = False) -> None:
    """Look up the subcommands and options of a command line (without ``momentous``); values are not judged.

    Args:
        may_be_group: a text may speak of ``momentous import`` and mean all that is in it.

    Raises:
        NoSuchCommand: what is not there, and in which command.
    """
    command = get_command(app)
    path = "momentous"
    left = list(words)
    while left:
        if isinstance(command, ImportGroup):
            left = as_command(left, list(command.commands))
        word = left.pop(0)
        if word.startswith("-") and word != "-":
            option, _, value = word.partition("=")
            if _takes_value(command, path, option) and not value and left:
                left.pop(0)
        elif isinstance(command, typer.core.TyperGroup):
            inner = command.commands.get(word)
            if inner is None:
                raise NoSuchCommand(f"{path} has no subcommand {word}")
            command, path = inner, f"{path} {word}"
    stands_alone = isinstance(command, typer.core.TyperGroup) and command.invoke_without_command
    if isinstance(command, typer.core.TyperGroup) and path != "momentous" and not (may_be_group or stands_alone):
        raise NoSuchCommand(f"{path} needs a subcommand")


def _takes_value(command: object, path: str, option: str) -> bool:
    if option == "--help":
        return False
    for parameter in getattr(command, "params", ()):
        if option in (*parameter.opts, *parameter.secondary_opts):
            return not parameter.is_flag
    raise NoSuchCommand(f"{path} has no option {option}")
