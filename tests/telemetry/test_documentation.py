"""docs/metrics.md is what the code measures, and whatever else names our metrics names such as exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sinks.loader_metrics import LOADER_METRICS
from streams.cli.metrics_page import metrics_markdown
from streams.delivery import DELIVERY_METRICS
from streams.live_state.live_state_metrics import LIVE_STATE_METRICS
from streams.telemetry import WORKER_METRICS

ROOT = Path(__file__).parents[2]
NAMING = [
    *ROOT.glob("deploy/prometheus/*.yml"),
    *ROOT.glob("deploy/grafana/dashboards/*.json"),
    *ROOT.glob("docs/*.md"),
]


def test_the_page_of_metrics_is_what_the_command_writes() -> None:
    page = ROOT / "docs" / "metrics.md"
    assert page.read_text() == metrics_markdown(), "run `momentous metrics --markdown > docs/metrics.md`"


@pytest.mark.parametrize("path", NAMING, ids=lambda path: path.name)
def test_every_metric_that_is_named_exists(path: Path) -> None:
    exposed = set()
    for metric in (*WORKER_METRICS, *LIVE_STATE_METRICS, *LOADER_METRICS, *DELIVERY_METRICS):
        endings = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        exposed |= {metric.name, *(metric.name + ending for ending in endings)}
    named = set(re.findall(r"\bmomentous_(?:worker|loader|deliver)_\w+", path.read_text()))
    assert named - exposed == set()
