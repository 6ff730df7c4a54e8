from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.importers.mapping.numbers import NumberFormat, double_of, long_of

GERMAN = NumberFormat(",", ".")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.234.567,5", "1234567.5"), ("1234,5", "1234.5"), ("-,5", "-0.5"), ("+7", "7"), ("1,5e3", "1500"), ("3,", "3")],
)
def test_a_comma_may_be_the_decimal_mark_and_a_point_stand_between_thousands(text: str, number: str) -> None:
    assert GERMAN.number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1.23", "1,2,3", "1.2345,6", "", "-", "1 000", "0x10", "NaN", "inf", "1_000", "١"])
def test_what_is_written_otherwise_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        GERMAN.number(text)


def test_a_flag_is_no_number() -> None:
    with pytest.raises(ValueError, match="True is no number"):
        NumberFormat().number(True)


def test_a_very_long_text_is_no_number_and_is_cut_in_the_message() -> None:
    with pytest.raises(ValueError, match=r"^'1{56}…' is no number$"):
        NumberFormat().number("1" * 100)


@pytest.mark.parametrize("text", ["6", "6.0", "6e0"])
def test_six_point_nought_is_a_whole_number(text: str) -> None:
    assert long_of(NumberFormat().number(text)) == 6


def test_six_and_a_half_is_none() -> None:
    with pytest.raises(ValueError, match=r"6\.5 is no whole number"):
        long_of(Decimal("6.5"))


def test_a_whole_number_has_64_bits() -> None:
    assert long_of(NumberFormat().number("-9223372036854775808")) == -(2**63)
    with pytest.raises(ValueError, match="9223372036854775808 is beyond 64 bits"):
        long_of(NumberFormat().number("9223372036854775808"))


def test_a_number_too_large_for_a_double_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1E\+999 is too large"):
        double_of(NumberFormat().number("1e999"))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_comes_back_as_it_was(number: float) -> None:
    assert double_of(NumberFormat().number(repr(number))) == number
    assert double_of(NumberFormat(",").number(repr(number).replace(".", ","))) == number
