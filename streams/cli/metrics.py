"""``momentous metrics``."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("metrics")(metrics)


def metrics(
    markdown: Annotated[bool, typer.Option("--markdown", help="The page docs/metrics.md.")] = False,
) -> None:
    """Every metric that worker, loader and deliverer expose, with type, labels, unit and meaning."""
    from sinks.loader_metrics import LOADER_METRICS
    from streams.cli.console import say, show
    from streams.delivery import DELIVERY_METRICS
    from streams.live_state.live_state_metrics import LIVE_STATE_METRICS
    from streams.telemetry import WORKER_METRICS

    if markdown:
        from streams.cli.metrics_page import metrics_markdown

        say(metrics_markdown().rstrip("\n"))
        return
    from rich.table import Table

    table = Table("metric", "type", "labels", "unit", "meaning")
    for metric in (*WORKER_METRICS, *LIVE_STATE_METRICS, *LOADER_METRICS, *DELIVERY_METRICS):
        table.add_row(metric.name, metric.kind, ", ".join(metric.labels), metric.unit, metric.meaning)
    show(table)
