"""The pages as HTML: no script, no picture, nothing from elsewhere; every text is escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from streams.preferences.changes import Choices
from streams.preferences.form import zones
from streams.preferences.offer import Offer
from streams.preferences.wording import MISTAKES, channel_words, purpose_words

STYLE = """
:root{color-scheme:light}
body{margin:0 auto;max-width:40rem;padding:1rem;font:1.0625rem/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff}
h1{font-size:1.6rem;line-height:1.25}
fieldset{min-width:0;border:1px solid #767676;border-radius:.4rem;margin:0 0 1.25rem;padding:.75rem 1rem}
legend{font-weight:600;padding:0 .4rem}
.row{display:flex;align-items:center;gap:.75rem;min-height:2.75rem}
input[type=checkbox]{width:1.5rem;height:1.5rem;flex:none}
.field{margin:.5rem 0}
.field label{display:block;font-weight:600}
.field input,.field select{font:inherit;padding:.5rem;min-height:2.75rem;max-width:100%;box-sizing:border-box;
border:1px solid #595959;border-radius:.3rem;background:#fff;color:inherit}
button{font:inherit;font-weight:600;padding:.7rem 1.2rem;min-height:2.75rem;border-radius:.3rem;
border:2px solid #0b3d91;background:#0b3d91;color:#fff;margin:0 .5rem .75rem 0}
button.plain{background:#fff;color:#0b3d91}
:focus-visible{outline:3px solid #b35900;outline-offset:2px}
.note{border-left:.4rem solid #1a6b2f;background:#eef7f0;padding:.75rem 1rem;margin:0 0 1.25rem}
.trouble{border-left:.4rem solid #a4161a;background:#fdf0f0;padding:.75rem 1rem;margin:0 0 1.25rem}
.wrong{color:#a4161a;font-weight:600;margin:.25rem 0}
.small{color:#404040;margin:.25rem 0}
""".strip()

_LABELS = {
    "channel": "The channel you like best",
    "quiet_from": "Leave me in peace from",
    "quiet_to": "until",
    "time_zone": "The time zone you live in",
}


def preferences_page(
    offer: Offer,
    choices: Choices,
    seen: str,
    seal: str,
    note: str = "",
    trouble: str = "",
    mistakes: Mapping[str, str] | None = None,
) -> str:
    """The page with its form.

    Args:
        offer: the consents to ask about.
        choices: what is ticked and chosen.
        seen: the version of what is shown.
        seal: proves that the form is ours.
        note: what went well.
        trouble: what did not.
        mistakes: by field, what has to be put right.
    """
    wrong = mistakes or {}
    parts = [
        _summary(wrong) if wrong else "",
        f'<p class="note" role="status">{escape(note)}</p>' if note else "",
        f'<p class="trouble" role="alert">{escape(trouble)}</p>' if trouble else "",
        "<p>You decide what we may send you. What is not ticked, we do not send.</p>",
        '<form method="post" accept-charset="utf-8">',
        f'<input type="hidden" name="seen" value="{escape(seen)}">',
        f'<input type="hidden" name="seal" value="{escape(seal)}">',
        *(_purpose(purpose, channels, choices) for purpose, channels in offer.purposes),
        "<fieldset><legend>How and when</legend>",
        _select("channel", [(name, channel_words(name)) for name in offer.channels], choices, wrong, "No preference"),
        _time("quiet_from", choices, wrong),
        _time("quiet_to", choices, wrong),
        '<p class="small">By your clock, every day; it may go past midnight. Empty: our usual quiet hours.</p>',
        _select("time_zone", [(zone, zone.replace("_", " ")) for zone in zones()], choices, wrong, "Not given"),
        "</fieldset>",
        '<button type="submit">Save</button>',
        '<button type="submit" class="plain" name="stop" value="all">Stop everything</button>',
        "</form>",
    ]
    return document("Your preferences", "\n".join(part for part in parts if part), bool(wrong))


def unsubscribe_page(purpose: str, channel: str) -> str:
    """Asks once more, for whoever opens the link in a browser: opening alone takes nothing back."""
    heading, _ = purpose_words(purpose)
    return document(
        "Unsubscribe",
        f"<p>Stop: <strong>{escape(heading)}</strong>, by {escape(channel_words(channel))}.</p>\n"
        '<form method="post"><button type="submit" name="List-Unsubscribe" value="One-Click">'
        "Unsubscribe</button></form>",
    )


def message_page(title: str, *sentences: str) -> str:
    """A page that only says something."""
    return document(title, "\n".join(f"<p>{escape(sentence)}</p>" for sentence in sentences))


def document(title: str, body: str, with_mistakes: bool = False) -> str:
    """A whole document; ``body`` is HTML."""
    named = f"{'Please check: ' if with_mistakes else ''}{title}"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(named)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _summary(wrong: Mapping[str, str]) -> str:
    items = "".join(f'<li><a href="#{name}">{escape(text)}</a></li>' for name, text in wrong.items())
    return f'<div class="trouble" role="alert"><p>{MISTAKES}</p><ul>{items}</ul></div>'


def _purpose(purpose: str, channels: Iterable[str], choices: Choices) -> str:
    heading, meaning = purpose_words(purpose)
    rows = "\n".join(
        f'<div class="row"><input type="checkbox" name="consent" value="{escape(purpose)} {escape(channel)}" '
        f'id="{escape(purpose)}-{escape(channel)}"{" checked" if (purpose, channel) in choices.granted else ""}>'
        f'<label for="{escape(purpose)}-{escape(channel)}">{escape(channel_words(channel))}</label></div>'
        for channel in channels
    )
    told = f'<p class="small">{escape(meaning)}</p>\n' if meaning else ""
    return f"<fieldset><legend>{escape(heading)}</legend>\n{told}{rows}\n</fieldset>"


def _select(
    name: str, options: Iterable[tuple[str, str]], choices: Choices, wrong: Mapping[str, str], none: str
) -> str:
    chosen = choices.wishes.get(name, "")
    offered = [("", none), *options]
    if chosen not in dict(offered) and name not in wrong:
        offered.append((chosen, chosen))  # said elsewhere: it stays unless the customer changes it
    lines = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in offered
    )
    return _field(name, f'<select id="{name}" name="{name}"{_described(name, wrong)}>{lines}</select>', wrong)


def _time(name: str, choices: Choices, wrong: Mapping[str, str]) -> str:
    value = escape(choices.wishes.get(name, ""))
    return _field(
        name, f'<input type="time" id="{name}" name="{name}" value="{value}"{_described(name, wrong)}>', wrong
    )


def _field(name: str, control: str, wrong: Mapping[str, str]) -> str:
    told = f'<p class="wrong" id="{name}-wrong">{escape(wrong[name])}</p>' if name in wrong else ""
    return f'<div class="field"><label for="{name}">{_LABELS[name]}</label>{told}{control}</div>'


def _described(name: str, wrong: Mapping[str, str]) -> str:
    return f' aria-invalid="true" aria-describedby="{name}-wrong"' if name in wrong else ""
