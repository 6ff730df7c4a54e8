"""The processes that stay: ``worker``, ``loader``, ``clickhouse-embedded``."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the root command."""
    app.command("worker")(worker)
    app.command("loader")(loader)
    app.command("clickhouse-embedded")(clickhouse_embedded)


def worker(
    processes: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="So many processes share the partitions, at most one for each; 0: one per processor. "
            "Not given: worker_processes.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Run a worker: touchpoints in, moments, decisions and outreach triggers out.

    A process computes on one core: with --processes 0 a worker uses them all.
    SIGTERM ends all of them, and the end of one ends the worker. Processes have
    -1, -2, ... after the instance's name, and each its ports 10 further.

    As many workers as there are partitions can share the work too, on one
    machine or several; each needs its own MOMENTOUS_WORKER_INSTANCE and, on one
    machine, its own MOMENTOUS_WORKER_WEB_PORT.
    """
    from streams.logs import configure_logs
    from streams.settings import load_settings
    from streams.topic_admin import check_topics
    from streams.worker_processes import process_number, process_settings, run_processes

    settings = load_settings(worker_processes=processes)
    each = process_settings(settings)
    configure_logs(settings.log_level, process_number())
    check_topics(settings)
    if len(each) > 1:
        return run_processes(settings, each)
    from streams.app import run_worker

    return run_worker(each[0])


def loader(
    instance: Annotated[
        str, typer.Option(help="Static membership id, unique among the loaders: a restarted one resumes at once.")
    ] = "",
) -> None:
    """Load every topic into ClickHouse, each record once, until stopped.

    Several on one machine need a MOMENTOUS_LOADER_WEB_PORT each (0: no HTTP).
    """
    import signal
    import threading

    from sinks.loader import run_loader
    from streams.logs import configure_logs
    from streams.settings import load_settings
    from streams.topic_admin import check_topics

    settings = load_settings()
    configure_logs(settings.log_level)
    check_topics(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_loader(settings, stop, instance=instance)


def clickhouse_embedded(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0: any free one; not given: that of clickhouse_url.")
    ] = None,
) -> None:
    """Serve ClickHouse's HTTP interface over the engine inside this process; data under data_dir."""
    from pathlib import Path
    from urllib.parse import urlsplit

    from sinks.embedded import serve_embedded
    from streams.logs import configure_logs
    from streams.settings import load_settings

    settings = load_settings()
    configure_logs(settings.log_level)
    if port is None:
        port = urlsplit(settings.clickhouse_url).port or 8123
    serve_embedded(Path(settings.data_dir) / "clickhouse", host, port, password=settings.clickhouse_password)
