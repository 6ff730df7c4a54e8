import pytest

from streams.importers.mapping import Template


def test_columns_stand_in_braces() -> None:
    assert Template.parse("order-{shop}-{id}").render({"shop": "A", "id": 7}) == "order-A-7"


def test_doubled_braces_are_braces() -> None:
    assert Template.parse("{{{id}}}").render({"id": "7"}) == "{7}"


def test_a_missing_column_makes_all_of_it_missing() -> None:
    assert Template.parse("order-{id}").render({"id": None}) is None
    assert Template.parse("order-{id}").render({}) is None


def test_a_column_alone_keeps_its_type() -> None:
    assert Template.parse("{gift}").value({"gift": True}) is True


def test_among_other_texts_a_flag_is_in_small_letters() -> None:
    assert Template.parse("gift={gift}").value({"gift": True}) == "gift=true"


def test_blanks_inside_the_braces_do_not_count_those_inside_the_name_do() -> None:
    assert Template.parse("{ Order No }").columns == ("Order No",)


@pytest.mark.parametrize("text", ["{a", "a}", "{a}}", "{}", "{ }", "{a{b}}"])
def test_braces_that_do_not_match_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"of its own|without a column"):
        Template.parse(text)
