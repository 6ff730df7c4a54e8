import pytest

from streams.cli.import_group import as_command

COMMANDS = ["bank", "mapping", "otto"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--mapping", "orders.yaml", "orders.csv", "--dry-run"],
        ["--mapping=orders.yaml", "orders.csv", "--dry-run"],
        ["orders.csv", "--mapping", "orders.yaml", "--dry-run"],
        ["orders.csv", "--dry-run", "--mapping", "orders.yaml"],
    ],
    ids=" ".join,
)
def test_a_mapping_as_an_option_is_the_command_mapping(arguments: list[str]) -> None:
    command, mapping, *rest = as_command(arguments, COMMANDS)
    assert (command, mapping, sorted(rest)) == ("mapping", "orders.yaml", ["--dry-run", "orders.csv"])


@pytest.mark.parametrize(
    "arguments", [["otto", "events.csv", "--mapping", "x"], ["orders.csv"], ["--help"], [], ["--mapping"]], ids=" ".join
)
def test_all_else_stays_as_it_is(arguments: list[str]) -> None:
    assert as_command(arguments, COMMANDS) == arguments
