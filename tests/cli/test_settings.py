from pathlib import Path

from streams.cli.settings import settings_markdown, settings_rows
from streams.settings import Settings, load_settings
from tests.cli.conftest import Run

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_of_settings_is_what_the_command_writes() -> None:
    assert PAGE.read_text() == settings_markdown(), "run `momentous settings --markdown > docs/settings.md`"


def test_every_setting_has_a_row() -> None:
    assert [row.name for row in settings_rows(Settings(), {})] == list(Settings.__struct_fields__)


def test_a_row_tells_name_variable_default_value_and_source() -> None:
    environment = {"MOMENTOUS_APP_ID": "mine"}
    row = next(row for row in settings_rows(load_settings(environment), environment) if row.name == "app_id")
    assert row == (
        "app_id",
        "MOMENTOUS_APP_ID",
        "momentous",
        "Consumer group, and the stem of every transactional.id.",
        "mine",
        "environment",
    )


def test_a_value_from_the_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text("partitions = 8\n")
    environment = {"MOMENTOUS_CONFIG": str(tmp_path / "m.toml")}
    row = next(row for row in settings_rows(load_settings(environment), environment) if row.name == "partitions")
    assert (row.value, row.source) == ("8", "file")


def test_secrets_are_masked(momentous: Run) -> None:
    told = momentous(
        "settings", MOMENTOUS_CLICKHOUSE_PASSWORD="swordfish", MOMENTOUS_SCHEMA_REGISTRY_USER="me:swordfish"
    )
    assert told.code == 0
    assert "swordfish" not in told.out + told.err
    assert told.out.count("••••••") == 2
