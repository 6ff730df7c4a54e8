import re
import tomllib

from streams.live_state.document import openapi_bytes
from streams.live_state.keys import digest
from tests.cli.conftest import Run


def test_a_key_is_shown_once_beside_the_entry_that_holds_its_hash_only(momentous: Run) -> None:
    told = momentous("state", "key", "ivr", "--channel", "ivr", "--channel", "voice", "--per-second", "50")
    assert told.code == 0
    found = re.fullmatch(r"the key, shown only now: (mk_[A-Za-z0-9_-]{43})\n", told.err)
    assert found is not None
    assert found[1] not in told.out
    assert tomllib.loads(told.out) == {
        "keys": {
            "ivr": {
                "sha256": digest(found[1]),
                "scopes": ["state:read"],
                "channels": ["ivr", "voice"],
                "per_second": 50,
            }
        }
    }


def test_a_scope_that_is_none_is_refused_with_those_that_are(momentous: Run) -> None:
    told = momentous("state", "key", "desk", "--scope", "everything")
    assert (told.code, told.out) == (2, "")
    assert told.err == "error: 'everything' is no scope; one of state:read, profile:read, decisions:read\n"


def test_the_document_is_printed(momentous: Run) -> None:
    assert momentous("state", "openapi").out.encode() == openapi_bytes()
