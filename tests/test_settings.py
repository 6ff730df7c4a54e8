"""Settings: defaults, then the file, then the environment, then the command line; mistakes are named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.kafka import client_config, consumer_config, producer_config
from streams.settings import Settings, SettingsError, load_settings


def test_without_anything_the_defaults_hold() -> None:
    assert load_settings({}) == Settings()


def test_the_environment_sets_by_prefix_and_name() -> None:
    environment = {"MOMENTOUS_KAFKA_BOOTSTRAP": "a:1,b:2", "MOMENTOUS_PARTITIONS": "12", "HOME": "/nowhere"}
    found = load_settings(environment)
    assert (found.kafka_bootstrap, found.partitions) == ("a:1,b:2", 12)


def test_a_file_sets_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "momentous.toml"
    file.write_text('app_id = "filed"\npartitions = 8\n')
    found = load_settings({"MOMENTOUS_CONFIG": str(file), "MOMENTOUS_PARTITIONS": "12"})
    assert (found.app_id, found.partitions) == ("filed", 12)


def test_a_given_option_outranks_everything_and_none_is_not_given() -> None:
    found = load_settings({"MOMENTOUS_APP_ID": "environment"}, app_id="option", partitions=None)
    assert (found.app_id, found.partitions) == ("option", 4)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        pytest.param(
            {"MOMENTOUS_PARTITION": "4"},
            "MOMENTOUS_PARTITION: there is no such setting; did you mean MOMENTOUS_PARTITIONS? "
            "`momentous settings` lists names and defaults",
            id="a name that does not exist",
        ),
        pytest.param(
            {"MOMENTOUS_PARTITIONS": "four"},
            "MOMENTOUS_PARTITIONS: expected `int`, got `str`; `momentous settings` lists names and defaults",
            id="no number",
        ),
        pytest.param(
            {"MOMENTOUS_PARTITIONS": "0"},
            "MOMENTOUS_PARTITIONS: expected `int` >= 1; `momentous settings` lists names and defaults",
            id="out of bounds",
        ),
        pytest.param(
            {"MOMENTOUS_KAFKA_SECURITY_PROTOCOL": "TLS"},
            "MOMENTOUS_KAFKA_SECURITY_PROTOCOL: expected `str` matching regex "
            "'^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$'; `momentous settings` lists names and defaults",
            id="another word",
        ),
        pytest.param(
            {"MOMENTOUS_APP_ID": ""},
            "MOMENTOUS_APP_ID: expected `str` of length >= 1; `momentous settings` lists names and defaults",
            id="empty",
        ),
        pytest.param(
            {"MOMENTOUS_CONFIG": "/no/such/file.toml"},
            "MOMENTOUS_CONFIG=/no/such/file.toml: cannot be read (No such file or directory); name another file",
            id="a file that is not there",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_a_remedy(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(environment)
    assert str(error.value) == message


def test_a_file_that_is_no_toml_is_named_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "momentous.toml"
    file.write_text("partitions: 4\n")
    with pytest.raises(SettingsError, match=r"momentous\.toml: not TOML \(.*line 1, column 11\)"):
        load_settings({"MOMENTOUS_CONFIG": str(file)})


def test_a_setting_of_a_file_is_named_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "momentous.toml"
    for text, told in (
        ("partition = 4\n", f"'partition' in {file}: there is no such setting; did you mean partitions? "),
        ('partitions = "four"\n', f"'partitions' in {file}: expected `int`, got `str`; "),
        ("qwertz = 4\n", f"'qwertz' in {file}: there is no such setting; "),
    ):
        file.write_text(text)
        with pytest.raises(SettingsError) as error:
            load_settings({"MOMENTOUS_CONFIG": str(file)})
        assert str(error.value) == f"{told}`momentous settings` lists names and defaults"


def test_a_wrong_value_is_not_repeated_in_the_message() -> None:
    """It may be a secret that was set under the wrong name."""
    with pytest.raises(SettingsError) as error:
        load_settings({"MOMENTOUS_PARTITIONS": "swordfish"})
    assert "swordfish" not in str(error.value)


def test_every_setting_says_what_it_means() -> None:
    fields = msgspec.inspect.type_info(Settings)
    assert isinstance(fields, msgspec.inspect.StructType)
    described = {
        field.encode_name: field.type.extra_json_schema["description"]
        for field in fields.fields
        if isinstance(field.type, msgspec.inspect.Metadata) and field.type.extra_json_schema
    }
    assert list(described) == list(Settings.__struct_fields__)
    assert [name for name, text in described.items() if not text.endswith(".")] == []


def test_a_topic_prefix_stands_before_every_topic() -> None:
    assert Settings(topic_prefix="test.").topic("touchpoints") == "test.touchpoints"


# -- what the Kafka clients are told ------------------------------------------------------------

TLS = Settings(
    kafka_bootstrap="k:9093",
    kafka_security_protocol="SASL_SSL",
    kafka_sasl_mechanism="SCRAM-SHA-512",
    kafka_sasl_username="me",
    kafka_sasl_password="swordfish",
    kafka_ssl_ca="ca.pem",
    kafka_ssl_certificate="me.pem",
    kafka_ssl_key="me.key",
)


def test_a_plain_connection_is_only_an_address() -> None:
    assert client_config(Settings(kafka_ssl_ca="ca.pem", kafka_sasl_username="me")) == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "PLAINTEXT",
    }


def test_tls_and_sasl_are_passed_on() -> None:
    assert client_config(TLS) == {
        "bootstrap.servers": "k:9093",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "ca.pem",
        "ssl.certificate.location": "me.pem",
        "ssl.key.location": "me.key",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "me",
        "sasl.password": "swordfish",
    }


def test_tls_without_files_uses_the_systems_certificates() -> None:
    assert client_config(Settings(kafka_security_protocol="SSL")) == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "SSL",
    }


def test_producers_lose_nothing_and_partition_as_java_does() -> None:
    config = producer_config(Settings())
    assert (config["enable.idempotence"], config["acks"], config["partitioner"]) == (True, "all", "murmur2_random")


def test_consumers_see_committed_records_only_and_commit_nothing_by_themselves() -> None:
    config = consumer_config(Settings())
    assert (config["isolation.level"], config["enable.auto.commit"]) == ("read_committed", False)
