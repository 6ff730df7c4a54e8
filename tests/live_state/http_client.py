"""Asks a worker's live state as a client would, and the bytes on the wire where that matters."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import msgspec


class Told(NamedTuple):
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: Any


async def ask(port: int, path: str, **headers: str) -> Told:
    """One request on a connection of its own; ``_`` in a header's name stands for ``-``."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    (told,) = await exchange(port, f"GET {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    return told


async def exchange(port: int, data: bytes) -> list[Told]:
    """Send bytes as they are; all answers until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    received = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers["content-length"])
        body, received = received[:length], received[length:]
        found.append(Told(int(lines[0].split(" ")[1]), headers, msgspec.json.decode(body)))
    return found
