"""The API's OpenAPI document, made of the very types that are answered."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.live_state.decisions import CustomerDecisions
from streams.live_state.keys import DECISIONS, STATE
from streams.live_state.problem import Problem
from streams.live_state.view import LiveState, Unknown

_REF = "#/components/schemas/{name}"
_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The customer id as published, percent-encoded.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 256},
}
_MOMENT = {
    "name": "moment",
    "in": "query",
    "required": False,
    "description": "Only the decisions on this moment.",
    "schema": {"type": "string"},
}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


def openapi() -> dict[str, Any]:
    """OpenAPI 3.1."""
    types = (LiveState, Unknown, CustomerDecisions, Problem)
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Momentous live state",
            "version": "1",
            "description": "What is known of a customer now, for systems that talk to the customer at this moment. "
            "Times are milliseconds since 1970, UTC.",
        },
        "security": [{"key": []}],
        "paths": {
            "/customers/{id}": {
                "get": {
                    "operationId": "liveState",
                    "summary": "A customer's live state, from whichever worker is asked.",
                    "description": f"Needs the scope {STATE}; with profile:read too, profile is filled in.",
                    "parameters": [_ID],
                    "responses": {
                        "200": _json("The state as of as_of.", LiveState),
                        "404": _json("Nothing is remembered of such a customer.", Unknown),
                        **_refusals(),
                    },
                }
            },
            "/customers/{id}/decisions": {
                "get": {
                    "operationId": "decisions",
                    "summary": "Every decision on a customer with its checks, also in words; from ClickHouse.",
                    "description": f"Needs the scope {DECISIONS}. A customer without decisions has an empty list.",
                    "parameters": [_ID, _MOMENT],
                    "responses": {
                        "200": _json("Moments in the order of their first decision.", CustomerDecisions),
                        "404": _json("No decision on that moment.", Problem),
                        **_refusals(),
                    },
                }
            },
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def openapi_bytes() -> bytes:
    """The document as it is served and as it lies in ``docs/``."""
    return msgspec.json.format(msgspec.json.encode(openapi())) + b"\n"


def _refusals() -> dict[str, Any]:
    return {
        "400": _json("No request of this API.", Problem),
        "401": _json("No key, or one that is not known.", Problem),
        "403": _json("The key lacks the scope.", Problem),
        "429": {**_json("The key asks too often.", Problem), "headers": _RETRY},
        "503": {
            **_json("It cannot be told now: moving, restoring, or ClickHouse is away.", Problem),
            "headers": _RETRY,
        },
    }


def _json(about: str, kind: type) -> dict[str, Any]:
    schema = {"$ref": _REF.format(name=kind.__name__)}
    return {"description": about, "content": {"application/json": {"schema": schema}}}
