"""The shipped rules, one YAML file each, their tests beside them."""

from importlib.resources import files

_TEST_SUFFIX = ".test.yaml"


def load_catalogue() -> list[tuple[str, str]]:
    """File name and text of every shipped rule, by name."""
    return _texts(tests=False)


def load_catalogue_tests() -> list[tuple[str, str]]:
    """File name and text of every shipped rule's tests, by name."""
    return _texts(tests=True)


def _texts(tests: bool) -> list[tuple[str, str]]:
    entries = sorted((entry for entry in files(__name__).iterdir()), key=lambda entry: entry.name)
    return [
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in entries
        if entry.name.endswith(".yaml") and entry.name.endswith(_TEST_SUFFIX) is tests
    ]
