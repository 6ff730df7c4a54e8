"""A schema registry in memory, over HTTP, with the part of Confluent's API that our client uses."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class SchemaRegistry:
    """Gives out ids in the order of registration; remembers what compatibility each subject was set to."""

    def __init__(self) -> None:
        self.schemas: list[str] = []
        self.compatibility: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of one request."""
        path = path.partition("?")[0]
        if method == "POST" and re.fullmatch(r"/subjects/[^/]+(/versions)?", path):
            if body["schema"] not in self.schemas:
                self.schemas.append(body["schema"])
            number = self.schemas.index(body["schema"]) + 1
            return 200, {"id": number, "version": 1, "subject": path.split("/")[2], **body}
        if method == "PUT" and (found := re.fullmatch(r"/config/([^/]+)", path)):
            self.compatibility[found[1]] = body["compatibility"]
            return 200, body
        if method == "GET" and (found := re.fullmatch(r"/schemas/ids/(\d+)", path)):
            number = int(found[1])
            if number <= len(self.schemas):
                return 200, {"schema": self.schemas[number - 1], "schemaType": "AVRO"}
            return 404, {"error_code": 40403, "message": "Schema not found"}
        return 404, {"error_code": 404, "message": f"HTTP 404 Not Found: {method} {path}"}


def _handler(registry: SchemaRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            status, answer = registry.answer(self.command, self.path, body)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/vnd.schemaregistry.v1+json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
