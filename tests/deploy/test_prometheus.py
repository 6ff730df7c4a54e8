"""Scraping, alerts and the dashboard's metrics: every name and label is one that the code exposes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from sinks.loader_metrics import LOADER_METRICS
from streams.delivery import DELIVERY_METRICS
from streams.delivery.outcome import ENDINGS
from streams.live_state.live_state_metrics import CLASSES, LIVE_STATE_METRICS
from streams.telemetry.metric import Metric
from streams.telemetry.worker_metrics import OUTCOMES, PHASES, WORKER_METRICS
from streams.topics import TOPICS, TOUCHPOINTS
from tests.deploy.compose import compose
from tests.deploy.files import read_text, read_yaml
from tests.deploy.panels import panels

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (*WORKER_METRICS, *LIVE_STATE_METRICS, *LOADER_METRICS, *DELIVERY_METRICS)
}
PARTS = ("_bucket", "_count", "_sum")
SCRAPED = {"job", "instance"}

RULES: list[dict[str, Any]] = [
    rule for group in read_yaml("deploy/prometheus/alerts.yml")["groups"] for rule in group["rules"]
]
EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in panels("momentous-prometheus")
        for target in panel["targets"]
    },
}


class Use(NamedTuple):
    """A metric in an expression, with the labels it is asked by."""

    metric: str
    labels: dict[str, str]


def uses(expression: str) -> list[Use]:
    """Every metric of ours in an expression."""
    found = re.finditer(r"\b(momentous_\w+)(?:\{([^}]*)\})?", expression)
    return [Use(match[1], dict(re.findall(r'(\w+)(?:=|=~|!=)"([^"]*)"', match[2] or ""))) for match in found]


def metric_of(name: str) -> Metric | None:
    """The metric that a series belongs to."""
    if name in METRICS and METRICS[name].kind != "histogram":
        return METRICS[name]
    for part in PARTS:
        found = METRICS.get(name.removesuffix(part))
        if name.endswith(part) and found is not None and found.kind == "histogram":
            return found
    return None


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_metric_is_exposed(name: str) -> None:
    assert [use.metric for use in uses(EXPRESSIONS[name]) if metric_of(use.metric) is None] == []


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_label_is_one_of_the_metric(name: str) -> None:
    grouped = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", EXPRESSIONS[name]))))
    known = SCRAPED | {"le"}
    for use in uses(EXPRESSIONS[name]):
        metric = metric_of(use.metric)
        assert metric is not None
        assert set(use.labels) <= {*metric.labels, *SCRAPED}
        known |= set(metric.labels)
    assert grouped <= known


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("phase", set(PHASES)),
        ("outcome", set(OUTCOMES)),
        ("ending", set(ENDINGS)),
        ("class", set(CLASSES.values())),
        ("cause", {"assigned", "error", "fenced"}),
    ],
)
def test_values_of_labels_are_those_that_occur(label: str, values: set[str]) -> None:
    asked = [
        use.labels[label] for expression in EXPRESSIONS.values() for use in uses(expression) if label in use.labels
    ]
    assert asked
    assert {value for text in asked for value in text.split("|")} <= values


def test_the_count_of_failing_rules_is_one_that_the_core_keeps() -> None:
    (kind,) = {use.labels["kind"] for rule in RULES for use in uses(rule["expr"]) if "kind" in use.labels}
    assert f'self._count("{kind}")' in read_text("streams/customer/partition.py")


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_brackets_close(name: str) -> None:
    opened = {"(": ")", "[": "]", "{": "}"}
    waiting: list[str] = []
    for character in EXPRESSIONS[name]:
        if character in opened:
            waiting.append(opened[character])
        elif character in opened.values():
            assert waiting.pop() == character
    assert waiting == []


def test_the_lag_that_nears_retention_is_half_of_it() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "MomentousLagNearsRetention"]
    (touchpoints,) = [topic for topic in TOPICS if topic.name == TOUCHPOINTS]
    assert int(rule["expr"].split()[-1]) * 1000 * 2 == int(touchpoints.config["retention.ms"])


def test_counters_are_never_read_as_they_stand() -> None:
    bare = [
        (name, use.metric)
        for name, expression in EXPRESSIONS.items()
        for use in uses(expression)
        if use.metric.endswith(("_total", *PARTS))
        and not re.search(rf"(rate|increase)\({use.metric}(\{{[^}}]*\}})?\[", expression)
    ]
    assert bare == []


def test_alerts_are_told_apart_and_say_who_is_woken() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    assert {rule["labels"]["severity"] for rule in RULES} == {"page", "ticket"}
    assert [rule["alert"] for rule in RULES if not rule["annotations"].get("summary")] == []


def test_every_alert_has_its_row_in_the_runbook_and_every_row_its_alert() -> None:
    runbook = read_text("docs/operations.md").partition("\n## Runbook\n")[2]
    assert sorted(re.findall(r"^\| `(\w+)` \|", runbook, re.MULTILINE)) == sorted(rule["alert"] for rule in RULES)


def test_everything_that_has_metrics_is_scraped_where_it_answers() -> None:
    jobs = read_yaml("deploy/prometheus/prometheus.yml")["scrape_configs"]
    scraped = {target for job in jobs for config in job["static_configs"] for target in config["targets"]}
    services = compose().services
    assert scraped == {f"{name}:{service.expose[0]}" for name, service in services.items() if service.expose}


def test_jobs_have_the_names_that_alerts_ask_for() -> None:
    jobs = [job["job_name"] for job in read_yaml("deploy/prometheus/prometheus.yml")["scrape_configs"]]
    asked = [match for rule in RULES for match in re.findall(r'job=~"([^"]*)"', rule["expr"])]
    assert asked
    assert [job for job in jobs if not all(re.fullmatch(pattern, job) for pattern in asked)] == []


def test_the_rules_file_is_mounted_where_it_is_looked_for() -> None:
    (wanted,) = read_yaml("deploy/prometheus/prometheus.yml")["rule_files"]
    assert [volume.split(":")[:2] for volume in compose().services["prometheus"].volumes if wanted in volume] == [
        ["./deploy/prometheus/alerts.yml", wanted]
    ]
