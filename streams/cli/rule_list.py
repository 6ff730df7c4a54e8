"""``momentous rules list``, ``versions``, ``status``: what is defined, and what runs where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.customer.definitions import Definitions


def list_definitions() -> int:
    """What the log knows: what runs, in which mode, since when, what still drains, what was refused."""
    from rich.table import Table

    from streams.cli.console import show

    definitions = _known()
    versions, modes, draining = definitions.versions(), definitions.modes(), definitions.draining()
    table = Table("definition", "runs", "mode", "since", "draining", "published", "refused")
    names = {f"{kind} {name}": (kind, name) for kind, name in (*definitions.standings, *definitions.kept)}
    for name in sorted(names):
        kind, only_name = names[name]
        if kind == "pause":
            continue
        standing = definitions.standings.get((kind, only_name))
        refused = definitions.quarantined.get(name)
        table.add_row(
            name,
            f"v{versions[name]}" if name in versions else "retired" if standing is not None else "never did",
            modes.get(name, "live") if name in versions else "",
            _time(standing.since) if standing is not None else "",
            _versions(draining.get(name, ())),
            _versions(sorted(definitions.known_versions(kind, only_name))),
            "" if refused is None else f"v{refused.version}: {refused.reason}",
        )
    show(table)
    return 0


def list_versions(
    name: Annotated[str, typer.Argument(help="Id of a rule, or of a policy; `time`, `emotions`.", metavar="ID")],
) -> int:
    """The versions of one definition that the log keeps, and which of them runs."""
    from rich.table import Table

    from streams.cli.console import complain, show
    from streams.cli.failures import REFUSED
    from streams.live_changes import KINDS

    definitions = _known()
    found = [(kind, one) for kind in KINDS for one in definitions.known_versions(kind, name).values()]
    if not found:
        complain(f"error: nothing is called {name} in the log; look with `momentous rules list`")
        return REFUSED
    table = Table("definition", "version", "published", "now", "SHA-256")
    for kind, one in sorted(found, key=lambda pair: (pair[0], pair[1].version)):
        runs = definitions.versions().get(f"{kind} {name}") == one.version
        mode = definitions.modes().get(f"{kind} {name}", "live") if runs else ""
        drains = one.version in definitions.draining().get(f"{kind} {name}", ())
        now = f"runs, {mode}" if runs else "draining" if drains else ""
        table.add_row(f"{kind} {name}", f"v{one.version}", _time(one.since), now, one.digest[:12])
    show(table)
    return 0


def status(
    name: Annotated[str | None, typer.Argument(help="Only this definition.", metavar="ID")] = None,
) -> int:
    """Which version runs in which partition, by what workers committed.

    Exit code 1 when partitions differ, or a version is quarantined.
    """
    from confluent_kafka import KafkaException
    from rich.table import Table

    from streams.cli.console import complain, say, show
    from streams.cli.failures import REFUSED
    from streams.errors import Unreachable
    from streams.publishing import require_topic
    from streams.settings import load_settings
    from streams.status import read_partition_records
    from streams.topics import CHANGELOG

    settings = load_settings()
    require_topic(settings, CHANGELOG)
    try:
        records = read_partition_records(settings)
    except KafkaException as error:
        raise Unreachable(
            f"Kafka at {settings.kafka_bootstrap} does not tell what runs ({error.args[0].str()})",
            "look at the broker, at MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings), and whether "
            "`momentous topics create` was run",
        ) from error
    every = {one for record in records.values() for one in (*record.definitions, *record.quarantined)}
    names = sorted(one for one in every if not one.startswith("pause ") and name in (None, one.partition(" ")[2]))
    if not names:
        complain("error: no partition has such a definition; look with `momentous rules list`")
        return REFUSED
    table = Table("definition", *(f"partition {number}" for number in range(settings.partitions)))
    differ = quarantined = 0
    for one in names:
        told = []
        for number in range(settings.partitions):
            record = records.get(number)
            version = record.definitions.get(one) if record is not None else None
            words = ["-"] if record is None or version is None else [f"v{version}", record.modes.get(one, "")]
            if record is not None and one in record.draining:
                words.append(f"(draining {_versions(record.draining[one])})")
            if record is not None and one in record.quarantined:
                words.append(f"v{record.quarantined[one].version} QUARANTINED")
                quarantined += 1
            told.append(" ".join(word for word in words if word))
        differ += len(set(told)) > 1
        table.add_row(one, *told)
    show(table)
    for one in names:
        reasons = {record.quarantined[one] for record in records.values() if one in record.quarantined}
        for reason in sorted(reasons, key=lambda refused: refused.since):
            say(f"{one} v{reason.version} quarantined since {_time(reason.since)}: {reason.reason}")
    say("the same in every partition" if not differ else f"NOT the same in every partition: {differ} of {len(names)}")
    return REFUSED if differ or quarantined else 0


def _known() -> Definitions:
    from streams.codec import make_codec
    from streams.live_changes import known_definitions
    from streams.settings import load_settings

    settings = load_settings()
    return known_definitions(settings, make_codec(settings))


def _versions(versions: object) -> str:
    return ", ".join(f"v{version}" for version in versions)  # type: ignore[attr-defined]


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else ""
