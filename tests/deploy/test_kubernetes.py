"""The Kubernetes example: complete, and in agreement with the code and with itself."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from sinks.connection import ANSWER_SECONDS
from streams.delivery import MissingSecret, check_secrets, parse_deliver_file
from streams.preferences import BadKeys, read_keys
from streams.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from tests.deploy.commands import check_command
from tests.deploy.compose import ours
from tests.deploy.files import ROOT, read_documents, read_text, read_yaml

FOLDER = "deploy/kubernetes"
LISTED: list[str] = read_yaml(f"{FOLDER}/kustomization.yaml")["resources"]
OBJECTS: list[dict[str, Any]] = [found for path in LISTED for found in read_documents(f"{FOLDER}/{path}")]
API = {
    "ConfigMap": "v1",
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "Namespace": "v1",
    "PodDisruptionBudget": "policy/v1",
    "Secret": "v1",
    "Service": "v1",
    "StatefulSet": "apps/v1",
}
WEB_PATHS = ("/health", "/health/live", "/health/ready")


def one(kind: str, name: str) -> dict[str, Any]:
    """The object of that kind and name."""
    (found,) = [found for found in OBJECTS if (found["kind"], found["metadata"]["name"]) == (kind, name)]
    return found


WORKLOADS = [
    one("Job", "momentous-bootstrap"),
    one("StatefulSet", "momentous-worker"),
    one("Deployment", "momentous-loader"),
    one("StatefulSet", "momentous-deliver"),
    one("Deployment", "momentous-preferences"),
]
WORKER, LOADER, DELIVERER, PAGE = WORKLOADS[1:]
SERVING = WORKLOADS[1:]


def name_of(found: dict[str, Any]) -> str:
    return str(found["metadata"]["name"])


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = workload["spec"]["template"]["spec"]
    return found


def container(workload: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod(workload)["containers"]
    assert isinstance(found, dict)
    return found


def settings_of(workload: dict[str, Any]) -> Settings:
    """What the pod's process would read; a field reference stands for the pod's name."""
    environment: dict[str, str] = {}
    for source in container(workload)["envFrom"]:
        ((kind, reference),) = source.items()
        values = one("ConfigMap", reference["name"])["data"] if kind == "configMapRef" else secret(reference["name"])
        environment |= values
    for variable in container(workload).get("env", []):
        value = variable.get("value") or f"{name_of(workload)}-0"
        environment[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda found: environment[found[1]], value)
    assert {type(value) for value in environment.values()} == {str}
    return load_settings({name: value for name, value in environment.items() if name.startswith(ENVIRONMENT_PREFIX)})


def secret(name: str) -> dict[str, str]:
    found: dict[str, str] = one("Secret", name)["stringData"]
    return found


# -- form -----------------------------------------------------------------------------------------


def test_every_file_is_listed() -> None:
    assert sorted(LISTED) == sorted(
        path.name for path in (ROOT / FOLDER).glob("*.yaml") if path.name != "kustomization.yaml"
    )


def test_every_object_has_the_api_version_of_its_kind() -> None:
    assert {found["kind"]: found["apiVersion"] for found in OBJECTS} == API


def test_names_are_told_apart() -> None:
    names = Counter((found["kind"], name_of(found)) for found in OBJECTS)
    assert [name for name, count in names.items() if count > 1] == []


def test_there_is_the_namespace_that_everything_goes_into() -> None:
    assert one("Namespace", read_yaml(f"{FOLDER}/kustomization.yaml")["namespace"])


@pytest.mark.parametrize("workload", SERVING, ids=name_of)
def test_selectors_choose_the_pods_they_mean(workload: dict[str, Any]) -> None:
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert workload["spec"]["selector"]["matchLabels"] == labels
    assert one("Service", name_of(workload))["spec"]["selector"] == labels


# -- settings and commands --------------------------------------------------------------------------


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_every_setting_is_one_that_the_code_reads_with_a_value_it_takes(workload: dict[str, Any]) -> None:
    settings = settings_of(workload)
    assert (settings.partitions, settings.replication_factor) == (12, 3)


def test_every_variable_is_a_setting() -> None:
    read = {ENVIRONMENT_PREFIX + field.upper() for field in Settings.__struct_fields__}
    assert set(one("ConfigMap", "momentous-settings")["data"]) <= read
    assert set(secret("momentous-secrets")) <= read


def test_what_is_secret_is_in_the_secret_and_has_no_value_here() -> None:
    assert [name for name in one("ConfigMap", "momentous-settings")["data"] if "PASSWORD" in name] == []
    for name in ("momentous-secrets", "momentous-outreach", "momentous-state-keys"):
        assert set(secret(name).values()) == {""}


def test_secrets_of_outreach_go_to_those_that_use_them_and_to_nobody_else() -> None:
    given = {
        name_of(workload)
        for workload in WORKLOADS
        for source in container(workload)["envFrom"]
        if source.get("secretRef", {}).get("name") == "momentous-outreach"
    }
    assert given == {"momentous-deliver", "momentous-preferences"}


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_a_command_is_one_that_the_program_has(workload: dict[str, Any]) -> None:
    check_command(container(workload)["args"])


def test_the_images_are_the_release_that_compose_builds() -> None:
    assert {container(workload)["image"] for workload in WORKLOADS} == {service.image for service in ours().values()}


# -- workers ------------------------------------------------------------------------------------------


def test_a_workers_member_id_is_its_pods_name() -> None:
    assert container(WORKER)["env"][0] == {
        "name": "MOMENTOUS_WORKER_INSTANCE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_a_worker_is_reached_by_the_others_as_a_pod_of_its_headless_service() -> None:
    settings = settings_of(WORKER)
    assert settings.state_address == f"momentous-worker-0.{WORKER['spec']['serviceName']}:{settings.state_port}"


def test_the_keys_of_live_state_lie_where_the_worker_looks() -> None:
    (mount,) = [mount for mount in container(WORKER)["volumeMounts"] if mount["name"] == "state-keys"]
    (volume,) = [volume for volume in pod(WORKER)["volumes"] if volume["name"] == "state-keys"]
    (file,) = secret(volume["secret"]["secretName"])
    assert settings_of(WORKER).state_keys == f"{mount['mountPath']}/{file}"
    assert "subPath" not in mount  # a file mounted alone never changes


def test_live_state_is_asked_of_workers_that_are_ready() -> None:
    spec = one("Service", "momentous-state")["spec"]
    assert spec["selector"] == WORKER["spec"]["template"]["metadata"]["labels"]
    assert "publishNotReadyAddresses" not in spec
    assert spec["ports"] == [{"name": "state", "port": settings_of(WORKER).state_port, "targetPort": "state"}]


def test_there_are_not_more_workers_than_partitions() -> None:
    assert WORKER["spec"]["replicas"] <= settings_of(WORKER).partitions


def test_the_headless_service_of_the_workers_exists() -> None:
    assert one("Service", WORKER["spec"]["serviceName"])["spec"]["clusterIP"] == "None"


def test_a_disruption_takes_one_worker_at_most() -> None:
    budget = one("PodDisruptionBudget", "momentous-worker")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"] == WORKER["spec"]["template"]["metadata"]["labels"]


def test_a_stopping_worker_is_given_longer_than_its_longest_commit() -> None:
    grace = pod(WORKER)["terminationGracePeriodSeconds"]
    assert grace * 1000 > settings_of(WORKER).transaction_timeout_ms


# -- loader -------------------------------------------------------------------------------------------


def test_there_is_never_a_second_loader() -> None:
    spec = LOADER["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert container(LOADER)["args"][1:] == ["--instance", "loader-0"]


def test_a_stopping_loader_is_given_longer_than_its_longest_insert() -> None:
    assert pod(LOADER)["terminationGracePeriodSeconds"] > ANSWER_SECONDS


# -- deliverers and the preferences page ------------------------------------------------------------------


def test_a_deliverers_member_id_is_its_pods_name() -> None:
    assert container(DELIVERER)["args"][1:] == ["--instance", "$(POD_NAME)"]
    assert container(DELIVERER)["env"][0] == {
        "name": "POD_NAME",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_the_deliverer_reads_a_file_that_is_right_and_refuses_to_start_without_its_secrets() -> None:
    text = one("ConfigMap", "momentous-deliver")["data"]["deliver.yaml"]
    found = parse_deliver_file(text, "deliver.yaml")
    named = {variable for endpoint in found.endpoints for variable in endpoint.secrets}
    assert named == secret("momentous-outreach").keys() - {"MOMENTOUS_PREFERENCES_KEYS"}
    assert {endpoint.sandbox for endpoint in found.endpoints} == {True, False}
    assert settings_of(DELIVERER).deliver_file == "/etc/momentous/deliver.yaml"
    with pytest.raises(MissingSecret):
        check_secrets(found.endpoints, secret("momentous-outreach"), settings_of(DELIVERER))


def test_a_stopping_deliverer_is_given_longer_than_its_longest_attempt() -> None:
    found = parse_deliver_file(one("ConfigMap", "momentous-deliver")["data"]["deliver.yaml"], "deliver.yaml")
    longest = max(endpoint.timeout_ms for endpoint in found.endpoints)
    assert pod(DELIVERER)["terminationGracePeriodSeconds"] * 1000 > longest


def test_the_preferences_page_refuses_to_start_without_a_key() -> None:
    with pytest.raises(BadKeys):
        read_keys(settings_of(PAGE).preferences_keys)


def test_the_preferences_page_listens_for_more_than_itself_under_links_with_tls() -> None:
    settings = settings_of(PAGE)
    assert settings.preferences_bind == "0.0.0.0"
    assert settings.preferences_url.startswith("https://")
    assert settings_of(DELIVERER).preferences_url == settings.preferences_url


# -- ports and probes -----------------------------------------------------------------------------------


PORTS = [
    (WORKER, {"web": "worker_web_port", "state": "state_port"}),
    (LOADER, {"web": "loader_web_port"}),
    (DELIVERER, {"web": "deliver_web_port"}),
    (PAGE, {"web": "preferences_port"}),
]


@pytest.mark.parametrize(("workload", "fields"), PORTS, ids=[name_of(workload) for workload, _ in PORTS])
def test_ports_agree(workload: dict[str, Any], fields: dict[str, str]) -> None:
    wanted = {name: getattr(settings_of(workload), field) for name, field in fields.items()}
    opened = {port["name"]: port["containerPort"] for port in container(workload)["ports"]}
    served = {port["targetPort"]: port["port"] for port in one("Service", name_of(workload))["spec"]["ports"]}
    assert (opened, served) == (wanted, wanted)


@pytest.mark.parametrize("workload", [WORKER, LOADER, DELIVERER], ids=name_of)
def test_what_has_metrics_is_scraped_where_it_answers(workload: dict[str, Any]) -> None:
    annotations = workload["spec"]["template"]["metadata"]["annotations"]
    (web,) = [port["containerPort"] for port in container(workload)["ports"] if port["name"] == "web"]
    assert annotations == {
        "prometheus.io/scrape": "true",
        "prometheus.io/path": "/metrics",
        "prometheus.io/port": str(web),
    }


@pytest.mark.parametrize(
    ("workload", "pages"),
    [
        (WORKER, ("/health/live", "/health/ready", "/health/live")),
        (LOADER, ("/health/live", "/health/ready", "/health/live")),
        # An outreach system that is down must not hold up a rollout.
        (DELIVERER, ("/health/live", "/health/live", "/health/live")),
        (PAGE, ("/health", "/health", "/health")),
    ],
    ids=lambda case: name_of(case) if isinstance(case, dict) else "",
)
def test_probes_ask_for_progress_where_the_process_answers(workload: dict[str, Any], pages: tuple[str, ...]) -> None:
    asked = [container(workload)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")]
    assert asked == [{"path": page, "port": "web"} for page in pages]


@pytest.mark.parametrize(
    ("path", "pages"),
    [
        ("streams/telemetry/worker_pages.py", WEB_PATHS),
        ("sinks/loader_pages.py", WEB_PATHS),
        ("streams/delivery/delivery_pages.py", WEB_PATHS),
        ("streams/preferences/service.py", ("/health",)),
    ],
)
def test_what_is_probed_is_served(path: str, pages: tuple[str, ...]) -> None:
    assert [page for page in pages if f'"{page}"' not in read_text(path)] == []


# -- rights ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_it_runs_with_no_more_rights_than_it_needs(workload: dict[str, Any]) -> None:
    assert pod(workload)["automountServiceAccountToken"] is False
    assert pod(workload)["securityContext"]["runAsNonRoot"] is True
    assert container(workload)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_it_runs_as_the_images_user_and_may_write_where_it_writes(workload: dict[str, Any]) -> None:
    context = pod(workload)["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in read_text("Dockerfile")
    mounted = {mount["mountPath"]: mount["name"] for mount in container(workload)["volumeMounts"]}
    written = {mount["mountPath"] for mount in container(workload)["volumeMounts"] if not mount.get("readOnly")}
    assert written == {"/var/lib/momentous", "/tmp"}
    assert set(mounted.values()) == {volume["name"] for volume in pod(workload)["volumes"]}


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_memory_is_bounded_and_no_workers_core_is_throttled(workload: dict[str, Any]) -> None:
    assert set(container(workload)["resources"]["limits"]) == {"memory"}
