"""The page docs/metrics.md, from what the code measures."""

from __future__ import annotations

from collections.abc import Iterable

from sinks.loader_metrics import LOADER_METRICS
from streams.delivery.delivery_metrics import DELIVERY_METRICS
from streams.live_state.live_state_metrics import LIVE_STATE_METRICS
from streams.outreach import REASONS
from streams.telemetry import WORKER_METRICS, Metric
from streams.telemetry.metric import MOST_SERIES

_HEAD = f"""# Metrics and health

A worker answers on `worker_web_port` (6066), a loader on `loader_web_port` (6067), both on the
address `web_bind`; port 0 means no HTTP. There is no login and nothing personal on these pages:
no customer id, no property, no text of an event. A worker of several processes (`worker_processes`)
answers on a port for each, 6066, 6076, 6086 and so on, with that process's partitions alone.

| path | what |
| --- | --- |
| `/metrics` | Prometheus's text format |
| `/health` | 200, or 503 while anything is wrong; JSON with the reason, per partition or topic |
| `/health/ready` | 200 once every partition that it owns runs and nothing is wrong: for rollouts and load balancers |
| `/health/live` | 503 only when a restart could help: for Kubernetes' liveness probe |

**Health looks at progress, not at being alive.** With input waiting and nothing committed for
`health_stall_ms` (30 s), a worker is ill; so is a loader with input waiting and nothing inserted. Input
is what the broker says is there, asked every five seconds by a consumer of its own, so a reader that
has stopped reading is noticed too. An idle process is well for as long as it is idle. Restoring is
well while it gets further than any try before it. A silent Kafka makes `/health` and `/health/ready` 503 and
leaves `/health/live` at 200, since a restart would not help; so does a ClickHouse that takes no inserts.

`momentous status` shows the same from outside, from what workers and loaders committed to Kafka, and
needs none of these pages.

Counters count from the start of the process; the totals since the beginning stand in each partition's
record and are what `momentous status` shows. A counter has at most {MOST_SERIES} label combinations;
what comes beyond is counted with the labels `other`. Gauges are told for the partitions that a process
owns now. Besides those below there are the usual `process_*` metrics (memory, processor, open files).
"""


def metrics_markdown() -> str:
    """The page."""
    reasons = "\n".join(f"| `{reason}` | {meaning} |" for reason, meaning in REASONS.items())
    return f"""{_HEAD}
## Worker

{_table(WORKER_METRICS)}

### Live-state API

On the worker's page where `state_keys` is set ([live-state.md](live-state.md)).

{_table(LIVE_STATE_METRICS)}

## Loader

{_table(LOADER_METRICS)}

## Deliverer

On `deliver_web_port` (6070); its `/health` is 503 while an endpoint is off or left alone, and says which.

{_table(DELIVERY_METRICS)}

## Reasons of decisions

The label `reason` of `momentous_worker_decisions_total`, and the field of the same name in every
decision: the first check that failed, in the order in which they are made.

| reason | meaning |
| --- | --- |
{reasons}

## Suggested alerts

`deploy/prometheus/alerts.yml` has them as Prometheus reads them. If you set five by hand, set these:

| what | expression | after |
| --- | --- | --- |
| moments are found late | `max by (partition) (momentous_worker_lag_seconds) > 60` | 5 min |
| a partition does not run | `max by (partition) (momentous_worker_lane_phase{{phase="running"}}) == 0` | 5 min |
| the loader waits | `max(momentous_loader_stalled) == 1` | 5 min |
| Kafka is silent | `max(momentous_worker_broker_silent_seconds) > 30` | 1 min |
| records are set aside | `sum by (reason) (increase(momentous_worker_dead_letters_total[15m])) > 0` | at once |

This page is written by `momentous metrics --markdown`; a test holds it.
"""


def _table(metrics: Iterable[Metric]) -> str:
    rows = "\n".join(
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.unit} "
        f"| {metric.meaning} |"
        for metric in metrics
    )
    return f"| metric | type | labels | unit | meaning |\n| --- | --- | --- | --- | --- |\n{rows}"
