"""A registry over HTTP: what it says decides about records, its silence never does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schemas import Codec, ConfluentRegistry, RegistryUnavailable, UnknownSchemaId, newest_schemas
from schemas import registry as registry_module
from tests.schemas.records import RECORDS, TOUCHPOINT
from tests.schemas.registry_server import NOT_THERE, RegistryServer


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


def test_a_schema_is_asked_for_once_and_known_from_then_on(server: RegistryServer) -> None:
    server.answer_json(200, schema=newest_schemas()["Touchpoint"].text)
    codec = Codec(ConfluentRegistry(server.url))
    data = b"\0" + (4_711).to_bytes(4, "big") + Codec().encode("Touchpoint", TOUCHPOINT)[5:]
    assert [codec.decode(data) for _ in range(3)] == [("Touchpoint", TOUCHPOINT)] * 3
    assert server.requests == ["GET /schemas/ids/4711"]


def test_an_id_that_the_registry_does_not_have_is_unknown(server: RegistryServer) -> None:
    server.answer = NOT_THERE
    with pytest.raises(UnknownSchemaId, match="schema id 4711 is not in the registry"):
        ConfluentRegistry(server.url).text_of(4_711)


def test_a_flood_of_an_unknown_id_asks_once(server: RegistryServer) -> None:
    server.answer = NOT_THERE
    registry = ConfluentRegistry(server.url)
    for _ in range(100):
        with pytest.raises(UnknownSchemaId):
            registry.text_of(4_711)
    assert server.requests == ["GET /schemas/ids/4711"]


def test_an_id_registered_later_is_known_after_a_while(server: RegistryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "UNKNOWN_FOR_S", 0.0)
    server.answer = NOT_THERE
    registry = ConfluentRegistry(server.url)
    with pytest.raises(UnknownSchemaId):
        registry.text_of(4_711)
    server.answer_json(200, schema='"string"')
    assert registry.text_of(4_711) == '"string"'


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"error_code": 50001, "message": "store"}'),
        (503, b"<html>back soon</html>"),
        (401, b'{"error_code": 40101, "message": "who are you"}'),
        pytest.param(404, b"<html>nginx: not found</html>", id="a proxy's 404"),
        pytest.param(404, b'{"error_code": 404, "message": "HTTP 404 Not Found"}', id="a wrong path's 404"),
        pytest.param(200, b"<html>sign in</html>", id="a sign-in page"),
        pytest.param(200, b"[]", id="no object"),
        pytest.param(200, b"{}", id="no schema"),
    ],
)
def test_an_answer_that_says_nothing_of_the_id_is_no_decode_error(
    server: RegistryServer, status: int, body: bytes
) -> None:
    server.answer = (status, body)
    with pytest.raises(RegistryUnavailable):
        ConfluentRegistry(server.url).text_of(4_711)


def test_a_registry_that_refuses_connections_is_no_decode_error() -> None:
    with RegistryServer() as gone:
        url = gone.url
    with pytest.raises(RegistryUnavailable, match=f"schema registry {url} did not answer") as error:
        ConfluentRegistry(url).text_of(1)
    assert error.value.remedy == "check MOMENTOUS_SCHEMA_REGISTRY_URL and that the registry answers"


@pytest.mark.timeout(20)
def test_a_registry_that_never_answers_is_given_up(server: RegistryServer) -> None:
    server.delay_s = 3.0
    with pytest.raises(RegistryUnavailable):
        ConfluentRegistry(server.url, {"timeout": 0.2}).text_of(1)


def test_it_is_asked_again_after_it_did_not_answer(server: RegistryServer) -> None:
    registry = ConfluentRegistry(server.url)
    server.answer = (500, b"")
    with pytest.raises(RegistryUnavailable):
        registry.text_of(4_711)
    server.answer_json(200, schema='"string"')
    assert registry.text_of(4_711) == '"string"'


def test_a_real_registry_gives_its_own_ids(server: RegistryServer) -> None:
    server.answer_json(200, id=4_711)
    data = Codec(ConfluentRegistry(server.url)).encode("Verdict", RECORDS["Verdict"])
    assert (data[:5].hex(), server.requests) == (
        "0000001267",
        ["POST /subjects/momentous.Verdict/versions?normalize=False"],
    )


def test_a_prepared_codec_writes_without_asking(server: RegistryServer) -> None:
    server.answer_json(200, id=4_711)
    codec = Codec(ConfluentRegistry(server.url))
    codec.prepare()
    server.close()
    assert {codec.encode(name, record)[:5].hex() for name, record in RECORDS.items()} == {"0000001267"}


def test_preparing_without_a_registry_is_no_success() -> None:
    with RegistryServer() as gone:
        url = gone.url
    with pytest.raises(RegistryUnavailable):
        Codec(ConfluentRegistry(url)).prepare()


def test_a_schema_that_the_registry_refuses_is_unavailable(server: RegistryServer) -> None:
    server.answer_json(409, error_code=409, message="Schema being registered is incompatible")
    with pytest.raises(RegistryUnavailable, match="incompatible"):
        ConfluentRegistry(server.url).id_of("Moment")


def test_every_subject_is_made_full_transitive(server: RegistryServer) -> None:
    server.answer_json(200, compatibility="FULL_TRANSITIVE")
    ConfluentRegistry(server.url).require_full_transitive()
    assert sorted(server.requests) == sorted(f"PUT /config/momentous.{name}" for name in newest_schemas())


def test_the_registry_in_memory_needs_no_compatibility() -> None:
    ConfluentRegistry().require_full_transitive()
