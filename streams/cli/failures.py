"""Which failure ends the process with which code, as one line with a remedy."""

from __future__ import annotations

EXIT_CODES = {
    0: "ok",
    1: "some input was refused, or nothing was found",
    2: "wrong use: arguments, settings, files",
    3: "a service cannot be reached or failed",
    4: "refused, because going on would lose, repeat or spoil something",
    130: "interrupted",
    143: "told to end",
    141: "the reader of the output went away",
}

REFUSED, USAGE, UNREACHABLE, UNSAFE, NO_READER = 1, 2, 3, 4, 141

CODES = {
    "streams.settings.SettingsError": USAGE,
    "streams.telemetry.server.PortTaken": USAGE,
    "streams.live_state.keys.BadKeys": USAGE,
    "streams.preferences.errors.BadKeys": USAGE,
    "streams.preferences.errors.PageUnavailable": USAGE,
    "streams.lift.errors.UnseenOutcome": USAGE,
    "streams.errors.Unreachable": UNREACHABLE,
    "streams.errors.DeliveryFailed": UNREACHABLE,
    "streams.errors.TopicMismatch": UNSAFE,
    "streams.delivery.errors.MissingSecret": USAGE,
    "streams.errors.MomentousError": REFUSED,
    "streams.history.TopicInUse": UNSAFE,
    "streams.demo.run.NoSamples": USAGE,
    "streams.demo.run.DemoFailed": UNREACHABLE,
    "streams.demo.city.CityFailed": UNSAFE,
    "streams.simulation.truth.BadTruth": USAGE,
    "streams.backtest.errors.BadPeriod": USAGE,
    "streams.backtest.errors.BadChoice": USAGE,
    "streams.backtest.errors.DoesNotAddUp": UNSAFE,
    "streams.found_moments.BadMoments": USAGE,
    "streams.demo.processes.ChildEnded": UNREACHABLE,
    "streams.demo.report.DoesNotAddUp": UNSAFE,
    "streams.importers.refusal.FileProblem": USAGE,
    "schemas.errors.RegistryUnavailable": UNREACHABLE,
    "sinks.errors.ClickHouseUnavailable": UNREACHABLE,
    "sinks.errors.EmbeddedError": UNREACHABLE,
    "sinks.errors.LoaderError": UNSAFE,
    "sinks.errors.QueryError": USAGE,
    "clickhouse_connect.driver.exceptions.ClickHouseError": UNREACHABLE,
    "cimpl.KafkaException": UNREACHABLE,
}
"""By the name of the class, so that no command imports what it does not need."""

_KAFKA = "cimpl.KafkaException"

_REMEDIES = {
    _KAFKA: "look at the broker and at MOMENTOUS_KAFKA_BOOTSTRAP (and the kafka_sasl and kafka_ssl settings)",
    "clickhouse_connect.driver.exceptions.ClickHouseError": "look at ClickHouse and at MOMENTOUS_CLICKHOUSE_URL",
}


def failure(error: BaseException, signal_code: int | None = None) -> tuple[str, int]:
    """What to print on stderr (maybe nothing) and the exit code.

    Args:
        error: what came up to the top.
        signal_code: the code of a signal that this process got; that is the reason then, whatever the error.

    Raises:
        BaseException: ``error`` itself when nobody foresaw it; its traceback belongs in a report.
    """
    if signal_code is not None:
        return "", signal_code
    if isinstance(error, BrokenPipeError):
        return "", NO_READER
    if isinstance(error, SystemExit):
        return "", error.code if isinstance(error.code, int) else int(bool(error.code))
    if type(error).__name__ == "NoArgsIsHelpError":
        return "", USAGE  # the help has been printed
    if hasattr(error, "format_message"):  # typer's errors about arguments; their module is not public
        said = _one_line(error.format_message()).removesuffix(".")
        return f"error: {said}; see `{_command_of(error)} --help`", USAGE
    for kind in type(error).__mro__:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in CODES:
            remedy = f"; {_REMEDIES[name]}" if name in _REMEDIES else ""
            said = _of_kafka(error) if name == _KAFKA else str(error)
            return f"error: {_one_line(said)}{remedy}", CODES[name]
    if isinstance(error, OSError) and error.filename is not None:
        return f"error: {error.filename}: {error.strerror}; check the path and its rights", USAGE
    raise error


def _command_of(error: BaseException) -> str:
    """The command, with its groups, that an error about arguments came from."""
    return str(getattr(getattr(error, "ctx", None), "command_path", "") or "momentous")


def _of_kafka(error: BaseException) -> str:
    """In its words, without the numbers that librdkafka gives them, and with the address that was tried."""
    from streams.settings import SettingsError, load_settings

    said = error.args[0].str() if error.args and hasattr(error.args[0], "str") else str(error)
    try:
        return f"Kafka at {load_settings().kafka_bootstrap} failed ({said})"
    except SettingsError:
        return f"Kafka failed ({said})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
