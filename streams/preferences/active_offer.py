"""The consents of the policy that runs, followed while it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from confluent_kafka import KafkaException

from streams.codec import make_codec
from streams.customer import StateFormatError
from streams.errors import MomentousError, Unreachable
from streams.live_changes import ChangeRefused, known_definitions
from streams.outreach import NO_POLICY, Policy
from streams.preferences.offer import Offer, offer_of
from streams.settings import Settings
from streams.status import read_partition_records

LOOK_EVERY_S = 30.0
"""A page may ask by the policy before for so long: what it saves then counts all the same."""

_log = structlog.get_logger("preferences")


class ActiveOffer:
    """What the active policy's actions need consent for.

    Args:
        policy: reads the active one; None where none is.
        version: something cheap to read that is another when the active policy is.
        otherwise: asked about while no policy was ever activated.

    Raises:
        MomentousError: it cannot be told what is active.
    """

    def __init__(self, policy: Callable[[], Policy | None], version: Callable[[], object], otherwise: Policy) -> None:
        self._policy, self._version, self._otherwise = policy, version, otherwise
        self._seen: object = None
        self._offer = offer_of(otherwise)
        self._ended = threading.Event()
        self.look()

    def __call__(self) -> Offer:
        """As of the last look."""
        return self._offer

    def look(self) -> None:
        """Take over what is active now; the policy is read only where its version is another."""
        version = self._version()
        if version == self._seen:
            return
        self._offer = offer_of(self._policy() or self._otherwise)
        self._seen = version

    def follow(self, every_s: float = LOOK_EVERY_S) -> None:
        """Look again and again, in a thread, until :meth:`end`."""
        threading.Thread(target=self._follow, args=(every_s,), name="policy", daemon=True).start()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()

    def _follow(self, every_s: float) -> None:
        was_told = False
        while not self._ended.wait(every_s):
            try:
                self.look()
                was_told = False
            except MomentousError as error:
                if not was_told:
                    _log.warning("it is not known which policy is active; the last one is kept", error=str(error))
                was_told = True


def active_offer(settings: Settings, shipped: Policy) -> ActiveOffer:
    """The offer of the policy in the log, or of the shipped one before any was activated.

    Raises:
        Unreachable: Kafka does not answer, or the topics are missing.
        ChangeRefused: the log was written by another version of the software.
    """
    codec = make_codec(settings)

    def policy() -> Policy | None:
        found = known_definitions(settings, codec).policy
        return None if found is NO_POLICY else found

    def version() -> object:
        # The last records alone tell it; the text of a policy may lie anywhere in the changelog.
        try:
            records = read_partition_records(settings)
        except KafkaException as error:
            raise Unreachable(
                f"Kafka at {settings.kafka_bootstrap} does not tell what is active ({error.args[0].str()})",
                "look at the broker, at MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings), "
                "and whether `momentous topics create` was run",
            ) from error
        except StateFormatError as error:
            raise ChangeRefused(
                f"the log holds what this version cannot read: {error}", "update this command"
            ) from error
        versions = records[min(records)].definitions if records else {}
        return [(name, number) for name, number in versions.items() if name.startswith("policy ")]

    return ActiveOffer(policy, version, shipped)
