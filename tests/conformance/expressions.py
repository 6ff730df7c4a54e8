"""Comparisons of the conformance cases, as conditions of the rule language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.conformance.errors import Refused

Condition = dict[str, Any]

ANYTHING: Condition = {"event_id|exists": True}
_MODIFIERS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "==": "eq", "=": "eq", "!=": "ne"}
_TOKEN = re.compile(r"\s*(>=|<=|==|!=|[<>=(),.]|'[^']*'|-?\d+(?:\.\d+)?|[A-Za-z_]\w*)")


def condition(cond: Mapping[str, Any], names: Mapping[str, str], first: str) -> Condition:
    """The condition of a step.

    Args:
        cond: as in the case; its entries must all hold.
        names: what a step of the case is called in the rule.
        first: the rule's name of the first step, with which ``eq`` compares.

    Raises:
        Refused: an entry that has no counterpart.
    """
    parts = [_entry(key, cond, names, first) for key in cond if key not in ("op", "value")]
    return {"all": parts} if parts else ANYTHING


def _entry(key: str, cond: Mapping[str, Any], names: Mapping[str, str], first: str) -> Condition:
    value = cond[key]
    if key in ("all", "and", "any", "or"):
        parts = [condition(part, names, first) for part in value]
        return {"all" if key in ("all", "and") else "any": parts}
    if key == "not":
        return {"not": condition(value, names, first)}
    if key in ("type", "stream"):
        return {"type": value}
    if key == "id":
        return {"event_id": value}
    if key == "eq":
        fields = value if isinstance(value, list) else [value]
        return {"all": [{f"properties.{one}": {"first": first, "field": f"properties.{one}"}} for one in fields]}
    if key == "attr":
        if cond["op"] == "in":
            return {f"properties.{value}": list(cond["value"])}
        if cond["op"] not in _MODIFIERS:
            raise Refused(f"the operator '{cond['op']}' in a condition")
        return {f"properties.{value}|{_MODIFIERS[cond['op']]}": cond["value"]}
    if key == "expr":
        return _Expression(value, names).read()
    raise Refused(f"'{key}' in a condition")


class _Expression:
    """``or`` of ``and`` of comparisons."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self._text = text
        self._names = names
        self._tokens: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise Refused(f"the expression '{text}'")
            self._tokens.append(found[1])
            place = found.end()

    def read(self) -> Condition:
        found = self._any()
        if self._tokens:
            raise self._refused()
        return found

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._follows("or"):
            parts.append(self._all())
        return {"any": parts}

    def _all(self) -> Condition:
        parts = [self._comparison()]
        while self._follows("and"):
            parts.append(self._comparison())
        return {"all": parts}

    def _comparison(self) -> Condition:
        if self._follows("("):
            inner = self._any()
            self._expect(")")
            return inner
        left = self._operand()
        if self._follows("is"):
            missing = not self._follows("not")
            self._expect("null")
            there = self._exists(left)
            return {"not": there} if missing else there
        word = self._next()
        if word not in _MODIFIERS or isinstance(left, dict) or not isinstance(left, str):
            raise self._refused()
        right = self._operand()
        if isinstance(right, str) and right.startswith("properties."):
            raise self._refused()
        return {f"{left}|{_MODIFIERS[word]}": right}

    def _exists(self, operand: Any) -> Condition:
        if isinstance(operand, dict):
            # Every touchpoint has an event id, and none equals that of an earlier one.
            return {"event_id|ne": {**operand, "field": operand.get("field", "event_id")}}
        return {f"{operand}|exists": True}

    def _operand(self) -> Any:
        word = self._next()
        if re.fullmatch(r"-?\d+(\.\d+)?", word):
            return float(word) if "." in word else int(word)
        if word.startswith("'"):
            return word[1:-1]
        if word.lower() in ("prev", "first", "last") and self._follows("("):
            step = self._next()
            inner = self._next() if self._follows(".") else None
            self._expect(")")
            outer = self._next() if self._follows(".") else inner
            return self._reference("first" if word.lower() == "first" else "last", step, outer)
        if self._follows("."):
            return self._reference("last", word, self._next())
        return f"properties.{word}"

    def _reference(self, which: str, step: str, field: str | None) -> dict[str, str]:
        if step not in self._names:
            raise self._refused()
        name = {which: self._names[step]}
        return name if field is None else {**name, "field": f"properties.{field}"}

    def _follows(self, word: str) -> bool:
        if self._tokens and self._tokens[0].lower() == word:
            del self._tokens[0]
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._follows(word):
            raise self._refused()

    def _next(self) -> str:
        if not self._tokens:
            raise self._refused()
        return self._tokens.pop(0)

    def _refused(self) -> Refused:
        return Refused(f"the expression '{self._text}'")
