"""The page's words: plain, short, and for purposes and channels in the customer's terms."""

from __future__ import annotations

PURPOSES = {
    "care": ("Help and news about what you have with us", "Status, reminders, and help when something went wrong."),
    "loyalty": ("Thanks and invitations", "Gifts, congratulations, and what we do for those who stay with us."),
    "offers": ("Offers", "Suggestions about things that you looked at or might like."),
}
"""By purpose: its heading and what it means. Another purpose is shown by its own name."""

CHANNELS = {
    "app": "In the app",
    "chat": "Chat",
    "email": "E-mail",
    "post": "Letter",
    "push": "Push message",
    "sms": "Text message (SMS)",
    "voice": "Phone call",
    "web": "On the website",
}

TAKES_EFFECT = (
    "It takes effect as soon as it is processed, normally within seconds, also for messages that were planned before. "
    "One that is already on its way can still reach you."
)

MISTAKES = "Nothing was saved yet. Please look at these:"
STALE = (
    "Your preferences changed elsewhere after you opened this page. This is how they stand now: please choose again."
)
UNCHANGED = "Nothing was changed: it was already as you chose."


def purpose_words(purpose: str) -> tuple[str, str]:
    """Heading and explanation of a purpose."""
    return PURPOSES.get(purpose, (purpose.replace("_", " ").capitalize(), ""))


def channel_words(channel: str) -> str:
    """A channel as customers call it."""
    return CHANNELS.get(channel, channel.replace("_", " ").capitalize())


def saved_words(changes: int) -> str:
    """What is said after so many changes were saved."""
    if changes == 0:
        return UNCHANGED
    return f"Saved: {'one change' if changes == 1 else f'{changes} changes'}. {TAKES_EFFECT}"
