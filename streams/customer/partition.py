"""One partition of touchpoints as a pure machine: records in, outputs and changed state out.

Nothing here reads a clock, a socket or a random number. The lane feeds it from Kafka and writes
what it returns in transactions; the tests' oracle feeds it the same log and compares bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Any, cast

from schemas import Activation, Codec, Control, DecodeError, Touchpoint
from streams.controls import PUBLISH
from streams.customer import ledger
from streams.customer.apply import NO_EFFECTS, Effects
from streams.customer.clock import EVENT, LATEST_MS, PartitionClock
from streams.customer.customers import Customers, next_look
from streams.customer.definitions import BadActivation, Definitions
from streams.customer.errors import StateFormatError
from streams.customer.held import HELD, MOST_BESIDE_BYTES, Held, ripe, too_many
from streams.customer.journal import Journal
from streams.customer.ledger import ACCEPTED, DEAD, DROPPED, DUPLICATE, IN, LATE, PartitionRecord
from streams.customer.letters import letter_for_deadline, letter_for_record, verdict_on
from streams.customer.outputs import Output, OutputWriter
from streams.customer.partitioner import partition_of
from streams.customer.record import Record, bytes_beside
from streams.customer.seen import event_digest
from streams.customer.state import NEVER, Customer
from streams.customer.tallies import Tallies
from streams.topics import TOUCHPOINTS
from streams.vocabulary import ViolationCounting, Vocabulary, shipped_vocabulary

ALLOWED_LATENESS_MS = 7 * 86_400_000
"""A touchpoint older than the customer's newest by more than this is late and not applied."""

LARGEST_BYTES = 1_000_000
"""A larger value is dead-lettered unread."""

LONGEST_IDENTIFIER = 256
"""Most characters of an id, source or type: state and moments must fit into a record."""

DEADLINES_AT_ONCE = 32
"""Overdue deadlines are fired in portions of this many, so that a lane can yield between them."""

LATENESSES_KEPT = 4096
"""Most latenesses of deadlines kept for whoever measures."""

REROUTED = "momentous-rerouted"
"""Header of a touchpoint that was found in another partition than its customer's."""

_INVALID = {
    "no_customer_id": "customer_id is empty (or begins with byte 0)",
    "no_event_id": "event_id is empty",
    "identifier_too_long": f"an id, source or type has more than {LONGEST_IDENTIFIER} characters",
    "too_far_ahead": "occurred_at is more than 24 h ahead of the clock",
}


class _Oversize(DecodeError):
    reason = "too_large"


class Partition:
    """State and rules of one partition.

    Call :meth:`restore` for every changelog record, oldest first, then :meth:`restored`, then
    :meth:`process` for every touchpoints record from ``applied + 1`` on. :meth:`take_outputs`,
    :meth:`take_changes` and :meth:`record` hand out what one transaction must hold.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        codec: Codec,
        topic: str = TOUCHPOINTS,
        vocabulary: Vocabulary | None = None,
        definitions: Definitions | None = None,
    ) -> None:
        """
        Args:
            number: this partition's.
            partitions: how many there are.
            codec: reads touchpoints, writes outputs.
            topic: the full name of the touchpoints topic, as verdicts and dead letters name it.
            vocabulary: accepted touchpoints are held against it; None: the shipped one.
            definitions: what is active before the first record; None: nothing.
        """
        self.number = number
        self.applied = -1
        self.clock = PartitionClock()
        self.counters = dict.fromkeys((IN, ACCEPTED, DUPLICATE, LATE, DEAD, DROPPED), 0)
        self.tallies = Tallies()
        self._violations = ViolationCounting(vocabulary or shipped_vocabulary(), self.counters)
        self.lateness: deque[int] = deque(maxlen=LATENESSES_KEPT)
        """How late deadlines fired since somebody cleared it, ms: append time of what made them fire minus due time."""
        self.definitions = definitions if definitions is not None else Definitions()
        self._partitions = partitions
        self._codec = codec
        self._writer = OutputWriter(codec, number)
        self._topic = topic
        self._customers = Customers()
        self._journal = Journal(self._customers, self.definitions, self._read)
        self._outputs: list[Output] = []
        # Something may be due although the clock stands there already: after a portion, and after a restore.
        self._is_behind = True

    def __len__(self) -> int:
        """How many customers it holds."""
        return len(self._customers)

    # -- restoring ------------------------------------------------------------------------------

    def restore(self, key: bytes | None, value: bytes | None) -> None:
        """Take in one changelog record; ``value`` None is a tombstone.

        Raises:
            StateFormatError: another version's, that this one cannot use.
        """
        if key is None:
            return
        if not key.startswith(b"\0"):
            self._customers.restore(key.decode(), value)
        elif key == ledger.PARTITION_KEY and value is not None:
            record = ledger.decode_partition(value)
            self.applied = record.applied
            self.clock = PartitionClock(record.clock, record.mode, record.until)
            self.counters |= record.counters
            self.tallies |= record.tallies
            self._customers.matches = record.matches
            self.definitions.quarantined = dict(record.quarantined)
        else:
            try:
                self.definitions.restore(key, value)
            except BadActivation as error:
                raise StateFormatError(ledger.FORMAT, ledger.FORMAT, str(error)) from error

    def restored(self) -> None:
        """The changelog was read to its end.

        Raises:
            StateFormatError: a customer's record is another version's.
        """
        self._customers.restored()
        self._is_behind = True

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
            if self.clock.is_live and not self._advance(record.timestamp):
                return False
            self.counters[IN] += 1
            self.counters[DEAD] += 1
            self._bury(record, "decode", error.reason, error.detail)
        else:
            if name == "Touchpoint":
                if not self._touchpoint(cast(Touchpoint, body), record):
                    return False
            elif not self._control(cast(Control, body), record):
                return False
        self.applied = record.offset
        return True

    def look(self, customer_id: str) -> Customer | None:
        """The customer's record after the last applied record, to be read only and at once; None if there is none."""
        return self._customers.look(customer_id)

    def next_deadline(self) -> int | None:
        """The earliest deadline of a rule, ms UTC, or None."""
        return self._customers.next_deadline()

    def overdue(self, now: int) -> int:
        """How many deadlines have passed at ``now`` (ms UTC) and not fired: at most 1,000 are counted."""
        return self._customers.overdue(now)

    @property
    def stored(self) -> int:
        """How many customers have bytes; all of them do when changes have just been taken. Cheap."""
        return self._customers.stored

    @property
    def matches(self) -> int:
        """Sequences that have begun and not ended, of all customers, as of the last changes taken."""
        return max(0, self._customers.matches)

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
        yield from self._customers.take_changes()
        yield from self.definitions.changes()
        self._journal.clear()

    def record(self) -> tuple[bytes, bytes]:
        """Key and bytes of the partition record as of now."""
        return ledger.PARTITION_KEY, ledger.encode_partition(self.snapshot())

    def snapshot(self) -> PartitionRecord:
        """The partition record as of now."""
        return PartitionRecord(
            applied=self.applied,
            clock=self.clock.now,
            mode=self.clock.mode,
            until=self.clock.until,
            counters=dict(self.counters),
            definitions=self.definitions.versions(),
            tallies=dict(self.tallies),
            matches=max(0, self._customers.matches),
            pauses=dict(self.definitions.pauses),
            modes=self.definitions.modes(),
            draining=self.definitions.draining(),
            quarantined=dict(self.definitions.quarantined),
        )

    # -- controls -------------------------------------------------------------------------------

    def _control(self, control: Control, record: Record) -> bool:
        kind, clock, activation = control["kind"], control["clock"], control["activation"]
        if kind == "tick":
            # Live, a tick's time is its append time: a sender's clock must not move ours.
            target = record.timestamp if self.clock.is_live else control["at"] or 0
            if target <= LATEST_MS:
                return self._advance(target)
        elif kind == "clock" and clock is not None and (clock["from"] or 0) <= LATEST_MS:
            if clock["mode"] == EVENT and clock["from"] is not None and not self._advance(clock["from"]):
                return False
            self.clock.set(clock)
            return True
        elif kind == "activation" and activation is not None:
            self._activate(activation, record)
            return True
        self._bury(record, "validate", "bad_control", f"a {kind} control without its part, or beyond the calendar")
        return True

    def _activate(self, activation: Activation, record: Record) -> None:
        if activation["change"] != PUBLISH:
            self._settle()
        try:
            self.definitions.activate(activation, record.timestamp, self.clock.now)
        except BadActivation as error:
            self._bury(record, "validate", "bad_activation", str(error))

    def _settle(self) -> None:
        """What came before ran under the definitions of its time: no undo may run it under new ones."""
        self._customers.settle()
        self._journal.clear()

    # -- touchpoints ----------------------------------------------------------------------------

    def _touchpoint(self, touchpoint: Touchpoint, record: Record) -> bool:
        # 1. what can be said of it alone
        clock, occurred_at, appended_at = self.clock, touchpoint["occurred_at"], record.timestamp
        customer_id = touchpoint["customer_id"]
        invalid = None
        if not customer_id or customer_id[0] == "\0":
            invalid = "no_customer_id"
        elif not touchpoint["event_id"]:
            invalid = "no_event_id"
        elif len(record.value or b"") > LONGEST_IDENTIFIER and _has_long_identifier(touchpoint):
            invalid = "identifier_too_long"
        elif clock.is_too_far_ahead(occurred_at, appended_at):
            invalid = "too_far_ahead"
        # 2. time: what is due by then fires first
        if clock.is_live:
            if (appended_at > clock.now or self._is_behind) and not self._advance(appended_at):
                return False
        elif invalid is None and (occurred_at > clock.now or self._is_behind) and not self._advance(occurred_at):
            return False
        counters, now = self.counters, clock.now
        counters[IN] += 1
        if invalid is not None:
            self._bury(record, "validate", invalid, _INVALID[invalid])
            self._judge(touchpoint, record, DEAD, invalid)
            return True
        # 3. what can be said of it beside the customer's others
        customers = self._customers
        customer = customers.live.get(customer_id) or customers.get(customer_id)
        if customer is None:
            if not self._belongs_here(touchpoint, record):
                return True
            customer = customers.add(customer_id, now)
        digest = event_digest(touchpoint["source"], touchpoint["event_id"])
        newest = customer.newest
        if occurred_at < newest - ALLOWED_LATENESS_MS and not customer.seen.remembers(digest, now):
            self._judge(touchpoint, record, LATE, "allowed_lateness")
            return True
        if not customer.seen.add(digest, now):
            self._judge(touchpoint, record, DUPLICATE, "event_id")
            return True
        if customer.seen.forgotten:
            customer.seen.forgotten = 0
            self._count("forgotten")
        if occurred_at < newest:
            self._count("out_of_order")
        # 4. taken in, or held for what may overtake it
        customers.changed[customer_id] = None
        if self.definitions.timing.order_wait_ms and bytes_beside(record) <= MOST_BESIDE_BYTES:
            self._hold(customer, customer_id, touchpoint, record, now)
        else:
            self._accept(customer, customer_id, touchpoint, record, now, now)
        return True

    def _accept(
        self,
        customer: Customer,
        customer_id: str,
        touchpoint: Touchpoint,
        record: Record,
        clock: int,
        now: int,
        held: Held | None = None,
    ) -> None:
        journal = self._journal
        try:
            if held is None:
                effects = journal.take_in(customer, customer_id, touchpoint, record.value or b"", clock, now)
            else:
                effects = journal.release(customer_id, held, clock, now)
        except Exception as error:  # whatever it is, the record is set aside and the partition goes on
            journal.undo(customer_id)
            if held is not None:
                journal.set_aside(customer_id, held.offset)
            self._bury(record, "apply", "apply_error", f"{type(error).__name__} in the core")
            self._judge(touchpoint, record, DEAD, "apply_error")
            return
        self.counters[ACCEPTED] += 1
        self._violations.take_in(touchpoint)
        if effects is not NO_EFFECTS:
            self._emit(effects)
            if effects.refused_facts:
                self._count("profile_overflow", effects.refused_facts)
            if effects.refused_consents:
                self._count("consent_overflow", effects.refused_consents)
            for failure in effects.failures:
                self._count("rule_errors")
                self._bury(record, "rule", "rule_error", failure.detail, failure.rule)

    def _read(self, value: bytes) -> Touchpoint:
        return cast(Touchpoint, self._codec.decode(value, "Touchpoint")[1])

    # -- touchpoints that wait ------------------------------------------------------------------

    def _hold(self, customer: Customer, customer_id: str, touchpoint: Touchpoint, record: Record, now: int) -> None:
        release_at = now + self.definitions.timing.order_wait_ms
        headers = list(record.headers or ())
        held = Held(release_at, record.offset, record.timestamp, record.key, record.value, headers, dict(touchpoint))
        effects = self._journal.hold(customer, customer_id, held, now)
        self._count(HELD)
        self._emit(effects)
        while too_many(customer.held):
            self._count("released_early")
            self._release(customer_id, customer.held[:1], now, now)
            customer = self._customers.live[customer_id]

    def _release(self, customer_id: str, ripe: Sequence[Held], clock: int, now: int) -> None:
        for held in ripe:
            self.counters[HELD] -= 1
            customer = self._customers.live[customer_id]
            self._accept(customer, customer_id, held.body, held, clock, now, held)

    def _belongs_here(self, touchpoint: Touchpoint, record: Record) -> bool:
        """Whether the customer's partition is this one; a stray goes to the right one, once."""
        key = touchpoint["customer_id"].encode()
        home = partition_of(key, self._partitions)
        if home == self.number:
            return True
        beside = bytes_beside(record)
        if beside > LARGEST_BYTES:
            self._bury(
                record, "route", "too_large", f"{beside} bytes of key and headers, at most {LARGEST_BYTES} go on"
            )
            self._judge(touchpoint, record, DEAD, "too_large")
            return False
        headers: list[Any] = list(record.headers or ())
        if any(name == REROUTED for name, _ in headers):
            self._bury(record, "route", "misrouted", f"re-routed already; its partition is {home}")
            self._judge(touchpoint, record, DEAD, "misrouted")
            return False
        origin = f"{self.number}-{record.offset}".encode()
        self._outputs.append(Output(TOUCHPOINTS, home, key, record.value, [*headers, (REROUTED, origin)]))
        self._judge(touchpoint, record, DROPPED, "misrouted")
        return False

    # -- time -----------------------------------------------------------------------------------

    def _advance(self, target: int) -> bool:
        """Bring the clock to ``target``, firing what is due on the way; False: call again."""
        clock, deadlines, evictions = self.clock, self._customers.deadlines, self._customers.evictions
        left = DEADLINES_AT_ONCE
        while (deadlines and deadlines[0][0] <= target) or (evictions and evictions[0][0] <= target):
            if not left:
                self._is_behind = True
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
        self._is_behind = False
        return True

    def _fire(self, customer_id: str, due: int, now: int) -> None:
        customer = self._customers.woken(customer_id, due)
        if customer is None:
            return
        if self.clock.is_live:
            self.lateness.append(now - due)
        self._customers.changed[customer_id] = None
        if customer.held:
            expected = customer.wanted_at()
            self._release(customer_id, ripe(customer.held, due, due if expected == due else NEVER), due, now)
            customer = self._customers.live[customer_id]
            wanted_at = customer.wanted_at()
            if wanted_at is None or wanted_at > due:
                self._customers.set_deadline(customer, customer_id, customer.next_due())
                return
        try:
            effects = self._journal.answer(customer_id, due, now)
        except Exception as error:
            self._journal.undo(customer_id)
            self._journal.let_pass(customer_id, due)
            self._bury_deadline(customer_id, due, "apply", f"{type(error).__name__} in the core", None)
            return
        self._emit(effects)
        for failure in effects.failures:
            self._count("rule_errors")
            self._bury_deadline(customer_id, due, "rule", failure.detail, failure.rule)

    def _consider_eviction(self, customer_id: str, now: int) -> None:
        customer = self._customers.get(customer_id)
        if customer is None or customer.evict_at != now:
            return
        if self.definitions.drains_end <= now:
            self._settle()
            self.definitions.end_drains(now)
        self._customers.changed[customer_id] = None
        self._journal.prune(customer_id, now)
        idle = (
            not customer.held and not customer.seen and customer.detection.is_idle(now) and customer.outreach.is_idle()
        )
        if (
            idle
            and customer.profile is None
            and customer.emotions is None
            and customer.newest + ALLOWED_LATENESS_MS < now
        ):
            self._journal.evict(customer_id)
            self._count("evicted")
        else:
            customer.evict_at = next_look(customer, now)
            heappush(self._customers.evictions, (customer.evict_at, customer_id))

    # -- what came of it ------------------------------------------------------------------------

    def _emit(self, effects: Effects) -> None:
        outputs, writer = self._outputs, self._writer
        for moment in effects.moments:
            self.tallies.moment(moment)
            outputs.append(writer.moment(moment))
        for emotion in effects.emotions:
            outputs.append(writer.emotion(emotion))
        for cancellation in effects.cancellations:
            self.tallies.cancellation(cancellation)
            outputs.append(writer.cancellation(cancellation))
        for decision, trigger in effects.decisions:
            self.tallies.decision(decision)
            outputs.append(writer.decision(decision))
            if trigger is not None:
                outputs.append(writer.trigger(trigger))

    def _judge(self, touchpoint: Touchpoint, record: Record, outcome: str, reason: str) -> None:
        self.counters[outcome] += 1
        verdict = verdict_on(touchpoint, outcome, reason, self._topic, self.number, record.offset)
        self._outputs.append(self._writer.verdict(verdict, self.clock.now))

    def _bury(self, record: Record, stage: str, reason: str, detail: str, rule: str | None = None) -> None:
        letter = letter_for_record(record, stage, reason, detail, rule, self._topic, self.number, self.clock.now)
        self.tallies.dead_letter(reason)
        self._outputs.append(self._writer.dead_letter(letter))

    def _bury_deadline(self, customer_id: str, due: int, stage: str, detail: str, rule: str | None) -> None:
        at, topic = self.applied + 1, self._topic
        letter = letter_for_deadline(customer_id, stage, detail, rule, topic, self.number, at, self.clock.now)
        self.tallies.dead_letter(letter["reason"])
        self._outputs.append(self._writer.dead_letter(letter, due))

    def _count(self, counter: str, times: int = 1) -> None:
        self.counters[counter] = self.counters.get(counter, 0) + times


def _has_long_identifier(touchpoint: Touchpoint) -> bool:
    identifiers = (
        touchpoint["customer_id"],
        touchpoint["event_id"],
        touchpoint["source"],
        touchpoint["type"],
        touchpoint["correlation_id"] or "",
        touchpoint["session_id"] or "",
    )
    return max(map(len, identifiers)) > LONGEST_IDENTIFIER


def process_all(partition: Partition, records: Iterable[Record]) -> None:
    """Take in records to the end, portions of deadlines included."""
    for record in records:
        while not partition.process(record):
            pass
