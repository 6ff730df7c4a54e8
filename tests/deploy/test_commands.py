"""The check of command lines can fail."""

from __future__ import annotations

import pytest

from tests.deploy.commands import NoSuchCommand, check_command


@pytest.mark.parametrize(
    "words",
    [
        ["worker"],
        ["--config", "settings.toml", "worker"],
        ["loader", "--instance", "loader-1"],
        ["loader", "--instance=loader-1"],
        ["topics", "create", "--no-rules"],
        ["rules", "publish", "some.yaml", "--dry-run"],
    ],
)
def test_a_command_that_exists_passes(words: list[str]) -> None:
    check_command(words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["wurker"], "momentous has no subcommand wurker"),
        (["topics"], "momentous topics needs a subcommand"),
        (["topics", "drop"], "momentous topics has no subcommand drop"),
        (["loader", "--instnce", "1"], "momentous loader has no option --instnce"),
    ],
)
def test_a_command_that_does_not_exist_is_named(words: list[str], message: str) -> None:
    with pytest.raises(NoSuchCommand, match=f"^{message}$"):
        check_command(words)
