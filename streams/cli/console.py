"""Where words go: results to stdout, progress and complaints to stderr."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress


def say(text: str = "") -> None:
    """A line of the result."""
    print(text)  # noqa: T201


def complain(text: str) -> None:
    """A line about something that was refused."""
    print(text, file=sys.stderr)  # noqa: T201


def counted(number: int, one: str, many: str = "") -> str:
    """``1 rule``, ``2 rules``; ``many`` where an s does not do."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def show(renderable: RenderableType) -> None:
    """A table or other rich object of the result; as wide as it needs where nobody watches."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(renderable)


def progress() -> AbstractContextManager[Progress]:
    """A progress bar on stderr; silent where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
