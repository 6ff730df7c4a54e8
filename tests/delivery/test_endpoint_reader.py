"""deliver.yaml: what it says, and every mistake in it with place and remedy."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from streams.delivery import DeliverFileError, MissingSecret, check_secrets, parse_deliver_file
from streams.delivery.bucket import Capacity
from streams.delivery.endpoint import Endpoint, Mailing, Wording
from streams.delivery.schedule import STANDARD_RETRIES_MS
from streams.delivery.target import read_target
from streams.preferences import new_key
from streams.settings import Settings

ROOT = Path(__file__).parents[2]

WHOLE = """
allow_networks: [10.20.0.0/16]
endpoints:
  - name: rehearsal
    kind: webhook
    url: https://hooks.example.com/sandbox
    secrets: [HOOK_SECRET]
    sandbox: true
  - name: contact-centre
    kind: webhook
    url: http://10.20.0.7:8080/call-backs
    plain_http: true
    secrets: [NEW_SECRET, HOOK_SECRET]
    actions: [call.back, person.calls]
    capacity: {count: 20, per: 1h, burst: 5, when_full: refuse}
    backlog: 500
    timeout: 3s
    concurrency: 2
    retries: [1s, 10s]
    circuit: {failures: 3, open: 10s}
    cancellations: false
  - name: mail
    kind: smtp
    channels: [email]
    host: mail.example.com
    from: Care <care@example.com>
    user: SMTP_USER
    password: SMTP_PASSWORD
    templates: texts
    address: email
"""


def parsed(text: str, folder: Path) -> tuple[Endpoint, ...]:
    (folder / "texts").mkdir(exist_ok=True)
    return parse_deliver_file(text, "deliver.yaml", folder).endpoints


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    rehearsal, centre, mail = parsed(WHOLE, tmp_path)
    allowed = [ip_network("10.20.0.0/16")]
    assert rehearsal == Endpoint(
        "rehearsal",
        "webhook",
        read_target("https://hooks.example.com/sandbox"),
        secrets=("HOOK_SECRET",),
        sandbox=True,
        retries_ms=STANDARD_RETRIES_MS,
    )
    assert centre == Endpoint(
        "contact-centre",
        "webhook",
        read_target("http://10.20.0.7:8080/call-backs", plain_http=True, allowed=allowed),
        secrets=("NEW_SECRET", "HOOK_SECRET"),
        actions=("call.back", "person.calls"),
        cancellations=False,
        capacity=Capacity(20, 3_600_000, 5, refuse=True),
        backlog=500,
        timeout_ms=3000,
        concurrency=2,
        retries_ms=(1000, 10_000),
        failures=3,
        open_ms=10_000,
    )
    assert mail == Endpoint(
        "mail",
        "smtp",
        channels=("email",),
        cancellations=False,
        wording=Wording(tmp_path / "texts", "email"),
        mailing=Mailing("mail.example.com", 587, "starttls", "Care <care@example.com>", "SMTP_USER", "SMTP_PASSWORD"),
    )


def test_rehearsals_go_to_sandboxes_only_and_real_ones_never(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    file = parse_deliver_file(WHOLE, "deliver.yaml", tmp_path)

    def name(action: str, channel: str, sandbox: bool) -> str | None:
        found = file.endpoint_for(action, channel, sandbox)
        return found.name if found else None

    assert name("call.back", "sms", False) == "contact-centre"
    assert name("call.back", "sms", True) == "rehearsal"
    assert name("cart.reminder", "email", False) == "mail"
    assert name("cart.reminder", "email", True) == "rehearsal"
    assert name("cart.reminder", "push", False) is None


ONE = "endpoints:\n  - name: a\n    kind: webhook\n    secrets: [S]\n"


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        pytest.param(
            "endpoints:\n  - kind: webhook\n",
            [
                "deliver.yaml:2:5: an endpoint of kind webhook has no 'name'; write up to 50 lower-case letters, digits, "  # noqa: E501
                "- and _, like contact-centre",
                "deliver.yaml:2:5: an endpoint of kind webhook has no 'secrets'; name an environment variable, like "
                "MAILER_SECRET; the secret itself never stands in this file",
                "deliver.yaml:2:5: an endpoint of kind webhook has no 'url'; write where it is, like "
                "https://mailer.example.com/hooks",
            ],
            id="what is missing, all at once",
        ),
        pytest.param(
            ONE + "    url: https://127.0.0.1/\n",
            [
                "deliver.yaml:5:10: 'url' 127.0.0.1 is no public address, and no allowed network has it; write a public "  # noqa: E501
                "https URL; private networks need 'allow_networks', http needs 'plain_http: true'"
            ],
            id="an internal address",
        ),
        pytest.param(
            ONE + "    url: http://hooks.example.com/\n",
            [
                "deliver.yaml:5:10: 'url' has the scheme 'http' where https is wanted; write a public https URL; private "  # noqa: E501
                "networks need 'allow_networks', http needs 'plain_http: true'"
            ],
            id="plain http",
        ),
        pytest.param(
            ONE.replace("[S]", "[whsec_abc]") + "    url: https://hooks.example.com/\n    retrie: [1s]\n",
            [
                "deliver.yaml:4:15: an entry of 'secrets' 'whsec_abc' has the wrong form; name an environment variable, "  # noqa: E501
                "like MAILER_SECRET; the secret itself never stands in this file",
                "deliver.yaml:6:5: unknown key 'retrie' in an endpoint of kind webhook; did you mean 'retries'?",
            ],
            id="a secret in the file, and a misspelt key",
        ),
        pytest.param(
            ONE + "    url: https://hooks.example.com/\n    capacity: {count: 0, when_full: explode}\n",
            [
                "deliver.yaml:6:15: 'capacity' has no 'per'; write in which time, like per: 1h",
                "deliver.yaml:6:23: 'count' is 0; write a whole number from 1 to 1000000",
                "deliver.yaml:6:37: unknown when_full 'explode'; one of wait, refuse",
            ],
            id="a capacity",
        ),
        pytest.param(
            "allow_networks: [10.0.0.1/8]\nendpoints: []\n",
            [
                "deliver.yaml:1:18: 'allow_networks' has '10.0.0.1/8' (10.0.0.1/8 has host bits set); write a network, "
                "like 10.20.0.0/16 or fd00::/8"
            ],
            id="a network",
        ),
        pytest.param(
            "endpoints:\n  - name: m\n    kind: smtp\n    host: mail.example.com\n    from: nobody\n    templates: none\n",  # noqa: E501
            [
                "deliver.yaml:2:5: an endpoint of kind smtp has neither 'address' nor 'lookup'; name the fact in the "
                "context that is the address, or 'lookup: package.module:function'",
                "deliver.yaml:5:11: 'from' 'nobody' has the wrong form; write Name <name@example.com>",
                "deliver.yaml:6:16: 'templates' names none, which is no folder; make it, beside this file",
            ],
            id="e-mail",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(text: str, mistakes: list[str], tmp_path: Path) -> None:
    with pytest.raises(DeliverFileError) as raised:
        parse_deliver_file(text, "deliver.yaml", tmp_path)
    assert str(raised.value).splitlines() == mistakes


def test_two_endpoints_of_one_name_are_refused(tmp_path: Path) -> None:
    one = "  - {name: a, kind: webhook, url: 'https://x.example.com', secrets: [S]}\n"
    with pytest.raises(DeliverFileError, match="endpoint 'a' is there 2 times; give each its own name"):
        parse_deliver_file(f"endpoints:\n{one}{one}", "deliver.yaml", tmp_path)


GOOD = {"HOOK_SECRET": "whsec_" + "A" * 32, "NEW_SECRET": "whsec_" + "B" * 32, "SMTP_USER": "u", "SMTP_PASSWORD": "p"}
LINKED = Settings(preferences_keys=new_key("k"), preferences_url="https://care.example.com")


def test_with_all_secrets_nothing_is_wrong(tmp_path: Path) -> None:
    check_secrets(parsed(WHOLE, tmp_path), GOOD, LINKED)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_secret_is_named_with_its_endpoint(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingSecret, match=f"takes a secret from {name}, which is not set; set the environment"):
        check_secrets(parsed(WHOLE, tmp_path), {**GOOD, name: ""}, LINKED)


def test_a_bad_secret_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(MissingSecret) as raised:
        check_secrets(parsed(WHOLE, tmp_path), {**GOOD, "HOOK_SECRET": "hunter2"}, LINKED)
    assert str(raised.value) == (
        "endpoint rehearsal: the secret in HOOK_SECRET does not begin with whsec_; make one with `momentous deliver secret`"  # noqa: E501
    )


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(preferences_keys=new_key("k"), preferences_url="http://care.example.com")]
)
def test_mails_without_a_page_for_unsubscribing_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(
        MissingSecret, match="puts unsubscribe links into mails, and there is no page for them; set MOM"
    ):
        check_secrets(parsed(WHOLE, tmp_path), GOOD, settings)


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "delivery.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]
    names = [one.name for one in parsed(example, tmp_path)]
    assert names == ["rehearsal", "contact-centre", "mail", "sms", "push"]
