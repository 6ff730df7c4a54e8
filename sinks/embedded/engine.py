"""ClickHouse in this process: one data directory, one process, any number of statements at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import structlog

from sinks.embedded.failure import QueryFailed
from sinks.embedded.repair import forget_lost_parts
from sinks.errors import EmbeddedError

log = structlog.get_logger("clickhouse")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a statement gave back; ``elapsed_ns`` in nanoseconds."""

    body: bytes
    rows_read: int
    bytes_read: int
    elapsed_ns: int


class Engine:
    """The data directory's one owner.

    Every statement runs on a connection of its own, so settings and the current database never
    leak from one to the next. Calls block and release the interpreter's lock: use threads.

    Args:
        data_dir: made if missing; holds ``clickhouse`` (the data), ``incoming`` (bodies on their
            way in, emptied at start) and ``clickhouse.lock``.

    Raises:
        EmbeddedError: another process serves this directory, or the data cannot be opened.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.resolve()
        self._path = str(self._data_dir / "clickhouse")
        self.incoming = self._data_dir / "incoming"
        if "?" in self._path:
            raise EmbeddedError(
                f"{self._path}: the engine cannot open a path with '?'", "choose another data directory"
            )
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self._data_dir / "clickhouse.lock")
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir()
        if forgotten := forget_lost_parts(Path(self._path)):
            log.info("blocks that a kill cut off are forgotten, so that they can be sent again", blocks=forgotten)
        # The engine takes its time zone from the process when it is first imported.
        os.environ["TZ"] = "UTC"
        time.tzset()
        import chdb  # half a second, and it starts an engine: only when serving

        self._chdb: Any = chdb
        try:
            # Held open as long as we live: the engine goes with its last connection.
            self._keeper: Any = self._chdb.connect(self._path)
            self.version = str(self._keeper.query("SELECT version()", "TabSeparated")).strip()
        except Exception as error:
            self._lock.close()
            reason = " ".join(str(error).split())
            raise EmbeddedError(
                f"{self._path}: the data cannot be opened ({reason})",
                "move the directory away to begin anew; the topics hold everything for 30 days",
            ) from error

    def run(
        self,
        sql: bytes,
        output_format: str = "TabSeparated",
        setup: Sequence[bytes] = (),
        params: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run one statement after the ``setup`` statements on a fresh connection.

        Args:
            sql: the statement, with or without a FORMAT of its own.
            output_format: when it has none.
            setup: USE and SET statements that hold for this call only.
            params: values of ``{name:Type}`` places, escaped as in TabSeparated.

        Raises:
            QueryFailed: the engine refused one of them.
        """
        begun = time.perf_counter_ns()
        connection = self._chdb.connect(self._path)
        try:
            for statement in setup:
                connection.query(statement, "Null")
            result: Any = connection.query(sql, output_format, params=dict(params or {}))
            # bytes() of a result without one is None
            body = result.bytes() or b""
            return Outcome(body, result.rows_read(), result.bytes_read(), time.perf_counter_ns() - begun)
        except QueryFailed:
            raise
        except Exception as error:
            raise QueryFailed.from_engine(str(error)) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Close the engine in good order and give the directory free."""
        self._keeper.close()
        self._lock.close()


def _locked(path: Path) -> IO[str]:
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise EmbeddedError(
            f"{path.parent} is served by another process already (pid {owner})",
            "stop that one, or choose another data directory",
        ) from error
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
