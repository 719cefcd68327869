"""searchkit: its engines alone, fed with the same tokens as the others, and the whole of `ArticleIndex`.

The rows ``engine-…`` do what the peers do. The rows ``articles-…`` are all that a search is to a person: the query
parsed, analyzed and translated, typing errors looked for, the facets labelled, the best passage of each hit found
and highlighted; their indexing analyzes each text, and looks for studies, mechanisms and translations.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import searchkit.analyzers
import searchkit.index
from searchkit import ArticleIndex, __version__
from searchkit.errors import InputError, MissingExtraError
from searchkit.index import Document as EngineDocument
from searchkit.index import Engine, Request, engine_class
from searchkit.index.query import Bool, Term, field_name
from searchkit.readers import Draft
from systems import FACETS, LIMIT, Answer, Document, Query, Row, Work


def _source() -> str:
    """Return a digest of searchkit's source: results of another are measured anew."""
    digest = sha256()
    for package in (searchkit, searchkit.analyzers, searchkit.index):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


VERSION = f"{__version__}, source {_source()}"
ENGINES = ("whoosh", "tantivy")


class EngineAlone:
    """One engine of searchkit, at the level of its protocol."""

    def __init__(self, name: str) -> None:
        self._kind: type[Engine] = engine_class(name)

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index in one commit; the joined tokens are what is stored of a document."""
        engine = self._kind.create(folder / "index")
        with engine.writer() as writer:
            for document in documents:
                size = len(document.language)
                tokens = (token[size:] for token in document.tokens.split())
                writer.add(
                    EngineDocument(
                        id=document.id,
                        language=document.language,
                        fields={"body": list(zip(tokens, document.positions, strict=True))},
                        facets=document.facets,
                        published=0,
                        digest=document.id,
                        source="benchmark",
                        stored=document.tokens.encode(),
                    )
                )
            writer.commit()
        engine.close()

    def open(self, folder: Path) -> None:
        """Open the index."""
        self._engine = self._kind.open(folder / "index")

    def search(self, query: Query, work: Work) -> Answer:
        """Search for any of the tokens."""
        field, size = field_name("body", query.language), len(query.language)
        tree = Bool(should=tuple(Term(field, token[size:]) for token in query.tokens))
        facets = FACETS if work != "hits" else ()
        response = self._engine.search(Request(tree, facets=facets, limit=LIMIT))
        found = {name: dict(counts) for name, counts in response.facets.items()} if facets else None
        return Answer([hit.id for hit in response.hits], found, [])


class Articles:
    """An index of articles, as people use it."""

    def __init__(self, name: str) -> None:
        engine_class(name)
        self._name = name

    def index(self, folder: Path, documents: Iterable[Document]) -> None:
        """Index the texts, whose facets the source gives."""
        with ArticleIndex.create(folder / "index", engine=self._name) as index:
            index.update(_drafts(documents))

    def open(self, folder: Path) -> None:
        """Open the index."""
        self.articles = ArticleIndex.open(folder / "index")

    def search(self, query: Query, work: Work) -> Answer:
        """Search as people do."""
        results = self.articles.search(query.text, limit=LIMIT, facets=work != "hits")
        facets = {name: {count.value: count.count for count in results.facets[name]} for name in results.facets}
        return Answer([hit.id for hit in results], facets or None, [hit.snippet.text for hit in results])


def _drafts(documents: Iterable[Document]) -> Iterator[Draft]:
    for document in documents:
        yield Draft(
            id=document.id,
            title=document.title,
            text=document.text,
            source="benchmark",
            language=document.language,
            facets={name: document.facets[name] for name in ("study", "mechanism")} | {"study_type": ()},
        )


ROWS: dict[str, Row] = {}
# Row -> why it is not there.
ABSENT: dict[str, str] = {}
for _name in ENGINES:
    try:
        engine_class(_name)
    except (InputError, MissingExtraError) as _error:
        ABSENT |= dict.fromkeys((f"engine-{_name}", f"articles-{_name}"), str(_error))
        continue
    ROWS[f"engine-{_name}"] = Row(
        partial(EngineAlone, _name), ("hits", "facets"), f"the {_name} engine of searchkit by itself"
    )
    ROWS[f"articles-{_name}"] = Row(
        partial(Articles, _name),
        ("snippets",),
        f"all of ArticleIndex.search() on the {_name} engine",
        tokens=False,
    )
