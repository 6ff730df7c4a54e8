"""Charts as SVG within the page: no scripts, nothing fetched, readable in print and by a screen reader.

Each has a title and a description; the page puts the numbers beside it as a table. Colours are told
apart by lightness too, so grey print does.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH = 860
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 10, 14, 34
_HEIGHT = 240
_ROW = 26
_LABEL = 250
_MOST_LABELS = 12
_WIDEST = 80


class Series(NamedTuple):
    """Values of one colour; ``style`` is a class of the page's style sheet."""

    name: str
    values: Sequence[int]
    style: str


def columns(title: str, labels: Sequence[str], series: Sequence[Series], name: str) -> str:
    """Upright bars, each series before the one that is named first.

    Args:
        title: what is shown.
        labels: of the places from left to right.
        series: the first is the tallest; the others stand in front of it, as parts of it.
        name: unique in the page.
    """
    most = max([1, *(value for one in series for value in one.values)])
    top, lines = _scale(most)
    inner_width, inner_height = WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    step = inner_width / max(1, len(labels))
    parts = []
    for line in lines:
        y = _TOP + inner_height * (1 - line / top)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{line:,}</text>')
    for place, one in enumerate(series):
        width = min(step, _WIDEST) * (0.8 - 0.3 * place)
        for at, value in enumerate(one.values):
            if value:
                height = inner_height * value / top
                x, y = _LEFT + step * (at + 0.5) - width / 2, _TOP + inner_height - height
                box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
                told = f"{escape(labels[at])}: {value:,} {escape(one.name)}"
                parts.append(f'<rect class="{one.style}" {box}><title>{told}</title></rect>')
    every = -(-len(labels) // _MOST_LABELS)
    for at in range(0, len(labels), max(1, every)):
        x = _LEFT + step * (at + 0.5)
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(labels[at])}</text>'
        )
    told = "; ".join(
        f"{one.name}: {sum(one.values):,} in all, at most {max(one.values, default=0):,}" for one in series
    )
    return _svg(title, told, name, _HEIGHT, parts)


def bars(title: str, rows: Sequence[tuple[str, int]], name: str, style: str = "moments") -> str:
    """Bars that lie, one a row, with their numbers."""
    most = max([1, *(value for _, value in rows)])
    room = WIDTH - _LABEL - 80
    parts = []
    for at, (label, value) in enumerate(rows):
        y = 4 + at * _ROW
        width = room * value / most
        shown = label if len(label) <= 38 else f"{label[:37]}…"
        parts.append(f'<text class="label" x="{_LABEL - 8}" y="{y + 16}" text-anchor="end">{escape(shown)}</text>')
        parts.append(f'<rect class="{style}" x="{_LABEL}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 8}"/>')
        parts.append(f'<text class="label" x="{_LABEL + width + 6:.1f}" y="{y + 16}">{value:,}</text>')
    told = "; ".join(f"{label}: {value:,}" for label, value in rows)
    return _svg(title, told, name, 8 + _ROW * len(rows), parts)


def _svg(title: str, told: str, name: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(told)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _scale(most: int) -> tuple[int, list[int]]:
    """The top of an axis from nought, and where its lines are: at most six, at round numbers."""
    step = 1
    while most / step > 5:
        # 1, 2, 5, 10, 20, 50 and so on
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    top = -(-most // step) * step
    return top, list(range(0, top + 1, step))
