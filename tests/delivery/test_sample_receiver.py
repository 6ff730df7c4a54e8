"""samples/receivers/python as whoever copies it runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from streams.delivery import Secret, signed_headers
from tests.delivery.receiver import SECRET
from tests.delivery.triggers import delivery
from tests.sinks.service import free_port

SAMPLE = Path(__file__).parents[2] / "samples" / "receivers" / "python" / "receive.py"
OTHER = "whsec_" + "B" * 43 + "="


def post(port: int, secret: str, age_s: int = 0, body: bytes | None = None) -> int:
    one = delivery(1)
    headers = signed_headers([Secret(secret)], one.message_id, int(time.time()) - age_s, one.body())
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", body or one.body(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_sample_believes_what_is_signed_and_fresh_and_acts_once() -> None:
    port = free_port()
    env = {**os.environ, "PORT": str(port), "WEBHOOK_SECRETS": f"{OTHER} {SECRET}"}
    process = subprocess.Popen([sys.executable, "-I", str(SAMPLE)], env=env, stdout=subprocess.PIPE)
    try:
        for _ in range(100):
            try:
                codes = [post(port, SECRET)]
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        else:
            pytest.fail("the sample does not answer")
        codes += [post(port, OTHER), post(port, "whsec_" + "C" * 43 + "="), post(port, SECRET, 301)]
        codes.append(post(port, SECRET, body=b'{"type": "outreach.triggered"}'))
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=10)
    assert codes == [204, 204, 401, 401, 401]
    (line,) = out.decode().splitlines()
    told = json.loads(line)
    assert (told["id"], told["data"]["customer_id"]) == (delivery(1).message_id, "c1")


def test_the_sample_needs_nothing_but_the_standard_library_and_stays_short() -> None:
    text = SAMPLE.read_text()
    imported = {
        line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported <= set(sys.stdlib_module_names)
    begin, _, rest = text.partition("    def do_POST")
    handling = rest.partition("    def log_message")[0]
    assert len([line for line in handling.splitlines() if line.strip()]) <= 20
    assert begin.startswith('"""')
