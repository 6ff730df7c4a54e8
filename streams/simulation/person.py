"""The city's customers: who they are follows from the seed and their number, so none is stored."""

from __future__ import annotations

from typing import NamedTuple

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Lisbon",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Sydney",
)
CITIES = ("Berlin", "London", "Lisbon", "New York", "São Paulo", "Pune", "Sydney")
"""Home of who lives in the zone of the same place in ``ZONES``."""

DEVICES = ("phone", "tablet", "laptop")

AGENT = "agent-"
"""How the ids of agents begin, who are customers of nobody but have touchpoints of their own."""

_DIGITS = 7
_MASK = (1 << 64) - 1


class Person(NamedTuple):
    """A customer of the city.

    Attributes:
        number: from 0.
        id: the customer id.
        zone: IANA name.
        city: home.
        device: used for most things.
        mobile: goes by app rather than web.
        liveliness: how much more or less than others; 0.5 to 1.5.
        shift_hours: earlier or later in the day than others; -2 to 2.
        luck: 32 bits for whatever else is to follow from who this is.
    """

    number: int
    id: str
    zone: str
    city: str
    device: str
    mobile: bool
    liveliness: float
    shift_hours: int
    luck: int

    @property
    def channel(self) -> str:
        """Web or app."""
        return "app" if self.mobile else "web"


def person(seed: int, number: int) -> Person:
    """The customer of that number in the city of that seed."""
    bits = mixed(seed * 0x9E3779B97F4A7C15 + number)
    zone = (bits & 0xFF) % len(ZONES)
    return Person(
        number,
        f"c{number:0{_DIGITS}d}",
        ZONES[zone],
        CITIES[zone],
        DEVICES[(bits >> 8 & 0xFF) % len(DEVICES)],
        bits >> 16 & 1 == 1,
        0.5 + (bits >> 17 & 0x3FF) / 1023,
        (bits >> 27 & 0xF) % 5 - 2,
        bits >> 32,
    )


def lives_here(customer_id: str, customers: int) -> bool:
    """Whether that is a customer of a city of so many, or one of its agents."""
    number = customer_id[1:]
    if customer_id[:1] == "c" and len(number) >= _DIGITS and number.isdecimal():
        return int(number) < customers
    return customer_id.startswith(AGENT)


def mixed(value: int) -> int:
    """64 well mixed bits of a number (SplitMix64, Steele, Lea and Flood, OOPSLA 2014)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31
