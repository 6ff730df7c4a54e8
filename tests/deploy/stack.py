"""The compose file's own services as processes of this machine, each with the environment the file gives it.

In place of containers: a real Kafka with the file's settings, a registry in memory, ClickHouse's engine
behind our HTTP service. Only addresses, ports, keys and folders differ from the file. The packages that
the image leaves out cannot be imported.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import urllib3

from streams.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from tests.deploy.compose import compose, ours
from tests.deploy.files import ROOT
from tests.sinks.service import free_port

SLIM = ROOT / "tests/deploy/slim"
"""On the path, it forbids the packages that the image leaves out."""

PORTS = tuple(ENVIRONMENT_PREFIX + name.upper() for name in Settings.__struct_fields__ if name.endswith("_port"))
KEYS = {
    "MOMENTOUS_PREFERENCES_KEYS": "first:" + "A" * 43,
    "WEBHOOK_SECRET": "whsec_" + "A" * 43 + "=",
    "WEBHOOK_SECRETS": "whsec_" + "A" * 43 + "=",
}
CONFIGURATION = "/etc/momentous"
"""Where processes see their files."""


class Stack:
    """Everything that runs our image, and the sample receiver.

    Args:
        kafka, registry, clickhouse: addresses in place of the file's.
        folder: for data and logs.
    """

    def __init__(self, kafka: str, registry: str, clickhouse: str, folder: Path) -> None:
        self._folder = folder
        self._environments: dict[str, dict[str, str]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        receiver = {name: str(value) for name, value in compose().services["receiver"].environment.items()}
        receiver |= {"PORT": str(free_port()), "HOST": "127.0.0.1"} | {
            name: KEYS[name] for name in KEYS.keys() & receiver.keys()
        }
        self._environments["receiver"] = receiver
        self.configuration = self._configured(receiver["PORT"])
        for name, service in ours().items():
            environment = {
                variable: str(value).replace(CONFIGURATION, str(self.configuration))
                for variable, value in service.environment.items()
            }
            environment |= {"MOMENTOUS_KAFKA_BOOTSTRAP": kafka, "MOMENTOUS_SCHEMA_REGISTRY_URL": registry}
            if "MOMENTOUS_CLICKHOUSE_URL" in environment:
                # The service knows one password and no users: that the reader may only read is not shown here.
                environment["MOMENTOUS_CLICKHOUSE_URL"] = clickhouse
                environment["MOMENTOUS_CLICKHOUSE_PASSWORD"] = "CLICKHOUSE_PASSWORD"
            environment |= {variable: KEYS[variable] for variable in KEYS.keys() & environment.keys()}
            environment |= {variable: str(free_port()) for variable in PORTS if variable in environment}
            if "MOMENTOUS_STATE_ADDRESS" in environment:
                environment["MOMENTOUS_STATE_ADDRESS"] = f"127.0.0.1:{environment['MOMENTOUS_STATE_PORT']}"
            self._environments[name] = environment | {"MOMENTOUS_DATA_DIR": str(folder / name)}

    def _configured(self, port: str) -> Path:
        """A copy of what the processes see under ``/etc/momentous``, its receiver on this machine."""
        (source,) = {
            volume.split(":")[0]
            for service in ours().values()
            for volume in service.volumes
            if volume.split(":")[1] == CONFIGURATION
        }
        made = self._folder / "configuration"
        shutil.copytree(ROOT / source, made)
        file = made / "deliver.yaml"
        text, networks = re.subn(r"^allow_networks: .*$", "allow_networks: [127.0.0.0/8]", file.read_text(), flags=re.M)
        text, addresses = re.subn(r"http://receiver:\d+", f"http://127.0.0.1:{port}", text)
        assert (networks, addresses) == (1, 2)
        file.write_text(text)
        return made

    def settings(self, name: str) -> Settings:
        """What that service reads."""
        environment = self._environments[name]
        return load_settings({name: environment[name] for name in environment if name.startswith(ENVIRONMENT_PREFIX)})

    def log(self, name: str) -> str:
        """What a service said, as ``docker compose logs`` shows it."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def run(self, command: list[str], text: str) -> tuple[int, str]:
        """``docker compose run --rm --no-deps -T bootstrap COMMAND`` with that input: exit code and output."""
        done = subprocess.run(
            [sys.executable, "-m", "streams.cli", *command],
            env=self._environment("bootstrap"),
            cwd=self._folder,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    def _environment(self, name: str) -> dict[str, str]:
        clean = {variable: value for variable, value in os.environ.items() if not variable.startswith("MOMENTOUS_")}
        return {**clean, **self._environments[name], "PYTHONPATH": f"{SLIM}{os.pathsep}{ROOT}"}

    def start(self, name: str) -> None:
        """Start a service; its output goes to a log file."""
        service = compose().services[name]
        if name == "receiver":
            # The file that is mounted where the command looks for it.
            (command,) = [[sys.executable, "-I", str(ROOT / volume.split(":")[0])] for volume in service.volumes]
        else:
            command = [sys.executable, "-m", "streams.cli", *service.command]
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                env=self._environment(name),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def ended(self, name: str, timeout_s: float) -> int:
        """The exit code of a service that ends by itself."""
        return self._processes[name].wait(timeout_s)

    def stop(self, name: str) -> int:
        """SIGTERM, then wait as long as the file's grace period; the exit code."""
        self._processes[name].terminate()
        return self.ended(name, float(compose().services[name].stop_grace_period.removesuffix("s")))

    def kill(self) -> None:
        """Whatever still runs."""
        for process in self._processes.values():
            process.kill()
            process.wait()

    def page(self, name: str, path: str) -> tuple[int, str]:
        """Status and text of a page; status 0 while nobody answers."""
        settings = self.settings(name)
        port = {
            "loader": settings.loader_web_port,
            "deliver": settings.deliver_web_port,
            "preferences": settings.preferences_port,
        }.get(name, settings.worker_web_port)
        return self.get(f"http://127.0.0.1:{port}{path}")

    def get(self, url: str, key: str = "") -> tuple[int, str]:
        """Status and text of an address; status 0 while nobody answers."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            answer = urllib3.request("GET", url, headers=headers, timeout=4.0, retries=False)
        except urllib3.exceptions.HTTPError:
            return 0, ""
        return answer.status, answer.data.decode()

    def wait_until_healthy(self, name: str, timeout_s: float = 120.0) -> None:
        """As compose waits: until the page of the health check says 200."""
        deadline = time.monotonic() + timeout_s
        asked = re.findall(r"127\.0\.0\.1:\d+([^']+)'", str(ours()[name].healthcheck.test))[0]
        while self.page(name, asked)[0] != 200:
            ended = self._processes[name].poll() is not None
            if ended or time.monotonic() > deadline:
                kind = RuntimeError if ended else TimeoutError
                raise kind(f"{name} is not healthy: {self.page(name, '/health')}\n{self.log(name)[-3000:]}")
            time.sleep(0.2)
