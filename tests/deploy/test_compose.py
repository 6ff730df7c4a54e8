"""``docker-compose.yml``: of the right form, complete, and in agreement with the code."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from ipaddress import ip_network
from pathlib import Path

import msgspec
import pytest

from streams.delivery import DeliverFile, Secret, check_secrets, read_deliver_file
from streams.kafka import PARTITIONER
from streams.live_state.keys import read_keys as read_state_keys
from streams.preferences import read_keys
from streams.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from tests.deploy.commands import check_command
from tests.deploy.compose import Missing, compose, examples, ours, variables
from tests.deploy.files import ROOT, read_text, read_yaml
from tests.deploy.specification import Service, checked

FILE = compose()
SERVICES = FILE.services
OURS = ours()
LONG_RUNNING = {name: service for name, service in OURS.items() if name != "bootstrap"}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEYS?$")
NOT_SECRET = {"MOMENTOUS_STATE_KEYS"}  # a file's name
ANSWERS_AT = {
    "worker-1": "6066/health/ready",
    "worker-2": "6066/health/ready",
    "loader": "6067/health/ready",
    "deliver": "6070/health/ready",
    "preferences": "6068/health",
}
RIGHT_BY_DEFAULT = {
    *("kafka_security_protocol", "kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password"),
    *("kafka_ssl_ca", "kafka_ssl_certificate", "kafka_ssl_key", "schema_registry_user"),  # nobody logs in on one host
    *("web_bind", "loader_batch_records", "loader_batch_ms", "data_dir"),  # the image sets the last
    "worker_processes",  # a container is scaled by another one
}
"""A new setting is given by the compose file, or somebody has thought about it and added it here."""


def settings_of(service: Service) -> Settings:
    """What the process would read; unknown names and bad values are errors."""
    ours = {name: str(value) for name, value in service.environment.items() if name.startswith(ENVIRONMENT_PREFIX)}
    return load_settings(ours)


def endpoints() -> DeliverFile:
    """Of the deliver.yaml that is shipped."""
    return read_deliver_file(ROOT / "deploy/momentous/deliver.yaml")


def mounted_from(service: Service, path: str) -> Path:
    """The file of the repository that a process sees under ``path``."""
    for source, target, _ in (volume.split(":") for volume in service.volumes):
        if path.startswith(f"{target}/"):
            return ROOT / source / path.removeprefix(f"{target}/")
    raise AssertionError(f"{path} is not mounted")


# -- form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mistake", [{"dependson": []}, {"ports": ["80"]}, {"restart": "sometimes"}, {"image": None}])
def test_the_check_of_the_form_can_fail(mistake: dict[str, object]) -> None:
    document = read_yaml("docker-compose.yml")
    document["services"]["grafana"] |= mistake
    with pytest.raises(msgspec.ValidationError):
        checked(document)


def test_what_the_issue_asks_for_is_there() -> None:
    wanted = {"kafka", "schema-registry", "clickhouse", "bootstrap", "worker-1", "worker-2", "loader", "grafana"}
    assert wanted | {"deliver", "receiver", "preferences"} <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_to_an_exact_version(name: str) -> None:
    if name in OURS:
        assert SERVICES[name].image.startswith("momentous:")
    else:
        assert re.fullmatch(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+(\.\d+)?(-slim-[a-z]+)?", SERVICES[name].image)


def test_the_receiver_runs_on_the_python_that_our_image_is_made_of() -> None:
    assert f"FROM {SERVICES['receiver'].image}\n" in read_text("Dockerfile")


def test_networks_are_declared_and_used() -> None:
    assert {network for service in SERVICES.values() for network in service.networks} == set(FILE.networks)


def test_ports_on_the_host_are_told_apart() -> None:
    ports = [port.rsplit(":", 2)[-2] for service in SERVICES.values() for port in service.ports]
    assert [port for port, count in Counter(ports).items() if count > 1] == []


def test_ports_on_the_host_are_for_this_host_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.ports]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_volumes_are_declared_and_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.volumes}
    assert {volume for volume in used if not volume.startswith("./")} == set(FILE.volumes)


def test_files_that_are_mounted_exist_and_are_read_only() -> None:
    mounted = [volume.split(":") for service in SERVICES.values() for volume in service.volumes if volume[0] == "."]
    assert mounted
    assert [parts for parts in mounted if not (ROOT / parts[0]).exists() or parts[2:] != ["ro"]] == []


# -- health, order, limits ------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_or_is_waited_for_to_end(name: str) -> None:
    check = SERVICES[name].healthcheck
    if check.disable:
        waited = [other.depends_on[name].condition for other in SERVICES.values() if name in other.depends_on]
        assert set(waited) == {"service_completed_successfully"}
    else:
        assert check.test is not None
        assert check.test[0] in ("CMD", "CMD-SHELL")
        assert None not in (check.interval, check.timeout, check.retries, check.start_period)


def test_what_is_depended_on_exists_and_is_ready_never_merely_started() -> None:
    conditions = {
        (name, other): dependency.condition
        for name, service in SERVICES.items()
        for other, dependency in service.depends_on.items()
    }
    assert {other for _, other in conditions} <= set(SERVICES)
    assert "service_started" not in conditions.values()
    assert all(
        (condition == "service_healthy") is not SERVICES[other].healthcheck.disable
        for (_, other), condition in conditions.items()
    )


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_needs_the_topics_begins_after_the_topics_are_there(name: str) -> None:
    assert SERVICES[name].depends_on["bootstrap"].condition == "service_completed_successfully"


def test_all_that_stays_comes_back_after_a_restart_of_the_host() -> None:
    assert {name for name, service in SERVICES.items() if service.restart != "unless-stopped"} == {"bootstrap"}


def test_the_health_of_ours_is_asked_on_the_port_that_they_open() -> None:
    asked = {
        name: re.findall(r"http://127\.0\.0\.1:([^']+)'", str(service.healthcheck.test))
        for name, service in OURS.items()
    }
    assert asked == {**{name: [page] for name, page in ANSWERS_AT.items()}, "bootstrap": []}
    opened = {name: settings_of(service) for name, service in LONG_RUNNING.items()}
    assert {
        "worker-1": opened["worker-1"].worker_web_port,
        "worker-2": opened["worker-2"].worker_web_port,
        "loader": opened["loader"].loader_web_port,
        "deliver": opened["deliver"].deliver_web_port,
        "preferences": opened["preferences"].preferences_port,
    } == {name: int(page.partition("/")[0]) for name, page in ANSWERS_AT.items()}


def test_no_two_settings_name_the_same_port() -> None:
    ports = {name: getattr(Settings(), name) for name in Settings.__struct_fields__ if name.endswith("_port")}
    assert {"worker_web_port", "loader_web_port", "deliver_web_port", "state_port", "preferences_port"} == set(ports)
    assert len(set(ports.values())) == len(ports)


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_stopping_process_is_given_longer_than_its_longest_commit(name: str) -> None:
    grace = int(SERVICES[name].stop_grace_period.removesuffix("s"))
    assert grace * 1000 > settings_of(SERVICES[name]).transaction_timeout_ms


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_that_the_code_reads_with_a_value_it_takes(name: str) -> None:
    read = {ENVIRONMENT_PREFIX + field.upper() for field in Settings.__struct_fields__}
    if name == "deliver":
        read |= {variable for endpoint in endpoints().endpoints for variable in endpoint.secrets}
    assert {variable for variable in OURS[name].environment if variable not in read} == set()
    settings_of(OURS[name])


@pytest.mark.parametrize("field", Settings.__struct_fields__)
def test_every_setting_is_given_by_the_file_or_has_a_default_that_is_right_there(field: str) -> None:
    given = {name for service in OURS.values() for name in service.environment}
    assert (ENVIRONMENT_PREFIX + field.upper() in given) is not (field in RIGHT_BY_DEFAULT)


def test_nobody_is_left_with_an_address_that_leads_to_itself() -> None:
    for name, service in OURS.items():
        settings = settings_of(service)
        assert (settings.kafka_bootstrap, settings.schema_registry_url) == ("kafka:9092", "http://schema-registry:8081")
        if "clickhouse" in service.depends_on:
            assert settings.clickhouse_url == "http://clickhouse:8123", name


def test_all_of_ours_agree_on_what_they_share() -> None:
    shared = ("kafka_bootstrap", "schema_registry_url", "app_id", "topic_prefix", "partitions", "replication_factor")
    assert len({tuple(getattr(settings_of(service), field) for field in shared) for service in OURS.values()}) == 1


def test_every_one_who_asks_clickhouse_has_been_told_where_it_is() -> None:
    asking = {name for name, service in OURS.items() if "MOMENTOUS_CLICKHOUSE_URL" in service.environment}
    assert asking == {"worker-1", "worker-2", "loader", "preferences"}


def test_each_worker_is_a_static_member_of_its_own() -> None:
    workers = [service for service in OURS.values() if service.command == ["worker"]]
    assert sorted(settings_of(worker).worker_instance for worker in workers) == ["worker-1", "worker-2"]


def test_workers_differ_in_nothing_but_their_name_and_the_port_on_the_host() -> None:
    names = {"MOMENTOUS_WORKER_INSTANCE": "any", "MOMENTOUS_STATE_ADDRESS": "any:6069"}
    alike = [
        msgspec.structs.replace(SERVICES[name], environment={**SERVICES[name].environment, **names}, ports=[])
        for name in ("worker-1", "worker-2")
    ]
    assert alike[0] == alike[1]


@pytest.mark.parametrize("name", ["worker-1", "worker-2"])
def test_a_worker_is_reached_by_the_other_under_its_own_name_and_port(name: str) -> None:
    settings = settings_of(SERVICES[name])
    assert settings.state_address == f"{name}:{settings.state_port}"
    assert [port.rsplit(":", 1)[1] for port in SERVICES[name].ports] == [str(settings.state_port)]


def test_live_state_is_there_and_shut_until_somebody_makes_a_key() -> None:
    keys = mounted_from(SERVICES["worker-1"], settings_of(SERVICES["worker-1"]).state_keys)
    assert read_state_keys(keys) == {}


@pytest.mark.parametrize("name", ["loader", "deliver"])
def test_loader_and_deliverer_are_static_members_too(name: str) -> None:
    assert SERVICES[name].command == [name, "--instance", f"{name}-1"]


def test_the_loader_and_clickhouse_agree_on_user_password_and_database() -> None:
    settings, server = settings_of(SERVICES["loader"]), SERVICES["clickhouse"].environment
    assert (settings.clickhouse_user, settings.clickhouse_password, settings.clickhouse_database) == (
        server["CLICKHOUSE_USER"],
        server["CLICKHOUSE_PASSWORD"],
        server["CLICKHOUSE_DB"],
    )


@pytest.mark.parametrize("name", ["worker-1", "worker-2", "preferences"])
def test_who_only_asks_clickhouse_asks_as_the_reader_that_it_has(name: str) -> None:
    settings, server = settings_of(SERVICES[name]), SERVICES["clickhouse"].environment
    assert f"<{settings.clickhouse_user}>" in read_text("deploy/clickhouse/users.d/grafana.xml")
    assert (settings.clickhouse_password, settings.clickhouse_database) == (
        server["GRAFANA_CLICKHOUSE_PASSWORD"],
        server["CLICKHOUSE_DB"],
    )


def test_grafana_asks_the_database_of_the_loader_as_the_reader_that_clickhouse_has() -> None:
    environment, server = SERVICES["grafana"].environment, SERVICES["clickhouse"].environment
    (source,) = [
        source
        for source in read_yaml("deploy/grafana/provisioning/datasources/momentous.yaml")["datasources"]
        if source["type"] == "grafana-clickhouse-datasource"
    ]
    assert environment[source["jsonData"]["defaultDatabase"].removeprefix("$")] == server["CLICKHOUSE_DB"]
    assert environment[source["jsonData"]["host"].removeprefix("$")] == "clickhouse"
    password = source["secureJsonData"]["password"].removeprefix("$")
    assert environment[password] == server[password]
    users = read_text("deploy/clickhouse/users.d/grafana.xml")
    assert f'from_env="{password}"' in users
    assert f"<{source['jsonData']['username']}>" in users


def test_variables_of_the_provisioning_are_set_for_grafana() -> None:
    named = set(re.findall(r"\$([A-Z_]+)", read_text("deploy/grafana/provisioning/datasources/momentous.yaml")))
    named.discard("NAMES")  # of the comment
    assert named
    assert named <= set(SERVICES["grafana"].environment)


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_one_that_the_program_has(name: str) -> None:
    check_command(OURS[name].command)


def test_ours_run_with_no_more_rights_than_they_need() -> None:
    for service in OURS.values():
        assert (service.init, service.read_only, service.cap_drop) == (True, True, ["ALL"])
        assert service.security_opt == ["no-new-privileges:true"]


def test_ours_may_write_where_they_write() -> None:
    assert "MOMENTOUS_DATA_DIR=/var/lib/momentous" in read_text("Dockerfile")
    assert [name for name, service in OURS.items() if "/var/lib/momentous" not in service.tmpfs] == []


# -- delivery and preferences ---------------------------------------------------------------------


def test_the_deliverer_reads_a_file_that_is_right_and_has_every_secret_of_it() -> None:
    service = SERVICES["deliver"]
    found = read_deliver_file(mounted_from(service, settings_of(service).deliver_file))
    secrets = {"WEBHOOK_SECRET": "whsec_" + "A" * 43 + "="}
    assert {variable for endpoint in found.endpoints for variable in endpoint.secrets} == secrets.keys()
    assert secrets.keys() <= service.environment.keys()
    check_secrets(found.endpoints, secrets, settings_of(service))


@pytest.mark.parametrize("sandbox", [True, False])
def test_every_trigger_goes_to_the_receiver_that_runs_beside(sandbox: bool) -> None:
    endpoint = endpoints().endpoint_for("call.back", "sms", sandbox)
    assert endpoint is not None
    assert endpoint.target is not None
    assert SERVICES[endpoint.target.host].environment["PORT"] == endpoint.target.port
    assert set(SERVICES["deliver"].networks) & set(SERVICES[endpoint.target.host].networks) == {"receivers"}


def test_the_receiver_believes_the_deliverer_and_listens_for_more_than_itself() -> None:
    environment = SERVICES["receiver"].environment
    assert environment["WEBHOOK_SECRETS"] == SERVICES["deliver"].environment["WEBHOOK_SECRET"]
    assert environment["HOST"] == "0.0.0.0"
    (mounted,) = SERVICES["receiver"].volumes
    assert mounted == f"./samples/receivers/python/receive.py:{SERVICES['receiver'].command[1]}:ro"


def test_nothing_internal_may_be_called_but_the_network_of_the_receivers() -> None:
    receivers = FILE.networks["receivers"]
    assert receivers is not None
    assert receivers.internal
    assert list(endpoints().allowed) == [ip_network(part.subnet) for part in receivers.ipam.config]
    inside = {name for name, service in SERVICES.items() if "receivers" in service.networks}
    assert inside == {"deliver", "receiver"}


def test_links_in_mails_open_the_page_that_is_served() -> None:
    deliverer, page = settings_of(SERVICES["deliver"]), settings_of(SERVICES["preferences"])
    assert (deliverer.preferences_keys, deliverer.preferences_url) == (page.preferences_keys, page.preferences_url)


def test_the_page_is_served_where_its_links_lead() -> None:
    settings = settings_of(SERVICES["preferences"])
    (port,) = SERVICES["preferences"].ports
    assert settings.preferences_url == f"http://localhost:{port.split(':')[1]}"
    assert (settings.preferences_bind, settings.preferences_port) == ("0.0.0.0", int(port.split(":")[2]))


def test_a_key_made_as_the_example_says_is_one_that_is_taken() -> None:
    (key,) = read_keys(_made("PREFERENCES_KEYS")).keys
    assert (key.id, len(key.secret)) == ("first", 32)
    secret = _made("WEBHOOK_SECRET")
    assert secret.startswith("whsec_")
    Secret(secret)


def _made(variable: str) -> str:
    (command,) = re.findall(r"`(echo [^`]+)`", examples()[variable].explanation)
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout.strip()


# -- the environment file -------------------------------------------------------------------------


def test_the_example_names_every_variable_of_the_file_and_no_other() -> None:
    assert set(examples()) == {variable.name for variable in variables()}


def test_the_example_shows_the_default_that_holds() -> None:
    shown = {name: example.value for name, example in examples().items() if not example.is_set}
    assert shown == {variable.name: variable.default for variable in variables() if variable.default is not None}


def test_what_has_no_default_is_there_to_be_filled_in_and_nothing_else_is() -> None:
    to_fill = {name for name, example in examples().items() if example.is_set}
    assert to_fill == {variable.name for variable in variables() if variable.default is None}
    assert {examples()[name].value for name in to_fill} == {""}


def test_every_variable_is_explained() -> None:
    assert [name for name, example in examples().items() if not example.explanation.endswith(".")] == []


def test_an_example_that_was_copied_and_not_filled_in_is_refused() -> None:
    with pytest.raises(Missing):
        compose({name: example.value for name, example in examples().items()})


@pytest.mark.parametrize("name", [name for name, example in examples().items() if example.is_set])
def test_each_one_alone_that_was_not_filled_in_is_refused(name: str) -> None:
    filled = {name: "filled in" for name, example in examples().items() if example.is_set}
    compose(filled)
    with pytest.raises(Missing, match=f"^{name}: "):
        compose(filled | {name: ""})


def test_no_secret_stands_in_the_file() -> None:
    raw = read_yaml("docker-compose.yml")
    secrets = {
        (name, variable): str(value)
        for name, service in raw["services"].items()
        for variable, value in (service.get("environment") or {}).items()
        if SECRET.search(variable) and variable not in NOT_SECRET
    }
    assert {"CLICKHOUSE_PASSWORD", "PREFERENCES_KEYS", "WEBHOOK_SECRET"} <= {
        name.removeprefix("MOMENTOUS_") for _, name in secrets
    }
    assert {place: value for place, value in secrets.items() if not re.fullmatch(r"\$\{\w+:\?[^}]*\}", value)} == {}


def test_a_filled_in_environment_stays_out_of_version_control() -> None:
    files = {file.path for service in SERVICES.values() for file in service.env_file}
    assert files == {".env.deliver"}
    assert {".env", *files} <= set(read_text(".gitignore").splitlines())


# -- Kafka ----------------------------------------------------------------------------------------


def test_producers_elsewhere_are_told_the_partitioner() -> None:
    assert PARTITIONER in read_text("docs/operations.md")
