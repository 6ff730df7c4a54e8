"""The service: what a link shows, what a form changes, what is refused."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from schemas import Touchpoint
from streams.errors import DeliveryFailed
from streams.preferences import PREFERENCES, UNSUBSCRIBE, Grant, Known, Links, NoClickHouse, Offer, Word, read_keys
from streams.preferences.service import PreferencesService

NOW = 1_795_422_600_000
DAY = 86_400_000
LINKS = Links(read_keys("2026:" + "bmV3" * 11), "http://testserver")
OFFER = Offer((("care", ("email", "sms")), ("offers", ("email",))))
PAGE = f"/preferences/{LINKS.token(Grant(PREFERENCES, 'zoë', NOW + DAY))}"
ONE_CLICK = f"/unsubscribe/{LINKS.token(Grant(UNSUBSCRIBE, 'zoë', NOW + DAY, 'care', 'email', 't1'))}"
CLICK = {"List-Unsubscribe": "One-Click"}


class Desk:
    """The world around the service: what was said so far, what is published, what time it is."""

    def __init__(self) -> None:
        self.said = Known()
        self.published: list[Touchpoint] = []
        self.time = NOW
        self.reads = self.takes = True

    def known(self, customer_id: str) -> Known:
        if not self.reads:
            raise NoClickHouse("away", "wait")
        return self.said if customer_id == "zoë" else Known()

    def publish(self, touchpoints: list[Touchpoint]) -> None:
        if not self.takes:
            raise DeliveryFailed("away", "wait")
        self.published += touchpoints

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        return [(one["type"], one["properties"]) for one in self.published]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def browser(desk: Desk) -> Iterator[TestClient]:
    service = PreferencesService(LINKS, lambda: OFFER, desk, desk.publish, lambda: desk.time)
    with TestClient(service.app, follow_redirects=False) as client:
        yield client


class Fields(HTMLParser):
    """A page's form as a browser would send it, untouched; and what is ticked."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: list[tuple[str, str]] = []
        self.ticked: list[str] = []
        self.boxes: list[str] = []
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.values.append((self._select, value))
        elif tag == "input" and given.get("type") == "checkbox":
            self.boxes.append(value)
            if "checked" in given:
                self.ticked.append(value)
                self.values.append((name, value))
        elif tag == "input":
            self.values.append((name, value))


def form(page: str, **changed: Any) -> str:
    """The page's form with some fields changed, encoded; ``consent`` is the list of all ticks."""
    kept = [(name, value) for name, value in Fields(page).values if name not in changed]
    lists = {name: value if isinstance(value, list) else [value] for name, value in changed.items()}
    return urlencode([*kept, *((name, value) for name, values in lists.items() for value in values)])


def save(browser: TestClient, data: str) -> Any:
    return browser.post(PAGE, content=data, headers={"Content-Type": "application/x-www-form-urlencoded"})


def text_of(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))


# -- what is shown ------------------------------------------------------------------------------


def test_of_a_customer_who_said_nothing_nothing_is_ticked(browser: TestClient) -> None:
    fields = Fields(browser.get(PAGE).text)
    assert fields.boxes == ["care email", "care sms", "offers email"]
    assert fields.ticked == []
    assert dict(fields.values) | {"seen": "", "seal": ""} == {
        "seen": "",
        "seal": "",
        "channel": "",
        "quiet_from": "",
        "quiet_to": "",
        "time_zone": "",
    }


def test_what_was_granted_is_ticked_and_what_was_denied_or_withdrawn_is_not(browser: TestClient, desk: Desk) -> None:
    desk.said = Known(
        {
            ("care", "email"): Word("granted", 1),
            ("care", "sms"): Word("withdrawn", 1),
            ("offers", "email"): Word("denied", 1),
        }
    )
    assert Fields(browser.get(PAGE).text).ticked == ["care email"]


def test_what_was_granted_beside_the_policy_can_be_taken_back_too(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({("surveys", "post"): Word("granted", 1)})
    assert Fields(browser.get(PAGE).text).ticked == ["surveys post"]


def test_what_a_customer_wrote_is_shown_as_text_and_never_as_html(browser: TestClient, desk: Desk) -> None:
    evil = '"><script>alert(1)</script>'
    desk.said = Known({(evil, "email"): Word("granted", 1)}, {"channel": Word(evil, 1), "quiet_from": Word(evil, 1)})
    page = browser.get(PAGE).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_every_field_has_a_label_and_every_group_a_legend(browser: TestClient) -> None:
    page = browser.get(PAGE).text
    ids = re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', page)
    assert sorted(ids) == sorted(re.findall(r'<label for="([^"]+)"', page))
    assert len(ids) == 7
    assert page.count("<fieldset>") == page.count("<legend>") == 3
    assert '<html lang="en">' in page
    assert 'name="viewport"' in page


@pytest.mark.parametrize("path", [PAGE, ONE_CLICK, "/preferences/x", "/elsewhere", "/health"])
def test_every_answer_forbids_scripts_frames_referrers_and_copies(browser: TestClient, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_without_the_store_nothing_is_shown_as_chosen(browser: TestClient, desk: Desk) -> None:
    desk.reads = False
    answer = browser.get(PAGE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "<input" not in answer.text


# -- what is saved ------------------------------------------------------------------------------


def test_only_what_changed_is_published(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({("care", "email"): Word("granted", 1), ("care", "sms"): Word("granted", 1)})
    answer = save(browser, form(browser.get(PAGE).text, consent=["care sms", "offers email"]))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?saved=2")
    page = "preferences_page"
    assert desk.told() == [
        ("consent.given", {"channel": "email", "method": page, "purpose": "offers"}),
        ("consent.withdrawn", {"channel": "email", "method": page, "purpose": "care"}),
    ]


def test_a_change_is_the_customers_touchpoint_of_now(browser: TestClient, desk: Desk) -> None:
    save(browser, form(browser.get(PAGE).text, consent="care sms"))
    (one,) = desk.published
    assert (one["customer_id"], one["identified"], one["source"], one["channel"]) == ("zoë", True, "preferences", "web")
    assert one["occurred_at"] == NOW


def test_wishes_are_one_touchpoint_with_what_changed(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({}, {"channel": Word("sms", 1), "quiet_from": Word("22:00", 1), "quiet_to": Word("07:00", 1)})
    page = browser.get(PAGE).text
    save(browser, form(page, quiet_from="21:30", time_zone="Europe/Vienna"))
    assert desk.told() == [
        ("preference.set", {"quiet_from": "21:30", "quiet_to": "07:00", "time_zone": "Europe/Vienna"})
    ]


def test_a_wish_that_is_emptied_is_taken_back(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({}, {"quiet_from": Word("22:00", 1), "quiet_to": Word("07:00", 1)})
    save(browser, form(browser.get(PAGE).text, quiet_from="", quiet_to=""))
    assert desk.told() == [("preference.set", {"quiet_from": "", "quiet_to": ""})]


def test_a_form_sent_twice_counts_once(browser: TestClient, desk: Desk) -> None:
    data = form(browser.get(PAGE).text, consent="care sms", channel="sms")
    first, second = save(browser, data), save(browser, data)
    assert len(desk.published) == 2
    assert (first.headers["location"], second.headers["location"]) == (f"{PAGE}?saved=2", f"{PAGE}?saved=0")


def test_two_services_that_get_the_same_form_publish_the_same_ids(browser: TestClient, desk: Desk) -> None:
    data = form(browser.get(PAGE).text, consent="care sms", channel="sms")
    save(browser, data)
    other = PreferencesService(LINKS, lambda: OFFER, desk, desk.publish, lambda: NOW + 5)
    save(TestClient(other.app, follow_redirects=False), data)
    ids = [one["event_id"] for one in desk.published]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


def test_on_and_off_and_on_again_are_three_touchpoints(browser: TestClient, desk: Desk) -> None:
    for ticks in (["care sms"], [], ["care sms"]):
        desk.time += 1000
        save(browser, form(browser.get(PAGE).text, consent=ticks))
    assert [kind for kind, _ in desk.told()] == ["consent.given", "consent.withdrawn", "consent.given"]
    assert len({one["event_id"] for one in desk.published}) == 3


def test_what_was_saved_is_shown_before_the_store_has_it(browser: TestClient) -> None:
    answer = save(browser, form(browser.get(PAGE).text, consent="care sms", channel="sms"))
    page = browser.get(answer.headers["location"]).text
    assert Fields(page).ticked == ["care sms"]
    assert ("channel", "sms") in Fields(page).values
    assert "Saved: 2 changes. It takes effect as soon as it is processed" in text_of(page)


def test_a_word_from_a_clock_ahead_does_not_outlive_the_withdrawal(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({("care", "sms"): Word("granted", NOW + 3_600_000)})
    save(browser, form(browser.get(PAGE).text, consent=[]))
    assert desk.published[0]["occurred_at"] == NOW + 3_600_000


def test_stop_everything_takes_back_all_consents_and_leaves_the_wishes(browser: TestClient, desk: Desk) -> None:
    desk.said = Known(
        {("care", "email"): Word("granted", 1), ("surveys", "post"): Word("granted", 1)}, {"channel": Word("sms", 1)}
    )
    data = form(browser.get(PAGE).text, consent=["care email", "care sms"], channel="", stop="all")
    assert save(browser, data).status_code == 303
    assert [(kind, facts["purpose"]) for kind, facts in desk.told()] == [
        ("consent.withdrawn", "care"),
        ("consent.withdrawn", "surveys"),
    ]


def test_a_form_that_shows_what_no_longer_holds_changes_nothing(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({("care", "sms"): Word("granted", 1)})
    old = browser.get(PAGE).text
    desk.said = Known({("care", "sms"): Word("withdrawn", 2)})
    answer = save(browser, form(old, channel="sms"))
    assert answer.status_code == 409
    assert Fields(answer.text).ticked == []
    assert "changed elsewhere" in answer.text
    assert desk.published == []


def test_what_kafka_does_not_take_is_not_called_saved(browser: TestClient, desk: Desk) -> None:
    desk.takes = False
    answer = save(browser, form(browser.get(PAGE).text, consent="care sms"))
    assert answer.status_code == 503
    assert Fields(browser.get(PAGE).text).ticked == []


@pytest.mark.parametrize(
    ("field", "wishes"),
    [
        ("quiet_from", {"quiet_from": "25:00", "quiet_to": "07:00"}),
        ("quiet_from", {"quiet_from": "9pm", "quiet_to": "07:00"}),
        ("quiet_from", {"quiet_to": "07:00"}),
        ("quiet_to", {"quiet_from": "22:00"}),
        ("quiet_to", {"quiet_from": "22:00", "quiet_to": "22:00"}),
        ("channel", {"channel": "pigeon"}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
        ("time_zone", {"time_zone": "../../etc/passwd"}),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_nothing_is_saved(
    browser: TestClient, desk: Desk, field: str, wishes: dict[str, str]
) -> None:
    answer = save(browser, form(browser.get(PAGE).text, consent="care sms", **wishes))
    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-wrong"', answer.text) == [field]
    assert re.findall(r'<a href="#(\w+)">', answer.text) == [field]
    assert Fields(answer.text).ticked == ["care sms"]
    assert desk.published == []


def test_a_wish_from_elsewhere_that_stays_is_no_mistake(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({}, {"channel": Word("fax", 1), "time_zone": Word("UTC", 1)})
    assert save(browser, form(browser.get(PAGE).text, consent="care sms")).status_code == 303
    assert [kind for kind, _ in desk.told()] == ["consent.given"]


# -- what is refused ----------------------------------------------------------------------------


def test_a_link_that_is_not_ours_shows_nothing(browser: TestClient) -> None:
    assert browser.get(PAGE[:-1] + ("A" if PAGE[-1] != "A" else "B")).status_code == 404


def test_a_link_that_has_run_out_says_so(browser: TestClient, desk: Desk) -> None:
    desk.time = NOW + DAY
    assert browser.get(PAGE).status_code == 410
    assert "run out" in browser.get(PAGE).text


def test_a_form_without_the_pages_seal_is_refused(browser: TestClient, desk: Desk) -> None:
    page = browser.get(PAGE).text
    assert save(browser, form(page, consent="care sms", seal="")).status_code == 403
    assert save(browser, form(page, consent="care sms", seal="é" * 64)).status_code == 403
    assert save(browser, form(page, consent="care sms", seen="0" * 32)).status_code == 403
    assert desk.published == []


def test_the_seal_of_another_customers_page_is_refused(browser: TestClient, desk: Desk) -> None:
    theirs = f"/preferences/{LINKS.token(Grant(PREFERENCES, 'max', NOW + DAY))}"
    assert save(browser, form(browser.get(theirs).text, consent="care sms")).status_code == 403
    assert desk.published == []


def test_a_form_from_another_site_is_refused(browser: TestClient, desk: Desk) -> None:
    data = form(browser.get(PAGE).text, consent="care sms")
    assert browser.post(PAGE, content=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert desk.published == []


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"consent=a+b&" * 300, b"channel=sms&channel=email", b"consent=spying+email", b"consent=care%ff"],
)
def test_what_no_browser_sends_is_refused(browser: TestClient, desk: Desk, body: bytes) -> None:
    assert browser.post(PAGE, content=body).status_code == 400
    assert desk.published == []


def test_a_form_over_16_kb_is_refused(browser: TestClient) -> None:
    assert browser.post(PAGE, content=b"a" * 16_385).status_code == 413


def test_a_form_that_never_ends_is_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.preferences.service.FORM_SECONDS", 0.05)
    service = PreferencesService(LINKS, lambda: OFFER, desk, desk.publish, lambda: NOW)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": PAGE, "query_string": b"", "headers": [], "client": ("a", 1)}
    asyncio.run(service.app(scope, receive, send))
    assert sent[0]["status"] == 408


def test_the_twenty_first_call_of_a_link_waits(browser: TestClient, desk: Desk) -> None:
    assert [browser.get(PAGE).status_code for _ in range(21)] == [200] * 20 + [429]
    assert browser.get(PAGE).headers["retry-after"] == "2"
    desk.time += 2000
    assert browser.get(PAGE).status_code == 200


def test_who_guesses_links_is_slowed_down_and_nobody_else_is(browser: TestClient) -> None:
    assert [browser.get("/preferences/guess").status_code for _ in range(21)] == [404] * 20 + [429]
    assert browser.get(PAGE).status_code == 200


# -- one click ----------------------------------------------------------------------------------


def test_one_post_unsubscribes(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({("care", "email"): Word("granted", 1)})
    answer = browser.post(ONE_CLICK, data=CLICK)
    assert answer.status_code == 200
    assert desk.told() == [
        ("consent.withdrawn", {"channel": "email", "method": "one_click", "purpose": "care"}),
        ("outreach.opted_out", {"purpose": "care", "trigger_id": "t1"}),
    ]
    assert [one["channel"] for one in desk.published] == ["web", "email"]


def test_the_post_may_be_multipart(browser: TestClient, desk: Desk) -> None:
    browser.post(ONE_CLICK, files={"List-Unsubscribe": (None, "One-Click")})
    assert len(desk.published) == 2


def test_opening_the_link_alone_unsubscribes_nobody(browser: TestClient, desk: Desk) -> None:
    answer = browser.get(ONE_CLICK)
    assert 'name="List-Unsubscribe" value="One-Click"' in answer.text
    assert browser.head(ONE_CLICK).status_code == 200
    assert desk.published == []


def test_a_post_that_does_not_ask_for_it_unsubscribes_nobody(browser: TestClient, desk: Desk) -> None:
    assert browser.post(ONE_CLICK).status_code == 400
    assert desk.published == []


def test_a_second_click_counts_once(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({("care", "email"): Word("granted", 1)})
    assert [browser.post(ONE_CLICK, data=CLICK).status_code for _ in range(2)] == [200, 200]
    assert len(desk.published) == 2


def test_a_click_counts_also_while_nothing_can_be_read(browser: TestClient, desk: Desk) -> None:
    desk.reads = False
    assert browser.post(ONE_CLICK, data=CLICK).status_code == 200
    assert [kind for kind, _ in desk.told()] == ["consent.withdrawn", "outreach.opted_out"]


def test_after_a_consent_given_anew_the_old_link_unsubscribes_again(browser: TestClient, desk: Desk) -> None:
    desk.said = Known({("care", "email"): Word("granted", 1)})
    browser.post(ONE_CLICK, data=CLICK)
    desk.said = Known({("care", "email"): Word("granted", NOW + 10)})
    desk.time = NOW + 20
    browser.post(ONE_CLICK, data=CLICK)
    taken = [one["event_id"] for one in desk.published if one["type"] == "consent.withdrawn"]
    assert len(set(taken)) == 2


def test_a_preferences_link_does_not_unsubscribe(browser: TestClient) -> None:
    assert browser.post(PAGE.replace("preferences", "unsubscribe"), data=CLICK).status_code == 404
