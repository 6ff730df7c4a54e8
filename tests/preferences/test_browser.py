"""The page in a real browser, with scripts turned off, as wide as a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streams.preferences import PREFERENCES, UNSUBSCRIBE, Grant, Known, Links, Word, read_keys
from streams.preferences.service import PreferencesService
from tests.preferences.served import served
from tests.preferences.test_service import NOW, OFFER, Desk
from tests.unavailable import unavailable

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

LINKS = Links(read_keys("2026:" + "bmV3" * 11))
PAGE = LINKS.token(Grant(PREFERENCES, "zoë", NOW + 1000))
ONE_CLICK = LINKS.token(Grant(UNSUBSCRIBE, "zoë", NOW + 1000, "care", "email"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """Chromium, 360 pixels wide."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        unavailable("no browser", "chromium and chromedriver are not on the path")
    try:
        from selenium import webdriver
    except ImportError as error:
        unavailable("no browser", f"selenium is not installed ({error})")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile: Path = tmp_path_factory.mktemp("chromium")
    for argument in (
        "--headless=new",
        "--disable-dev-shm-usage",
        "--window-size=500,900",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own refuses to run as root
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options, webdriver.ChromeService(driver))
    started.set_page_load_timeout(20)
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": False}
    started.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    yield started
    started.quit()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    service = PreferencesService(LINKS, lambda: OFFER, desk, desk.publish, lambda: desk.time)
    with served(service.app) as url:
        yield url


def _shown(browser: WebDriver, path: str) -> WebElement:
    """That part of the page which a click has asked for: the click may return before that page is there."""
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(browser, 30).until(lambda page: page.find_element("xpath", path))


def test_a_customer_sees_nothing_ticked_chooses_saves_and_sees_it_again(
    browser: WebDriver, address: str, desk: Desk
) -> None:
    browser.get(f"{address}/preferences/{PAGE}")
    assert [box.is_selected() for box in browser.find_elements("name", "consent")] == [False, False, False]
    browser.find_element("css selector", 'label[for="care-sms"]').click()
    browser.find_element("id", "channel").send_keys("Text")
    browser.find_element("css selector", "button[type=submit]").click()

    assert _shown(browser, "//*[@role='status']").text.startswith("Saved: 2 changes. It takes effect")
    assert [box.is_selected() for box in browser.find_elements("name", "consent")] == [False, True, False]
    assert desk.told() == [
        ("consent.given", {"channel": "sms", "method": "preferences_page", "purpose": "care"}),
        ("preference.set", {"channel": "sms"}),
    ]


def test_the_page_fits_a_phone_and_its_own_rules_let_its_style_through(browser: WebDriver, address: str) -> None:
    browser.get(f"{address}/preferences/{PAGE}")
    wide = [part.rect for part in browser.find_elements("css selector", "fieldset, select, input, button")]
    assert max(rect["x"] + rect["width"] for rect in wide) <= 360
    buttons = browser.find_elements("css selector", "button")
    assert min(button.rect["height"] for button in buttons) >= 44
    assert browser.find_element("css selector", "h1").value_of_css_property("line-height") != "normal"
    assert [entry for entry in browser.get_log("browser") if "Content Security Policy" in entry["message"]] == []


def test_one_button_unsubscribes(browser: WebDriver, address: str, desk: Desk) -> None:
    desk.said = Known({("care", "email"): Word("granted", 1)})
    browser.get(f"{address}/unsubscribe/{ONE_CLICK}")
    browser.find_element("css selector", "button").click()
    assert _shown(browser, "//h1[text()='Unsubscribed']").is_displayed()
    assert [kind for kind, _ in desk.told()] == ["consent.withdrawn"]
