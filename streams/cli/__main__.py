"""``python -m streams.cli``, for processes that start us with their own Python."""

from streams.cli.root import main

main()
