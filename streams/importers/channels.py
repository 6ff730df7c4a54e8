"""The channels that the contract knows."""

from streams.vocabulary import CHANNELS

__all__ = ["CHANNELS"]
