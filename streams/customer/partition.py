"""One partition of touchpoints as a pure machine: records in, outputs and changed state out.

Nothing here reads a clock, a socket or a random number. The lane feeds it from Kafka and writes
what it returns in transactions; the tests' oracle feeds it the same log and compares bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple, Protocol, cast

import msgspec

from schemas import Activation, Codec, Control, DeadLetter, DecodeError, Touchpoint, Verdict
from streams.customer import ledger
from streams.customer.apply import NO_EFFECTS, Effects, apply, attend
from streams.customer.clock import PartitionClock
from streams.customer.definitions import BadActivation, Definitions
from streams.customer.ledger import ACCEPTED, DEAD, DROPPED, DUPLICATE, IN, LATE, PartitionRecord
from streams.customer.outputs import Output, OutputWriter
from streams.customer.partitioner import partition_of
from streams.customer.seen import event_digest
from streams.customer.state import Customer, decode_customer, encode_customer, heads_of
from streams.topics import TOUCHPOINTS

ALLOWED_LATENESS_MS = 7 * 86_400_000
"""A touchpoint older than the customer's newest by more than this is late and not applied."""

LARGEST_BYTES = 1_000_000
"""A larger value is dead-lettered unread."""

EVICT_AFTER_MS = 8 * 86_400_000
"""How long after a look the next one decides whether a customer's record can go."""

DEADLINES_AT_ONCE = 256
"""Overdue deadlines are fired in portions of this many, so that a lane can yield between them."""

LIVE_CUSTOMERS = 50_000
"""Most customers kept decoded; the others stay as their bytes."""

REROUTED = "momentous-rerouted"
"""Header of a touchpoint that was found in another partition than its customer's."""


class Record(Protocol):
    """A Kafka record as any consumer delivers it."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """ms UTC; the append time where the topic says LogAppendTime."""

    @property
    def key(self) -> bytes | None:
        """Key bytes."""

    @property
    def value(self) -> bytes | None:
        """Value bytes."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Headers in order."""


class _Step(NamedTuple):
    """What a customer's state went through since its bytes were last written."""

    customer_id: str
    at: int
    now: int
    touchpoint: Touchpoint | None = None
    evicted: bool = False
    unanswered: bool = False


class Partition:
    """State and rules of one partition.

    Call :meth:`restore` for every changelog record, oldest first, then :meth:`restored`, then
    :meth:`process` for every touchpoints record from ``applied + 1`` on. :meth:`take_outputs` and
    :meth:`take_changes` hand out what one transaction must hold.
    """

    def __init__(self, number: int, partitions: int, codec: Codec, topic: str = TOUCHPOINTS) -> None:
        """
        Args:
            number: this partition's.
            partitions: how many there are.
            codec: reads touchpoints, writes outputs.
            topic: the full name of the touchpoints topic, as verdicts and dead letters name it.
        """
        self.number = number
        self.applied = -1
        self.clock = PartitionClock()
        self.counters: dict[str, int] = {}
        self.definitions = Definitions()
        self._partitions = partitions
        self._codec = codec
        self._writer = OutputWriter(codec, number)
        self._topic = topic
        self._stored: dict[str, bytes] = {}
        self._live: dict[str, Customer] = {}
        self._changed: dict[str, None] = {}
        self._changed_definitions: list[tuple[str, str]] = []
        self._deadlines: list[tuple[int, str]] = []
        self._evictions: list[tuple[int, str]] = []
        self._journal: list[_Step] = []
        self._outputs: list[Output] = []

    # -- restoring ------------------------------------------------------------------------------

    def restore(self, key: bytes | None, value: bytes | None) -> None:
        """Take in one changelog record; ``value`` None is a tombstone."""
        if key is None:
            return
        if not key.startswith(b"\0"):
            customer_id = key.decode()
            if value is None:
                self._stored.pop(customer_id, None)
            else:
                self._stored[customer_id] = value
            self._live.pop(customer_id, None)
        elif key == ledger.PARTITION_KEY and value is not None:
            record = ledger.decode_partition(value)
            self.applied = record.applied
            self.clock = PartitionClock(record.clock, record.mode, record.until)
            self.counters = record.counters
        elif key.startswith(ledger.DEFINITION_PREFIX) and value is not None:
            self.definitions.activate(msgspec.msgpack.decode(value, type=Activation))

    def restored(self) -> None:
        """The changelog was read to its end: build the deadlines."""
        self._deadlines.clear()
        self._evictions.clear()
        for customer_id, data in self._stored.items():
            due, evict_at = heads_of(data)
            if due is not None:
                self._deadlines.append((due, customer_id))
            self._evictions.append((evict_at, customer_id))
        self._deadlines.sort()
        self._evictions.sort()

    # -- processing -----------------------------------------------------------------------------

    def process(self, record: Record) -> bool:
        """Take in one record of the log.

        Returns:
            False when it fired a portion of overdue deadlines and must be called again with the
            same record; a transaction may end in between.

        Raises:
            RegistryUnavailable: nothing was changed; call again later.
        """
        value = record.value
        try:
            if value is not None and len(value) > LARGEST_BYTES:
                raise _Oversize(f"{len(value)} bytes, at most {LARGEST_BYTES} are read")
            name, body = self._codec.decode(value, "Touchpoint", "Control")
        except DecodeError as error:
            if not self._advance_to_append_time(record):
                return False
            self._count(IN)
            self._bury(record, "decode", error.reason, error.detail)
            self._count(DEAD)
        else:
            if name == "Control":
                if not self._control(cast(Control, body), record):
                    return False
            elif not self._touchpoint(cast(Touchpoint, body), record):
                return False
        self.applied = record.offset
        return True

    def next_deadline(self) -> int | None:
        """The earliest deadline of a rule, ms UTC, or None."""
        while self._deadlines:
            due, customer_id = self._deadlines[0]
            customer = self._customer(customer_id)
            if customer is not None and customer.due == due:
                return due
            heappop(self._deadlines)
        return None

    # -- handing over ---------------------------------------------------------------------------

    def take_outputs(self) -> list[Output]:
        """Outputs since the last call, in order."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def take_changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Changelog records since the last call: customers and definitions; None is a tombstone.

        Exhaust it: it also marks the changes as taken. The partition record (:meth:`record`) is
        for the caller to write after them.
        """
        for customer_id in self._changed:
            customer = self._live.get(customer_id)
            if customer is None:
                yield customer_id.encode(), None
            else:
                data = self._stored[customer_id] = encode_customer(customer)
                yield customer_id.encode(), data
        for kind, name in self._changed_definitions:
            activation = self.definitions.activations[kind, name]
            yield ledger.DEFINITION_PREFIX + f"{kind}\0{name}".encode(), msgspec.msgpack.encode(activation)
        self._changed.clear()
        self._changed_definitions.clear()
        self._journal.clear()
        self._shed()

    def record(self) -> tuple[bytes, bytes]:
        """Key and bytes of the partition record as of now."""
        record = PartitionRecord(
            applied=self.applied,
            clock=self.clock.now,
            mode=self.clock.mode,
            until=self.clock.until,
            counters=dict(self.counters),
            definitions=self.definitions.versions(),
        )
        return ledger.PARTITION_KEY, ledger.encode_partition(record)

    def __len__(self) -> int:
        """How many customers it holds."""
        return len(self._stored.keys() | self._live.keys())

    # -- controls -------------------------------------------------------------------------------

    def _control(self, control: Control, record: Record) -> bool:
        kind = control["kind"]
        if kind == "tick":
            # Live, a tick's time is its append time: a sender's clock must not move ours.
            return self._advance(record.timestamp if self.clock.is_live else control["at"] or 0)
        if kind == "clock" and control["clock"] is not None:
            self.clock.set(control["clock"])
        elif kind == "activation" and control["activation"] is not None:
            self._activate(control["activation"], record)
        else:
            self._bury(record, "validate", "bad_control", f"control of kind {kind!r} without its part")
        return True

    def _activate(self, activation: Activation, record: Record) -> None:
        try:
            self.definitions.activate(activation)
        except BadActivation as error:
            self._bury(record, "validate", "bad_activation", str(error))
        else:
            self._changed_definitions.append((activation["kind"], activation["id"]))

    # -- touchpoints ----------------------------------------------------------------------------

    def _touchpoint(self, touchpoint: Touchpoint, record: Record) -> bool:
        clock, occurred_at = self.clock, touchpoint["occurred_at"]
        customer_id = touchpoint["customer_id"]
        invalid = None
        if not customer_id or customer_id[0] == "\0":
            invalid = "no_customer_id"
        elif not touchpoint["event_id"]:
            invalid = "no_event_id"
        elif clock.is_too_far_ahead(occurred_at, record.timestamp):
            invalid = "too_far_ahead"
        if clock.is_live:
            if record.timestamp > clock.now and not self._advance(record.timestamp):
                return False
        elif invalid is None and occurred_at > clock.now and not self._advance(occurred_at):
            return False
        counters = self.counters
        counters[IN] = counters.get(IN, 0) + 1
        if invalid is not None:
            self._bury(record, "validate", invalid, _INVALID[invalid])
            self._judge(touchpoint, record, DEAD, invalid)
            return True
        customer = self._customer(customer_id)
        if customer is None:
            if not self._belongs_here(touchpoint, record):
                return True
            customer = self._new_customer(customer_id)
        digest = event_digest(touchpoint["source"], touchpoint["event_id"])
        if occurred_at < customer.newest - ALLOWED_LATENESS_MS and digest not in customer.seen:
            self._judge(touchpoint, record, LATE, "allowed_lateness")
            return True
        if not customer.seen.add(digest, clock.now):
            self._judge(touchpoint, record, DUPLICATE, "event_id")
            return True
        if occurred_at < customer.newest:
            self._count("out_of_order")
        self._changed[customer_id] = None
        try:
            effects = self._take_in(customer, customer_id, touchpoint, clock.now)
        except Exception as error:  # whatever it is, the record is set aside and the partition goes on
            self._undo(customer_id)
            self._bury(record, "apply", "apply_error", f"{type(error).__name__} in the core")
            self._judge(touchpoint, record, DEAD, "apply_error")
            return True
        self._journal.append(_Step(customer_id, clock.now, clock.now, touchpoint))
        counters[ACCEPTED] = counters.get(ACCEPTED, 0) + 1
        if effects is not NO_EFFECTS:
            self._emit(effects)
            for failure in effects.failures:
                self._count("rule_errors")
                self._bury(record, "rule", "rule_error", failure.detail, failure.rule)
        return True

    def _take_in(self, customer: Customer, customer_id: str, touchpoint: Touchpoint, now: int) -> Effects:
        occurred_at = touchpoint["occurred_at"]
        if occurred_at > customer.newest:
            customer.newest = occurred_at
        customer.identified = touchpoint["identified"]
        effects = apply(customer, touchpoint, now, self.definitions)
        self._schedule(customer, customer_id)
        return effects

    def _schedule(self, customer: Customer, customer_id: str) -> None:
        due = self.definitions.detector.next_deadline(customer.detection)
        if due != customer.due:
            customer.due = due
            if due is not None:
                heappush(self._deadlines, (due, customer_id))

    def _belongs_here(self, touchpoint: Touchpoint, record: Record) -> bool:
        """Whether the customer's partition is this one; a stray goes to the right one, once."""
        key = touchpoint["customer_id"].encode()
        home = partition_of(key, self._partitions)
        if home == self.number:
            return True
        headers = list(record.headers or ())
        if any(name == REROUTED for name, _ in headers):
            self._bury(
                record, "route", "misrouted", f"re-routed already; partition {home} of {self._partitions} is due"
            )
            self._judge(touchpoint, record, DEAD, "misrouted")
            return False
        origin = f"{self.number}-{record.offset}".encode()
        self._outputs.append(Output(TOUCHPOINTS, home, key, record.value, [*headers, (REROUTED, origin)]))
        self._judge(touchpoint, record, DROPPED, "misrouted")
        return False

    # -- time -----------------------------------------------------------------------------------

    def _advance_to_append_time(self, record: Record) -> bool:
        return not self.clock.is_live or self._advance(record.timestamp)

    def _advance(self, target: int) -> bool:
        """Bring the clock to ``target``, firing what is due on the way; False: call again."""
        clock, deadlines, evictions = self.clock, self._deadlines, self._evictions
        left = DEADLINES_AT_ONCE
        while (deadlines and deadlines[0][0] <= target) or (evictions and evictions[0][0] <= target):
            if not left:
                return False
            left -= 1
            if deadlines and (not evictions or deadlines[0] <= evictions[0]):
                due, customer_id = heappop(deadlines)
                clock.now = max(clock.now, due)
                self._fire(customer_id, due, target if clock.is_live else due)
            else:
                due, customer_id = heappop(evictions)
                clock.now = max(clock.now, due)
                self._consider_eviction(customer_id, due)
        clock.now = max(clock.now, target)
        return True

    def _fire(self, customer_id: str, due: int, now: int) -> None:
        customer = self._customer(customer_id)
        if customer is None or customer.due != due:
            return
        self._changed[customer_id] = None
        try:
            effects = self._attend(customer, customer_id, due, now)
        except Exception as error:
            self._undo(customer_id)
            self._let_pass(customer_id, due)
            self._journal.append(_Step(customer_id, due, now, unanswered=True))
            self._bury_deadline(customer_id, due, "apply", f"{type(error).__name__} in the core", None)
            return
        self._journal.append(_Step(customer_id, due, now))
        self._emit(effects)
        for failure in effects.failures:
            self._count("rule_errors")
            self._bury_deadline(customer_id, due, "rule", failure.detail, failure.rule)

    def _attend(self, customer: Customer, customer_id: str, due: int, now: int) -> Effects:
        effects = attend(customer, customer_id, due, now, self.definitions)
        self._schedule(customer, customer_id)
        return effects

    def _let_pass(self, customer_id: str, due: int) -> None:
        """Take a deadline off without answering what it fires."""
        customer = self._live[customer_id]
        self.definitions.detector.on_deadline(customer.detection, due)
        self._schedule(customer, customer_id)

    def _consider_eviction(self, customer_id: str, now: int) -> None:
        customer = self._customer(customer_id)
        if customer is None or customer.evict_at != now:
            return
        self._changed[customer_id] = None
        customer.seen.forget(now)
        customer.detection.prune(now)
        customer.outreach.prune(now)
        idle = not customer.seen and customer.detection.is_idle(now) and customer.outreach.is_idle()
        if idle and customer.newest + ALLOWED_LATENESS_MS < now:
            self._live.pop(customer_id, None)
            self._stored.pop(customer_id, None)
            self._journal.append(_Step(customer_id, now, now, evicted=True))
            self._count("evicted")
        else:
            customer.evict_at = now + EVICT_AFTER_MS
            heappush(self._evictions, (customer.evict_at, customer_id))

    # -- customers ------------------------------------------------------------------------------

    def _customer(self, customer_id: str) -> Customer | None:
        customer = self._live.get(customer_id)
        if customer is None:
            data = self._stored.get(customer_id)
            if data is not None:
                customer = self._live[customer_id] = decode_customer(data)
        return customer

    def _new_customer(self, customer_id: str) -> Customer:
        customer = self._live[customer_id] = Customer(evict_at=self.clock.now + EVICT_AFTER_MS)
        heappush(self._evictions, (customer.evict_at, customer_id))
        return customer

    def _shed(self) -> None:
        """Keep the decoded customers bounded; all changes are in their bytes now."""
        if len(self._live) > LIVE_CUSTOMERS:
            for customer_id in list(self._live)[: LIVE_CUSTOMERS // 2]:
                del self._live[customer_id]

    def _undo(self, customer_id: str) -> None:
        """Bring a customer back to before a failed record: its bytes, then its other records again."""
        data = self._stored.get(customer_id)
        evict_at = self._live[customer_id].evict_at
        customer = Customer(evict_at) if data is None else decode_customer(data)
        self._live[customer_id] = customer
        for step in self._journal:
            if step.customer_id != customer_id:
                continue
            if step.evicted:
                customer = self._live[customer_id] = Customer(evict_at)
            elif step.unanswered:
                self._let_pass(customer_id, step.at)
            elif step.touchpoint is None:
                self._attend(customer, customer_id, step.at, step.now)
            else:
                touchpoint = step.touchpoint
                customer.seen.add(event_digest(touchpoint["source"], touchpoint["event_id"]), step.at)
                self._take_in(customer, customer_id, touchpoint, step.at)
        customer.evict_at = evict_at
        if customer.due is not None:
            heappush(self._deadlines, (customer.due, customer_id))

    # -- what came of it ------------------------------------------------------------------------

    def _emit(self, effects: Effects) -> None:
        outputs, writer = self._outputs, self._writer
        for moment in effects.moments:
            outputs.append(writer.moment(moment))
        for decision, trigger in effects.decisions:
            outputs.append(writer.decision(decision))
            if trigger is not None:
                outputs.append(writer.trigger(trigger))

    def _judge(self, touchpoint: Touchpoint, record: Record, outcome: str, reason: str) -> None:
        self._count(outcome)
        verdict: Verdict = {
            "outcome": outcome,
            "reason": reason,
            "topic": self._topic,
            "partition": self.number,
            "offset": record.offset,
            "event_id": touchpoint["event_id"],
            "source": touchpoint["source"],
            "customer_id": touchpoint["customer_id"],
            "identified": touchpoint["identified"],
            "channel": touchpoint["channel"],
            "type": touchpoint["type"],
            "occurred_at": touchpoint["occurred_at"],
            "correlation_id": touchpoint["correlation_id"],
            "session_id": touchpoint["session_id"],
            "properties": touchpoint["properties"],
        }
        self._outputs.append(self._writer.verdict(verdict, self.clock.now))

    def _bury(self, record: Record, stage: str, reason: str, detail: str, rule: str | None = None) -> None:
        letter: DeadLetter = {
            "stage": stage,
            "reason": reason,
            "detail": detail,
            "source_topic": self._topic,
            "source_partition": self.number,
            "source_offset": record.offset,
            "rule": rule,
            "key": record.key,
            "value": record.value,
            "headers": [{"key": name, "value": value} for name, value in record.headers or ()],
            "failed_at": self.clock.now,
        }
        self._outputs.append(self._writer.dead_letter(letter))

    def _bury_deadline(self, customer_id: str, due: int, stage: str, detail: str, rule: str | None) -> None:
        """A deadline that failed has no record of its own: the letter names where the log stood."""
        letter: DeadLetter = {
            "stage": stage,
            "reason": f"{stage}_error",
            "detail": detail,
            "source_topic": self._topic,
            "source_partition": self.number,
            "source_offset": self.applied + 1,
            "rule": rule,
            "key": customer_id.encode(),
            "value": None,
            "headers": [],
            "failed_at": self.clock.now,
        }
        self._outputs.append(self._writer.dead_letter(letter, due))

    def _count(self, counter: str) -> None:
        self.counters[counter] = self.counters.get(counter, 0) + 1


class _Oversize(DecodeError):
    reason = "too_large"


_INVALID = {
    "no_customer_id": "customer_id is empty (or begins with byte 0)",
    "no_event_id": "event_id is empty",
    "too_far_ahead": "occurred_at is more than 24 h ahead of the clock",
}


def process_all(partition: Partition, records: Iterable[Record]) -> None:
    """Take in records to the end, portions of deadlines included."""
    for record in records:
        while not partition.process(record):
            pass
