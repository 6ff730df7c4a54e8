"""Three customers at moments that matter: one vulnerable, one anxious, one joyful.

Their touchpoints go through the same topics, worker and loader as everything else; what is told is
read back from ClickHouse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from clickhouse_connect.driver.client import Client
from rich.console import Console

from schemas import Codec, Touchpoint
from schemas.types import Value
from streams.customer.ledger import ACCEPTED, IN
from streams.demo.offsets import Offsets
from streams.errors import MomentousError
from streams.history import play
from streams.publishing import Publisher
from streams.settings import Settings
from streams.telling import facts, of_customer, story

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HORIZON_MS = HOUR
"""How far the clock runs on past the last touchpoint; nobody in the stories is waited for."""

SOURCE = "stories"


class Story(NamedTuple):
    """A customer, what the contact should turn the feeling into, and what happens to them."""

    customer_id: str
    title: str
    emotion: str
    touchpoints: list[Touchpoint]


class StoryLost(MomentousError):
    """A touchpoint of the stories is missing, or the contact that it should have led to."""


def stories(start: int) -> list[Story]:
    """The three stories.

    Args:
        start: when they begin, ms UTC; all but how the car was bought and driven before lies in
            the three days behind it.
    """
    return [_card_lost(start), _breakdown(start), _first_service(start)]


def tell_stories(
    console: Console,
    settings: Settings,
    codec: Codec,
    offsets: Offsets,
    client: Client,
    start: int,
    until: Callable[[Callable[[], bool], str], None],
) -> int:
    """Publish the stories, wait until they are stored, and tell them.

    Args:
        start: later than all that the topics' clocks have seen, ms UTC; the stories begin with the
            next day.
        until: waits for a condition, or fails with the trouble named.

    Returns:
        How many touchpoints were published.

    Raises:
        StoryLost: not all were accepted, or somebody was not contacted.
    """
    told = stories(-(-start // DAY) * DAY)
    touchpoints = [touchpoint for one in told for touchpoint in one.touchpoints]
    before = offsets.work().counters
    with Publisher(settings, codec) as publisher:
        play(publisher, sorted(touchpoints, key=lambda one: one["occurred_at"]), HORIZON_MS)
    ends = offsets.ends()
    until(lambda: offsets.work().applied == ends, "the worker stands still")
    until(offsets.all_loaded, "the loader stands still")
    counters = offsets.work().counters
    taken = {name: counters[name] - before[name] for name in (IN, ACCEPTED)}
    console.print("\n[bold]Three moments that matter[/bold]")
    for one in told:
        _tell(console, client, one)
    console.print(
        f"\nstories    {len(touchpoints)} published, counted apart = {taken[IN]} in = {taken[ACCEPTED]} accepted"
    )
    if set(taken.values()) != {len(touchpoints)}:
        raise StoryLost("touchpoints of the stories are missing", "this is a defect; please report it with the logs")
    return len(touchpoints)


def _tell(console: Console, client: Client, one: Story) -> None:
    records = of_customer(client, one.customer_id)
    console.print(f"\n[bold]{one.emotion}[/bold]: {one.title}")
    for line in story(records):
        console.print(line, soft_wrap=True)
    for trigger in records.triggers:
        console.print(f"told with  {trigger['template']}: {facts(trigger['context'])}", soft_wrap=True)
    if not any(trigger["emotion"] == one.emotion for trigger in records.triggers):
        raise StoryLost(
            f"customer {one.customer_id} was not contacted", "this is a defect; please report it with the logs"
        )


class _Diary:
    """One customer's touchpoints, numbered."""

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        self.touchpoints: list[Touchpoint] = []

    def add(self, at: int, channel: str, kind: str, facts: dict[str, Value], call: str | None = None) -> None:
        """What happened at ``at``, ms UTC; ``call`` ties touchpoints of one call together."""
        self.touchpoints.append(
            {
                "event_id": f"{self.customer_id}-{len(self.touchpoints) + 1}",
                "source": SOURCE,
                "customer_id": self.customer_id,
                "identified": True,
                "channel": channel,
                "type": kind,
                "occurred_at": at,
                "correlation_id": call,
                "session_id": None,
                "identities": {},
                "properties": dict(sorted(facts.items())),
            }
        )

    def consent(self, at: int, purpose: str, channel: str) -> None:
        """The customer opted in, in the app."""
        self.add(at, "app", "consent.given", {"purpose": purpose, "channel": channel})


def _card_lost(start: int) -> Story:
    ana, call = _Diary("story-ana"), "call-ana"
    lost = start + DAY + 9 * HOUR
    due = lost + DAY
    lisbon: dict[str, Value] = {"place": "Lisbon", "country": "PT"}
    new_card: dict[str, Value] = {"promise_id": "card-4f2a-replacement", "promise": "new card at the hotel"}
    ana.consent(start, "care", "sms")
    ana.add(start + HOUR, "app", "travel.started", {**lisbon, "usual_place": "Graz", "away_km": 2300})
    ana.add(start + 20 * HOUR, "billing", "location.seen", {**lisbon, "away": True, "place_kind": "hotel"})
    report = {**lisbon, "card_id": "card-4f2a", "stolen": True, "promise": "new card at the hotel", "due_at": due}
    ana.add(lost, "voice", "card.reported_lost", report, call)
    ana.add(lost + MINUTE, "billing", "card.blocked", {"card_id": "card-4f2a", "automatic": True})
    ana.add(lost + 2 * MINUTE, "voice", "promise.made", {**new_card, "due_at": due}, call)
    ana.add(lost + 10 * HOUR, "delivery", "card.replaced", {**lisbon, "card_id": "card-91c0", "place_kind": "hotel"})
    ana.add(lost + 10 * HOUR + MINUTE, "delivery", "promise.kept", new_card)
    title = "Ana's card is stolen in Lisbon; what turns it into trust"
    return Story(ana.customer_id, title, "vulnerable", ana.touchpoints)


def _breakdown(start: int) -> Story:
    ben, call = _Diary("story-ben"), "roadside-ben"
    stranded = start + DAY + 17 * HOUR
    due = stranded + 45 * MINUTE
    car: dict[str, Value] = {"vehicle_id": "veh-3", "place": "A9, exit Leoben"}
    partner: dict[str, Value] = {**car, "partner": "alpine-tows"}
    cry = {**car, "symptom": "engine_stopped", "place_kind": "roadside", "urgent": True}
    ben.consent(start, "care", "sms")
    ben.add(stranded, "voice", "vehicle.broke_down", {**cry, "promise": "roadside help", "due_at": due}, call)
    ben.add(stranded + 3 * MINUTE, "partner", "vehicle.help_dispatched", {**partner, "due_at": due}, call)
    ben.add(stranded + 41 * MINUTE, "partner", "vehicle.recovered", partner, call)
    title = "Ben's car breaks down on the way; what turns it into relief"
    return Story(ben.customer_id, title, "anxious", ben.touchpoints)


def _first_service(start: int) -> Story:
    cleo = _Diary("story-cleo")
    bought, done = start - 180 * DAY, start + 2 * DAY + 10 * HOUR
    car: dict[str, Value] = {"product_id": "estate-2"}
    work: dict[str, Value] = {**car, "shop_id": "shop-05", "place": "Graz", "kind": "inspection"}
    cleo.add(bought, "store", "product.owned", {**car, "product": "Estate 2", "first": True})
    cleo.add(start - 20 * DAY, "iot", "product.used", car)
    cleo.consent(start, "loyalty", "email")
    cleo.add(start + HOUR, "app", "service.booked", {**work, "starts_at": done - 2 * HOUR})
    cleo.add(done - 2 * HOUR, "store", "service.started", work)
    gift = {**work, "mileage_km": 15_230, "benefit_id": "free-winter-check"}
    cleo.add(done, "store", "service.completed", gift)
    cleo.add(done + 3 * HOUR, "web", "referral.made", {"method": "link"})
    title = "Cleo's car has its first service; what turns it into advocacy"
    return Story(cleo.customer_id, title, "joyful", cleo.touchpoints)
