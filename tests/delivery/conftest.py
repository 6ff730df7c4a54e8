"""No deliverer outlives its test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.delivery.process import STARTED


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Whatever a failed test did not come to end."""
    yield
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.kill()
            process.wait()
