import importlib

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.cli.failures import CODES, EXIT_CODES, failure
from streams.errors import TopicMismatch, Unreachable


@pytest.mark.parametrize("name", [name for name in CODES if not name.startswith("cimpl.")])
def test_every_foreseen_error_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), Exception)


def test_every_code_is_documented() -> None:
    assert set(CODES.values()) <= EXIT_CODES.keys()


def test_a_kafka_error_is_named_with_what_to_look_at() -> None:
    message, code = failure(KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN)))
    assert code == 3
    assert message == (
        "error: Kafka at localhost:9092 failed (Local: All broker connections are down); look at the broker and at "
        "MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings)"
    )


def test_a_subclass_goes_by_its_own_code_not_its_parents() -> None:
    assert failure(TopicMismatch("a", "b")) == ("error: a; b", 4)
    assert failure(Unreachable("a", "b")) == ("error: a; b", 3)


def test_a_message_of_several_lines_becomes_one() -> None:
    assert failure(Unreachable("a\n  b", "c"))[0] == "error: a b; c"


def test_an_interrupt_says_nothing() -> None:
    assert failure(KeyboardInterrupt(), 130) == ("", 130)


def test_a_signal_is_the_reason_whatever_it_made_of_the_code_it_struck() -> None:
    assert failure(TypeError("expected header key to be unicode string"), 143) == ("", 143)


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        failure(ZeroDivisionError())
