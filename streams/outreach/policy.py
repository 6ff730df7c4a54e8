"""The policy: which action answers which moment, for what purpose, on which channels, and within what limits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

NEXT_AVAILABLE, ABORT = "next_available", "abort"
"""What becomes of a contact in quiet hours: it waits for their end, or it is refused."""

CAPS, QUIET_HOURS, ASK_USE, HOLDOUT, ARBITRATION = "caps", "quiet_hours", "ask_use", "holdout", "arbitration"
OVERRIDABLE = (CAPS, QUIET_HOURS, ASK_USE, HOLDOUT, ARBITRATION)
"""What an action may pass over by its ``may_override``."""

MOST_CONTACTS = 256
"""Most contacts remembered per customer, and so the most that a cap can allow."""

POLITE = "polite"
"""With an unknown time zone: only at hours that are allowed in every plausible zone."""


@dataclass(frozen=True, slots=True)
class QuietWindow:
    """Hours without contact, by the customer's wall clock, half-open: ``[start, end)``.

    Attributes:
        start: minute of the day, 0 to 1439.
        end: minute of the day, 0 to 1440; not after ``start``: the window goes on past midnight.
        weekdays: the days on which it begins, Monday being 0.
    """

    start: int
    end: int
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When customers are left in peace.

    Attributes:
        windows: none: never quiet, holidays apart.
        holidays: local dates (``YYYY-MM-DD``) that are quiet from midnight to midnight.
        fallback: ``next_available`` or ``abort``.
        unknown_zone: ``polite`` or ``abort``.
        zones: zones that a customer without a known one may live in, IANA names.
    """

    windows: tuple[QuietWindow, ...]
    holidays: frozenset[str] = frozenset()
    fallback: str = NEXT_AVAILABLE
    unknown_zone: str = POLITE
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``most`` contacts in any ``within`` ms (half-open at its old end).

    Attributes:
        id: its name.
        channel: only contacts on this channel; None: on all.
        purpose: only contacts for this purpose; None: for all.
        action_class: only ``service`` or ``promotional`` ones; None: both.
    """

    id: str
    most: int
    within: int
    channel: str | None = None
    purpose: str | None = None
    action_class: str | None = None


@dataclass(frozen=True, slots=True)
class AskUse:
    """How often the firm may ask against how often the customer uses.

    Attributes:
        most: most asks for each use, as 0.5.
        least_asks: fewer asks than these are never too many.
        within: over how long both are counted, ms, rolling.
        uses: types of touchpoints that are a use.
    """

    most: float
    least_asks: int
    within: int
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holdout:
    """A sticky random control group: the same customer is in it or not for as long as ``salt`` stays.

    Attributes:
        percent: 0 to 100.
        salt: another one draws another group.
    """

    percent: float
    salt: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """A list (as ``do_not_contact``) on which a touchpoint puts a customer.

    Attributes:
        list: its name.
        classes: of ``service`` and ``promotional``, what it stops.
        channels: on which channels; empty: on all.
    """

    list: str
    classes: tuple[str, ...]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One contact that the firm can make.

    Attributes:
        id: its name, e.g. ``callback.offer``.
        moments: rules whose moments it answers.
        action_class: ``service`` (mandatory or transactional) or ``promotional``.
        purpose: the consent purpose it needs.
        channels: where it may go, preferred first.
        template: which words the outreach system uses.
        cool_down: ms before the same customer gets it again, fixed from the first.
        priority: of arbitration; the highest times ``value`` times ``propensity`` goes first.
        value: what a successful contact is worth, currency units.
        propensity: how probably it succeeds, 0 to 1.
        counts_toward_caps: its contacts fill caps.
        may_override: of :data:`OVERRIDABLE`, what it passes over, each time recorded; with
            ``arbitration`` it neither waits for others nor loses to them.
        holdout: of this action alone, besides the global one.
        quiet_fallback: ``next_available``, ``abort`` or None for the policy's own.
        bought_within: refused when the moment's ``product_id`` was bought in the last so many ms; 0: not asked.
        sandbox: a rehearsal: its triggers are marked, and nothing is remembered of them.
    """

    id: str
    moments: tuple[str, ...]
    action_class: str
    purpose: str
    channels: tuple[str, ...]
    template: str
    cool_down: int
    priority: int = 1
    value: float = 1.0
    propensity: float = 1.0
    counts_toward_caps: bool = True
    may_override: tuple[str, ...] = ()
    holdout: Holdout | None = None
    quiet_fallback: str | None = None
    bought_within: int = 0
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds a contact back, for everybody or for a persona or segment."""

    caps: tuple[Cap, ...] = ()
    quiet_hours: QuietHours | None = None
    ask_use: AskUse | None = None
    without: tuple[str, ...] = ()
    """Actions that these customers never get."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Other limits for a persona or a segment; the first that fits holds, whole.

    Attributes:
        section: ``persona`` or ``segment``.
        name: which.
    """

    section: str
    name: str
    limits: Limits


@dataclass(frozen=True)
class Policy:
    """A version of the outreach policy.

    Attributes:
        limits: of everybody whom no variant fits.
        variants: in order.
        holdout: of all actions that may not override it.
        suppressions: what each suppression list stops.
        channel_costs: of a contact by channel, currency units; unnamed ones cost 0.
        arbitration_wait: ms that a candidate waits for others to compete with; 0: only those of the same record do.
    """

    id: str
    version: int
    description: str
    actions: tuple[Action, ...]
    limits: Limits = Limits()
    variants: tuple[Variant, ...] = ()
    holdout: Holdout | None = None
    suppressions: tuple[Suppression, ...] = ()
    channel_costs: tuple[tuple[str, float], ...] = ()
    arbitration_wait: int = 0

    @cached_property
    def costs(self) -> dict[str, float]:
        """What a contact costs, by channel; currency units."""
        return dict(self.channel_costs)

    @cached_property
    def by_moment(self) -> dict[str, Action]:
        """The action of each rule that has one."""
        return {rule: action for action in self.actions for rule in action.moments}

    @cached_property
    def by_id(self) -> dict[str, Action]:
        """Each action."""
        return {action.id: action for action in self.actions}

    @cached_property
    def uses(self) -> frozenset[str]:
        """Types of touchpoints that are a use in anybody's limits."""
        return frozenset(use for limits in self.all_limits if limits.ask_use for use in limits.ask_use.uses)

    @cached_property
    def asks_what_was_bought(self) -> bool:
        """Whether any action is refused for what was bought."""
        return any(action.bought_within for action in self.actions)

    @cached_property
    def memory_ms(self) -> int:
        """How far any limit looks back."""
        spans = [action.bought_within for action in self.actions]
        for limits in self.all_limits:
            spans += [cap.within for cap in limits.caps]
            spans += [limits.ask_use.within] if limits.ask_use else []
        return max(spans, default=0)

    @property
    def all_limits(self) -> tuple[Limits, ...]:
        """Everybody's and each variant's."""
        return (self.limits, *(variant.limits for variant in self.variants))


NO_POLICY = Policy(id="none", version=0, description="Nothing is published yet: nobody is contacted.", actions=())
"""What holds before the first policy activation."""
