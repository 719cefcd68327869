"""Tantivy (BM25); the query is the OR of its analyzed terms.

`tantivy`: its tokenizer "default" (letters and digits, lower case) for everything. `tantivy-language`: "en_stem"
for English, its stop words and stemmers for French and Swedish, n-grams for Chinese (it has nothing else for it),
"default" for Hindi. In the mixed index `tantivy-language` has a field for each language, and queries go to all of
them: there without stop words (a little better), and to the Chinese field only with n-grams that hold a Chinese
character (much better: those of Latin letters are rare in it and outweigh all else).
"""

import re
from collections.abc import Sequence

import tantivy
from tantivy import Filter, Occur, Query, SchemaBuilder, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from systems import LIMIT, Document, Row

VERSION = tantivy.__version__

STEMMERS = {"en": "english", "fr": "french", "sv": "swedish"}
STOP_WORDS = {"fr", "sv"}
HAN = re.compile("[\u3400-\u9fff]")


def analyzer_of(language: str, *, stop_words: bool) -> TextAnalyzer:
    """Return what Tantivy offers for a language."""
    if language == "zh":
        return TextAnalyzerBuilder(Tokenizer.ngram(1, 2)).filter(Filter.lowercase()).build()
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(40)).filter(Filter.lowercase())
    if name := STEMMERS.get(language):
        if stop_words and language in STOP_WORDS:
            builder = builder.filter(Filter.stopword(name))
        builder = builder.filter(Filter.stemmer(name))
    return builder.build()


class Tantivy:
    """An index in memory, with one field or a field for each language."""

    def __init__(self, *, by_language: bool) -> None:
        self._by_language = by_language

    def index(self, documents: Sequence[Document]) -> None:
        """Index and commit once."""
        names = {self._field(document) for document in documents}
        self._alone = len(names) == 1
        self._analyzers = {name: analyzer_of(name, stop_words=self._alone) for name in sorted(names)}
        builder = SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
        for name in self._analyzers:
            builder.add_text_field(name, tokenizer_name=f"{name}_text")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        for name, analyzer in self._analyzers.items():
            self._index.register_tokenizer(f"{name}_text", analyzer)
        writer = self._index.writer(num_threads=1)
        for document in documents:
            writer.add_document(tantivy.Document(**{"id": document.id, self._field(document): document.text}))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str) -> list[str]:
        """Search for any of the terms in any of the fields."""
        terms = [
            (Occur.Should, Query.term_query(self._schema, name, term))
            for name, analyzer in self._analyzers.items()
            for term in analyzer.analyze(query)
            if self._alone or name != "zh" or HAN.search(term)
        ]
        found = self._searcher.search(Query.boolean_query(terms), LIMIT)
        return [self._searcher.doc(address)["id"][0] for _, address in found.hits]

    def _field(self, document: Document) -> str:
        return document.language if self._by_language else "default"


ROWS: dict[str, Row] = {
    "tantivy": lambda _: Tantivy(by_language=False),
    "tantivy-language": lambda _: Tantivy(by_language=True),
}
