"""The deliverer: triggers in, endpoints out, outcomes back as touchpoints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, cast

import structlog

from schemas import Codec, DeadLetter, DecodeError, RegistryUnavailable
from streams.codec import make_codec
from streams.delivery.carriers import carrier_for
from streams.delivery.delivery_metrics import DeliveryMetrics
from streams.delivery.disabled import DisabledEndpoints
from streams.delivery.endpoint import DeliverFile, Endpoint
from streams.delivery.intake import Intake
from streams.delivery.message import Delivery, Origin
from streams.delivery.outbox import Outbox
from streams.delivery.outcome import Outcome, outcome_touchpoint
from streams.delivery.outlet import Outlet
from streams.delivery.replay import Replay
from streams.delivery.target import Resolve, system_resolve
from streams.errors import Unreachable
from streams.settings import Settings
from streams.topics import DEAD_DELIVERIES, TRIGGERS

GROUP, REPLAY_GROUP = "deliver", "deliver-replay"
REPLAY_RETRIES_MS = (2_000,)

_READ = 500
_READ_S = 0.05
_LOOK_S = 5.0
_AGAIN_S = 1.0

T = TypeVar("T")

log = structlog.get_logger("deliver")


class Deliverer:
    """Delivers until told to stop, or what was set aside until its end. Make it inside a running event loop.

    Progress is kept in Kafka: a record is committed once its ending is told. A kill repeats at most
    what was being sent, under the same ids.

    Args:
        settings: of the process.
        file: the endpoints.
        environment: holds the secrets.
        instance: static membership id; empty: dynamic.
        replay: deliver this of what lies in deliveries.dead instead, with one retry, and end.
        resolve: host and port to addresses.

    Attributes:
        outlets: by endpoint's name.
        turned_at: when it last read, monotonic seconds.
        passed_over: of a replay, how many were not chosen and lie where they lay.

    Raises:
        MissingSecret: a secret is not where the file says.
    """

    def __init__(
        self,
        settings: Settings,
        file: DeliverFile,
        environment: Mapping[str, str],
        *,
        instance: str = "",
        replay: Replay | None = None,
        resolve: Resolve = system_resolve,
        codec: Codec | None = None,
    ) -> None:
        self.metrics = DeliveryMetrics()
        self.turned_at = time.monotonic()
        self.finished_at = time.monotonic()
        self.endings: dict[str, int] = {}
        self.passed_over = self._chosen = 0
        self._settings, self._file, self._replay = settings, file, replay
        self._patience_s = settings.session_timeout_ms / 2000
        self._codec = codec or make_codec(settings)
        self._disabled = DisabledEndpoints(settings)
        self._background: set[asyncio.Task[None]] = set()
        self.outlets: dict[str, Outlet] = {}
        for endpoint in file.endpoints:
            self.outlets[endpoint.name] = self._outlet(endpoint, environment, resolve)
        self._outbox = Outbox(settings, self._codec)
        topic, group = (TRIGGERS, GROUP) if replay is None else (DEAD_DELIVERIES, REPLAY_GROUP)
        self.intake = Intake(
            settings,
            settings.topic(topic),
            f"{settings.app_id}-{group}",
            self._let_go,
            instance,
            to_end=replay is not None,
        )
        self._told: set[tuple[str, str]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until ``stop`` is set; then let what is being sent end, and leave the rest for the next start.

        Raises:
            KafkaException: Kafka refuses us for good.
            Unreachable: Kafka does not answer at the start.
        """
        try:
            await asyncio.to_thread(self._codec.prepare)
            await self._look_who_is_off()
            looking = asyncio.create_task(self._look_now_and_then())
            self.intake.subscribe()
            try:
                while not stop.is_set() and not (self._replay is not None and self.intake.is_done):
                    for origin in await self.intake.read(_READ, _READ_S):
                        await self._take(origin, stop)
                    if self._outbox.fatal is not None:
                        raise self._outbox.fatal
                    self.turned_at = time.monotonic()
            finally:
                looking.cancel()
        finally:
            await self._close()

    # -- records ------------------------------------------------------------------------------------

    async def _take(self, origin: Origin, stop: asyncio.Event) -> None:
        letter: DeadLetter | None = None
        try:
            if self._replay is not None:
                letter = await self._until_known(partial(self._letter, origin), stop)
                # Should it be set aside again, then with the bytes and the key that it first had.
                found = origin if letter is None else _first_origin(origin, letter)
            else:
                found = origin
            delivery = await self._until_known(partial(self._delivery, found), stop)
        except DecodeError as error:
            if self._is_passed_over(letter, None):
                self._pass_over(origin)
            else:
                self._spawn(self._set_aside(origin if letter is None else found, error.reason, str(error)))
            return
        if delivery is None:
            return
        record = delivery.record
        endpoint = self._file.endpoint_for(record["action"], record["channel"], record.get("sandbox", False))
        if self._is_passed_over(letter, endpoint):
            self._pass_over(origin)
            return
        if delivery.kind == "cancellation":
            self._cancel(delivery)
            if endpoint is not None and not endpoint.cancellations:
                endpoint = None
        if endpoint is None:
            self._tell_unrouted(delivery)
            self._spawn(self._settle("", delivery, Outcome("unrouted")))
            return
        outlet = self.outlets[endpoint.name]
        if endpoint.backlog is not None and outlet.waiting >= endpoint.backlog:
            outcome = Outcome("dead", "backlog_full", f"{endpoint.name}: {endpoint.backlog} wait already")
            self._spawn(self._settle(endpoint.name, delivery, outcome))
            return
        outlet.put(delivery)

    def _is_passed_over(self, letter: DeadLetter | None, endpoint: Endpoint | None) -> bool:
        """Of a replay: whether it is not among those that were chosen. Counts those that are."""
        if self._replay is None or self._replay.is_all:
            return False
        name = "" if endpoint is None else endpoint.name
        if letter is None or not self._replay.takes(letter, name, self._chosen):
            return True
        self._chosen += 1
        return False

    def _pass_over(self, origin: Origin) -> None:
        self.passed_over += 1
        self.intake.pass_over(origin)

    def _letter(self, origin: Origin) -> DeadLetter:
        _, letter = self._codec.decode(origin.value, "DeadLetter")
        return cast(DeadLetter, letter)

    def _delivery(self, origin: Origin) -> Delivery:
        name, record = self._codec.decode(origin.value, "Trigger", "Cancellation")
        return Delivery("trigger" if name == "Trigger" else "cancellation", record, origin)

    async def _until_known(self, decode: Callable[[], T], stop: asyncio.Event) -> T | None:
        """What ``decode`` gives, once the schema registry answers; None when stopped before."""
        while not stop.is_set():
            try:
                return decode()
            except RegistryUnavailable as error:
                log.warning("the schema registry does not answer; delivery waits", error=str(error))
                await asyncio.sleep(_AGAIN_S)
        return None

    def _cancel(self, cancellation: Delivery) -> None:
        for outlet in self.outlets.values():
            outlet.cancel(cancellation.trigger_id)

    def _tell_unrouted(self, delivery: Delivery) -> None:
        kind = (delivery.record["action"], delivery.record["channel"])
        if delivery.kind == "trigger" and kind not in self._told and len(self._told) < 1000:
            self._told.add(kind)
            log.info("no endpoint takes this; others must read the topic", action=kind[0], channel=kind[1])

    # -- endings --------------------------------------------------------------------------------------

    async def _settle(self, endpoint: str, delivery: Delivery, outcome: Outcome) -> None:
        """Make an ending known for good.

        1. What the customer's state must know goes to ``touchpoints``.
        2. What is set aside goes to ``deliveries.dead``.
        3. The record is committed as finished.

        A kill between the steps repeats those before it: the touchpoint has the same id again, and
        counts once; a letter may lie there twice, and replays under one id.
        """
        now_ms = time.time_ns() // 1_000_000
        touchpoint = outcome_touchpoint(delivery, outcome, now_ms)
        if touchpoint is not None:
            await self._outbox.touchpoint(touchpoint)
        if outcome.ending == "dead":
            log.warning("a delivery is set aside", trigger_id=delivery.trigger_id, reason=outcome.reason)
            await self._outbox.dead_letter(delivery.origin, outcome.reason, outcome.detail, now_ms)
        await self._finish(delivery.origin, outcome.ending)
        if not endpoint:
            self.metrics.ended("", outcome.ending)

    async def _set_aside(self, origin: Origin, reason: str, detail: str) -> None:
        log.error("a record cannot be read and is set aside", partition=origin.partition, offset=origin.offset)
        await self._outbox.dead_letter(origin, reason, detail, time.time_ns() // 1_000_000)
        await self._finish(origin, "dead")
        self.metrics.ended("", "dead")

    async def _finish(self, origin: Origin, ending: str) -> None:
        await self.intake.finish(origin)
        self.endings[ending] = self.endings.get(ending, 0) + 1
        self.finished_at = time.monotonic()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # -- endpoints ------------------------------------------------------------------------------------

    def _outlet(self, endpoint: Endpoint, environment: Mapping[str, str], resolve: Resolve) -> Outlet:
        if self._replay is not None:
            endpoint = replace(endpoint, retries_ms=REPLAY_RETRIES_MS)
        carrier = carrier_for(endpoint, self._file.allowed, environment, self._settings, resolve)
        return Outlet(endpoint, carrier, partial(self._settle, endpoint.name), self.metrics, self._gone)

    def _gone(self, endpoint: Endpoint, reason: str) -> None:
        log.error(
            "an endpoint wants nothing any more and is off; `momentous deliver enable` turns it on",
            endpoint=endpoint.name,
            reason=reason,
        )
        self._spawn(asyncio.to_thread(self._disabled.disable, endpoint.name, reason))

    async def _look_who_is_off(self) -> None:
        found = await asyncio.to_thread(self._disabled.read, list(self.outlets))
        for name, off in found.items():
            self.outlets[name].disable(off.reason)

    async def _look_who_is_on_again(self) -> None:
        off = [name for name, outlet in self.outlets.items() if outlet.disabled]
        found = await asyncio.to_thread(self._disabled.read, off)
        for name in off:
            if name not in found:
                self.outlets[name].enable()
                log.info("an endpoint is on again", endpoint=name)

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                # One that was turned off just now is being written; it must not look like turned on.
                if not self._background:
                    await self._look_who_is_on_again()
            except Unreachable as error:
                log.warning("nobody tells which endpoints are off", error=str(error))

    # -- leaving ----------------------------------------------------------------------------------------

    async def _let_go(self, partition: int | None) -> None:
        await asyncio.gather(*(outlet.let_go(partition, self._patience_s) for outlet in self.outlets.values()))

    async def _close(self) -> None:
        await self._let_go(None)
        if self._background:
            await asyncio.wait(cast(Any, self._background), timeout=self._patience_s)
        try:
            await self.intake.close()
        finally:
            self._outbox.close()
            for outlet in self.outlets.values():
                await outlet.close()


def _first_origin(of: Origin, letter: DeadLetter) -> Origin:
    """The place of a dead letter, with the bytes that are in it."""
    headers = tuple((one["key"], one["value"]) for one in letter["headers"])
    return Origin(of.topic, of.partition, of.offset, letter["key"], letter["value"], headers)
