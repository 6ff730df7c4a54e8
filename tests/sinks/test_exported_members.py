import sinks
import sinks.embedded


def test_the_door_of_sinks_is_exactly_this() -> None:
    assert sinks.__all__ == [
        "Answer",
        "ClickHouseUnavailable",
        "EmbeddedError",
        "IntentMismatch",
        "IntentUnreadable",
        "Loader",
        "LoaderError",
        "NamedQuery",
        "OffsetGone",
        "Parameter",
        "Progress",
        "QueryError",
        "SinkError",
        "TablesMissing",
        "apply_ddl",
        "connect",
        "named_queries",
        "run_loader",
        "run_query",
        "serve_embedded",
    ]


def test_the_door_of_the_embedded_service_is_exactly_this() -> None:
    assert sinks.embedded.__all__ == ["serve_embedded"]


def test_every_name_at_the_doors_is_there() -> None:
    assert all(hasattr(sinks, name) for name in sinks.__all__)
    assert all(hasattr(sinks.embedded, name) for name in sinks.embedded.__all__)
