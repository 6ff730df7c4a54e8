"""``momentous topics``."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group to the root command."""
    group = typer.Typer(help="The Kafka topics.", no_args_is_help=True)
    group.command("create")(create)
    app.add_typer(group, name="topics")


def create(
    rules: Annotated[
        bool, typer.Option(help="Into a new touchpoints topic, publish the shipped rules and policy first.")
    ] = True,
) -> None:
    """Create the topics that are missing and check the others."""
    from schemas import Codec
    from streams.cli.console import say
    from streams.codec import make_codec, make_registry
    from streams.definition_files import shipped_definitions
    from streams.publishing import activate
    from streams.settings import load_settings
    from streams.topic_admin import create_topics
    from streams.topics import TOPICS, TOUCHPOINTS

    settings = load_settings()
    registry = make_registry(settings)
    Codec(registry).prepare()
    registry.require_full_transitive()
    created = create_topics(settings)
    say(f"topics: {len(created)} created, {len(TOPICS) - len(created)} were there and are right")
    if rules and settings.topic(TOUCHPOINTS) in created:
        definitions = shipped_definitions()
        partitions = activate(settings, make_codec(settings), [found.control for found in definitions])
        say(f"published {len(definitions)} shipped definitions to {partitions} partitions")
