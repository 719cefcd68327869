"""Completing what somebody is typing: words of the index as articles write them, mechanisms and titles."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from searchkit.analyzers import Analyzer
from searchkit.analyzers.normalize import fold
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.index import Request
from searchkit.index.engine import Snapshot
from searchkit.index.query import Bool, Phrase, Prefix, Query, Term, field_name
from searchkit.results import Completion
from searchkit.stored import StoredArticle
from searchkit.vocabulary import Vocabulary
from searchkit.written import WrittenWords

_KINDS: Final = ("title", "body")
_MOST_TYPED: Final = 500  # nobody types more into a search box
# A label or title may begin some words before the one that is being typed.
_MOST_WORDS_BEFORE: Final = 4
# In scripts without spaces nothing tells where the word begins that is being typed.
_MOST_CHARACTERS: Final = 8
# Forms of words to look at in one language, of those that begin as typed the most frequent.
_MOST_FORMS: Final = 40
# One letter begins too many titles.
_LEAST_FOR_TITLES: Final = 2
_SHARE_OF_TITLES: Final = 3


class _Group(NamedTuple):
    """The inflected forms of a word in one language: a term to look up, and the number of articles with any."""

    articles: int
    language: str
    kind: str
    term: str


@dataclass(frozen=True)
class Completer:
    """Completes from one index.

    Args:
        engine: the index.
        languages: the languages that it holds.
        analyzer: returns the analyzer of a language.
        vocabulary: mechanisms, by all their names.
    """

    engine: Snapshot
    languages: tuple[str, ...]
    analyzer: Callable[[str], Analyzer]
    vocabulary: Vocabulary

    def complete(self, text: str, limit: int) -> Iterator[Completion]:
        """Yield completions of a text: words and mechanisms by the number of their articles, then titles."""
        cut = list(runs(text)) if len(text) <= _MOST_TYPED else []
        if not cut or cut[-1][2] < len(text):
            return
        titles = list(self._titles(text, max(1, limit // _SHARE_OF_TITLES)))
        seen = {fold(text)}
        found: list[Completion] = []
        for completion in [*self._mechanisms(text, cut), *self._words(text, cut, limit)]:
            if fold(completion.text) not in seen:
                seen.add(fold(completion.text))
                found.append(completion)
        found.sort(key=lambda completion: (-completion.articles, completion.text))
        yield from found[: limit - len(titles)]
        yield from titles

    # Words

    def _words(self, text: str, cut: list[tuple[str, int, int]], limit: int) -> Iterator[Completion]:
        script, start, end = cut[-1]
        starts = range(max(start, end - _MOST_CHARACTERS), end) if script in UNSPACED else [start]
        before = text[cut[-2][1] : cut[-2][2]] if len(cut) > 1 and cut[-2][0] not in UNSPACED else ""
        written = WrittenWords(self.engine, self.analyzer)
        for place in starts:
            groups = heapq.nlargest(_MOST_FORMS, self._groups(text[place:]))
            counted = (
                [group._replace(articles=self._following(before, group)) for group in groups] if before else []
            )
            following = sorted((group for group in counted if group.articles), reverse=True)
            articles: dict[str, int] = defaultdict(int)
            for group in following or groups:
                if word := self._written(group, text[place:], written):
                    articles[word] += group.articles
                if len(articles) >= limit:
                    break
            for word, count in articles.items():
                yield Completion(text[:place] + word, word, "word", count)
            if articles:
                return

    def _groups(self, typed: str) -> Iterator[_Group]:
        """Yield the most frequent words that begin so, one for each stem and language."""
        for code in self.languages:
            analyzer = self.analyzer(code)
            folded = analyzer.words(typed)
            if len(folded) != 1:
                continue
            for kind in _KINDS:
                field = field_name(kind, code)
                frequent = heapq.nlargest(
                    _MOST_FORMS, ((count, term) for term, count in self.engine.terms(field, folded[0]))
                )
                forms: dict[str, tuple[int, str]] = {}
                for count, term in frequent:
                    # The stem is in all articles that have any form. Where it does not begin as typed, the most
                    # frequent form stands for the word.
                    forms.setdefault(_stem(term, analyzer), (count, term))
                for stem, (count, term) in forms.items():
                    if kind == "body" or not self.engine.document_frequency(field_name("body", code), stem):
                        yield _Group(max(count, self.engine.document_frequency(field, stem)), code, kind, term)

    def _following(self, before: str, group: _Group) -> int:
        """Return the number of articles that have a word after the one that was typed before it."""
        analyzer = self.analyzer(group.language)
        first = analyzer.canonical(before)
        if len(first) != 1:
            return 0
        terms = (first[0].text, _stem(group.term, analyzer))
        phrase = Phrase(field_name(group.kind, group.language), tuple(enumerate(terms)))
        return self.engine.search(Request(phrase, limit=0)).total

    def _written(self, group: _Group, typed: str, written: WrittenWords) -> str:
        """Return a word as articles write it; empty if it is a stop word, or none that begins as typed."""
        analyzer = self.analyzer(group.language)
        beginning = analyzer.words(typed)[0]
        if analyzer.is_part_of_word(group.term):
            return ""
        for surface in written.of(group.kind, group.language, group.term):
            folded = analyzer.words(surface)
            spare = any(self.analyzer(code).is_stop_word(surface) for code in self.languages)
            if len(folded) == 1 and folded[0].startswith(beginning) and not spare:
                # Sentences and titles begin with a capital; a person who types small letters means the word.
                return surface.lower() if typed.islower() and surface[1:].islower() else surface
        return ""

    # Mechanisms and titles

    def _mechanisms(self, text: str, cut: list[tuple[str, int, int]]) -> Iterator[Completion]:
        counts = self.engine.search(Request(facets=("mechanism",), limit=0)).facets["mechanism"]
        for _, start, _ in cut[-1 - _MOST_WORDS_BEFORE :]:
            typed = fold(text[start:])
            found = []
            for key, count in counts.items():
                entry = self.vocabulary.concepts.get(key, {})
                named = (term for terms in entry.values() for term in terms if fold(term).startswith(typed))
                if label := next(named, ""):
                    found.append(Completion(text[:start] + label, label, "mechanism", count))
            yield from found
            if found:
                return

    def _titles(self, text: str, limit: int) -> Iterator[Completion]:
        typed = fold(" ".join(text.split()))
        if len(typed) < _LEAST_FOR_TITLES and not any(script in UNSPACED for script, _, _ in runs(text)):
            return
        # The same title may be that of several articles.
        request = Request(Bool(should=tuple(self._title_queries(text))), limit=2 * limit)
        hits = self.engine.search(request).hits
        titles = Counter(StoredArticle.from_bytes(hit.stored).article.title for hit in hits)
        for title, count in list(titles.items())[:limit]:
            yield Completion(title, title, "title", count)

    def _title_queries(self, text: str) -> Iterator[Query]:
        for code in self.languages:
            analyzer = self.analyzer(code)
            field = field_name("title", code)
            *before, last = analyzer.words(text) or [""]
            tokens = [token for word in before for token in analyzer.canonical(word)]
            # A sign may fold to what is no word.
            script = next((script for script, _, _ in runs(last)), "")
            if not script:
                continue
            if script in UNSPACED and len(last) > 1:
                tokens += analyzer.canonical(last)[:-1]
                last = ""
            must: list[Query] = [Term(field, token.text) for token in tokens]
            yield Bool(must=(*must, Prefix(field, last)) if last else tuple(must))


def _stem(term: str, analyzer: Analyzer) -> str:
    """Return what all forms of a word have in common; in scripts without spaces, the word itself."""
    found = analyzer.canonical(term)
    return found[0].text if len(found) == 1 else term
