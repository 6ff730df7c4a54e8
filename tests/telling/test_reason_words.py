"""Every reason and check of the policy has plain words, and leaves nothing out that a check looked at."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

import pytest

from streams.outreach import REASONS, arbitration, checks
from streams.outreach.checks import CARRYING_OUT, ELIGIBILITY
from streams.outreach.policy import ARBITRATION
from streams.telling.instants import Instants
from streams.telling.reason_words import CHECK_WORDS, REASON_WORDS, Looked, check_words

AT = Instants(ZoneInfo("Europe/Lisbon"))
NIGHT = "1783287600000"  # 2026-07-05 22:40 in Lisbon
MORNING = "1783321200000"  # 2026-07-06 08:00 in Lisbon
LATER = "1783461600000"  # 2026-07-07 23:00 in Lisbon


def looked(reason: str = "ok", **inputs: str) -> Looked:
    return Looked(reason, {name.replace("__", "."): value for name, value in inputs.items()}, AT)


TOLD: list[tuple[str, Looked, str]] = [
    ("pause", looked(paused="no"), "outreach was not paused"),
    ("pause", looked("paused", paused="all", since=NIGHT), "all outreach is paused since 2026-07-05 22:40 in Lisbon"),
    (
        "pause",
        looked("paused", paused="call.back", since=NIGHT),
        "the action call.back is paused since 2026-07-05 22:40 in Lisbon",
    ),
    (
        "still_valid",
        looked(now=NIGHT, expires_at=MORNING, mode="live"),
        "it was 2026-07-05 22:40 in Lisbon, and an answer helps until 2026-07-06 08:00 in Lisbon",
    ),
    (
        "still_valid",
        looked("resolved", now=MORNING, expires_at=LATER, mode="live", resolved_at=NIGHT),
        "the matter was resolved at 2026-07-05 22:40 in Lisbon; it was 2026-07-06 08:00 in Lisbon, "
        "good until 2026-07-07 23:00 in Lisbon",
    ),
    (
        "still_valid",
        looked("shadow", now=NIGHT, expires_at=MORNING, mode="shadow"),
        "the rule rehearses (mode shadow), so nobody is contacted; it was 2026-07-05 22:40 in Lisbon, "
        "good until 2026-07-06 08:00 in Lisbon",
    ),
    ("not_bought", looked(product_id="p1"), "the product p1 was not bought lately"),
    (
        "not_bought",
        looked("bought", product_id="p1", bought_at=NIGHT, within="604800000", now=MORNING),
        "the product p1 was bought at 2026-07-05 22:40 in Lisbon; "
        "at 2026-07-06 08:00 in Lisbon the last 7 days counted",
    ),
    ("identity", looked(identified="true"), "we know who it is"),
    ("identity", looked("anonymous", identified="false"), "we do not know who it is"),
    (
        "consent",
        looked("consent_withdrawn", purpose="care", consent__email="withdrawn", consent__sms="none"),
        "consent for care: e-mail withdrawn, SMS none",
    ),
    ("consent", looked("consent_none", purpose="care"), "consent for care: no channel was left to ask for"),
    ("suppression", looked(lists="", left="sms"), "on no suppression list that matters here; left: SMS"),
    (
        "suppression",
        looked("suppressed", lists="legal do_not_contact", left=""),
        "on the suppression list legal, do_not_contact; left: none",
    ),
    ("audience", looked(limits="everybody"), "everybody's limits hold"),
    (
        "audience",
        looked("not_for_them", limits="segment minors"),
        "the limits of segment minors hold, and they leave this action out",
    ),
    ("cool_down", looked(), "the same was not offered lately"),
    (
        "cool_down",
        looked(until=NIGHT, now=MORNING),
        "the same may be offered again since 2026-07-05 22:40 in Lisbon; it was 2026-07-06 08:00 in Lisbon",
    ),
    (
        "cool_down",
        looked("cool_down", until=MORNING, now=NIGHT),
        "the same was offered lately and may not be again before 2026-07-06 08:00 in Lisbon; "
        "it was 2026-07-05 22:40 in Lisbon",
    ),
    (
        "ask_use",
        looked("ask_use", asks="4", uses="2", most="0.5", least_asks="3"),
        "4 times asked, 2 times used; at most 0.5 asks for each use, once there are 3",
    ),
    (
        "ask_use",
        looked(asks="4", uses="2", most="0.5", least_asks="3", overridden="ask_use"),
        "4 times asked, 2 times used; at most 0.5 asks for each use, once there are 3; "
        "that did not stop it, since its action may pass over ask use",
    ),
    (
        "holdout",
        looked("holdout", group="holdout", **{"global": "holdout", "action": "treated"}),
        "in the global control group, not in the action's control group: left alone so that the effect can be told",
    ),
    ("holdout", looked(group="treated", **{"global": "treated"}), "not in the global control group: treated"),
    (
        "arbitration",
        looked(competitors="2", score="50", winner="help.coming", winner_moment="m1", winner_score="50"),
        "worth 50 among 2, it won (help.coming, moment m1, 50)",
    ),
    (
        "arbitration",
        looked("outranked", competitors="2", score="5", winner="help.coming", winner_moment="m1", winner_score="50"),
        "worth 5 among 2, it came after help.coming with 50, for moment m1",
    ),
    (
        "arbitration",
        looked("arbitration_wait", score="5", not_before=MORNING),
        "worth 5, it waits until 2026-07-06 08:00 in Lisbon for what else may come up",
    ),
    ("channel", looked(allowed="sms email", chosen="sms"), "SMS, out of SMS, e-mail"),
    (
        "channel",
        looked(
            allowed="sms email", chosen="sms", lost="push", preferred="sms", worth__sms="1.0000", worth__email="0.5000"
        ),
        "SMS, out of SMS, e-mail; the customer prefers SMS; expected of each: SMS 1.0000, e-mail 0.5000; "
        "nothing arrives any more by push message",
    ),
    ("channel", looked("unreachable", allowed="", lost="sms"), "nothing arrives any more by SMS"),
    (
        "frequency_cap",
        looked("frequency_cap", cap__weekly="2 of 2", cap__sms="1 of 1", left=""),
        "weekly 2 of 2, sms 1 of 1; left: none",
    ),
    (
        "frequency_cap",
        looked("frequency_cap", remembered="64", left=""),
        "64 contacts, as many as can be counted; left: none",
    ),
    ("quiet_hours", looked(now=MORNING, zone="Europe/Lisbon"), "it was 08:00 in Lisbon, no quiet hour"),
    (
        "quiet_hours",
        looked("quiet_hours", now=NIGHT, zone="Europe/Lisbon", quiet_until=MORNING, not_before=MORNING),
        "it was 22:40 in Lisbon, quiet until 08:00",
    ),
    (
        "quiet_hours",
        looked("quiet_hours", now=NIGHT, zone="unknown", own="yes", quiet_until=LATER, not_before=LATER),
        "it was 22:40 in Lisbon, quiet until 2026-07-07 23:00, by the customer's own quiet hours too; "
        "the customer's zone is unknown",
    ),
    (
        "quiet_hours",
        looked("quiet_until_expiry", now=NIGHT, zone="Europe/Lisbon", quiet_until=MORNING),
        "it was 22:40 in Lisbon, quiet until 08:00, which is too late for it",
    ),
    (
        "quiet_hours",
        looked("zone_unknown", now=NIGHT, zone="unknown"),
        "it was 22:40 in Lisbon, no hour surely polite; the customer's zone is unknown",
    ),
    (
        "quiet_hours",
        looked(
            "too_many_waiting", now=NIGHT, zone="Europe/Lisbon", quiet_until=MORNING, not_before=MORNING, waiting="32"
        ),
        "it was 22:40 in Lisbon, quiet until 08:00; it would have to wait, and 32 wait already",
    ),
    (
        "capacity",
        looked("capacity", full__voice=MORNING, not_before=MORNING),
        "no room for phone call until 2026-07-06 08:00 in Lisbon; it waits until 2026-07-06 08:00 in Lisbon",
    ),
    (
        "capacity",
        looked(full__voice=MORNING, left="sms"),
        "no room for phone call until 2026-07-06 08:00 in Lisbon; left: SMS",
    ),
    ("sandbox", looked(sandbox="yes"), "a rehearsal (sandbox: yes): nobody was contacted"),
]


@pytest.mark.parametrize(("name", "check", "sentence"), TOLD)
def test_a_check_is_told_with_what_it_looked_at(name: str, check: Looked, sentence: str) -> None:
    assert check_words(name, check) == sentence


def test_every_reason_has_words() -> None:
    assert set(REASONS) - set(REASON_WORDS) == set()


def test_every_check_has_words() -> None:
    made = {name for name, _ in (*ELIGIBILITY, *CARRYING_OUT)} | {ARBITRATION}
    assert made - set(CHECK_WORDS) == set()


def test_every_input_that_a_check_writes_is_in_a_sentence_above() -> None:
    """An input that is new fails here until it is worded: its name must stand in an example."""
    told: dict[str, set[str]] = {}
    for name, check, _ in TOLD:
        told.setdefault(name, set()).update(key.partition(".")[0] for key in check.inputs)
    written = {name: set(names) for name, names in written_inputs()}
    assert {"now", "zone", "own", "quiet_until", "not_before"} <= written["quiet_hours"]
    assert {
        name: found - told.get(name, set()) for name, found in written.items() if found - told.get(name, set())
    } == {}


def test_a_sentence_uses_every_input_of_its_check() -> None:
    for name, check, _ in TOLD:
        read = Reading(check.inputs)
        check_words(name, check._replace(inputs=read))
        assert set(check.inputs) - read.used == set(), name


def test_a_check_of_another_version_stands_with_its_names_and_values() -> None:
    assert check_words("weather", looked("rain", where="Lisbon", at="noon")) == "at noon, where Lisbon"
    assert check_words("quiet_hours", looked("quiet_hours", hour="3")) == "hour 3"


class Reading(dict[str, str]):
    """Notes which inputs were read."""

    def __init__(self, inputs: Mapping[str, str]) -> None:
        super().__init__(inputs)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.used.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.used.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.used.add(str(name))
        return super().__contains__(name)

    def items(self):  # type: ignore[no-untyped-def]
        for name, value in super().items():
            if "." in name:
                self.used.add(name)
            yield name, value


def written_inputs() -> Iterator[tuple[str, set[str]]]:
    """Names of inputs by check, out of the code: keys of dictionaries and of assignments to them."""
    functions = {judge.__name__: name for name, judge in (*ELIGIBILITY, *CARRYING_OUT)} | {"standing": ARBITRATION}
    for module in (checks, arbitration):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.FunctionDef) and node.name in functions:
                yield functions[node.name], set(_names(node)) - {"name", "passed", "reason", "inputs"}


def _names(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        keys: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            keys = list(node.keys)
        elif isinstance(node, ast.DictComp):
            keys = [node.key]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            keys = [node.slice]
        for key in keys:
            if isinstance(key, ast.JoinedStr):
                key = key.values[0]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value.partition(".")[0]
