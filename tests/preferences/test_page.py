"""The page's colours and words."""

from __future__ import annotations

import re

import pytest

from streams.outreach import parse_policy
from streams.preferences import offer_of
from streams.preferences.page import STYLE, message_page
from streams.preferences.wording import CHANNELS, PURPOSES, channel_words, purpose_words, saved_words


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_at_least_seven_to_one_from_what_lies_behind_it() -> None:
    pairs = re.findall(r"\{[^}]*?(?<![-\w])color:(#\w+)[^}]*?background:(#\w+)[^}]*\}", STYLE)
    pairs += [
        (ink, paper)
        for paper, ink in re.findall(r"\{[^}]*?background:(#\w+)[^}]*?(?<![-\w])color:(#\w+)[^}]*\}", STYLE)
    ]
    assert len(pairs) == 3
    assert min(contrast(ink, paper) for ink, paper in pairs) >= 7
    for alone in ("#404040", "#a4161a"):
        assert contrast(alone, "#fff") >= 7


@pytest.mark.parametrize("edge", ["#767676", "#595959", "#b35900"])
def test_edges_and_focus_stand_out_at_least_three_to_one(edge: str) -> None:
    assert edge in STYLE
    assert contrast(edge, "#fff") >= 3


def test_every_purpose_and_channel_of_the_shipped_policy_has_words() -> None:
    from importlib.resources import files

    text = (files("streams.outreach") / "policy.yaml").read_text(encoding="utf-8")
    offer = offer_of(parse_policy(text, "policy.yaml"))
    assert {purpose for purpose, _ in offer.purposes} <= PURPOSES.keys()
    assert set(offer.channels) <= CHANNELS.keys()


def test_a_purpose_and_a_channel_without_words_are_shown_by_name() -> None:
    assert purpose_words("service_calls") == ("Service calls", "")
    assert channel_words("contact_centre") == "Contact centre"


def test_what_was_saved_is_counted_and_says_when_it_takes_effect() -> None:
    assert saved_words(0) == "Nothing was changed: it was already as you chose."
    assert saved_words(1).startswith("Saved: one change. It takes effect as soon as it is processed")
    assert saved_words(3).startswith("Saved: 3 changes.")


def test_a_message_is_text() -> None:
    assert "<p>&lt;b&gt;</p>" in message_page("Title", "<b>")
