"""The query language, from a person's input to a tree of words.

    sleep memory              articles with any of the words, best first
    +sleep -stress            must have, must not have
    sleep AND (rem OR deep)   AND, OR, NOT in capitals, brackets
    "deep sleep"              the words in this order
    plastic*                  words that begin so
    plasticty~  plastcty~2    words within one or two typing errors
    title:sleep               a word of the title; also text:, author:
    mechanism:nmda-receptor   a facet value; also study:, study_type:, language:

Whatever a person types is a query: an operator without its words, a bracket or quote without its other half, or an
unknown field is read as plain text. The parser never raises, and reads no more than `searchkit.limits` says, in
time linear in that; the rest is left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias, TypeGuard

import regex

from searchkit.analyzers.script import UNSPACED, runs
from searchkit.article import FACETS
from searchkit.index.query import KINDS
from searchkit.limits import MAX_DEPTH, MAX_PATTERNS, MAX_QUERY_CHARACTERS, MAX_QUERY_SIGNS, MAX_QUERY_WORDS

_FIELDS: Final = {"title": "title", "text": "body", "body": "body", "author": "author"}

_QUOTES: Final = {'"': '"', "“": "”", "„": "“”", "”": "”", "«": "»", "「": "」", "『": "』", "＂": "＂"}
_OPEN: Final = "".join(_QUOTES)
_TOKEN: Final = regex.compile(
    rf"""
    (?P<space>\s+)
    | (?P<sign>[+\-−!](?=[^\s+\-−!]))
    | (?P<open>[(（]) | (?P<close>[)）])
    | (?P<field>(?:title|text|body|author|language|study_type|study|mechanism)\s*[:：])(?=[^\s:：])
    | (?P<quote>[{_OPEN}])
    | (?P<word>[^\s()（）{_OPEN}»」』]+)
    | (?P<other>.)
    """,
    regex.VERBOSE | regex.DOTALL,
)
_OPERATORS: Final = frozenset({"AND", "OR", "NOT", "&&", "||"})
_FUZZY: Final = regex.compile(r"(.+?)[~～]([12])?")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or several that punctuation joins, as typed.

    Attributes:
        kind: which text it must stand in; None for any.
        prefix: words that begin so.
        distance: number of typing errors to allow.
    """

    text: str
    kind: str | None = None
    prefix: bool = False
    distance: int = 0


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words in this order."""

    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A facet value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Anything:
    """Every article; ``*``."""


@dataclass(frozen=True, slots=True)
class Group:
    """All of ``must``, none of ``must_not``, best with many of ``should``."""

    must: tuple["Node", ...] = ()
    should: tuple["Node", ...] = ()
    must_not: tuple["Node", ...] = ()


Node: TypeAlias = Word | Quoted | FacetValue | Anything | Group


class Span(NamedTuple):
    """Where in a query a plain word or a phrase stands, and which text it must stand in; None for any."""

    start: int
    end: int
    kind: str | None


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


class ParsedQuery(NamedTuple):
    """A parsed query.

    Attributes:
        root: the tree.
        truncated: words were left out because there were more than `MAX_QUERY_WORDS`, or `MAX_QUERY_CHARACTERS`.
        patterns_left_out: so were words with ``*`` or ``~``, because there were more than `MAX_PATTERNS`.
    """

    root: Group
    truncated: bool = False
    patterns_left_out: bool = False


def parse(text: str) -> ParsedQuery:
    """Return the tree of a query; any text is one, and an empty one matches nothing."""
    parser = _Parser(text)
    root = parser.group(0)
    return ParsedQuery(root, parser.truncated, parser.patterns > MAX_PATTERNS)


def spelled(text: str) -> list[Span]:
    """Return where the words and phrases of a query stand that a hit may hold, as they are written.

    Left out are operators, excluded parts, facet values, and words with a prefix or errors of their own.
    """
    found: list[Span] = []
    excluded: list[bool] = [False]  # one for each open bracket
    negated, field = False, ""
    for token in _Parser(text).tokens:
        match token.kind:
            case "sign":
                negated = token.text != "+"
            case "field":
                field = token.text.rstrip(":： ")
            case "open":
                excluded.append(excluded[-1] or negated)
                negated, field = False, ""
            case "close":
                excluded = excluded[:-1] or [False]
            case "word" if token.text in _OPERATORS:
                negated = token.text == "NOT"
            case _:
                plain = token.kind == "phrase" or (
                    isinstance(node := _word(token.text), Word) and node == Word(token.text)
                )
                if plain and not (negated or excluded[-1] or field in FACETS):
                    found.append(Span(token.start, token.start + len(token.text), _FIELDS.get(field)))
                negated, field = False, ""
    return found


class _Parser:
    """Recursive descent: group = either (juxtaposed), either = both (OR both)*, both = unary (AND unary)*."""

    def __init__(self, text: str) -> None:
        self.truncated = len(text) > MAX_QUERY_CHARACTERS
        self.patterns = 0
        self.tokens = list(self._within_limits(self._scan(text[:MAX_QUERY_CHARACTERS])))
        self._place = 0

    def _scan(self, text: str) -> Iterator[_Token]:
        closing: dict[str, int] = {}  # where each mark stands next, so that it is looked for once
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:  # pragma: no cover - the last alternative takes anything
                return
            kind, end = str(match.lastgroup), match.end()
            if kind == "quote":
                for mark in _QUOTES[match.group()]:
                    if closing.get(mark, -1) < end:
                        found = text.find(mark, end)
                        closing[mark] = found if found >= 0 else len(text)
                last = min(closing[mark] for mark in _QUOTES[match.group()])
                if last < len(text):
                    yield _Token("phrase", text[end:last], end)
                    place = last + 1
                    continue
                kind = "space"
            if kind not in {"space", "other"}:
                yield _Token(kind, match.group(), place)
            place = end

    def _within_limits(self, tokens: Iterable[_Token]) -> Iterator[_Token]:
        """Yield tokens up to the last word that is read, and of the words with ``*`` and ``~`` the first ones."""
        left = MAX_QUERY_WORDS
        field = False
        for number, token in enumerate(tokens):
            if number - MAX_QUERY_WORDS >= MAX_QUERY_SIGNS:
                self.truncated = True
                return
            is_word = token.kind == "phrase" or (token.kind == "word" and (field or token.text not in _OPERATORS))
            left -= field and not is_word  # the name of a field without a word is one
            field = token.kind == "field"
            if not left and (is_word or field):
                self.truncated = True
                return
            if not is_word:
                yield token
                continue
            if token.kind == "word" and _is_pattern(_word(token.text)):
                self.patterns += 1
                if self.patterns > MAX_PATTERNS:
                    continue
            words, end = _words(token.text, left)
            if end < len(token.text):
                self.truncated = True
            left -= words
            yield token._replace(text=token.text[:end])

    def _peek(self) -> _Token | None:
        return self.tokens[self._place] if self._place < len(self.tokens) else None

    def _operator(self, *names: str) -> bool:
        token = self._peek()
        if token and token.kind == "word" and token.text in names:
            self._place += 1
            return True
        return False

    def group(self, depth: int) -> Group:
        must: list[Node] = []
        should: list[Node] = []
        must_not: list[Node] = []
        while (token := self._peek()) is not None:
            if token.kind == "close":
                self._place += 1
                if depth:
                    break
                continue
            if self._operator("AND", "OR", "&&", "||"):
                continue  # an operator without its left side
            sign = ""
            if token.kind == "sign":
                self._place += 1
                sign = token.text
            node = self._either(depth)
            if node is None:
                continue
            if _is_negation(node) and not sign:
                must_not.extend(node.must_not)
            elif sign == "+":
                must.append(node)
            elif sign:
                must_not.append(node)
            else:
                should.append(node)
        if len(should) == 1 and not must and not must_not and isinstance(should[0], Group):
            return should[0]
        # What must be there need not be asked for twice; what may be there stands beside its neighbours.
        return Group(_once(must), tuple(should), _once(must_not))

    def _either(self, depth: int) -> Node | None:
        parts = [part] if (part := self._both(depth)) else []
        while self._operator("OR", "||"):
            if part := self._both(depth):
                parts.append(part)
        return parts[0] if len(parts) == 1 else Group(should=tuple(parts)) if parts else None

    def _both(self, depth: int) -> Node | None:
        parts = [part] if (part := self._unary(depth)) else []
        while self._operator("AND", "&&"):
            if part := self._unary(depth):
                parts.append(part)
        if len(parts) <= 1:
            return parts[0] if parts else None
        return Group(
            must=_once(part for part in parts if not _is_negation(part)),
            must_not=_once(node for part in parts if _is_negation(part) for node in part.must_not),
        )

    def _unary(self, depth: int) -> Node | None:
        negated = False
        while (sign := self._sign()) or self._operator("NOT"):
            negated ^= sign != "+"
        node = self._operand(depth)
        return Group(must_not=(node,)) if node and negated else node

    def _sign(self) -> str:
        token = self._peek()
        if token is None or token.kind != "sign":
            return ""
        self._place += 1
        return token.text

    def _operand(self, depth: int) -> Node | None:
        token = self._peek()
        if token is None or (token.kind == "word" and token.text in {"AND", "OR", "&&", "||"}):
            return None
        if token.kind == "close":
            return None
        self._place += 1
        match token.kind:
            case "open":
                if depth >= MAX_DEPTH:
                    return None
                group = self.group(depth + 1)
                return group if group.must or group.should or group.must_not else None
            case "field":
                return self._field(token, depth)
            case "phrase":
                return Quoted(token.text) if token.text.strip() else None
            case _:
                return _word(token.text)

    def _field(self, token: _Token, depth: int) -> Node | None:
        name = token.text.rstrip(":： ")
        following = self._peek()
        if following is None or following.kind not in {"word", "phrase"}:
            return _word(name)
        node = self._operand(depth)
        if name in FACETS:
            return FacetValue(name, following.text)
        if isinstance(node, Word | Quoted):
            return replace(node, kind=_FIELDS[name])
        return node


def _once(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(dict.fromkeys(nodes))


def _is_negation(node: Node) -> TypeGuard[Group]:
    return isinstance(node, Group) and bool(node.must_not) and not node.must and not node.should


def _is_pattern(node: Node) -> bool:
    """Tell whether a node reads all the terms, or articles, that fit it."""
    return isinstance(node, Anything) or (isinstance(node, Word) and (node.prefix or node.distance > 0))


def _words(text: str, most: int) -> tuple[int, int]:
    """Count the words of a token, and return where it is to be cut so that there are no more than ``most``.

    A token without any is one: it has its place in the tree too.
    """
    words = 0
    for script, start, end in runs(text):
        size = (end - start + 1) // 2 if script in UNSPACED else 1
        if words + size > most:
            return most, start + 2 * (most - words) if script in UNSPACED else start
        words += size
    return max(words, 1), len(text)


def _word(text: str) -> Node:
    if text.strip("*＊") == "" or text == "*:*":
        return Anything()
    if text[-1] in "*＊":
        return Word(text.rstrip("*＊"), prefix=True)
    if match := _FUZZY.fullmatch(text):
        return Word(match.group(1), distance=int(match.group(2) or 1))
    return Word(text)


def plain_text(node: Node) -> Iterator[str]:
    """Yield the runs of words of a tree that may name a concept: adjacent plain words, and phrases."""
    if isinstance(node, Quoted) or (isinstance(node, Word) and not node.prefix and not node.distance):
        yield node.text
    elif isinstance(node, Group):
        words = (part for part in node.should if isinstance(part, Word) and part == Word(part.text))
        if run := " ".join(word.text for word in words):
            yield run


assert set(_FIELDS.values()) == set(KINDS)  # noqa: S101 - one list of kinds, in one place
