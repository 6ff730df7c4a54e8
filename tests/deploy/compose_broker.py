"""A real Kafka of the version that the compose file names, with the file's own settings and no others."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.deploy.compose import compose
from tests.kafka.broker import Broker, _free_ports
from tests.kafka.jars import BrokerUnavailable

_NOT_SETTINGS = ("KAFKA_HEAP_OPTS", "KAFKA_OPTS")


def properties_of(environment: dict[str, str]) -> dict[str, str]:
    """Broker properties from the container's environment, by the image's rule: ``KAFKA_A_B`` is ``a.b``."""
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in environment.items()
        if name.startswith("KAFKA_") and name not in _NOT_SETTINGS
    }


class ComposeBroker(Broker):
    """The broker of the compose file on this machine: only addresses and the folder are others."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._environment = {name: str(value) for name, value in compose().services["kafka"].environment.items()}
        (self._host_port,) = _free_ports(1)

    def _properties(self) -> dict[str, str]:
        made = properties_of(self._environment)
        ports = {"INTERNAL": self._port, "CONTROLLER": self._controller_port, "HOST": self._host_port}
        for name in ("listeners", "advertised.listeners"):
            made[name] = ",".join(
                f"{listener.partition('://')[0]}://127.0.0.1:{ports[listener.partition('://')[0]]}"
                for listener in made[name].split(",")
            )
        made["controller.quorum.voters"] = f"{made['node.id']}@127.0.0.1:{self._controller_port}"
        made["log.dirs"] = str(self.folder / "data")
        return made

    def _format(self, command: list[str], properties: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = properties.with_suffix(".partial")
        partial.write_text("".join(f"{name}={value}\n" for name, value in self._properties().items()))
        tool = ["kafka.tools.StorageTool", "format", "-t", self._environment["CLUSTER_ID"], "-c", str(partial)]
        done = subprocess.run([*command, *tool], capture_output=True, text=True)
        if done.returncode != 0:
            raise BrokerUnavailable(f"Kafka's storage could not be formatted: {done.stdout}{done.stderr}")
        partial.rename(properties)
