"""One endpoint at work: order, retries, capacity, circuit, 410, cancellation, expiry.

Sabotage, each of which fails a test here: lines by delivery instead of by customer; ``_gate`` without its look at
``cancelled``, ``deadline`` or ``not_before``; ``_room`` given back before ``settle``.
"""

from __future__ import annotations

import asyncio
import time

from streams.delivery.answer import Answer, Verdict
from streams.delivery.bucket import Capacity
from streams.delivery.errors import Unwritable
from streams.delivery.message import Delivery
from tests.delivery.scripted import DOWN, OK, Desk, Scripted
from tests.delivery.triggers import cancelling, delivery

FULL = Answer(Verdict.FAILED, "HTTP_429", counts=False, is_full=True)
GONE = Answer(Verdict.GONE, "HTTP_410")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def failing_first(times: int, answer: Answer = DOWN) -> Scripted:
    left = {"n": times}

    def say(_one: Delivery) -> Answer:
        left["n"] -= 1
        return OK if left["n"] < 0 else answer

    return Scripted(say)


async def test_a_customers_deliveries_go_one_after_the_other_also_when_the_first_must_be_repeated() -> None:
    desk = Desk(failing_first(2))
    deliveries = [delivery(number) for number in range(3)]
    for one in deliveries:
        desk.outlet.put(one)
    await desk.until(3)
    first, second, third = (one.message_id for one in deliveries)
    assert desk.carrier.sent == [first, first, first, second, third]


async def test_one_customer_does_not_wait_for_another() -> None:
    stuck, free = delivery(1, "a"), delivery(2, "b")
    desk = Desk(Scripted(lambda one: DOWN if one is stuck else OK), retries_ms=(60_000,))
    desk.outlet.put(stuck)
    desk.outlet.put(free)
    assert await desk.until(1) == {free.message_id: "sent HTTP_204"}


async def test_no_more_are_sent_at_once_than_there_are_places() -> None:
    desk = Desk(Scripted(seconds=0.01), concurrency=3)
    for number in range(20):
        desk.outlet.put(delivery(number, f"c{number}"))
    await desk.until(20)
    assert desk.carrier.most_at_once == 3


async def test_attempts_used_up_set_it_aside_and_the_next_one_goes_on() -> None:
    bad, good = delivery(1), delivery(2)
    desk = Desk(Scripted(lambda one: DOWN if one is bad else OK))
    desk.outlet.put(bad)
    desk.outlet.put(good)
    assert await desk.until(2) == {bad.message_id: "dead HTTP_503", good.message_id: "sent HTTP_204"}
    assert desk.carrier.sent == [bad.message_id] * 4 + [good.message_id]


async def test_no_attempt_is_made_from_the_deadline_on() -> None:
    late = [delivery(1, "a", expires_at=now_ms()), delivery(2, "b", deliver_until=now_ms() - 1)]
    desk = Desk()
    for one in late:
        desk.outlet.put(one)
    assert set((await desk.until(2)).values()) == {"expired too_late"}
    assert desk.carrier.sent == []


async def test_what_cannot_be_repeated_in_time_expires_at_once() -> None:
    one = delivery(1, deliver_until=now_ms() + 2_000)
    desk = Desk(Scripted(lambda _: DOWN), retries_ms=(60_000,))
    desk.outlet.put(one)
    assert await desk.until(1, 1.0) == {one.message_id: "expired HTTP_503"}


async def test_the_deadline_is_looked_at_again_after_waiting_for_room() -> None:
    desk = Desk(Scripted(seconds=0.2), concurrency=1)
    first, second = delivery(1, "a"), delivery(2, "b", expires_at=now_ms() + 100)
    desk.outlet.put(first)
    desk.outlet.put(second)
    assert await desk.until(2) == {first.message_id: "sent HTTP_204", second.message_id: "expired too_late"}


async def test_nothing_is_sent_before_its_time() -> None:
    one = delivery(1, not_before=now_ms() + 150)
    desk = Desk()
    desk.outlet.put(one)
    begun = time.monotonic()
    await desk.until(1)
    assert time.monotonic() - begun >= 0.14


async def test_a_cancellation_stops_what_waits_for_its_time_and_is_passed_on() -> None:
    desk = Desk()
    one, stop = delivery(1, not_before=now_ms() + 60_000), cancelling(1)
    desk.outlet.put(one)
    await asyncio.sleep(0.01)
    desk.outlet.cancel(one.trigger_id)
    desk.outlet.put(stop)
    assert await desk.until(2) == {one.message_id: "cancelled cancelled", stop.message_id: "sent HTTP_204"}
    assert desk.carrier.sent == [stop.message_id]


async def test_a_cancellation_between_two_attempts_prevents_the_second() -> None:
    desk = Desk(Scripted(lambda _: DOWN), retries_ms=(60_000,))
    one = delivery(1)
    desk.outlet.put(one)
    await asyncio.sleep(0.05)
    desk.outlet.cancel(one.trigger_id)
    assert await desk.until(1) == {one.message_id: "cancelled cancelled"}
    assert desk.carrier.sent == [one.message_id]


async def test_a_cancellation_that_races_an_attempt_follows_it_and_never_overtakes_it() -> None:
    desk = Desk(Scripted(seconds=0.05))
    one, stop = delivery(1), cancelling(1)
    desk.outlet.put(one)
    await asyncio.sleep(0.02)
    desk.outlet.cancel(one.trigger_id)
    desk.outlet.put(stop)
    await desk.until(2)
    assert desk.carrier.sent == [one.message_id, stop.message_id]
    assert dict(desk.ended)[one.message_id] == "sent HTTP_204"


async def test_in_200_races_a_cancelled_trigger_is_sent_once_before_its_cancellation_or_never() -> None:
    desk = Desk(Scripted(seconds=0.001), concurrency=5)
    pairs = [(delivery(number, f"c{number}"), cancelling(number, f"c{number}")) for number in range(200)]
    for number, (one, _) in enumerate(pairs):
        desk.outlet.put(one)
        if number % 7 == 0:
            await asyncio.sleep(0)
    for one, stop in reversed(pairs):
        desk.outlet.cancel(one.trigger_id)
        desk.outlet.put(stop)
    ended = await desk.until(400)
    place = {name: number for number, name in enumerate(desk.carrier.sent)}
    assert len(desk.carrier.sent) == len(place)
    for one, stop in pairs:
        if one.message_id in place:
            assert place[one.message_id] < place[stop.message_id]
        else:
            assert ended[one.message_id] == "cancelled cancelled"
    assert 0 < sum(one.message_id in place for one, _ in pairs) < 200


async def test_410_turns_the_endpoint_off_and_sets_aside_what_waits() -> None:
    desk = Desk(Scripted(lambda _: GONE), concurrency=1)
    for number in range(3):
        desk.outlet.put(delivery(number, f"c{number}"))
    assert set((await desk.until(3)).values()) == {"dead endpoint_disabled"}
    assert (len(desk.carrier.sent), desk.gone) == (1, ["it answered HTTP_410"])
    desk.carrier.say = lambda _: OK
    desk.outlet.enable()
    desk.outlet.put(delivery(9))
    await desk.until(4)
    assert len(desk.carrier.sent) == 2


async def test_an_open_circuit_spends_no_attempts_and_closes_by_one_trial() -> None:
    is_down = True
    desk = Desk(Scripted(lambda _: DOWN if is_down else OK), failures=3, open_ms=150, concurrency=1)
    for number in range(10):
        desk.outlet.put(delivery(number, f"c{number}"))
    await asyncio.sleep(0.1)
    assert (len(desk.carrier.sent), desk.outlet.circuit) == (3, "open")
    is_down = False
    await desk.until(10)
    assert (len(desk.carrier.sent), desk.outlet.circuit) == (13, "closed")


async def test_a_message_that_the_endpoint_cannot_read_does_not_open_its_circuit() -> None:
    bad_request = Answer(Verdict.FAILED, "HTTP_400", counts=False)
    desk = Desk(Scripted(lambda _: bad_request), failures=2, retries_ms=())
    for number in range(5):
        desk.outlet.put(delivery(number, f"c{number}"))
    assert set((await desk.until(5)).values()) == {"dead HTTP_400"}
    assert desk.outlet.circuit == "closed"


async def test_retry_after_holds_every_delivery_to_the_endpoint() -> None:
    desk = Desk(failing_first(1, DOWN._replace(retry_after_ms=200)))
    desk.outlet.put(delivery(1, "a"))
    await asyncio.sleep(0.02)
    begun = time.monotonic()
    desk.outlet.put(delivery(2, "b"))
    await desk.until(2)
    assert time.monotonic() - begun >= 0.15


async def test_a_bucket_that_waits_sends_all_at_its_rate() -> None:
    desk = Desk(capacity=Capacity(100, 1000, burst=5))
    begun = time.monotonic()
    for number in range(25):
        desk.outlet.put(delivery(number, f"c{number}"))
    assert set((await desk.until(25)).values()) == {"sent HTTP_204"}
    assert time.monotonic() - begun >= 0.19


async def test_a_call_back_is_offered_only_while_there_is_room() -> None:
    desk = Desk(capacity=Capacity(2, 3_600_000, burst=2, refuse=True))
    for number in range(5):
        desk.outlet.put(delivery(number, f"c{number}"))
    ended = await desk.until(5)
    assert sorted(ended.values()) == ["no_capacity no_capacity"] * 3 + ["sent HTTP_204"] * 2
    assert len(desk.carrier.sent) == 2


async def test_an_endpoint_that_refuses_says_so_itself_with_429() -> None:
    desk = Desk(Scripted(lambda _: FULL), capacity=Capacity(100, 1000, burst=100, refuse=True))
    one = delivery(1)
    desk.outlet.put(one)
    assert await desk.until(1) == {one.message_id: "no_capacity HTTP_429"}


async def test_an_endpoint_that_waits_is_asked_again_after_429() -> None:
    desk = Desk(failing_first(1, FULL))
    one = delivery(1)
    desk.outlet.put(one)
    assert await desk.until(1) == {one.message_id: "sent HTTP_204"}


async def test_a_cancellation_takes_no_capacity() -> None:
    desk = Desk(capacity=Capacity(1, 3_600_000, burst=1, refuse=True))
    desk.outlet.put(cancelling(1))
    desk.outlet.put(delivery(2, "b"))
    assert set((await desk.until(2)).values()) == {"sent HTTP_204"}


async def test_without_an_address_it_bounces_and_without_a_template_it_is_set_aside() -> None:
    reasons = {1: "no_address", 2: "no_template"}
    desk = Desk(Scripted(lambda one: Unwritable(reasons[one.record["context"]["number"]], "why")))
    first, second = delivery(1, "a"), delivery(2, "b")
    desk.outlet.put(first)
    desk.outlet.put(second)
    assert await desk.until(2) == {first.message_id: "bounced no_address", second.message_id: "dead no_template"}


async def test_a_carrier_that_raises_what_nobody_foresaw_is_a_failed_attempt() -> None:
    desk = Desk(Scripted(lambda _: RuntimeError("personal")), retries_ms=())
    one = delivery(1)
    desk.outlet.put(one)
    assert await desk.until(1) == {one.message_id: "dead ERROR"}


async def test_letting_go_waits_for_attempts_and_forgets_the_rest() -> None:
    desk = Desk(Scripted(seconds=0.05), concurrency=1)
    deliveries = [delivery(number) for number in range(3)]
    for one in deliveries:
        desk.outlet.put(one)
    await asyncio.sleep(0.02)
    await desk.outlet.let_go(0, 5.0)
    assert (dict(desk.ended), desk.outlet.waiting) == ({deliveries[0].message_id: "sent HTTP_204"}, 0)


async def test_letting_go_of_one_partition_leaves_the_others() -> None:
    desk = Desk()
    other = delivery(1, "b", not_before=now_ms() + 100)
    other.origin = type(other.origin)("outreach.triggers", 3, 1, b"b", b"")
    desk.outlet.put(delivery(2, "a", not_before=now_ms() + 60_000))
    desk.outlet.put(other)
    await desk.outlet.let_go(0, 1.0)
    assert await desk.until(1) == {other.message_id: "sent HTTP_204"}
