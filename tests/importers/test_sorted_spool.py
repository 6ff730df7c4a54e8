from hypothesis import given
from hypothesis import strategies as st

from streams.importers.sorted_spool import SortedSpool


@given(st.lists(st.tuples(st.integers(0, 9), st.text(max_size=3))), st.integers(1, 20))
def test_items_come_by_key_whatever_is_held_in_memory(items: list[tuple[int, str]], run_items: int) -> None:
    with SortedSpool[str](run_items) as spool:
        for number, (at, text) in enumerate(items):
            spool.add((at, number), text)
        expected = [text for _, _, text in sorted((at, number, text) for number, (at, text) in enumerate(items))]
        assert list(spool) == expected
        assert len(spool) == len(items)


def test_they_may_be_read_twice_also_at_the_same_time() -> None:
    with SortedSpool[int](3) as spool:
        for number in range(5_000):
            spool.add((-number,), number)
        assert list(zip(spool, spool, strict=True)) == [(number, number) for number in range(4_999, -1, -1)]


def test_no_more_than_a_run_is_held_in_memory() -> None:
    with SortedSpool[int](10) as spool:
        for number in range(95):
            spool.add((number,), number)
            assert len(spool._held) < 10
        assert len(spool._runs) == 9


def test_its_files_go_with_it() -> None:
    with SortedSpool[int](1) as spool:
        spool.add((1,), 1)
        (run,) = spool._runs
    assert run.closed
    assert list(spool) == []
