"""The OpenAPI document: it is the one in docs, and what is answered fits it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from streams.live_state.document import openapi, openapi_bytes
from tests.customer.log import MINUTE, T0
from tests.live_state.test_view import hung_up
from tests.live_state.world import seen

DOCS = Path(__file__).parents[2] / "docs"


def test_the_document_in_docs_is_the_one_that_is_served() -> None:
    found = (DOCS / "live-state.openapi.json").read_bytes()
    assert found == openapi_bytes(), "run `momentous state openapi > docs/live-state.openapi.json`"


def test_an_answer_has_the_parts_that_the_document_names_and_no_others() -> None:
    schemas = openapi()["components"]["schemas"]
    log = hung_up()
    log.consent(T0 + MINUTE, "consent.given")
    view = seen(log, T0 + 2 * MINUTE, with_profile=True)
    answer = msgspec.json.decode(msgspec.json.encode(view))
    for part, name in (
        (answer, "LiveState"),
        (answer["as_of"], "AsOf"),
        (answer["suggestion"], "Considered"),
        (answer["open_moments"][0], "OpenMomentView"),
        (answer["consents"][0], "ConsentView"),
        (answer["profile"], "ProfileView"),
    ):
        assert set(part) == set(schemas[name]["properties"]) == set(schemas[name]["required"]), name


def test_every_reference_of_the_document_leads_somewhere() -> None:
    names = set(re.findall(r'"#/components/schemas/(\w+)"', openapi_bytes().decode()))
    assert names - set(openapi()["components"]["schemas"]) == set()


def test_the_page_names_every_part_of_an_answer() -> None:
    page = (DOCS / "live-state.md").read_text()
    named = set(re.findall(r"`(\w+)`", page))
    assert set(openapi()["components"]["schemas"]["LiveState"]["properties"]) - named == set()
