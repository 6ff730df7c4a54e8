"""What worker and loader tell about themselves: metrics, health, and the pages that show them."""

from streams.telemetry.health import Health, worker_health
from streams.telemetry.lane_watch import LaneWatch, Measures
from streams.telemetry.metric import CONTENT_TYPE, FAST_SECONDS, LONG_SECONDS, RECORDS, Instruments, Metric
from streams.telemetry.server import OperationsServer, PortTaken, Reply
from streams.telemetry.unread import Unread, UnreadLook, UnreadWatch
from streams.telemetry.worker_metrics import WORKER_METRICS, WorkerMetrics
from streams.telemetry.worker_pages import WorkerPages, health_reply, look_every_s

__all__ = [
    "CONTENT_TYPE",
    "FAST_SECONDS",
    "LONG_SECONDS",
    "RECORDS",
    "WORKER_METRICS",
    "Health",
    "Instruments",
    "LaneWatch",
    "Measures",
    "Metric",
    "OperationsServer",
    "PortTaken",
    "Reply",
    "Unread",
    "UnreadLook",
    "UnreadWatch",
    "WorkerMetrics",
    "WorkerPages",
    "health_reply",
    "look_every_s",
    "worker_health",
]
