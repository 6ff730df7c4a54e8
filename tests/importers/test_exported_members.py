import streams.importers
import streams.importers.mapping


def test_what_others_may_use_of_the_importers() -> None:
    assert streams.importers.__all__ == [
        "PHANTOM",
        "BankLog",
        "ConsentLog",
        "EventLog",
        "FileProblem",
        "Mapping",
        "MappingFileError",
        "Refusal",
        "RefusedRow",
        "parse_mapping",
        "read_bank",
        "read_completejourney",
        "read_consents",
        "read_json_lines",
        "read_online_retail",
        "read_otto",
        "shipped_mapping",
    ]


def test_what_others_may_use_of_mappings() -> None:
    assert streams.importers.mapping.__all__ == [
        "Mapping",
        "MappingFileError",
        "Row",
        "Template",
        "TimeFormat",
        "parse_mapping",
        "read_rows",
    ]
