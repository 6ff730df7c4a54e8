"""The shipped vocabulary covers every channel, every shipped rule, and whatever our own code publishes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from benchmarks.traffic import calls
from schemas import Touchpoint
from streams.catalogue import load_catalogue, load_catalogue_tests
from streams.detection.moment_types import MOMENT_PROPERTIES, MOMENT_TYPES
from streams.importers import read_bank, read_consents
from streams.outreach import CONSENT_TYPES
from streams.vocabulary import CHANNELS, shipped_vocabulary
from tests.customer.log import T0

ROOT = Path(__file__).parents[2]
SHIPPED = shipped_vocabulary()
FIELDS = {*Touchpoint.__annotations__, "at", "id", "arrives"} | MOMENT_PROPERTIES
"""What a rule test's touchpoint has beside properties, and what a moment has that a rule hears."""

MAPPINGS = sorted(
    file for folder in ("streams/importers/mappings", "samples/mappings") for file in (ROOT / folder).glob("*.yaml")
)

NEEDED = {
    "abandonment": ["flow.started", "flow.step", "flow.completed", "flow.cancelled", "cart.filled", "order.placed"],
    "struggle": ["form.validation_failed", "element.clicked", "error.occurred", "payment.failed", "payment.succeeded"],
    "contacts": ["contact.started", "chat.started", "email.received", "agent.connected", "case.transferred"],
    "telephone": [
        "ivr.entered",
        "ivr.menu_entered",
        "ivr.answered",
        "ivr.abandoned",
        "queue.entered",
        "queue.abandoned",
    ],
    "cases": ["case.opened", "case.step", "case.solved", "case.closed", "case.reopened"],
    "promises": ["promise.made", "promise.changed", "promise.kept", "promise.cancelled"],
    "worked examples": [
        "card.reported_lost",
        "travel.started",
        "travel.ended",
        "vehicle.broke_down",
        "service.completed",
    ],
    "feedback": ["survey.answered", "social.mentioned", "complaint.made", "milestone.reached"],
    "beginnings": ["signup.completed", "value.first_reached", "learning.step_done", "learning.step_opened"],
    "habits": ["feature.used", "product.used", "shortcut.added", "product.owned", "benefit.granted", "benefit.used"],
    "checking": ["delivery.status_viewed", "bill.issued", "product.viewed"],
    "outreach": [f"outreach.{outcome}" for outcome in ("delivered", "bounced", "opened", "clicked", "replied")],
    "outreach, what came of it": [f"outreach.{end}" for end in ("complained", "opted_out", "resolved", "refused")],
    "state": ["consent.given", "consent.withdrawn", "profile.set", "preference.set", "persona.set", "segment.set"],
    "total experience": ["employee.load_reported", "employee.transfer_made", "employee.survey_answered"],
    "data sets": [
        "store.purchased",
        "post.sent",
        "coupon.redeemed",
        "cart.added",
        "order.completed",
        "order.cancelled",
    ],
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_of_the_contract_has_types(channel: str) -> None:
    assert [known.name for known in SHIPPED.types.values() if channel in known.channels] != []


def test_a_property_that_names_a_channel_may_name_each() -> None:
    assert SHIPPED.properties["channel"].values == CHANNELS


@pytest.mark.parametrize("names", NEEDED.values(), ids=NEEDED)
def test_what_the_moments_of_the_field_need_is_there(names: list[str]) -> None:
    assert [name for name in names if name not in SHIPPED.types] == []


def test_every_word_of_consent_is_a_type() -> None:
    assert [name for name in CONSENT_TYPES if name not in SHIPPED.types] == []


@pytest.mark.parametrize("number", [known for known in SHIPPED.properties.values() if known.unit], ids=lambda p: p.name)
def test_a_number_s_name_keeps_its_unit(number: Any) -> None:
    suffixes = {"_seconds": "s", "_at": "ms UTC", "_percent": "percent", "_km": "km"}
    assert [unit for suffix, unit in suffixes.items() if number.name.endswith(suffix) and unit != number.unit] == []


@pytest.mark.parametrize(("name", "text"), load_catalogue(), ids=lambda part: part if part.endswith(".yaml") else "")
def test_a_shipped_rule_speaks_of_types_and_properties_that_there_are(name: str, text: str) -> None:
    rule = YAML(typ="safe", pure=True).load(text)
    properties = {*rule.get("keep", ()), *_correlations(rule)} - FIELDS
    assert (_unknown_types(rule), [one for one in properties if one not in SHIPPED.properties]) == ([], [])


@pytest.mark.parametrize(("name", "text"), load_catalogue_tests(), ids=lambda p: p if p.endswith(".yaml") else "")
def test_a_shipped_rule_s_tests_do_so_too(name: str, text: str) -> None:
    tests = _spelled_out(YAML(typ="safe", pure=True).load(text))
    shown = [tests.get("defaults"), *(case.get("defaults") for case in tests["cases"])]
    shown += [touchpoint for case in tests["cases"] for touchpoint in case.get("touchpoints", ())]
    properties = {name for one in shown for name in one or ()} - FIELDS
    assert (_unknown_types(tests), [one for one in properties if one not in SHIPPED.properties]) == ([], [])


def _spelled_out(tests: dict[str, Any]) -> dict[str, Any]:
    """The cases with each of their ``each`` values where ``$each`` stands."""
    cases = []
    for case in tests["cases"]:
        values = case.pop("each", ["$each"])
        written = json.dumps(case, default=str)
        cases += [json.loads(written.replace('"$each"', json.dumps(value))) for value in values]
    return {**tests, "cases": cases}


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.stem)
def test_a_shipped_mapping_speaks_of_types_and_properties_that_there_are(file: Path) -> None:
    mapping = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    types = _mapped_types(mapping["type"])
    is_open = any(SHIPPED.types[name].is_open for name in types)
    properties = [] if is_open else list(mapping.get("properties", ()))
    assert [name for name in properties if name not in SHIPPED.properties and not name.startswith("x_")] == []


def test_the_bank_s_first_2_000_calls_fit(tmp_path: Path) -> None:
    with gzip.open(ROOT / "samples" / "bank-january-1999.tsv.gz") as all_calls:
        (tmp_path / "calls.tsv").write_bytes(b"".join(islice(all_calls, 2_001)))
    assert _violations(read_bank(tmp_path / "calls.tsv").touchpoints) == []


def test_the_sample_consents_fit() -> None:
    assert _violations(read_consents(ROOT / "samples" / "bank-consents.csv").touchpoints) == []


def test_the_benchmarks_traffic_fits() -> None:
    assert _violations(calls(5_000, 100, T0, 100)) == []


def _violations(touchpoints: Iterable[Touchpoint]) -> list[str]:
    odd = (one for one in touchpoints if SHIPPED.kinds(one))
    return sorted({violation.detail for one in odd for violation in SHIPPED.violations(one)})


def _mapped_types(told: Any) -> list[str]:
    if isinstance(told, str):
        return [told]
    cases = [case["value"] for case in told.get("cases", ())]
    return [*cases, *told.get("values", {}).values(), *([told["otherwise"]] if "otherwise" in told else [])]


def _unknown_types(document: Any) -> list[str]:
    return sorted({name for name in _types(document) if name not in SHIPPED.types and name not in MOMENT_TYPES})


def _types(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if str(key).partition("|")[0] == "type":
                yield from value if isinstance(value, list) else [value]
            else:
                yield from _types(value)
    elif isinstance(node, list):
        for item in node:
            yield from _types(item)


def _correlations(rule: Any) -> Iterator[str]:
    for field in rule.get("by", ()):
        yield from field.split(" or ")
