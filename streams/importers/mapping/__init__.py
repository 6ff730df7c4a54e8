"""Mappings: how the rows of a CSV or JSON lines file become touchpoints, written in YAML."""

from streams.importers.mapping.errors import MappingFileError
from streams.importers.mapping.mapping import Mapping
from streams.importers.mapping.mapping_reader import parse_mapping
from streams.importers.mapping.rows import Row, read_rows
from streams.importers.mapping.template import Template
from streams.importers.mapping.time_format import TimeFormat

__all__ = ["Mapping", "MappingFileError", "Row", "Template", "TimeFormat", "parse_mapping", "read_rows"]
