"""A real Apache Kafka in KRaft mode: one process that is broker and controller.

Knows nothing of pytest, so that benchmarks and fault tests use it too::

    with Broker(folder) as broker:
        ...  # broker.bootstrap
"""

from __future__ import annotations

import random
import shutil
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.kafka.jars import BrokerUnavailable, java, kafka_jars

START_TIMEOUT_SECONDS = 60.0
_PORTS = range(20_000, 32_000)
"""Below the range that systems hand to outgoing connections: a broker that is down for a moment
must get its port back."""

_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "message.max.bytes": str(8 * 1_048_576),
    "log.index.size.max.bytes": str(1_048_576),
    "log.cleaner.dedupe.buffer.size": str(16 * 1_048_576),
    "file.delete.delay.ms": "1000",
    "controlled.shutdown.max.retries": "1",
    # A killed broker's id stays taken until its session ends: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


class Broker:
    """One broker with its data in ``folder``; ports and data stay over restarts.

    Args:
        folder: its own; made if missing. Holds data, ``server.properties`` and ``broker.log``.
        heap_mb: Java's heap.
        settings: broker settings beside or instead of ours.
    """

    def __init__(self, folder: Path, heap_mb: int = 768, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.log = folder / "broker.log"
        self._heap_mb = heap_mb
        self._settings = dict(settings or {})
        self._port, self._controller_port = _free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """``host:port`` for clients."""
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The Java process, while there is one."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it (formatting its storage the first time) and wait until it answers.

        Raises:
            BrokerUnavailable: no Java, no jars, or it did not come up; with the end of its log.
        """
        if self._process is not None:
            raise RuntimeError("the broker runs already")
        command = [java(), "-cp", f"{kafka_jars()}/*", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        properties = self.folder / "server.properties"
        if not properties.exists():
            self._format(command, properties)
        # Java's second compiler takes a core for half a minute, which a broker that lives for one never earns back.
        java_options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms256m", f"-Xmx{self._heap_mb}m"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_tied_to_us(), *command, *java_options, "kafka.Kafka", str(properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self, timeout_seconds: float = 20.0) -> None:
        """Shut it down in good order, or kill it when that takes longer than the timeout."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """SIGKILL: what was not on its way to the disk is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self, *, hard: bool = False) -> None:
        """Stop (``hard``: kill) and start again, on the same data and port."""
        if hard:
            self.kill()
        else:
            self.stop()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after ``pause``."""
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("the broker does not run")
        self._process.send_signal(number)

    def _format(self, command: list[str], properties: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = properties.with_suffix(".partial")
        partial.write_text("".join(f"{name}={value}\n" for name, value in self._properties().items()))
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        tool = ["kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(partial)]
        done = subprocess.run([*command, *tool], capture_output=True, text=True)
        if done.returncode != 0:
            raise BrokerUnavailable(f"Kafka's storage could not be formatted: {done.stdout}{done.stderr}")
        partial.rename(properties)

    def _properties(self) -> dict[str, str]:
        broker, controller = f"127.0.0.1:{self._port}", f"127.0.0.1:{self._controller_port}"
        return {
            **_SETTINGS,
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": str(self.folder / "data"),
            **self._settings,
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            assert self._process is not None
            if (code := self._process.poll()) is not None:
                self._process = None
                raise BrokerUnavailable(f"Kafka ended with code {code} at its start:\n{self._end_of_log()}")
            if _answers(self._port):
                return
            time.sleep(0.1)
        self.kill()
        raise BrokerUnavailable(f"Kafka was not ready after {START_TIMEOUT_SECONDS:.0f} s:\n{self._end_of_log()}")

    def _end_of_log(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    try:
        return bool(AdminClient({"bootstrap.servers": f"127.0.0.1:{port}"}).list_topics(timeout=5).brokers)
    except KafkaException:
        return False


def _free_ports(count: int) -> list[int]:
    ports: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise BrokerUnavailable(f"no free port between {_PORTS.start} and {_PORTS.stop}")


def _tied_to_us() -> list[str]:
    """Where the system can: the broker dies with the thread that started it, even by SIGKILL."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []
