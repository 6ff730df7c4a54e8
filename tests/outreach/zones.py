"""Time zones as the tzdata package has them: what the machine's own database says need not agree."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import tzdata

_FOLDER = Path(tzdata.__file__).parent / "zoneinfo"


@cache
def zone(name: str) -> ZoneInfo:
    """The zone; KeyError when there is none."""
    path = _FOLDER / name
    if not name or not path.is_file():
        raise KeyError(name)
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
