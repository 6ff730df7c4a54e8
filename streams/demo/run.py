"""The demo from start to end.

1. an embedded broker in this process; worker, loader and embedded ClickHouse as children
2. topics; rules and policy as activation records
3. January 1999: its clock, the consents, the calls, the closing ticks
4. wait until the worker has applied and the loader has stored all of it
5. the report
6. three stories: moments that matter, through the same pipeline, in the days after that
7. the second act, for who wants it: a city whose moments are known, and the score

However it ends, the children end with it.
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from schemas import Touchpoint
from sinks.connection import connect
from sinks.errors import ClickHouseUnavailable
from streams import interrupts
from streams.codec import make_codec
from streams.definition_files import shipped_definitions
from streams.demo.brake import Brake
from streams.demo.city import CityAct, wanted
from streams.demo.offsets import Offsets
from streams.demo.processes import Processes
from streams.demo.report import Example, Run, report
from streams.demo.stories import tell_stories
from streams.embedded_broker import PARTITIONS, EmbeddedBroker
from streams.errors import MomentousError
from streams.history import HORIZON_MS, play
from streams.importers import ConsentLog, read_bank, read_consents
from streams.publishing import Publisher, activate
from streams.settings import Settings
from streams.topic_admin import create_topics

CALLS = "bank-january-1999.tsv.gz"
CONSENTS = "bank-consents.csv"
STEP_SECONDS = 60.0
"""No step may stand still for longer than this."""

_REFRESH_SECONDS = 0.25
_POLL_SECONDS = 0.05


class DemoFailed(MomentousError):
    """The demo cannot run, or got stuck."""


class NoSamples(DemoFailed):
    """The folder with the samples is another one."""


def run_demo(samples: Path, folder: Path, *, keep: bool = False, city: bool | None = False) -> None:
    """Run it and print to stdout.

    Args:
        samples: the folder with the bank's calls and consents.
        folder: the demo's own; whatever an earlier demo left there is removed.
        keep: leave everything running until interrupted.
        city: play the second act; None: ask, if somebody is there.

    Raises:
        DemoFailed: another demo runs in this folder, a sample is missing, a step stands still.
        ChildEnded: one of the processes ended.
        DoesNotAddUp: the counts disagree.
        CityFailed: the second act's moments are not those that its city caused.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    for name in (CALLS, CONSENTS):
        if not (samples / name).is_file():
            raise NoSamples(
                f"{samples / name} is not there", "run it in a checkout, or name the folder: --samples FOLDER"
            )
    interrupts.arm(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with _alone(folder), ExitStack() as stack:
        broker = stack.enter_context(EmbeddedBroker())
        settings = _settings(broker, folder)
        processes = stack.enter_context(Processes(folder, {"MOMENTOUS_CONFIG": str(folder / "momentous.toml")}))
        stack.callback(_ignore_signals)  # runs first at the end: nothing may interrupt the ending
        example = _Demo(console, settings, processes, samples).run(city)
        _what_next(console, folder, keep, example)
        while keep:
            interrupts.check()
            processes.check()
            time.sleep(1)


class _Demo:
    def __init__(self, console: Console, settings: Settings, processes: Processes, samples: Path) -> None:
        self._console = console
        self._settings = settings
        self._processes = processes
        self._samples = samples
        self._codec = make_codec(settings)

    def run(self, city: bool | None) -> Example | None:
        console, settings = self._console, self._settings
        console.print("[bold]Momentous[/bold]: a bank's call centre, January 1999, call by call")
        create_topics(settings)
        definitions = shipped_definitions()
        activate(settings, self._codec, [found.control for found in definitions])
        self._processes.start("clickhouse-embedded", "--port", settings.clickhouse_url.rpartition(":")[2])
        self._processes.start("worker")
        self._processes.start("loader")
        calls = read_bank(self._samples / CALLS)
        consents = read_consents(self._samples / CONSENTS)
        _introduce(console, calls.rows, len(calls.refusals), len(calls.touchpoints), consents)
        self._until(self._clickhouse_answers, "the embedded ClickHouse does not answer")
        touchpoints = sorted([*consents.touchpoints, *calls.touchpoints], key=lambda one: one["occurred_at"])
        with Offsets(settings) as offsets:
            run = self._play(offsets, touchpoints, len(consents.touchpoints))
            client = connect(settings)
            example = report(console, client, run)
            after = touchpoints[-1]["occurred_at"] + HORIZON_MS
            tell_stories(console, settings, self._codec, offsets, client, after, self._until)
            if wanted(console, city):
                CityAct(console, settings, self._codec, offsets, self._until, self._processes.check).play(client)
        return example

    def _play(self, offsets: Offsets, touchpoints: list[Touchpoint], consents: int) -> Run:
        with self._console.status("worker and loader are joining their groups"):
            before = offsets.ends()
            self._until(lambda: offsets.work().applied == before, "the worker does not begin")
            self._until(lambda: offsets.loader() == before, "the loader does not begin")
        with _bars(self._console) as progress:
            bars = _Bars(progress, offsets, len(touchpoints) + 2 * PARTITIONS)
            started = time.monotonic()
            delivered = self._publish(offsets, touchpoints, bars)
            ends = offsets.ends()
            self._until(lambda: offsets.work().applied == ends, "the worker stands still", bars.show_if_due)
            worker_seconds = time.monotonic() - started
            self._until(offsets.all_loaded, "the loader stands still", bars.show_if_due)
            loaded_seconds = time.monotonic() - started
            bars.show_all()
        return Run(
            calls=delivered - 2 * PARTITIONS - consents,
            consents=consents,
            worker_seconds=worker_seconds,
            loaded_seconds=loaded_seconds,
            counters=offsets.work().counters,
        )

    def _publish(self, offsets: Offsets, touchpoints: list[Touchpoint], bars: _Bars) -> int:
        """Publish at the pace of the slowest reader; returns how many records were acknowledged."""
        brake: Brake

        def wait() -> None:
            interrupts.check()
            publisher.poll(_POLL_SECONDS)
            bars.show_if_due(publisher.delivered)
            self._processes.check()

        def before_each() -> None:
            interrupts.check()
            brake.wait()
            bars.show_if_due(publisher.delivered)

        publisher = Publisher(self._settings, self._codec, lambda *record: brake.acknowledged(*record))
        brake = Brake(
            lambda: (offsets.worker(), offsets.loader()),
            lambda: publisher.in_flight,
            wait,
            unread_outputs=offsets.unread_outputs,
        )
        with publisher:
            play(publisher, touchpoints, before_each=before_each)
        return publisher.delivered

    def _clickhouse_answers(self) -> bool:
        try:
            connect(self._settings).close()
        except ClickHouseUnavailable:
            return False
        return True

    def _until(self, done: Callable[[], bool], trouble: str, meanwhile: Callable[[], object] = lambda: None) -> None:
        deadline = time.monotonic() + STEP_SECONDS
        while not done():
            interrupts.check()
            self._processes.check()
            if time.monotonic() > deadline:
                raise DemoFailed(f"{trouble} for {STEP_SECONDS:.0f} s", f"see the logs in {self._settings.data_dir}")
            meanwhile()
            time.sleep(_POLL_SECONDS)


class _Bars:
    """Three progress bars: records published, applied, stored, not counting what was there before."""

    def __init__(self, progress: Progress, offsets: Offsets, total: int) -> None:
        self._progress = progress
        self._offsets = offsets
        self._before = sum(offsets.ends())
        self._shown_at = 0.0
        self._total = total
        self._published: TaskID = progress.add_task("published to Kafka", total=total)
        self._applied: TaskID = progress.add_task("applied by the worker", total=total)
        self._stored: TaskID = progress.add_task("stored in ClickHouse", total=total)

    def show_if_due(self, published: int | None = None) -> None:
        """Look again at how far everyone is, a few times a second."""
        if time.monotonic() - self._shown_at < _REFRESH_SECONDS:
            return
        self._shown_at = time.monotonic()
        self._progress.update(self._published, completed=self._total if published is None else published)
        self._progress.update(self._applied, completed=max(0, sum(self._offsets.worker()) - self._before))
        self._progress.update(self._stored, completed=max(0, sum(self._offsets.loader()) - self._before))

    def show_all(self) -> None:
        """Everything is done."""
        for task in (self._published, self._applied, self._stored):
            self._progress.update(task, completed=self._total)


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description:>22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _introduce(console: Console, rows: int, left_out: int, touchpoints: int, consents: ConsentLog) -> None:
    console.print(f"{rows:,} calls; {left_out:,} virtual ones are left out; the others are {touchpoints:,} touchpoints")
    shares = ", ".join(f"{count:,} {status}" for status, count in consents.customers.most_common())
    console.print(
        f"[italic]Synthetic[/italic] consents of {consents.customers.total():,} customers, since the bank has none: "
        f"{shares}; {len(consents.touchpoints):,} touchpoints, counted apart"
    )
    console.print("Source of the calls: Ilan Guedj and Avi Mandelbaum, Technion")


def _what_next(console: Console, folder: Path, keep: bool, example: Example | None) -> None:
    console.print("\n[bold]What to try next[/bold]")
    if keep:
        console.print("Everything is running until you press Ctrl-C. In another terminal:")
    else:
        console.print("Everything has ended; what was stored is still there. To look at it:")
    console.print(f"  export MOMENTOUS_CONFIG={folder / 'momentous.toml'}", soft_wrap=True)
    program = _program()
    lines = [] if keep else ["clickhouse-embedded &  # or next time: demo --keep"]
    lines += ["query                  # the questions that come with it"]
    lines += ["query decisions-by-reason --param rule=queue.abandoned"]
    if example is not None:
        lines += [f"explain {example.customer_id}", f"trace {example.event_id}"]
    lines += ["settings               # what can be set, and how"]
    for line in lines:
        console.print(f"  {program} {line}", soft_wrap=True)


def _program() -> str:
    """How this user calls us: by name where that is enough, else by the path of our environment."""
    if shutil.which("momentous"):
        return "momentous"
    path = Path(sys.executable).parent / "momentous"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _settings(broker: EmbeddedBroker, folder: Path) -> Settings:
    """Settings of the demo, also written where its processes read them."""
    settings = Settings(
        kafka_bootstrap=broker.bootstrap,
        partitions=PARTITIONS,
        app_id="demo",
        worker_instance="demo",
        worker_web_port=0,
        loader_web_port=0,
        clickhouse_url=f"http://127.0.0.1:{_free_port()}",
        loader_batch_ms=250,
        data_dir=str(folder),
        log_level="warning",
    )
    defaults = Settings()
    lines = (
        f"{name} = {msgspec.json.encode(value).decode()}\n"
        for name in Settings.__struct_fields__
        if (value := getattr(settings, name)) != getattr(defaults, name)
    )
    (folder / "momentous.toml").write_text("".join(lines), encoding="utf-8")
    return settings


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """An empty folder that no other demo uses as long as this lasts."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoFailed(
                f"another demo runs in {folder}", "wait for its end, or set MOMENTOUS_DATA_DIR to another folder"
            ) from error
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
