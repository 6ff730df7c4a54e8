"""The root command: its groups, ``--version``, ``--config``, and how every failure ends.

Nothing heavy is imported here or at the top of a command's module: help has to be quick.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from streams import interrupts
from streams.cli import (
    backtest,
    deliver,
    demo,
    explain,
    imports,
    lift,
    metrics,
    outreach,
    policy,
    preferences,
    publish,
    query,
    rules,
    score,
    services,
    simulate,
    state,
    status,
    topics,
    trace,
)
from streams.cli import settings as settings_command
from streams.cli import touchpoints as touchpoints_command
from streams.cli.failures import EXIT_CODES, failure
from streams.parent import end_with_parent
from streams.settings import FILE_VARIABLE

app = typer.Typer(
    name="momentous",
    help="Notices the moments that matter to a customer while they happen, and answers each with one fitting, "
    "wanted contact.\n\nTry: [bold]momentous demo[/bold]",
    epilog="Exit codes: " + ", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items()) + ".",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"momentous {version('momentous')}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _root(
    config: Annotated[
        Path | None, typer.Option(help=f"TOML file with settings; the same as {FILE_VARIABLE}.", metavar="FILE")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    if config is not None:
        os.environ[FILE_VARIABLE] = str(config)


demo.register(app)
services.register(app)
topics.register(app)
rules.register(app)
backtest.register(app)
policy.register(app)
publish.register(app)
preferences.register(app)
imports.register(app)
simulate.register(app)
score.register(app)
query.register(app)
lift.register(app)
explain.register(app)
trace.register(app)
status.register(app)
state.register(app)
outreach.register(app)
deliver.register(app)
metrics.register(app)
touchpoints_command.register(app)
settings_command.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    end_with_parent()
    interrupts.arm(signal.SIGINT)
    # Libraries that log what they also raise would make two lines of one; services set up their own logging.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        code = app(arguments, prog_name="momentous", standalone_mode=False)
    except BaseException as error:
        message, code = failure(error, interrupts.exit_code())
        if message:
            print(message, file=sys.stderr)  # noqa: T201
    else:
        code = interrupts.exit_code() or code  # typer makes 130 of any interrupt
    _close_output()
    sys.exit(code or 0)


def _close_output() -> None:
    """Flush now: a reader that went away must not show as a traceback at the end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
