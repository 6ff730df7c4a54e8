import socket
from collections.abc import Callable

import pytest

from streams.settings import Settings
from streams.topic_admin import create_topics
from tests.kafka import jars
from tests.kafka.broker import Broker
from tests.kafka.reader import read
from tests.kafka.witness import Witness


def test_a_killed_broker_returns_on_its_port_with_every_acknowledged_record(
    own_kafka: Broker, settings_of: Callable[[str], Settings]
) -> None:
    settings = settings_of(own_kafka.bootstrap)
    create_topics(settings)
    with Witness(settings, own_kafka.folder / "acknowledged") as witness:
        for number in range(100):
            witness.send("touchpoints", f"e{number}", b"customer", b"value %d" % number)
        witness.flush()
        before = own_kafka.bootstrap
        own_kafka.restart(hard=True)
        assert own_kafka.bootstrap == before
    assert [record.value for record in read(settings, "touchpoints")] == [b"value %d" % n for n in range(100)]


def test_a_stopped_broker_leaves_no_listener(own_kafka: Broker) -> None:
    host, port = own_kafka.bootstrap.split(":")
    own_kafka.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)


def test_without_java_the_reason_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(jars.BrokerUnavailable, match=r"no Java; install Java 17 or later, or name a broker in KAFKA_B"):
        jars.java()
