"""The Kubernetes example: complete, and in agreement with the code and with itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sinks.connection import ANSWER_SECONDS
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
]
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
        environment[variable["name"]] = variable.get("value") or f"{name_of(workload)}-0"
    assert {type(value) for value in environment.values()} == {str}
    return load_settings(environment)


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
    assert set(secret("momentous-secrets").values()) == {""}


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_a_command_is_one_that_the_program_has(workload: dict[str, Any]) -> None:
    check_command(container(workload)["args"])


def test_the_images_are_the_release_that_compose_builds() -> None:
    assert {container(workload)["image"] for workload in WORKLOADS} == {service.image for service in ours().values()}


# -- workers ------------------------------------------------------------------------------------------


def test_a_workers_member_id_is_its_pods_name() -> None:
    (variable,) = container(SERVING[0])["env"]
    assert variable == {
        "name": "MOMENTOUS_WORKER_INSTANCE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_there_are_not_more_workers_than_partitions() -> None:
    assert SERVING[0]["spec"]["replicas"] <= settings_of(SERVING[0]).partitions


def test_the_headless_service_of_the_workers_exists() -> None:
    assert one("Service", SERVING[0]["spec"]["serviceName"])["spec"]["clusterIP"] == "None"


def test_a_disruption_takes_one_worker_at_most() -> None:
    budget = one("PodDisruptionBudget", "momentous-worker")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"] == SERVING[0]["spec"]["template"]["metadata"]["labels"]


def test_a_stopping_worker_is_given_longer_than_its_longest_commit() -> None:
    grace = pod(SERVING[0])["terminationGracePeriodSeconds"]
    assert grace * 1000 > settings_of(SERVING[0]).transaction_timeout_ms


# -- loader -------------------------------------------------------------------------------------------


def test_there_is_never_a_second_loader() -> None:
    spec = SERVING[1]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert container(SERVING[1])["args"][1:] == ["--instance", "loader-0"]


def test_a_stopping_loader_is_given_longer_than_its_longest_insert() -> None:
    assert pod(SERVING[1])["terminationGracePeriodSeconds"] > ANSWER_SECONDS


# -- ports and probes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("workload", "field"), list(zip(SERVING, ("worker_web_port", "loader_web_port"), strict=True)))
def test_ports_agree(workload: dict[str, Any], field: str) -> None:
    (port,) = container(workload)["ports"]
    (served,) = one("Service", name_of(workload))["spec"]["ports"]
    scraped = workload["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"]
    wanted = getattr(settings_of(workload), field)
    assert (port["containerPort"], served["port"], int(scraped)) == (wanted, wanted, wanted)
    assert (port["name"], served["targetPort"]) == ("web", "web")


@pytest.mark.parametrize("workload", SERVING, ids=name_of)
def test_probes_ask_for_progress_where_the_process_answers(workload: dict[str, Any]) -> None:
    asked = {kind: container(workload)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert asked == {
        "startup": {"path": "/health/live", "port": "web"},
        "readiness": {"path": "/health/ready", "port": "web"},
        "liveness": {"path": "/health/live", "port": "web"},
    }


@pytest.mark.parametrize("path", ["streams/telemetry/worker_pages.py", "sinks/loader_pages.py"])
def test_what_is_probed_is_served(path: str) -> None:
    assert [page for page in WEB_PATHS if f'"{page}"' not in read_text(path)] == []


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
    assert set(mounted) == {"/var/lib/momentous", "/tmp"}
    assert set(mounted.values()) == {volume["name"] for volume in pod(workload)["volumes"]}


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_memory_is_bounded_and_no_workers_core_is_throttled(workload: dict[str, Any]) -> None:
    assert set(container(workload)["resources"]["limits"]) == {"memory"}
