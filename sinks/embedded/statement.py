"""Just enough of ClickHouse's SQL to serve it over HTTP: where data begins, which format comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sinks.embedded.failure import QueryFailed

_TOKEN = re.compile(
    rb"""
      (?P<space>   \s+ | --[^\n]* | \#[ !][^\n]* | /\*.*?\*/ )
    | (?P<quoted>  '(?:[^'\\]|\\.|'')*' | `(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*"
                 | \xe2\x80\x98.*?\xe2\x80\x99 | \xe2\x80\x9c.*?\xe2\x80\x9d
                 | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<word>    [A-Za-z_0-9][A-Za-z_0-9$]* )
    | (?P<other>   . )
    """,
    re.DOTALL | re.VERBOSE,
)
_DATA_GAP = re.compile(rb";?[ \t\f]*\r?\n?")
_OPENING, _CLOSING = b"([{", b")]}"
_RESULTS = frozenset({b"SELECT", b"WITH", b"FROM", b"SHOW", b"DESCRIBE", b"DESC", b"EXISTS", b"EXPLAIN", b"CHECK"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, taken apart as far as HTTP needs.

    Attributes:
        kind: its first word, upper case; ``(`` for a bracketed SELECT.
        text: the statement without inline data and without a closing semicolon.
        format: of the data that follows an INSERT, or of the result if the statement says so.
        data_at: where an INSERT's inline data begins; None if it has none.
        source_at: where ``FROM INFILE`` belongs in ``text`` so that it reads the data from a file.
    """

    kind: str
    text: bytes
    format: str | None = None
    data_at: int | None = None
    source_at: int | None = None

    @property
    def has_result(self) -> bool:
        """Whether it answers with rows (possibly none) rather than with nothing."""
        return self.kind.encode() in _RESULTS or self.kind == "("

    def reading(self, path: str) -> bytes:
        """This INSERT with its data in the file ``path``."""
        quoted = path.encode().replace(b"\\", b"\\\\").replace(b"'", b"\\'")
        head, tail = self.text[: self.source_at], self.text[self.source_at :]
        return b"%s FROM INFILE '%s' %s FORMAT %s" % (head, quoted, tail, (self.format or "Values").encode())


@dataclass(frozen=True, slots=True)
class _Token:
    text: bytes
    start: int
    end: int
    depth: int
    word: bool


def parse(sql: bytes) -> Statement:
    """Take a statement apart; ``sql`` may go on with an INSERT's data of any kind.

    Raises:
        QueryFailed: empty, several statements, or one that names a file of the server.
    """
    tokens = _tokens(sql)
    first = next(tokens, None)
    if first is None:
        raise QueryFailed(62, "SYNTAX_ERROR", "Empty query")
    kind = first.text.upper().decode(errors="replace")
    if kind == "INSERT":
        return _insert(sql, tokens)
    return _other(sql, kind, [first, *tokens])


def _insert(sql: bytes, tokens: Iterator[_Token]) -> Statement:
    seen: list[_Token] = []
    settings_at: int | None = None
    previous = b""
    for token in tokens:
        word = token.text.upper() if token.word and token.depth == 0 else b""
        # The words after INSERT INTO name the target, whatever they are.
        in_target = previous in (b"INTO", b"TABLE", b"FUNCTION", b".") or token.text == b"."
        upper = token.text.upper()
        if not in_target and len(seen) > 1:
            if word in (b"SELECT", b"WITH") or (token.text == b"(" and _is_select(sql, token.end)):
                return _other(sql, "INSERT", [*seen, token, *tokens])
            if word in (b"INFILE", b"WATCH"):
                raise QueryFailed(344, "SUPPORT_IS_DISABLED", f"INSERT FROM {word.decode()} is not served over HTTP")
            if word == b"SETTINGS" and settings_at is None:
                settings_at = token.start
            if word == b"VALUES":
                return _with_data(sql, token.start, token.end, settings_at, "Values")
            if previous == b"FORMAT" and word:
                return _with_data(sql, seen[-1].start, token.end, settings_at, token.text.decode())
        seen.append(token)
        previous = b"" if in_target and upper not in (b"TABLE", b"FUNCTION", b".") else upper
    raise QueryFailed(62, "SYNTAX_ERROR", "INSERT without VALUES, SELECT or FORMAT")


def _with_data(sql: bytes, text_end: int, head_end: int, settings_at: int | None, data_format: str) -> Statement:
    gap = _DATA_GAP.match(sql, head_end)
    assert gap is not None
    source_at = settings_at if settings_at is not None else text_end
    return Statement("INSERT", sql[:text_end], data_format, gap.end(), source_at)


def _is_select(sql: bytes, position: int) -> bool:
    following = next(_tokens(sql, position), None)
    return following is not None and following.text.upper() in (b"SELECT", b"WITH", b"(")


def _other(sql: bytes, kind: str, tokens: list[_Token]) -> Statement:
    end = len(sql)
    result_format: str | None = None
    in_settings = False
    previous = b""
    for position, token in enumerate(tokens):
        if token.text == b";":
            if position + 1 < len(tokens):
                raise QueryFailed(62, "SYNTAX_ERROR", "Multi-statements are not allowed")
            end = token.start
            break
        word = token.text.upper() if token.word else b""
        if (previous, word) in ((b"INTO", b"OUTFILE"), (b"FROM", b"INFILE")):
            raise QueryFailed(344, "SUPPORT_IS_DISABLED", f"{word.decode()} is not served over HTTP")
        if token.depth == 0 and word:
            if previous == b"FORMAT":
                result_format = token.text.decode()
            elif word == b"SETTINGS":
                in_settings = True
            elif not in_settings:
                result_format = None
        previous = word
    return Statement(kind, sql[:end], result_format)


def _tokens(sql: bytes, position: int = 0) -> Iterator[_Token]:
    depth = 0
    for match in _TOKEN.finditer(sql, position):
        if match.lastgroup == "space":
            continue
        text = match.group()
        if text in _CLOSING and match.lastgroup == "other":
            depth = max(0, depth - 1)
        yield _Token(text, match.start(), match.end(), depth, match.lastgroup == "word")
        if text in _OPENING and match.lastgroup == "other":
            depth += 1
