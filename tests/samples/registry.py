"""A schema registry of two questions, with ids of its own, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(texts: dict[int, str]) -> Iterator[str]:
    """Serve these schemas by id, and the id of a text that is asked for; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """``/schemas/ids/ID``."""
            schema_id = int(self.path.removeprefix("/schemas/ids/"))
            self._answer({"schema": texts[schema_id]} if schema_id in texts else None)

        def do_POST(self) -> None:
            """``/subjects/NAME`` with a schema."""
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["schema"]
            name = self.path.removeprefix("/subjects/")
            found = [schema_id for schema_id, known in texts.items() if known == text and _name(text) == name]
            self._answer({"subject": name, "id": found[0], "version": 1, "schema": text} if found else None)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

        def _answer(self, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _name(text: str) -> str:
    schema = json.loads(text)
    return f"{schema['namespace']}.{schema['name']}"
