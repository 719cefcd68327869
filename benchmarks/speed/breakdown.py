"""Where the time of one `ArticleIndex.search()` goes.

Functions of searchkit are wrapped, here only, in clocks of processor time: each part is told its own, without that
of the parts inside it. What runs under a part marked as whole (feedback, suggestion) is all told to that part, the
engine's searches too. Facet counts are the engine's time for the same request with facets less that without,
measured afterwards. On the tantivy engine tantivy is then asked by itself what searchkit has asked it: to rank the
ten best of the same terms of all languages, and to count the three facets.
"""

import importlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from inspect import isgenerator
from typing import Any, Final, NamedTuple

from report import ALONE
from systems import FACETS, Query
from systems.searchkit import Articles

from searchkit.index import Request


class _Part(NamedTuple):
    """A function whose time is told.

    Attributes:
        module: where it is looked up.
        name: of the function, or of the class and the method.
        part: whose time it is.
        whole: whether all that it calls is that part's too.
    """

    module: str
    name: str
    part: str
    whole: bool = False


REST: Final = "everything else"
FACET_COUNTS: Final = "engine: three facets counted"
_RANKING: Final = "engine: matching and ranking"
_ALL_BUCKETS: Final = 2**31 - 1
_PARTS: Final = (
    _Part("searchkit.article_index", "parse", "parse the query"),
    _Part("searchkit.compile", "Compiler.compile", "compile to terms of each language"),
    _Part("searchkit.analyzers.analyzer", "Analyzer.tokens", "analyze its words"),
    _Part("searchkit.analyzers.analyzer", "Analyzer.canonical", "analyze its words"),
    _Part("searchkit.analyzers.analyzer", "Analyzer.words", "analyze its words"),
    _Part("searchkit.analyzers.analyzer", "Analyzer.segments", "analyze its words"),
    _Part("searchkit.translate", "Translator.translate", "translate its words", whole=True),
    _Part("searchkit.translate", "Translator.common_words", "translate its words", whole=True),
    _Part("searchkit.article_index", "ArticleSnapshot._frequency", "document frequencies"),
    _Part("searchkit.article_index", "feedback", "prefer what is like the best hit", whole=True),
    _Part("searchkit.article_index", "ArticleSnapshot._suggestion", "look for typing errors", whole=True),
    _Part("searchkit.article_index", "ArticleSnapshot._counts", "label and sort facet values"),
    _Part("searchkit.stored", "StoredArticle.from_bytes", "decode the stored articles"),
    _Part("searchkit.article_index", "ArticleSnapshot._hit", "snippets and highlights"),
)


class _Clock:
    """Tells each part the time that passes in it and in nothing inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._stack: list[tuple[str, bool]] = []
        self._since = 0.0

    def enter(self, part: str, *, whole: bool) -> None:
        """Begin a part."""
        self._turn()
        if self._stack and self._stack[-1][1]:
            part, whole = self._stack[-1]
        self._stack.append((part, whole))

    def leave(self) -> None:
        """Go back to the part around it."""
        self._turn()
        self._stack.pop()

    def _turn(self) -> None:
        now = time.process_time()
        if self._stack:
            self.seconds[self._stack[-1][0]] += now - self._since
        self._since = now


def measure(system: Articles, warm: Sequence[Query], queries: Sequence[Query], seconds: float) -> dict[str, float]:
    """Return the milliseconds of processor time of each part in the mean of some queries.

    Args:
        system: an open index of articles.
        warm: queries to ask first.
        queries: those to measure; each is asked once, until time is up.
        seconds: for all of them.

    Raises:
        AttributeError: searchkit has no function of a name above any more.
    """
    for query in warm:
        system.search(query, "snippets")
    clock = _Clock()
    requests: list[Request] = []
    engine = _engine(system)
    asked = 0
    with ExitStack() as stack:
        for part in _PARTS:
            stack.enter_context(_wrapped(clock, part))
        stack.enter_context(_recorded(clock, engine, requests))
        until = time.perf_counter() + seconds
        for query in queries:
            clock.enter(REST, whole=False)
            system.search(query, "snippets")
            clock.leave()
            asked += 1
            if time.perf_counter() > until:
                break
    counting = _facet_seconds(engine, requests)
    found = dict(clock.seconds)
    found[FACET_COUNTS] = min(counting, found[_RANKING])
    found[_RANKING] -= found[FACET_COUNTS]
    order = ["parse the query", "analyze its words", "compile to terms of each language", "translate its words"]
    order += ["document frequencies", "prefer what is like the best hit", _RANKING, FACET_COUNTS]
    order += ["decode the stored articles", "snippets and highlights", "label and sort facet values"]
    order += ["look for typing errors", REST]
    parts = {part: found.get(part, 0.0) / asked * 1000 for part in order}
    alone = _alone_seconds(engine, requests)
    return parts if alone is None else parts | {ALONE: alone / asked * 1000}


def _engine(system: Articles) -> Any:
    return system.articles.snapshot().commit


def _facet_seconds(engine: Any, requests: Sequence[Request]) -> float:
    """Return what counting facets adds to some requests."""
    with_facets = without = 0.0
    for request in requests:
        bare = replace(request, facets=())
        started = time.process_time()
        engine.search(bare)
        middle = time.process_time()
        engine.search(request)
        ended = time.process_time()
        without += middle - started
        with_facets += ended - middle
    return max(with_facets - without, 0.0)


def _alone_seconds(engine: Any, requests: Sequence[Request]) -> float | None:
    """Return how long tantivy takes to search and to count for some requests; None on another engine."""
    if not hasattr(engine, "parts"):
        return None
    terms = {"size": _ALL_BUCKETS, "segment_size": _ALL_BUCKETS}
    counts = {name: {"terms": {"field": f"facet.{name}", **terms}} for name in FACETS}
    seconds = 0.0
    for request in requests:
        for part in engine.parts.values():
            compiled = engine.compiler.compile(request.query, part)
            if compiled is None:
                continue
            started = time.process_time()
            part.searcher.search(compiled.scored, limit=request.limit)
            part.searcher.aggregate(compiled.scored, counts)
            seconds += time.process_time() - started
    return seconds


@contextmanager
def _recorded(clock: _Clock, engine: Any, requests: list[Request]) -> Iterator[None]:
    """Time the engine's searches, and keep the requests that count facets."""
    plain = engine.search
    kind = type(engine)

    def search(request: Request) -> Any:
        if set(FACETS) <= set(request.facets):
            requests.append(request)
        clock.enter(_RANKING, whole=False)
        try:
            return plain(request)
        finally:
            clock.leave()

    # On the class: an engine may have no attributes of its own to set.
    original = kind.search
    kind.search = lambda _, request: search(request)
    try:
        yield
    finally:
        kind.search = original


@contextmanager
def _wrapped(clock: _Clock, part: _Part) -> Iterator[None]:
    """Put a clock around a function."""
    owner: Any = importlib.import_module(part.module)
    *path, name = part.name.split(".")
    for step in path:
        owner = getattr(owner, step)
    original = vars(owner)[name] if path else getattr(owner, name)
    function: Callable[..., Any] = original.__func__ if isinstance(original, classmethod) else original

    @wraps(function)
    def timed(*arguments: Any, **named: Any) -> Any:
        clock.enter(part.part, whole=part.whole)
        try:
            found = function(*arguments, **named)
            # A generator works when it is read, which is then.
            return iter(list(found)) if isgenerator(found) else found
        finally:
            clock.leave()

    setattr(owner, name, classmethod(timed) if isinstance(original, classmethod) else timed)
    try:
        yield
    finally:
        setattr(owner, name, original)
