"""What a test needs and the machine has not: skipped by a developer's, a failure where CI=true."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

WITHOUT = "MOMENTOUS_TESTS_WITHOUT"
"""Names what a machine is known not to have (``browser``): the one thing that CI=true lets pass."""


def unavailable(what: str, reason: str) -> NoReturn:
    """End the test: skipped with the reason, or failed under ``CI=true``.

    Args:
        what: as ``no Kafka``.
        reason: why, and how to get it.
    """
    known = what.removeprefix("no ") in os.environ.get(WITHOUT, "").split(",")
    if os.environ.get("CI") == "true" and not known:
        pytest.fail(f"{what}, and CI=true allows no skip: {reason}", pytrace=False)
    pytest.skip(f"{what}: {reason}")
