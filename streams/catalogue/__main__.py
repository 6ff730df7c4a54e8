"""Prints docs/catalogue.md."""

import sys

from streams.catalogue.page import catalogue_page

sys.stdout.write(catalogue_page())
