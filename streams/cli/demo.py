"""``momentous demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_SAMPLES = Path(__file__).parents[2] / "samples"


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("demo")(demo)


def demo(
    samples: Annotated[Path, typer.Option(help="Folder with the bank's calls.", show_default=False)] = _SAMPLES,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")] = False,
    city: Annotated[
        bool | None,
        typer.Option(
            "--city/--no-city", help="Then a simulated city and its score; asked on a terminal.", show_default=False
        ),
    ] = None,
) -> None:
    """Run the whole pipeline on this machine, over a month of real calls, and say what it found.

    Needs nothing but Python: broker and ClickHouse are embedded. It keeps its files in the folder
    demo under data_dir, and removes those of the last run.
    """
    from streams.demo import run_demo
    from streams.settings import load_settings

    run_demo(samples, (Path(load_settings().data_dir) / "demo").absolute(), keep=keep, city=city)
