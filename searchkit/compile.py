"""From a tree of words to the tree of terms that engines evaluate.

Every leaf is analyzed once for each language of the index, for nobody says what language a query is in. A
Swedish article's fields hold Swedish terms only, so an article can match in its own language alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from searchkit.analyzers import Analyzer, Token, canonical
from searchkit.analyzers.script import UNSPACED, runs
from searchkit.index import query as engine
from searchkit.query import Anything, FacetValue, Group, Node, Quoted, Word, plain_text
from searchkit.translate import Translator
from searchkit.vocabulary import Vocabulary

# Measured on question sets in five languages (docs/relevance.md): the words beside bigrams, and the plain form
# beside a stem, refine the order best at about a quarter of the weight.
_OVERLAP_WEIGHT: Final = 0.25
# A constant, small beside a rare word's BM25: a mention in another language is found, below the words themselves.
_MECHANISM_WEIGHT: Final = 0.5
_KIND_WEIGHTS: Final = {"title": 0.6, "body": 1.0, "author": 1.0}
# Two words of the query that stand together in the article, in scripts with spaces; bigrams do the same in others.
_PAIR_WEIGHT: Final = 0.15
_PAIR_KINDS: Final = ("title", "body")
# A language whose articles know few of the query's words counts little, but is not shut out.
_LEAST_LANGUAGE_WEIGHT: Final = 0.1
_SHARPNESS: Final = 1.5


@dataclass(frozen=True)
class Compiler:
    """Knows the languages of an index and its facet values.

    Args:
        languages: codes of the languages that the index holds.
        analyzer: returns the analyzer of a code.
        frequency: returns the number of documents that hold a term in a field.
        vocabulary: names of mechanisms, or None not to search beyond the words.
        resolve: returns the query for what carries the facet value that a person's spelling means, unscored.
        translator: finds words in the index's other languages, or None not to.
        prepare: is told the terms whose frequencies follow, where that is quicker than one after the other.
    """

    languages: tuple[str, ...]
    analyzer: Callable[[str], Analyzer]
    frequency: Callable[[str, str], int]
    vocabulary: Vocabulary | None
    resolve: Callable[[str, str], engine.Query]
    translator: Translator | None = None
    prepare: Callable[[Iterable[str]], None] | None = None

    def compile(self, root: Group) -> engine.Query:
        """Return what an engine evaluates; an empty tree matches nothing."""
        return self._group(root, self._weights(" ".join(_texts(root))))

    def _weights(self, text: str) -> dict[str, float]:
        """Return how much each language counts: the share of the words that its articles know, sharpened.

        Relative to the language that knows most. So a question's own language decides the order, not the few
        articles in another one that happen to hold one of its words.
        """
        words = [(script, text[start:end]) for script, start, end in runs(text) if script != "Number"]
        if self.prepare:
            self.prepare(self._asked([word for _, word in words]))
        known = {code: sum(self._knows(code, *word) for word in words) for code in self.languages}
        most = max(known.values(), default=0)
        return {
            code: max((count / most) ** _SHARPNESS, _LEAST_LANGUAGE_WEIGHT) if most else 1.0
            for code, count in known.items()
        }

    def _asked(self, words: Iterable[str]) -> Iterator[str]:
        """Yield the terms whose frequencies are asked for."""
        for code in self.languages:
            for word in words:
                yield from (token.text for token in self.analyzer(code).tokens(word))

    def _knows(self, code: str, script: str, word: str) -> bool:
        # Words in Latin letters stand in articles of every language; other scripts tell the language themselves.
        if script != "Latin" and script in self.analyzer(code).language.scripts:
            return True
        field = engine.field_name("body", code)
        tokens = [token.text for token, whole in _weighed(self.analyzer(code).canonical(word)) if whole]
        return sum(self.frequency(field, token) > 0 for token in tokens) * 2 > len(tokens)

    def _group(self, group: Group, weights: Mapping[str, float]) -> engine.Query:
        words = [node.text for node in (*group.must, *group.should) if isinstance(node, Word)]
        spared = self._spared(words)
        common = {
            code: self.translator.common_words(" ".join(words), code) if self.translator else frozenset[str]()
            for code in self.languages
        }
        # Each once: a word that a question repeats, or two forms of it, says no more than one.
        seen: set[tuple[tuple[str, str], ...]] = set()
        must, should = [], []
        for node in group.must:
            if _is_plain(node):
                # It must be there, and counts for what it would count if it need not.
                must.append(self._exact(node, weights, boost=0.0))
                should.append(self._optional(node, spared, common, weights, seen))
            else:
                must.append(self._exact(node, weights))
        for node in group.should:
            if _is_plain(node):
                should.append(self._optional(node, spared, common, weights, seen))
                if node.kind:  # words without a field are translated with those beside them
                    should += self._translations(node)
            else:
                should.append(self._exact(node, weights))
        if group.should:
            should += self._pairs(group, common, weights)
            should += self._mechanisms(group)
            should += self._translations(group)
        return engine.Bool(
            must=tuple(must),
            should=tuple(dict.fromkeys(should)),
            must_not=tuple(self._exact(node, weights, expand=False) for node in group.must_not),
        )

    def _pairs(
        self, group: Group, common: Mapping[str, frozenset[str]], weights: Mapping[str, float]
    ) -> Iterator[engine.Query]:
        """Yield what adds to the score where adjacent words of the query are adjacent in the article too."""
        for text in plain_text(group):
            spaced = {start for script, start, _ in runs(text) if script not in UNSPACED}
            for code in self.languages:
                analyzer = self.analyzer(code)
                tokens = [token for token in analyzer.canonical(text) if token.start in spaced]
                words = [text[token.start : token.end] for token in tokens]
                spare = [word in common[code] or analyzer.is_stop_word(word) for word in words]
                for place in range(len(tokens) - 1):
                    first, second = tokens[place : place + 2]
                    if spare[place] and spare[place + 1]:
                        continue
                    terms = ((0, first.text), (second.position - first.position, second.text))
                    for kind in _PAIR_KINDS:
                        field = engine.field_name(kind, code)
                        if self.frequency(field, first.text) and self.frequency(field, second.text):
                            yield engine.Phrase(field, terms, _PAIR_WEIGHT * weights[code])

    def _spared(self, words: list[str]) -> frozenset[str]:
        """Return the languages in which some word is no stop word, so that the stop words can be spared."""
        return frozenset(
            code for code in self.languages if any(_content_tokens(text, self.analyzer(code)) for text in words)
        )

    def _optional(
        self,
        word: Word,
        spared: frozenset[str],
        common: Mapping[str, frozenset[str]],
        weights: Mapping[str, float],
        seen: set[tuple[tuple[str, str], ...]],
    ) -> engine.Query:
        """Return a leaf that adds to the score: every token counts by itself, and stop words not at all.

        Tokens in ``seen`` count no more; those of the word are added to it.
        """
        alone: list[engine.Query] = []
        readings: dict[tuple[str, int, int, bool], list[engine.Term]] = defaultdict(list)
        unread: dict[tuple[str, int, int, bool], list[engine.Term]] = defaultdict(list)
        for code in self.languages:
            analyzer = self.analyzer(code)
            character = _one_character(word.text, analyzer)
            found = [] if character else list(_weighed(list(analyzer.tokens(word.text))))
            shares = _shares(word.text, analyzer)
            for kind in [word.kind] if word.kind else engine.KINDS:
                field = engine.field_name(kind, code)
                if character:
                    alone.append(engine.Prefix(field, character, max_length=2))
                for token, whole in found:
                    # Most words are in few of an index's fields.
                    if not self.frequency(field, token.text):
                        continue
                    share = shares(token) if whole else _OVERLAP_WEIGHT
                    weight = weights[code] * _KIND_WEIGHTS[kind] * share
                    surface = word.text[token.start : token.end]
                    spare = code in spared and (surface in common[code] or analyzer.is_stop_word(surface))
                    place = (kind, token.start, token.end, whole)
                    (unread if spare else readings)[place].append(engine.Term(field, token.text, weight))
                    if kind == "title":
                        # Few titles hold even a common word: how rare it is, the texts tell better.
                        unread[place].append(engine.Term(engine.field_name("body", code), token.text))
        words = []
        for place, terms in readings.items():
            names = tuple((term.field, term.text) for term in terms)
            if names not in seen:
                seen.add(names)
                words.append(engine.Readings(tuple(terms), tuple(unread[place])))
        return engine.Bool(should=(*alone, *words))

    def _exact(
        self, node: Node, weights: Mapping[str, float], *, expand: bool = True, boost: float = 1.0
    ) -> engine.Query:
        """Return a leaf that must match as a whole: several tokens of one word are a phrase."""
        match node:
            case Group():
                return self._group(node, weights)
            case Anything():
                return engine.Everything()
            case FacetValue():
                return self.resolve(node.name, node.value)
            case Word() if node.prefix or node.distance:
                return self._each(node.kind, lambda field, analyzer: self._inexact(node, field, analyzer))
            case Word() | Quoted():
                leaf = self._each(
                    node.kind, lambda field, analyzer: self._phrase(node.text, field, analyzer, boost)
                )
                extra = self._mechanisms(node) if expand and node.kind is None else []
                extra += self._translations(node) if expand else []
                return engine.Bool(should=(leaf, *extra)) if extra else leaf

    def _each(self, kind: str | None, make: Callable[[str, Analyzer], Iterable[engine.Query]]) -> engine.Query:
        return engine.Bool(
            should=tuple(
                leaf
                for code in self.languages
                for name in ([kind] if kind else engine.KINDS)
                for leaf in make(engine.field_name(name, code), self.analyzer(code))
            )
        )

    def _phrase(self, text: str, field: str, analyzer: Analyzer, boost: float = 1.0) -> Iterable[engine.Query]:
        if character := _one_character(text, analyzer):
            return [engine.Prefix(field, character, max_length=2, boost=boost)]
        tokens = [token for token, whole in _weighed(analyzer.canonical(text)) if whole]
        if not all(self.frequency(field, token.text) for token in tokens) or not tokens:
            return []
        if len(tokens) == 1:
            return [engine.Term(field, tokens[0].text, boost)]
        first = tokens[0].position
        return [engine.Phrase(field, tuple((token.position - first, token.text) for token in tokens), boost)]

    def _inexact(self, word: Word, field: str, analyzer: Analyzer) -> Iterable[engine.Query]:
        words = analyzer.words(word.text)
        if not words:
            return []
        last = words.pop()
        leaf: engine.Query = (
            engine.Prefix(field, last) if word.prefix else engine.Fuzzy(field, last, word.distance)
        )
        before = [part for text in words for part in self._phrase(text, field, analyzer)]
        return [engine.Bool(must=(*before, leaf))] if before else [leaf]

    def _mechanisms(self, node: Node) -> list[engine.Query]:
        """Return the articles in any language that carry a mechanism which the words name."""
        if self.vocabulary is None:
            return []
        keys = {key for text in plain_text(node) for key in self.vocabulary.find_in_query(text)}
        return [engine.Facet("mechanism", (key,), _MECHANISM_WEIGHT) for key in sorted(keys)]

    def _translations(self, node: Group | Word | Quoted) -> list[engine.Query]:
        """Return translations: of the plain words of a group, of a word, of a phrase as a whole."""
        if self.translator is None:
            return []
        if isinstance(node, Group):
            return [found for text in plain_text(node) for found in self.translator.translate(text)]
        if node.kind == "author":
            return []
        kinds = (node.kind,) if node.kind else ("title", "body")
        return list(self.translator.translate(node.text, kinds=kinds, whole=isinstance(node, Quoted)))


def _is_plain(node: Node) -> TypeGuard[Word]:
    return isinstance(node, Word) and not node.prefix and not node.distance


def _texts(node: Node) -> Iterator[str]:
    """Yield the words of a tree that a hit may hold."""
    if isinstance(node, Word | Quoted):
        yield node.text
    elif isinstance(node, Group):
        for part in (*node.must, *node.should):
            yield from _texts(part)


def _content_tokens(text: str, analyzer: Analyzer) -> list[Token]:
    return [token for token in analyzer.tokens(text) if not analyzer.is_stop_word(text[token.start : token.end])]


def _weighed(tokens: Sequence[Token]) -> Iterator[tuple[Token, bool]]:
    """Yield the tokens of a text, and whether each stands for its place as a whole."""
    canon = set(canonical(tokens))
    for place, token in enumerate(tokens):
        # The last character of a run without spaces stands in the bigram before it already, and in running text
        # that goes on another bigram begins with it.
        tail = place > 0 and token.start < tokens[place - 1].end and token.end - token.start == 1
        yield token, token in canon and not tail


def _shares(text: str, analyzer: Analyzer) -> Callable[[Token], float]:
    """Return how much each token that is a whole counts, in scripts without spaces.

    The bigrams of one word share its weight, or long words would outweigh short ones; a bigram that lies across
    two words is mostly chance. Where no segmenter tells words, and in scripts with spaces, all count alike.
    """
    size: dict[int, int] = {}
    last: dict[int, int] = {}
    for start, end in analyzer.segments(text):
        size.update(dict.fromkeys(range(start, end), end - start))
        last.update(dict.fromkeys(range(start, end), end))

    def share(token: Token) -> float:
        if token.start not in size:
            return 1.0
        inside = token.end <= last[token.start]
        return min(1.0, 2 / size[token.start]) if inside else _OVERLAP_WEIGHT

    return share


def _one_character(text: str, analyzer: Analyzer) -> str:
    """Return the only character of a leaf in a script without spaces, for longer words may begin with it."""
    found = list(runs(text))
    if len(found) != 1 or found[0][0] not in UNSPACED:
        return ""
    tokens = analyzer.canonical(text)
    return tokens[0].text if len(tokens) == 1 else ""
