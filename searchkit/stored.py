"""What an index keeps of an article besides its postings: all that showing a hit takes, in one block of bytes."""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from searchkit.article import Article
from searchkit.termvector import TermVector

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
        text = zlib.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
        title = self.title.to_bytes()
        return b"".join([_HEAD.pack(_VERSION, len(text), len(title)), text, title, self.body.to_bytes()])

    @classmethod
    def from_bytes(cls, block: bytes) -> Self:
        """Return the article that `to_bytes` packed."""
        _, text, title = _HEAD.unpack_from(block)
        first, second = _HEAD.size + text, _HEAD.size + text + title
        return replace(
            cls.without_tokens(block),
            title=TermVector.from_bytes(block[first:second]),
            body=TermVector.from_bytes(block[second:]),
        )

    @classmethod
    def without_tokens(cls, block: bytes) -> Self:
        """Return the article that `to_bytes` packed, as if it had no words: what is left of a damaged block."""
        _, text, _ = _HEAD.unpack_from(block)
        data = json.loads(zlib.decompress(block[_HEAD.size : _HEAD.size + text]))
        return cls(
            article=Article.from_dict(data["article"]),
            title=TermVector.of(()),
            body=TermVector.of(()),
            evidence={
                facet: {value: tuple((start, end) for start, end in spans) for value, spans in values.items()}
                for facet, values in data["evidence"].items()
            },
            given=frozenset(data["given"]),
        )
