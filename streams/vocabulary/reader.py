"""A vocabulary file, read: from text to ``Vocabulary``, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

from schemas import Value
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.errors import RuleFileError
from streams.detection.reader import Reader, Section, did_you_mean
from streams.vocabulary.channels import CHANNELS
from streams.vocabulary.errors import VocabularyFileError
from streams.vocabulary.property import NUMERIC, PROPERTY_TYPES, Property
from streams.vocabulary.touchpoint_type import TouchpointType
from streams.vocabulary.vocabulary import OWN_PROPERTY, OWN_TYPE, Vocabulary

FILE_KEYS = ("properties", "anywhere", "types")
PROPERTY_KEYS = ("type", "unit", "min", "max", "values", "meaning", "example")
TYPE_KEYS = ("description", "channels", "required", "one_of", "optional", "needs", "within", "open")
NEEDED_FIELDS = ("correlation_id", "session_id")
MAX_BYTES = 256 * 1024
MAX_NODES = 20_000

_EVERYWHERE = "any"
_PROPERTY_NAME = r"[a-z][a-z0-9_]*"
_TYPE_NAME = r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*"


def parse_vocabulary(text: str, filename: str) -> Vocabulary:
    """The vocabulary of a file.

    Args:
        text: the file, YAML.
        filename: how messages name it; nothing is read from disk.

    Raises:
        VocabularyFileError: with every mistake in the file.
    """
    try:
        document = read_document(text, filename, MAX_BYTES, MAX_NODES)
    except RuleFileError as error:
        raise VocabularyFileError(filename, error.mistakes) from None
    reading = _Reading()
    vocabulary = reading.vocabulary(document)
    if reading.mistakes:
        raise VocabularyFileError(filename, reading.mistakes)
    return vocabulary


class _Reading(Reader):
    """One file being read; what is wrong is noted and left out."""

    def __init__(self) -> None:
        super().__init__()
        self.properties: dict[str, Property] = {}
        self.declared: dict[str, Scalar] = {}
        self.used: set[str] = set()

    def vocabulary(self, document: Mapping) -> Vocabulary:
        section = self.section(document, "a vocabulary", FILE_KEYS)
        assert section is not None
        for key, node in self._entries(section, "properties", "define each property once"):
            self.declared[key.text] = key
            if (known := self._property(key, node)) is not None:
                self.properties[key.text] = known
        anywhere = self._known_properties(section, "anywhere")
        types = {}
        for key, node in self._entries(section, "types", "define each type of touchpoint"):
            if (touchpoint_type := self._type(key, node)) is not None:
                types[key.text] = touchpoint_type
        for name, key in self.declared.items():
            if name not in self.used:
                self.note(key, f"property '{name}' belongs to no type", "name it in a type, or take it out")
        return Vocabulary(types, self.properties, anywhere)

    # -- properties -----------------------------------------------------------------------------

    def _property(self, key: Scalar, node: Node) -> Property | None:
        name = self.matching(key, "property", _PROPERTY_NAME, "write a lower-case name like wait_seconds")
        section = self.section(node, f"property '{key.text}'", PROPERTY_KEYS)
        if name is None or section is None:
            return None
        if name.startswith(OWN_PROPERTY):
            self.note(key, f"property '{name}' begins with {OWN_PROPERTY}", "that is kept for a firm's own properties")
        type_node = section.required("type", f"one of {', '.join(PROPERTY_TYPES)}")
        property_type = self.choice(type_node, "type", PROPERTY_TYPES) if type_node is not None else None
        meaning = self._text(section, "meaning", "say in a sentence what it means")
        example_node = section.required("example", "give a value that fits")
        if property_type is None or meaning is None or not isinstance(example_node, Scalar):
            return None
        is_numeric = property_type in NUMERIC
        unit = self._text(section, "unit", 'write the unit, or "1" for a count or ratio') if is_numeric else ""
        for word in ("min", "max") if not is_numeric else ():
            if section.has(word):
                self.note(section.key(word), f"'{word}' of a {property_type}", "only numbers have bounds")
        if not is_numeric and section.has("unit"):
            self.note(section.key("unit"), f"'unit' of a {property_type}", "only numbers have units")
        least, greatest = self._bound(section, "min"), self._bound(section, "max")
        values_node = section.value("values")
        values = self.listing(values_node, "'values'", self.text, most=100, least=1) if values_node is not None else ()
        if values and property_type != "text":
            self.note(
                section.key("values"), f"'values' of a {property_type}", "only texts have values; use min and max"
            )
        known = Property(name, property_type, meaning, example_node.value, unit or "", least, greatest, values or ())
        self._fits(example_node, known)
        return known

    def _fits(self, node: Scalar, known: Property) -> None:
        value: Value = node.value
        if not known.has_type(value):
            self.note(node, f"the example of '{known.name}' is no {known.type}", "give a value of its type")
        elif not known.is_in_range(value):
            self.note(node, f"the example of '{known.name}' is outside its own bounds", "give a value within them")

    def _bound(self, section: Section, key: str) -> float | None:
        node = section.value(key)
        return self.number(node, f"'{key}'") if node is not None else None

    # -- types ----------------------------------------------------------------------------------

    def _type(self, key: Scalar, node: Node) -> TouchpointType | None:
        name = self.matching(key, "type", _TYPE_NAME, "write family.event in lower case, like queue.abandoned")
        section = self.section(node, f"type '{key.text}'", TYPE_KEYS)
        if name is None or section is None:
            return None
        if name.startswith(OWN_TYPE):
            self.note(key, f"type '{name}' begins with {OWN_TYPE}", "that is kept for a firm's own types")
        description = self._text(section, "description", "say in a sentence what happened")
        channels = self._channels(section)
        required, one_of, optional = (
            self._known_properties(section, part) for part in ("required", "one_of", "optional")
        )
        self._each_once(section, (*required, *one_of, *optional))
        needs_node = section.value("needs")
        needs = (
            self.listing(needs_node, "'needs'", lambda item, _: self.choice(item, "field", NEEDED_FIELDS), least=1)
            if needs_node is not None
            else ()
        )
        within = self._within(section, (*required, *one_of, *optional))
        is_open = section.flag("open")
        if description is None or channels is None or needs is None:
            return None
        return TouchpointType(name, description, channels, required, one_of, optional, needs, within, is_open)

    def _channels(self, section: Section) -> tuple[str, ...] | None:
        node = section.required("channels", f"{_EVERYWHERE}, or a list of {', '.join(CHANNELS)}")
        if node is None or (isinstance(node, Scalar) and node.text == _EVERYWHERE):
            return None if node is None else ()
        return self.listing(node, "'channels'", lambda item, _: self.choice(item, "channel", CHANNELS), least=1)

    def _known_properties(self, section: Section, key: str) -> tuple[str, ...]:
        node = section.value(key)
        if node is None:
            return ()
        names = self.listing(node, f"'{key}'", self._known_property, most=100, least=1) or ()
        self.used.update(names)
        return tuple(name for name in names if name in self.properties)

    def _known_property(self, node: Node, what: str) -> str | None:
        name = self.text(node, what)
        if name is not None and name not in self.declared:
            self.note(node, f"{what} names '{name}', which is no property", did_you_mean(name, self.declared))
            return None
        return name

    def _each_once(self, section: Section, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                self.note(section.node, f"{section.what} names '{name}' twice", "keep one of them")
            seen.add(name)

    def _within(self, section: Section, own: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
        node = section.value("within")
        if node is None:
            return ()
        found = []
        remedy = "write score: [scale_low, scale_high], all of them numbers among the type's properties"
        for key, value in node.entries if isinstance(node, Mapping) else ():
            ends = [item.text for item in value.items if isinstance(item, Scalar)] if isinstance(value, Listing) else []
            names = [key.text, *ends]
            numeric = all(name in own and self.properties[name].type in NUMERIC for name in names)
            if len(names) != 3 or not numeric:
                self.note(key, f"'within' of '{key.text}' cannot be used", remedy)
            else:
                found.append((names[0], names[1], names[2]))
        if not isinstance(node, Mapping):
            self.note(node, "'within' is no mapping", remedy)
        return tuple(found)

    # -- parts ----------------------------------------------------------------------------------

    def _entries(self, section: Section, key: str, remedy: str) -> list[tuple[Scalar, Node]]:
        node = section.required(key, remedy)
        if node is None:
            return []
        if not isinstance(node, Mapping):
            self.note(node, f"'{key}' is no mapping", "write 'name: {...}' lines")
            return []
        return node.entries

    def _text(self, section: Section, key: str, remedy: str) -> str | None:
        node = section.required(key, remedy)
        return self.text(node, f"'{key}'") if node is not None else None
