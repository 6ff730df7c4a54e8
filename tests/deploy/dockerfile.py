"""A Dockerfile taken apart: stages, and the instructions of each."""

from __future__ import annotations

import re
from typing import NamedTuple

_INSTRUCTION = re.compile(r"^([A-Z]+)\s+(.*)$", re.DOTALL)


class Instruction(NamedTuple):
    """``WORD arguments``, continued lines joined."""

    word: str
    arguments: str


class Stage(NamedTuple):
    """What follows a FROM."""

    base: str
    name: str
    instructions: list[Instruction]

    def all(self, word: str) -> list[str]:
        """Arguments of every such instruction, in order."""
        return [instruction.arguments for instruction in self.instructions if instruction.word == word]


def stages(text: str) -> list[Stage]:
    """The stages in order.

    Raises:
        ValueError: a line that is no instruction, or one before the first FROM.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        match = _INSTRUCTION.match(line)
        if match is None:
            raise ValueError(f"no instruction: {line}")
        if match[1] == "FROM":
            base, _, name = match[2].partition(" AS ")
            found.append(Stage(base, name, []))
        else:
            found[-1].instructions.append(Instruction(match[1], match[2]))
    return found
