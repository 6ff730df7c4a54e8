"""The command group ``import``, which also takes a mapping as an option: ``import --mapping FILE DATA``."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

_OPTION = "--mapping"


class ImportGroup(TyperGroup):
    """Reads ``--mapping FILE`` anywhere before or after the data as the command ``mapping FILE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with the option turned into its command."""
        return super().parse_args(ctx, as_command(args, self.list_commands(ctx)))


def as_command(args: list[str], commands: list[str]) -> list[str]:
    """The arguments with ``--mapping FILE`` as the command ``mapping FILE``, unless they name a command."""
    if args and args[0] in commands:
        return args
    for place, argument in enumerate(args):
        if argument == _OPTION and place + 1 < len(args):
            return ["mapping", args[place + 1], *args[:place], *args[place + 2 :]]
        if argument.startswith(f"{_OPTION}="):
            return ["mapping", argument.removeprefix(f"{_OPTION}="), *args[:place], *args[place + 1 :]]
    return args
