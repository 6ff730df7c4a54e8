"""The command ``momentous``."""

from streams.cli.root import main

__all__ = ["main"]
