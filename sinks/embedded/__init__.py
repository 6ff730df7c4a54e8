"""ClickHouse without a server: its HTTP interface over the engine in this process."""

from sinks.embedded.server import serve_embedded

__all__ = ["serve_embedded"]
