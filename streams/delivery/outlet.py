"""One endpoint at work: customers' lines before it, its capacity, its circuit, its retries.

A customer's deliveries stand in one line and go one after the other; lines do not wait for each
other, except for the endpoint's room. Each ends exactly once, as ``outcome.ENDINGS`` names it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic, time

import structlog

from streams.delivery.answer import Answer, Verdict
from streams.delivery.bucket import Bucket
from streams.delivery.carrier import Carrier
from streams.delivery.circuit import Circuit, State
from streams.delivery.delivery_metrics import DeliveryMetrics
from streams.delivery.endpoint import Endpoint
from streams.delivery.errors import Unwritable
from streams.delivery.message import Delivery
from streams.delivery.outcome import Outcome
from streams.delivery.schedule import LONGEST_RETRY_AFTER_MS, wait_ms

Settle = Callable[[Delivery, Outcome], Awaitable[None]]
"""Makes an ending known for good; when it returns, a kill cannot make it unknown any more."""

_LONGEST_SLEEP_MS = 3_600_000.0

log = structlog.get_logger("deliver")


@dataclass(slots=True, eq=False)
class _Line:
    """A customer's deliveries, oldest first."""

    waiting: deque[Delivery] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    is_busy: bool = False


class Outlet:
    """Delivers to one endpoint. Lives in one event loop.

    Args:
        endpoint: whose.
        carrier: makes the attempts.
        settle: told of each ending.
        metrics: counts.
        on_gone: called once when the endpoint says that it wants no more (410).
        now_ms: the time, ms UTC.
        steady_ms: a clock that does not go back, ms.

    Attributes:
        disabled: why nothing is sent any more; empty: it is.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        carrier: Carrier,
        settle: Settle,
        metrics: DeliveryMetrics,
        on_gone: Callable[[Endpoint, str], None] = lambda _endpoint, _reason: None,
        now_ms: Callable[[], int] = lambda: int(time() * 1000),
        steady_ms: Callable[[], float] = lambda: monotonic() * 1000,
    ) -> None:
        self.endpoint = endpoint
        self.disabled = ""
        self._carrier, self._settle, self._metrics, self._on_gone = carrier, settle, metrics, on_gone
        self._now_ms, self._steady_ms = now_ms, steady_ms
        self._bucket = Bucket(endpoint.capacity, steady_ms())
        self._circuit = Circuit(endpoint.failures, endpoint.open_ms)
        self._hold_until = 0.0
        self._room = asyncio.Semaphore(endpoint.concurrency)
        self._lines: dict[tuple[int, str], _Line] = {}
        self._pending: dict[str, Delivery] = {}

    # -- told by the service ----------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Deliveries that are not ended."""
        return len(self._pending)

    @property
    def circuit(self) -> State:
        """As it stands now."""
        return self._circuit.state(self._steady_ms())

    def put(self, delivery: Delivery) -> None:
        """Take a delivery into its customer's line."""
        key = (delivery.origin.partition, delivery.customer_id)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
            line.task = asyncio.create_task(self._work(key, line))
        line.waiting.append(delivery)
        self._pending[delivery.message_id] = delivery

    def cancel(self, trigger_id: str) -> None:
        """Do not start this trigger any more, if it still waits."""
        delivery = self._pending.get(trigger_id)
        if delivery is not None:
            delivery.cancelled = True
            line = self._lines.get((delivery.origin.partition, delivery.customer_id))
            if line is not None:
                line.wake.set()

    def disable(self, reason: str) -> None:
        """Send nothing any more; what waits is set aside."""
        self.disabled = reason
        self._wake_all()

    def enable(self) -> None:
        """Send again."""
        self.disabled = ""

    async def let_go(self, partition: int | None, patience_s: float) -> None:
        """Forget what waits of a partition (None: of all), after letting attempts under way end.

        What is forgotten is not ended: whoever owns the partition next reads it again.
        """
        lines = [line for (number, _), line in self._lines.items() if partition is None or number == partition]
        for line in lines:
            if line.task is not None and not line.is_busy:
                line.task.cancel()
            while len(line.waiting) > line.is_busy:
                self._pending.pop(line.waiting.pop().message_id, None)
        busy = [line.task for line in lines if line.is_busy and line.task is not None]
        if busy:
            _, late = await asyncio.wait(busy, timeout=patience_s)
            for task in late:
                task.cancel()
        tasks = [line.task for line in lines if line.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Let go of connections."""
        await self._carrier.close()

    # -- a line -------------------------------------------------------------------------------------

    async def _work(self, key: tuple[int, str], line: _Line) -> None:
        try:
            while line.waiting:
                await self._finish(line, line.waiting[0])
                self._pending.pop(line.waiting.popleft().message_id, None)
        finally:
            for left in line.waiting:
                self._pending.pop(left.message_id, None)
            line.waiting.clear()
            if self._lines.get(key) is line:
                del self._lines[key]

    async def _finish(self, line: _Line, delivery: Delivery) -> None:
        """Try until it ends."""
        retry_at = 0.0
        while True:
            wait = retry_at - self._steady_ms()
            if wait <= 0 or self._is_over(delivery):
                async with self._room:
                    found = self._gate(delivery)
                    if not isinstance(found, float):
                        line.is_busy = True
                        try:
                            # The place is kept until the ending is known for good: so a kill repeats
                            # no more than there are places.
                            found = found or await self._attempt(delivery)
                            if isinstance(found, Outcome):
                                await self._settle(delivery, found)
                                self._metrics.ended(self.endpoint.name, found.ending)
                                return
                        finally:
                            line.is_busy = False
                        retry_at = self._steady_ms() + found
                    wait = found
            line.wake.clear()
            if delivery.cancelled and delivery.kind == "trigger":
                continue
            left_ms = max(1.0, delivery.deadline - self._now_ms())
            with suppress(TimeoutError):
                await asyncio.wait_for(line.wake.wait(), min(wait, left_ms, _LONGEST_SLEEP_MS) / 1000)

    def _is_over(self, delivery: Delivery) -> bool:
        return delivery.cancelled or bool(self.disabled) or self._now_ms() >= delivery.deadline

    def _gate(self, delivery: Delivery) -> Outcome | float | None:
        """Right before sending: an ending, the milliseconds to wait, or None to send now."""
        now, steady = self._now_ms(), self._steady_ms()
        if delivery.cancelled:
            return Outcome("cancelled", "cancelled")
        if now >= delivery.deadline:
            return Outcome("expired", "too_late")
        if self.disabled:
            return Outcome("dead", "endpoint_disabled", f"{self.endpoint.name}: {self.disabled}")
        if now < delivery.not_before:
            return float(delivery.not_before - now)
        if steady < self._hold_until:
            return self._hold_until - steady
        if (rest := self._circuit.admit(steady)) > 0:
            return rest
        if delivery.kind == "cancellation" or (rest := self._bucket.take(steady)) == 0:
            return None
        self._circuit.withdrew()
        if self.endpoint.capacity is not None and self.endpoint.capacity.refuse:
            return Outcome("no_capacity", "no_capacity")
        return max(1.0, rest)

    async def _attempt(self, delivery: Delivery) -> Outcome | float:
        """One attempt: an ending, or the milliseconds until the next."""
        delivery.attempts += 1
        begun = self._steady_ms()
        try:
            answer = await self._carrier.send(delivery, self._now_ms())
        except Unwritable as error:
            delivery.attempts -= 1
            self._circuit.withdrew()
            self._bucket.give_back()
            if error.reason in ("no_address", "bad_address"):
                return Outcome("bounced", error.reason)
            return Outcome("dead", error.reason, error.detail)
        except asyncio.CancelledError:
            self._circuit.withdrew()
            raise
        except Exception as error:  # a carrier's or a lookup's own fault must not end the process
            log.error(
                "an attempt failed in a way nobody foresaw", endpoint=self.endpoint.name, error=type(error).__name__
            )
            answer = Answer(Verdict.FAILED, "ERROR", counts=False)
        self._metrics.attempted(self.endpoint.name, answer.code, (self._steady_ms() - begun) / 1000)
        return self._judged(delivery, answer)

    def _judged(self, delivery: Delivery, answer: Answer) -> Outcome | float:
        steady = self._steady_ms()
        if answer.verdict is Verdict.TAKEN or not answer.counts or answer.verdict is Verdict.REFUSED:
            self._close_circuit()
        if answer.verdict is Verdict.TAKEN:
            return Outcome("sent", answer.code, reference=answer.reference)
        if answer.verdict is Verdict.REFUSED:
            return Outcome("bounced", answer.code)
        if answer.verdict is Verdict.GONE:
            self._circuit.withdrew()
            self.disable(f"it answered {answer.code}")
            self._on_gone(self.endpoint, self.disabled)
            return Outcome("dead", "endpoint_disabled", f"{self.endpoint.name}: {self.disabled}")
        if answer.counts and self._circuit.failed(steady):
            log.warning("an endpoint is left alone for a while", endpoint=self.endpoint.name, code=answer.code)
        if answer.retry_after_ms is not None:
            self._hold_until = max(self._hold_until, steady + min(answer.retry_after_ms, LONGEST_RETRY_AFTER_MS))
        if answer.is_full and self.endpoint.capacity is not None and self.endpoint.capacity.refuse:
            return Outcome("no_capacity", answer.code)
        wait = wait_ms(self.endpoint.retries_ms, delivery.attempts, delivery.message_id, answer.retry_after_ms)
        if wait is None:
            detail = f"{self.endpoint.name}: {delivery.attempts} attempts failed, the last with {answer.code}"
            return Outcome("dead", answer.code, detail)
        if self._now_ms() + wait >= delivery.deadline:
            return Outcome("expired", answer.code)
        return float(wait)

    def _close_circuit(self) -> None:
        was_closed = self._circuit.state(self._steady_ms()) == "closed"
        self._circuit.succeeded()
        if not was_closed:
            log.info("an endpoint takes deliveries again", endpoint=self.endpoint.name)
            self._wake_all()

    def _wake_all(self) -> None:
        for line in self._lines.values():
            line.wake.set()
