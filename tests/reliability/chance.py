"""Tests of sabotages among real processes."""

from __future__ import annotations

import pytest

noticed_by_chance = pytest.mark.flaky(reruns=3)
"""It is chance whether a fault comes just where the broken line shows: noticed in one of four attempts is noticed."""
