"""The Faust app: topics, agents, wiring and nothing else."""

from __future__ import annotations

import gc
import ssl
import sys
from pathlib import Path
from typing import Any, cast

import faust
import structlog
from confluent_kafka.admin import AdminClient

from streams.agents import customer_agent
from streams.batching import BatchSchema, Consumer, Transport
from streams.codec import make_codec
from streams.embedded_broker import is_embedded
from streams.kafka import client_config
from streams.lane import LaneRefused
from streams.lanes import Lanes
from streams.live_state.server import LiveStateServer
from streams.settings import Settings
from streams.telemetry import WorkerPages
from streams.topics import TOUCHPOINTS
from streams.vocabulary import shipped_vocabulary

log = structlog.get_logger("worker")

_BUFFERED_BATCHES = 8
_SWITCH_INTERVAL_S = 0.001
_METADATA_TIMEOUT_S = 10.0
_FAUST_LEVELS = {"debug": "INFO", "info": "WARN", "warning": "WARN", "error": "ERROR"}


def make_app(settings: Settings, embedded: bool = False) -> tuple[faust.App, Lanes]:
    """The worker's app and its lanes.

    Args:
        settings: of the process.
        embedded: the broker is the embedded one, whose transaction markers carry a wrong checksum and
            which shows aborted records to everybody.
    """
    shipped_vocabulary()  # now, lest the first lane hold the event loop while it is read
    folder = Path(settings.data_dir) / "faust"
    folder.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        settings.app_id,
        broker=[f"kafka://{address}" for address in settings.kafka_bootstrap.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=settings.session_timeout_ms / 3000,
        broker_max_poll_records=settings.fetch_records,
        broker_commit_interval=1.0,
        broker_check_crcs=not embedded,
        consumer_group_instance_id=settings.worker_instance or None,
        stream_buffer_maxsize=_BUFFERED_BATCHES,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        datadir=folder,
        # Its own web server lives in the event loop and shows Faust's insides; WorkerPages answers instead.
        web_enabled=False,
        autodiscover=False,
    )
    transport = Transport(app.conf.broker, app)
    app.transport = transport

    async def refuse(error: LaneRefused) -> None:
        await app.crash(error)

    lanes = Lanes(settings, make_codec(settings), lambda: cast(Consumer, app.consumer), refuse, not embedded)
    transport.positions, transport.off_the_log = lanes.positions, lanes.off_the_log
    topic = app.topic(settings.topic(TOUCHPOINTS), schema=BatchSchema())
    app.agent(topic, name="customer", concurrency=1)(customer_agent(lanes))

    @app.on_partitions_assigned.connect(weak=False)
    async def on_assigned(app: Any, assigned: Any, **kwargs: Any) -> None:
        await lanes.assigned(assigned)

    @app.on_partitions_revoked.connect(weak=False)
    async def on_revoked(app: Any, revoked: Any, **kwargs: Any) -> None:
        await lanes.revoked(revoked)

    @app.on_before_shutdown.connect(weak=False)
    async def on_shutdown(app: Any, **kwargs: Any) -> None:
        await lanes.stop()

    return app, lanes


def run_worker(settings: Settings) -> int:
    """Run a worker until it is told to stop.

    Returns:
        0 after an ordinary stop, 4 when a lane refused to run.

    Raises:
        PortTaken: something else listens on ``worker_web_port``.
    """
    metadata = AdminClient(client_config(settings)).list_topics(timeout=_METADATA_TIMEOUT_S)
    app, lanes = make_app(settings, embedded=is_embedded(metadata))
    worker = faust.Worker(app, loglevel=_FAUST_LEVELS[settings.log_level], redirect_stdouts=False, quiet=True)
    # It writes cursor codes even when it is quiet, also into log files.
    worker.spinner = None
    # A worker's objects are customers, which live long, and records, which hold no cycles: looking at
    # the old ones for garbage costs a sixth of its time and finds nothing. The young ones are looked
    # at in small portions: 100,000 at once stop everything for 60 to 100 ms.
    gc.set_threshold(2_000, 50_000, 1_000)
    # The fetching and the committing thread need a word between long stretches of computing.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    pages = WorkerPages(settings, lanes, worker.loop) if settings.worker_web_port else None
    live = LiveStateServer(settings, lanes) if settings.state_keys else None
    log.info("worker starts", app=settings.app_id, bootstrap=settings.kafka_bootstrap)
    if pages is not None:
        pages.start()
    if live is not None:
        lanes.metrics.include(live.metrics)
        live.begin(worker.loop)
        app.on_before_shutdown.connect(weak=False)(lambda *_, **__: live.stop())
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        # Faust ends every crash the same way; what a lane refused with is known here.
        if lanes.refusal is None:
            return int(ended.code or 0)
    except LaneRefused:
        pass
    finally:
        if pages is not None:
            pages.stop()
    log.error("worker stops", reason=str(lanes.refusal))
    return 4


def _credentials(settings: Settings) -> Any:
    protocol = settings.kafka_security_protocol
    context = None
    if "SSL" in protocol:
        context = ssl.create_default_context(cafile=settings.kafka_ssl_ca or None)
        if settings.kafka_ssl_certificate:
            context.load_cert_chain(settings.kafka_ssl_certificate, settings.kafka_ssl_key or None)
    if "SASL" in protocol:
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password,
            ssl_context=context,
            mechanism=settings.kafka_sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context else None
