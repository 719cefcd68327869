"""What an index keeps of an article besides its postings: all that showing a hit takes, in one block of bytes."""

import json
import operator
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from searchkit.article import Article
from searchkit.errors import IndexFormatError
from searchkit.termvector import TermVector, inflated

Span = tuple[int, int]
Evidence = Mapping[str, Mapping[str, tuple[Span, ...]]]

_VERSION: Final = 1
_HEAD: Final = struct.Struct("<BII")


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with what was derived from it.

    Attributes:
        evidence: facet -> value -> where in the text (code points) the decision rests.
        given: names of the fields that the source gave, and that detection must leave alone.
    """

    article: Article
    title: TermVector
    body: TermVector
    evidence: Evidence = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    def to_bytes(self) -> bytes:
        """Return the block."""
        data = {
            "article": self.article.to_dict(),
            "evidence": self.evidence,
            "given": sorted(self.given),
        }
        text = zlib.compress(
            json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        )
        title = self.title.to_bytes()
        return b"".join([_HEAD.pack(_VERSION, len(text), len(title)), text, title, self.body.to_bytes()])

    @classmethod
    def from_bytes(cls, block: bytes) -> Self:
        """Return the article that `to_bytes` packed.

        Raises:
            IndexFormatError: nothing that `to_bytes` made looks so.
        """
        try:
            return cls._unpacked(block)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise _damaged() from error
        except (struct.error, zlib.error) as error:
            raise _damaged() from error

    @classmethod
    def _unpacked(cls, block: bytes) -> Self:
        version, text, title = _HEAD.unpack_from(block)
        if version != _VERSION:
            raise ValueError("another version")
        first, second = _HEAD.size + text, _HEAD.size + text + title
        article, evidence, given = _told(block[_HEAD.size : first])
        return cls(
            article,
            TermVector.from_bytes(block[first:second]),
            TermVector.from_bytes(block[second:]),
            evidence,
            given,
        )

    @classmethod
    def without_tokens(cls, block: bytes) -> Self:
        """Return the article that `to_bytes` packed, as if it had no words: what is left of a damaged block."""
        _, text, _ = _HEAD.unpack_from(block)
        article, evidence, given = _told(block[_HEAD.size : _HEAD.size + text])
        return cls(article, TermVector.of(()), TermVector.of(()), evidence, given)


def _told(packed: bytes) -> tuple[Article, Evidence, frozenset[str]]:
    """Return all but the tokens."""
    data = json.loads(inflated(packed))
    article = Article.from_dict(data["article"])
    _check_article(article)
    evidence = {
        facet: {value: tuple((start, end) for start, end in spans) for value, spans in values.items()}
        for facet, values in data["evidence"].items()
    }
    return article, evidence, frozenset(data["given"])


_TEXTS: Final = operator.attrgetter("id", "title", "text", "language", "url", "author", "source", "group")


def _check_article(article: Article) -> None:
    """Raise an error where an article from a stranger's index is not made of what articles are made of."""
    sound = all(type(text) is str for text in _TEXTS(article))
    spans = [(section.start, section.end) for section in article.sections]
    spans += [(reference.start, reference.end) for reference in article.references]
    sound = sound and all(_is_span(start, end) for start, end in spans)
    sound = sound and all(type(value) is str for values in article.facets.values() for value in values)
    sound = sound and all(type(section.heading) is str for section in article.sections)
    for reference in article.references:
        told = (reference.text, reference.author, reference.volume, reference.issue, reference.first_page)
        more = (reference.doi, reference.url, reference.journal)
        sound = sound and all(type(text) is str for text in (*told, *more))
        sound = sound and (reference.year is None or type(reference.year) is int)
    for strengths in article.strengths.values():
        sound = sound and all(type(strength) in {int, float} for strength in strengths.values())
    if not sound:
        raise TypeError("not an article")


def _is_span(start: object, end: object) -> bool:
    # References that the source gave may lie behind the text's end: such spans are empty.
    return type(start) is int and type(end) is int and start >= 0 and end >= 0


def _damaged() -> IndexFormatError:
    return IndexFormatError("an article in the index is damaged; index the articles again")
