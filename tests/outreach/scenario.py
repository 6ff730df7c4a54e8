"""A customer's life around outreach, drawn at random: every ground that a contact may lose, near every edge.

It is played through a whole partition, with restarts in between; the log of what was said and what came
of it is all that :mod:`tests.outreach.forbidden` gets to see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from schemas import Touchpoint
from streams.controls import activation
from streams.customer import Partition
from streams.customer.definitions import Definitions
from streams.outreach import Policy
from streams.topics import DECISIONS, MOMENTS, TRIGGERS
from tests.customer.log import CODEC, DAY, HOUR, MINUTE, SECOND, Log, compacted, touchpoint

_RULE = """
id: {id}
version: 1
title: {id}
description: For drawn lives.
emotion: stressed
detect: {{event: {{type: {type}}}}}
keep: [product_id]
expires_after: {expires}
"""

RULES = (
    _RULE.format(id="queue.abandoned", type="queue.abandoned", expires="12h")
    + "resolved_by: {type: agent.connected}\n",
    _RULE.format(id="queue.again", type="queue.abandoned", expires="1d") + "resolved_by: {type: agent.connected}\n",
    _RULE.format(id="price.watch", type="product.viewed", expires="2d"),
    _RULE.format(id="first.service", type="service.completed", expires="3d"),
    _RULE.format(id="milestone.joy", type="milestone.reached", expires="2d"),
    _RULE.format(id="card.lost", type="card.reported_lost", expires="6h") + "resolved_by: {type: agent.connected}\n",
    """
id: flow.abandoned
version: 1
title: flow.abandoned
description: A silence, so that a deadline detects it.
emotion: frustrated
detect:
  sequence:
    - start: {type: flow.started}
    - silent_for: 10m
  cancelled_by: {type: flow.completed}
by: [correlation_id]
resolved_by: {event: {type: flow.completed}, same: [correlation_id]}
expires_after: 20h
""",
)

_ACTIONS = """
actions:
  - {id: call.back, moments: [queue.abandoned, flow.abandoned], class: service, purpose: care,
     channels: [sms, email, push], template: x, cool_down: 1d, priority: 3}
  - {id: apology, moments: [queue.again], class: service, purpose: care, channels: [email, push], template: x,
     priority: 2, counts_toward_caps: false}
  - {id: offer, moments: [price.watch], class: promotional, purpose: offers, channels: [email, push], template: x,
     cool_down: 2h, bought_within: 30d, value: 2, propensity: 0.5}
  - {id: gift, moments: [first.service], class: promotional, purpose: offers, channels: [push, email], template: x,
     value: 8, quiet_fallback: abort}
  - {id: card.safe, moments: [card.lost], class: service, purpose: care, channels: [sms, push], template: x,
     may_override: [caps, quiet_hours, ask_use, holdout, arbitration]}
  - {id: cheer, moments: [milestone.joy], class: promotional, purpose: offers, channels: [push, email], template: x,
     cool_down: 1d, value: 50, sandbox: true}
suppressions:
  - {list: do_not_contact, classes: [service, promotional]}
  - {list: no_offers, classes: [promotional]}
  - {list: no_mail, classes: [service, promotional], channels: [email]}
"""

_CAPS = """
  caps:
    - {id: day, most: 2, within: 1d}
    - {id: sms, most: 1, within: 2d, channel: sms}
    - {id: offers, most: 1, within: 1d, class: promotional}
    - {id: care, most: 3, within: 3d, purpose: care}
"""

_NIGHT = """
  quiet_hours:
    windows: [{from: "21:00", to: "08:00"}, {from: "12:00", to: "13:30", weekdays: [saturday, sunday]}]
    holidays: ["2026-03-29", "2026-11-01"]
    zones: [Europe/Vienna, Europe/London]
"""

_EARLY = """
  quiet_hours:
    windows: [{from: "23:30", to: "02:30"}, {from: "02:45", to: "03:15"}]
    unknown_zone: abort
"""

_ASK = "  ask_use: {most: 1, least_asks: 2, within: 7d, uses: [feature.used, order.placed]}\n"

POLICIES = tuple(
    f"id: drawn\nversion: {number}\ndescription: For drawn lives.\n{more}{_ACTIONS}"
    for number, more in enumerate(
        (
            f"limits:{_CAPS}{_NIGHT}",
            f"arbitration_wait: 5m\nlimits:{_CAPS}{_NIGHT}{_ASK}",
            f"limits:{_EARLY}{_ASK}variants:\n  - persona: calm\n    limits: {{without: [offer, apology]}}\n",
            f"holdout: {{percent: 30%, salt: s}}\nchannel_costs: {{sms: 0.2, email: 0.01}}\nlimits:{_CAPS}{_EARLY}",
            f"arbitration_wait: 1h\nlimits:{_CAPS}",
        ),
        1,
    )
)

PURPOSES, CHANNELS = ("care", "offers"), ("sms", "email", "push")
LISTS = ("do_not_contact", "no_offers", "no_mail", "of_no_meaning")
PRODUCTS = ("lamp", "chair")
ZONES = (
    "Europe/Vienna", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca",
    "Asia/Tehran", "Pacific/Apia", "America/St_Johns",
)  # fmt: skip
EDGES = {
    "Europe/Vienna": (1_774_746_000_000, 1_792_890_000_000),
    "America/New_York": (1_772_953_200_000, 1_793_512_800_000),
    "America/Sao_Paulo": (1_541_300_400_000, 1_550_368_800_000),
    "Australia/Lord_Howe": (1_775_314_800_000, 1_791_041_400_000),
    "Africa/Casablanca": (1_771_120_800_000, 1_774_144_800_000),
    "Asia/Tehran": (1_647_894_600_000, 1_663_788_600_000),
    "Pacific/Apia": (1_325_239_200_000, 1_617_458_400_000),
    "America/St_Johns": (1_772_947_800_000, 1_793_507_400_000),
}
"""Where each zone's offset changes, ms UTC; a test reads it off the zones."""


@dataclass(frozen=True, slots=True)
class Said:
    """A touchpoint as it was appended at ``at`` (ms UTC)."""

    at: int
    touchpoint: Touchpoint


@dataclass(frozen=True, slots=True)
class Done:
    """A record that came out; ``kind`` is Moment, Decision, Trigger or Cancellation."""

    at: int
    kind: str
    body: dict[str, Any]


@dataclass(slots=True)
class Life:
    """What happened, in order, under which policy."""

    policy: Policy
    log: list[Said | Done] = field(default_factory=list)
    restarts: int = 0

    def done(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of one kind."""
        return [one.body for one in self.log if isinstance(one, Done) and one.kind == kind]


@lru_cache
def definitions(number: int) -> Definitions:
    """Rules and one of the policies, parsed once."""
    made = Definitions()
    for text in (*RULES, POLICIES[number]):
        name, version = text.partition("id: ")[2].partition("\n")[0], text.partition("version: ")[2].partition("\n")[0]
        told = activation("policy" if "actions:" in text else "rule", name, int(version), text)["activation"]
        assert told is not None
        made.activate(told)
    return made


class Player:
    """One customer before one partition, which may be stopped and restored between any two records.

    Attributes:
        at: the append time of the last record, ms UTC.
    """

    def __init__(self, number: int, customer_id: str = "c1") -> None:
        self.customer_id = customer_id
        self._definitions = definitions(number)
        self.life = Life(self._definitions.policy)
        self._partition = Partition(0, 1, CODEC, definitions=self._definitions)
        self._changelog: dict[bytes, bytes] = {}
        self._count = 0
        self.at = 0

    def say(self, at: int, kind: str, **fields: Any) -> None:
        """A touchpoint, before which everything due has fired."""
        self.wait(at)
        said = touchpoint(self._count, at, kind, self.customer_id, **fields)
        self.life.log.append(Said(at, said))
        log = Log()
        log.raw(at, CODEC.encode("Touchpoint", said))
        self._play(log, at)

    def wait(self, at: int, stop_at_deadlines: bool = True) -> None:
        """Let time pass; the owner of a partition appends a tick at each deadline, unless it was away."""
        while stop_at_deadlines:
            due = self._partition.next_deadline()
            if due is None or due >= at:
                break
            self._tick(due)
        self._tick(at)

    def restart(self) -> None:
        """Stop and go on from the changelog."""
        self.life.restarts += 1
        self._changelog = compacted(
            self._changelog.items(), [*self._partition.take_changes(), self._partition.record()]
        )
        self._partition = Partition(0, 1, CODEC, definitions=self._definitions)
        for key, value in self._changelog.items():
            self._partition.restore(key, value)
        self._partition.restored()

    def _tick(self, at: int) -> None:
        log = Log()
        log.tick(at)
        self._play(log, at)

    def _play(self, log: Log, at: int) -> None:
        self._count += 1
        self.at = at
        record = log.records[0]._replace(offset=self._count)
        while not self._partition.process(record):
            pass
        for output in self._partition.take_outputs():
            if output.topic in (MOMENTS, DECISIONS, TRIGGERS):
                name, body = CODEC.decode(output.value)
                self.life.log.append(Done(at, name, body))


def draw_life(draw: Random, steps: int = 24) -> Life:
    """A life of so many touchpoints, and a month after the last of them."""
    player = Player(draw.randrange(len(POLICIES)), f"c{draw.randrange(6)}")
    zone = draw.choice(ZONES)
    at = draw.choice(EDGES[zone]) - draw.choice((12, 24, 36, 60)) * HOUR + draw.randrange(6) * HOUR
    if draw.random() < 0.85:
        player.say(at, "profile.set", time_zone=zone)
    for purpose in PURPOSES:
        for channel in CHANNELS:
            if draw.random() < 0.8:
                player.say(at, "consent.given", properties={"channel": channel, "purpose": purpose})
    for _ in range(steps):
        at = _later(player, draw, player.at)
        if draw.random() < 0.12:
            player.restart()
        kind = draw.choices(list(_STEPS), [weight for weight, _ in _STEPS.values()])[0]
        _STEPS[kind][1](player, draw, at)
    player.wait(player.at + 30 * DAY)
    return player.life


def _later(player: Player, draw: Random, at: int) -> int:
    """A little later, hours later, or beside a time at which something begins or ends."""
    way = draw.random()
    if way < 0.35:
        return at + draw.choice((0, 1, SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE))
    if way < 0.75:
        return at + draw.randrange(1, 16) * HOUR // 2
    past = [one.body for one in player.life.log if isinstance(one, Done)]
    times = [body["not_before"] + span for body in past if "not_before" in body for span in (2 * HOUR, DAY, 2 * DAY)]
    times += [body["deliver_until"] for body in past if "deliver_until" in body]
    times += [
        int(check["inputs"]["not_before"])
        for body in past
        for check in body.get("checks", ())
        if "not_before" in check["inputs"]
    ]
    times = [time + beside for time in times for beside in (-1, 0, 1) if at <= time + beside <= at + 4 * DAY]
    return draw.choice(times) if times else at + draw.randrange(48) * HOUR


def _moment(kind: str) -> Any:
    def say(player: Player, draw: Random, at: int) -> None:
        identified = draw.random() < 0.95
        player.say(at, kind, product_id=draw.choice(PRODUCTS), identified=identified, correlation_id="k")

    return say


def _permission(player: Player, draw: Random, at: int) -> None:
    kind = draw.choice(("consent.given", "consent.withdrawn", "consent.withdrawn", "consent.denied"))
    older = at - draw.choice((0, 0, 0, HOUR, DAY))
    about = {"channel": draw.choice(CHANNELS), "purpose": draw.choice(PURPOSES)}
    player.say(at, kind, properties=about, occurred_at=older)


def _list(player: Player, draw: Random, at: int) -> None:
    older = at - draw.choice((0, 0, 0, HOUR, DAY))
    player.say(
        at, draw.choice(("suppression.added", "suppression.removed")), list=draw.choice(LISTS), occurred_at=older
    )


def _resolve(player: Player, draw: Random, at: int) -> None:
    kind = draw.choice(("agent.connected", "flow.completed"))
    player.say(at, kind, correlation_id=draw.choice(("k", "l")), occurred_at=at - draw.choice((0, 0, MINUTE, HOUR)))


def _buy(player: Player, draw: Random, at: int) -> None:
    kind = draw.choice(("order.placed", "store.purchased", "order.returned"))
    player.say(at, kind, product_id=draw.choice(PRODUCTS), occurred_at=at - draw.choice((0, 0, HOUR)))


def _outcome(player: Player, draw: Random, at: int) -> None:
    triggers = player.life.done("Trigger")
    if triggers:
        ends = ("delivered", "delivered", "opened", "bounced", "expired", "no_capacity", "replied", "cancelled")
        trigger, end = draw.choice(triggers[-4:]), draw.choice(ends)
        hard = {"hard": draw.random() < 0.5} if end == "bounced" else {}
        player.say(at, f"outreach.{end}", trigger_id=trigger["trigger_id"], channel=trigger["channel"], **hard)


def _wish(player: Player, draw: Random, at: int) -> None:
    start = draw.randrange(24)
    wishes: tuple[dict[str, str], ...] = (
        {"quiet_from": f"{start:02}:00", "quiet_to": f"{(start + draw.randrange(1, 12)) % 24:02}:30"},
        {"quiet_from": "", "quiet_to": ""},
        {"channel": draw.choice(CHANNELS)},
        {"time_zone": draw.choice((*ZONES, "Europe/Atlantis", ""))},
    )
    player.say(at, "preference.set", properties=draw.choice(wishes))


def _persona(player: Player, draw: Random, at: int) -> None:
    player.say(at, "persona.set", persona=draw.choice(("calm", "busy")))


def _use(player: Player, draw: Random, at: int) -> None:
    player.say(at, "feature.used", feature="transfer", occurred_at=at - draw.choice((0, 0, DAY, 6 * DAY)))


def _away(player: Player, draw: Random, at: int) -> None:
    """The owner is away for a while: deadlines are met late."""
    player.wait(at + draw.randrange(20) * HOUR, stop_at_deadlines=False)


_STEPS: dict[str, tuple[int, Any]] = {
    "hang up": (6, _moment("queue.abandoned")),
    "view": (6, _moment("product.viewed")),
    "service": (3, _moment("service.completed")),
    "milestone": (2, _moment("milestone.reached")),
    "card": (2, _moment("card.reported_lost")),
    "flow": (3, _moment("flow.started")),
    "permission": (3, _permission),
    "list": (2, _list),
    "resolve": (3, _resolve),
    "buy": (2, _buy),
    "outcome": (4, _outcome),
    "wish": (2, _wish),
    "persona": (1, _persona),
    "use": (3, _use),
    "away": (1, _away),
}
"""What may happen: how often, and how."""
