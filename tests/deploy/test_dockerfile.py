"""The image: pinned, small, without rights, and complete."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from streams.settings import Settings
from tests.deploy.compose import ours
from tests.deploy.dockerfile import stages
from tests.deploy.files import ROOT, read_text
from tests.deploy.stack import SLIM

STAGES = stages(read_text("Dockerfile"))
BUILD, FINAL = STAGES
PROJECT = tomllib.loads(read_text("pyproject.toml"))


def test_every_stage_begins_with_an_exact_version() -> None:
    assert [stage.base for stage in STAGES if not re.fullmatch(r"python:\d+\.\d+\.\d+-slim-[a-z]+", stage.base)] == []


def test_what_is_built_and_what_runs_are_the_same_python() -> None:
    assert BUILD.base == FINAL.base


def test_the_python_is_one_that_the_project_takes() -> None:
    version = re.findall(r"python:(\d+)\.(\d+)", FINAL.base)[0]
    least = PROJECT["project"]["requires-python"].removeprefix(">=").split(".")
    assert [int(part) for part in version] >= [int(part) for part in least]


def test_it_does_not_run_as_root() -> None:
    assert FINAL.all("USER") == ["10001:10001"]
    words = [instruction.word for instruction in FINAL.instructions]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert "RUN" not in words[words.index("USER") :]


def test_packages_come_with_hashes_and_as_wheels_from_the_lock_file() -> None:
    (install,) = [run for run in BUILD.all("RUN") if "requirements.lock" in run]
    assert {"--require-hashes", "--only-binary", ":all:"} <= set(shlex.split(install))


def test_nothing_else_is_fetched() -> None:
    installs = [
        run for stage in STAGES for run in stage.all("RUN") if re.search(r"\bpip install\b|apt-get|curl|wget", run)
    ]
    assert [
        run for run in installs if "--require-hashes" not in run and "--no-deps --no-build-isolation ." not in run
    ] == []
    assert [stage.all("ADD") for stage in STAGES] == [[], []]


def test_no_build_tools_reach_the_final_image() -> None:
    removed = {word for run in BUILD.all("RUN") if "pip uninstall" in run for word in shlex.split(run)}
    assert {"setuptools", "pip"} <= removed
    assert FINAL.all("COPY") == ["--from=build /app/venv /app/venv"]


def test_services_are_tested_without_what_the_image_leaves_out() -> None:
    removed = {word for run in BUILD.all("RUN") if "pip uninstall" in run for word in run.split("&&")[0].split()}
    code = "import sitecustomize, json; print(json.dumps(sitecustomize.LEFT_OUT)); import chdb"
    slim = {**os.environ, "PYTHONPATH": str(SLIM)}
    done = subprocess.run([sys.executable, "-c", code], env=slim, capture_output=True, text=True, timeout=20)
    assert set(json.loads(done.stdout)) <= removed
    assert "ModuleNotFoundError: import of chdb halted" in done.stderr


def test_what_is_copied_exists_and_is_let_through() -> None:
    sources = [source for copied in BUILD.all("COPY") for source in copied.split()[:-1]]
    let_through = {line.removeprefix("!") for line in read_text(".dockerignore").splitlines() if line.startswith("!")}
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == let_through


def test_every_package_of_ours_is_copied() -> None:
    packages = {pattern.removesuffix("*") for pattern in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= {source for copied in BUILD.all("COPY") for source in copied.split()[:-1]}


def test_every_port_that_a_process_of_ours_opens_is_told() -> None:
    opened = {getattr(Settings(), name) for name in Settings.__struct_fields__ if name.endswith("_port")}
    assert {int(port) for told in FINAL.all("EXPOSE") for port in told.split()} == opened


def test_it_is_the_program_and_is_stopped_as_the_program_expects() -> None:
    assert json.loads(FINAL.all("ENTRYPOINT")[0]) == ["momentous"]
    assert FINAL.all("STOPSIGNAL") == ["SIGTERM"]
    assert "momentous" in PROJECT["project"]["scripts"]


def test_files_that_are_not_python_are_part_of_the_package() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "--", "schemas", "streams", "sinks"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    patterns = [
        f"{package.replace('.', '/')}/{pattern}"
        for package, listed in PROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in listed
    ]
    data = [path for path in tracked if not path.endswith(".py")]
    assert data
    assert [path for path in data if not any(_matches(path, pattern) for pattern in patterns)] == []


def _matches(path: str, pattern: str) -> bool:
    """As setuptools reads it: a star stays within its folder."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


# -- the health check, run as it stands -----------------------------------------------------------


class _Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path in ("/health", "/health/ready") else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def checks() -> dict[str, list[str]]:
    """Every health check of our image, as words."""
    found = {
        name: service.healthcheck.test[1:] for name, service in ours().items() if service.healthcheck.test is not None
    }
    (instruction,) = FINAL.all("HEALTHCHECK")
    found["Dockerfile"] = json.loads(instruction.partition("CMD ")[2])
    return found


@pytest.mark.parametrize("name", checks())
@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_believes_what_health_says(name: str, status: int, code: int) -> None:
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (_Health,), {"status": status}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert _run(name, server.server_port) == code
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", checks())
def test_nobody_there_is_unhealthy(name: str) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Health)
    server.server_close()
    assert _run(name, server.server_port) == 1


def _run(name: str, port: int) -> int:
    """The check's exit code with the port in place of the container's."""
    program, *arguments = checks()[name]
    assert program == "python"
    arguments = [re.sub(r"127\.0\.0\.1:60\d\d", f"127.0.0.1:{port}", word) for word in arguments]
    environment = {**os.environ, "HEALTH_PORT": str(port)}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, timeout=20)
    return done.returncode
