"""A folder with templates."""

from __future__ import annotations

from pathlib import Path

TEXT = "Subject: We call you back, $name\n\nDear $name,\nyou waited ${wait.seconds} seconds. It costs $$0.\n"
HTML = "<p>Dear $name</p>"


def texts_folder(folder: Path, text: str = TEXT, html: str | None = None) -> Path:
    """The folder, with the template of ``triggers.trigger``."""
    made = folder / "texts"
    made.mkdir()
    (made / "call_back_offer.txt").write_text(text, encoding="utf-8")
    if html is not None:
        (made / "call_back_offer.html").write_text(html, encoding="utf-8")
    return made
