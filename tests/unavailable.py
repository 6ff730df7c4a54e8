"""What a test needs and the machine has not: skipped by a developer's, a failure where CI=true."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(what: str, reason: str) -> NoReturn:
    """End the test: skipped with the reason, or failed under ``CI=true``."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI=true allows no skip: {reason}", pytrace=False)
    pytest.skip(f"{what}: {reason}")
