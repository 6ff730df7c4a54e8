"""``momentous rules new``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MAX_NAME = 100


def new(
    name: Annotated[str, typer.Argument(help="The rule's id: family.moment.", metavar="NAME")],
    emotion: Annotated[
        str, typer.Option("--emotion", help="vulnerable, anxious, joyful, stressed, neglected or frustrated.")
    ],
    kind: Annotated[
        str, typer.Option("--kind", help="event, count, distinct, sequence, absence or score.")
    ] = "sequence",
    folder: Annotated[Path, typer.Option("--folder", help="Where to write both files.")] = Path("rules"),
) -> int:
    """Write a rule and its tests, which pass, to be changed into what is meant. Nothing is ever overwritten."""
    import re

    from streams.authoring.draft import KINDS, write_draft
    from streams.cli.console import complain, say
    from streams.cli.failures import USAGE
    from streams.detection import EMOTIONS
    from streams.detection.reader import did_you_mean
    from streams.detection.rule_reader import RULE_ID

    for word, known, what in ((emotion, EMOTIONS, "emotion"), (kind, KINDS, "kind")):
        if word not in known:
            complain(f"error: there is no {what} '{word}'; {did_you_mean(word, known)}")
            return USAGE
    if re.fullmatch(RULE_ID, name) is None or len(name) > MAX_NAME:
        remedy = "write lower case words with a dot, like queue.abandoned"
        complain(f"error: '{name[:MAX_NAME]}' is no id of a rule; {remedy}")
        return USAGE
    for path in write_draft(folder, name, emotion, kind):
        say(f"wrote {path}")
    say(f"next: change them, then `momentous rules test {folder}` and `momentous rules lint {folder}`")
    return 0
