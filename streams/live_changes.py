"""Changing what is defined while the stream runs: checked against the log, then sent to every partition at once."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from time import monotonic, sleep

from confluent_kafka import KafkaException

from schemas import Codec, Control
from streams.controls import ACTIVATE, RETIRE, ROLL_BACK, SHADOW, activation
from streams.customer import StateFormatError
from streams.customer.definitions import BadActivation, Definitions
from streams.customer.standing import Kept, Standing
from streams.errors import MomentousError, Unreachable
from streams.publishing import activate, require_topic
from streams.settings import Settings
from streams.status import read_definitions, read_partition_records
from streams.topics import CHANGELOG

KINDS = ("rule", "policy", "time", "emotions")
"""Kinds with versions, in the order in which an id is looked up."""

_LOOK_EVERY_S = 0.1


class ChangeRefused(MomentousError):
    """A change that every worker would refuse; nothing was sent."""


def known_definitions(settings: Settings, codec: Codec) -> Definitions:
    """What the log says is defined, changes that no worker has applied yet included.

    Raises:
        Unreachable: Kafka does not answer, or has no such topics.
        ChangeRefused: the log was written by another version of the software.
    """
    require_topic(settings, CHANGELOG)
    try:
        return read_definitions(settings, codec)
    except KafkaException as error:
        raise Unreachable(
            f"Kafka at {settings.kafka_bootstrap} does not tell what is defined ({error.args[0].str()})",
            "look at the broker, at MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings), and whether "
            "`momentous topics create` was run",
        ) from error
    except (StateFormatError, BadActivation) as error:
        raise ChangeRefused(f"the log holds what this version cannot read: {error}", "update this command") from error


def send_changes(settings: Settings, codec: Codec, changes: Sequence[Control]) -> int:
    """Send changes to all partitions in one transaction: every worker sees all of them or none.

    They are taken in here first, as a worker will; so the same version with another text, a lower
    version without a roll-back and whatever else would be quarantined is refused before it is sent.

    Args:
        settings: where Kafka is.
        codec: writes the records.
        changes: as :func:`streams.controls.activation` makes them.

    Returns:
        The number of partitions.

    Raises:
        ChangeRefused: one of them cannot be taken; nothing was sent.
        Unreachable: no broker answers, or a topic is missing.
        DeliveryFailed: the transaction failed; nothing has changed.
    """
    definitions = known_definitions(settings, codec)
    refused = []
    for control in changes:
        if (made := control["activation"]) is not None:
            try:
                definitions.activate(made)
            except BadActivation as error:
                refused.append(str(error))
    if refused:
        raise ChangeRefused("; ".join(refused), "nothing was changed")
    return activate(settings, codec, changes)


def change_to(definitions: Definitions, name: str, change: str, version: int | None = None) -> Control:
    """The change of a definition that the log knows.

    Args:
        definitions: what the log knows.
        name: the definition's id.
        change: ``activate``, ``shadow``, ``retire`` or ``roll_back``.
        version: which one; None: for a roll-back the next lower one, else the one that stands.

    Raises:
        ChangeRefused: there is no such definition or version.
    """
    kind = _kind_of(definitions, name)
    standing, known = definitions.standings.get((kind, name)), definitions.known_versions(kind, name)
    if change == RETIRE:
        if standing is None or not standing.runs:
            raise ChangeRefused(f"{kind} {name} does not run", "look with `momentous rules list`")
        return _change(standing, RETIRE)
    if version is None:
        version = _default_version(kind, name, change, standing, known)
    if version not in known:
        versions = ", ".join(f"v{one}" for one in sorted(known))
        raise ChangeRefused(f"{kind} {name} has no v{version} in the log, only {versions}", "publish it first")
    return _change(known[version], change)


def followed(settings: Settings, changes: Sequence[Control], timeout_s: float) -> float | None:
    """How many seconds it took until every partition's worker had applied the changes; None: not all have yet.

    Args:
        settings: where Kafka is.
        changes: what was sent.
        timeout_s: how long to look, seconds.

    Raises:
        KafkaException: the broker does not answer.
    """
    started = monotonic()
    while True:
        records = read_partition_records(settings).values()
        done = [
            all(_is_applied(record.definitions, record.modes, control) for control in changes) for record in records
        ]
        if len(done) == settings.partitions and all(done):
            return monotonic() - started
        if monotonic() - started > timeout_s:
            return None
        sleep(_LOOK_EVERY_S)


def _is_applied(versions: dict[str, int], modes: dict[str, str], control: Control) -> bool:
    made = control["activation"]
    if made is None or made["change"] not in (ACTIVATE, SHADOW, RETIRE, ROLL_BACK):
        return True
    name = f"{made['kind']} {made['id']}"
    if made["change"] == RETIRE:
        return name not in versions
    return versions.get(name) == made["version"] and (made["change"] != SHADOW or modes.get(name) == SHADOW)


def _kind_of(definitions: Definitions, name: str) -> str:
    for kind in KINDS:
        if (kind, name) in definitions.standings or (kind, name) in definitions.kept:
            return kind
    known = {one for _, one in (*definitions.standings, *definitions.kept)}
    near = get_close_matches(name, known, n=1, cutoff=0.7)
    remedy = f"did you mean '{near[0]}'? " if near else ""
    raise ChangeRefused(
        f"nothing is called {name} in the log", f"{remedy}look with `momentous rules list`, or publish it"
    )


def _default_version(kind: str, name: str, change: str, standing: Standing | None, known: dict[int, Kept]) -> int:
    if change != ROLL_BACK:
        return standing.version if standing is not None else max(known)
    lower = [version for version in known if standing is not None and version < standing.version]
    if not lower:
        raise ChangeRefused(f"{kind} {name} has no earlier version in the log", "publish a better one")
    return max(lower)


def _change(of: Standing | Kept, change: str) -> Control:
    return activation(of.kind, of.id, of.version, of.text, change)
