"""Whatever the text: extraction does not raise, and its time grows with the text and no faster."""

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, SupportsIndex

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import Article, negation, participants
from searchkit.analyzers import Token, analyzer_for
from searchkit.article import Section
from searchkit.derive import Derived, Deriver
from searchkit.parallel import trace_of
from searchkit.readers import Draft
from searchkit.readers.page import read_page
from searchkit.references import find_citations, parse_references
from searchkit.stored import StoredArticle
from searchkit.structure import find_sections
from searchkit.studies import Study, StudyRegistry
from searchkit.termvector import TermVector
from searchkit.vocabulary import Vocabulary

LANGUAGES = ["en", "sv", "fr", "hi", "zh"]
REGISTRY = StudyRegistry.builtin()
DERIVER = Deriver(Vocabulary.builtin(), Vocabulary.builtin("study_types"), REGISTRY)


def benchmark() -> Any:
    """benchmarks/extraction.py, which has the hostile texts."""
    file = Path(__file__).parents[2] / "benchmarks" / "extraction.py"
    spec = importlib.util.spec_from_file_location("extraction_benchmark", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCHMARK = benchmark()
PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from([*BENCHMARK.HOSTILE.values()]).flatmap(
        lambda piece: st.integers(1, 40).map(lambda times: piece * times)
    ),
    st.sampled_from(
        [
            *("sleep ", "autophagy", "does not affect ", "n'a pas été ", "inte ", "नहीं ", "没有", "no evidence "),
            *(
                "Nature Neuroscience (2005)",
                "《神经元》",
                " 2010;65(2):165",
                "CANTOS",
                "PREDIMED 2",
                "20 personnes",
            ),
        ]
    ),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def derive(text: str, language: str) -> Derived:
    return DERIVER.draft(Draft(title="A title", text=text, source="a.txt", language=language), "a", "0")


# No text makes it raise


@settings(max_examples=60, deadline=None, database=None)
@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
def test_any_text_becomes_an_article_whose_evidence_lies_in_it(text: str, language: str) -> None:
    stored = StoredArticle.from_bytes(derive(text, language).document.stored)
    for name, values in stored.evidence.items():
        assert set(values) == set(stored.article.facets[name])
        for spans in values.values():
            assert all(0 <= start < end <= len(text) for start, end in spans)


@settings(max_examples=150, deadline=None, database=None)
@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
def test_what_is_found_in_any_text_stands_where_it_is_said_to(text: str, language: str) -> None:
    for citation in find_citations(text):
        assert text[citation.start : citation.end] == citation.text
    mentions = list(REGISTRY.mentions(text))
    assert all(0 <= mention.start < mention.end <= len(text) for mention in mentions)
    people = list(participants.find_participants(text, language))
    assert all(0 <= start < end <= len(text) for start, end in people)
    assert len(negation.is_denied(text, language, people)) == len(people)


@pytest.mark.parametrize("name", BENCHMARK.HOSTILE)
def test_no_hostile_text_makes_it_raise(name: str) -> None:
    text = BENCHMARK.hostile(name, 2_000)
    for language in LANGUAGES:
        assert len(StoredArticle.from_bytes(derive(text, language).document.stored).article.text) == len(text)


# Work that can be counted grows with the text


class CountedText(str):
    """A text that counts how often one of its characters is read."""

    __slots__ = ("read",)

    def __new__(cls, text: str) -> "CountedText":
        made = super().__new__(cls, text)
        made.read = 0
        return made

    def __getitem__(self, place: SupportsIndex | slice) -> str:
        self.read += 1
        return super().__getitem__(place)


class CountedTokens(list[Token]):
    """Tokens that count how often one of them is read."""

    read = 0

    def __getitem__(self, place: Any) -> Any:
        self.read += 1
        return super().__getitem__(place)


def characters_read(registry: StudyRegistry, text: str) -> int:
    counted = CountedText(text)
    assert all(mention.end <= len(text) for mention in registry.mentions(counted))
    return counted.read


@pytest.mark.parametrize("name", BENCHMARK.HOSTILE)
def test_looking_for_studies_reads_ten_times_as_much_in_ten_times_the_text(name: str) -> None:
    small, large = (characters_read(REGISTRY, BENCHMARK.hostile(name, size)) for size in (10_000, 100_000))
    assert large <= 11 * small + 1_000


def test_looking_for_studies_reads_as_much_whatever_their_number() -> None:
    text = BENCHMARK.grown(BENCHMARK.lines_of("en"), 50_000)
    few, many = (characters_read(BENCHMARK.made_up(count)[1], text) for count in (100, 2_000))
    assert 0 < many <= 2 * few


@pytest.mark.parametrize("name", ["citations", "journals", "participants", "denials", "Chinese"])
def test_looking_for_terms_reads_ten_times_as_many_tokens_in_ten_times_the_text(name: str) -> None:
    analyzer = analyzer_for("en")
    read = []
    for size in (2_000, 20_000):
        text = BENCHMARK.hostile(name, size)
        tokens = CountedTokens(analyzer.canonical(text))
        Vocabulary.builtin().find(text, analyzer, tokens)
        read.append(tokens.read)
    assert 0 < read[1] <= 11 * read[0]


def test_the_trace_of_an_article_does_not_compare_each_mention_with_each_section() -> None:
    class Counted(tuple[int, int]):
        compared = 0

        def __lt__(self, other: object) -> bool:
            Counted.compared += 1
            return super().__lt__(other)  # type: ignore[operator]

    steps = []
    for count in (200, 2_000):
        sections = tuple(Section("", 10 * place, 10 * place + 10, "body") for place in range(count))
        article = Article(id="a", title="", text="x" * 10 * count, language="en", sections=sections)
        spans = tuple(Counted((10 * place, 10 * place + 1)) for place in reversed(range(count)))
        empty = TermVector.of(())
        stored = StoredArticle(article, empty, empty, {"mechanism": {"sleep": spans}}, frozenset())
        Counted.compared = 0
        assert trace_of(stored).steps == ("mechanism sleep",)
        steps.append(Counted.compared)
    assert steps[1] <= 20 * steps[0]


# Patterns have no repetition without a bound, but the rest of a word, which begins where a word does

REST_OF_WORD = r"[\p{L}\p{M}]*"


def unbounded(pattern: str) -> list[str]:
    """Return the repetitions of a pattern without a bound that may give back what they took."""
    bare = regex.sub(r"\[(?:\\.|[^\]\\])*\]", "C", pattern.replace(REST_OF_WORD, ""))
    bare = regex.sub(r"\\p\{\w+\}|\\.", "C", bare)
    return [str(found) for found in regex.findall(r".{0,12}(?:[*+]|\{\d+,\})(?![+])(?<![*+}][+])", bare)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_patterns_of_word_lists_repeat_nothing_without_a_bound(language: str) -> None:
    denials, people = negation._rules(language), participants._rules(language)
    assert denials
    assert people
    compiled = [denials._triggers, denials._pseudo, denials._stops, denials._commas, *denials._around]
    for pattern in (*compiled, people.counted, people.among, people.study):
        assert not unbounded(pattern.pattern)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"a(-[a-z]+)*", True),
        (r"a+", True),
        (r"\s+", True),
        (r"a{2,}", True),
        (r"[+*]\+a{1,4}", False),
        ("a++", False),
    ],
)
def test_repetitions_without_a_bound_are_seen(pattern: str, found: bool) -> None:
    assert bool(unbounded(pattern)) is found


# The rest is measured: eight times the text takes about eight times as long, where each with each takes 64 times


def least_time(run: Callable[[str], object], text: str) -> float:
    """Return the least processor time of three runs: whatever else the machine does only adds to it."""
    times = []
    for _ in range(3):
        before = time.process_time()
        run(text)
        times.append(time.process_time() - before)
    return min(times)


def assert_linear(run: Callable[[str], object], make: Callable[[int], str], size: int = 4_000) -> None:
    run(make(500))
    small, large = (least_time(run, make(length)) for length in (size, 8 * size))
    # A few milliseconds are those of the clock and of what each call costs.
    assert large <= 24 * max(small, 0.005), f"{size} characters: {small:.4f} s, 8 times as many: {large:.4f} s"


# What took time that grew with the square of the text, each in its own way.
ONCE_QUADRATIC = [
    ("one word", "sv"),
    ("numbers in words", "fr"),
    ("years", "zh"),
    ("participants under headings", "en"),
    ("denials without spaces", "fr"),
    ("spaces", "hi"),
]


@pytest.mark.parametrize(("name", "language"), ONCE_QUADRATIC)
def test_what_was_quadratic_takes_linear_time(name: str, language: str) -> None:
    assert_linear(lambda text: derive(text, language), lambda size: BENCHMARK.hostile(name, size))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", BENCHMARK.HOSTILE)
def test_every_hostile_text_takes_linear_time(name: str, language: str) -> None:
    assert_linear(lambda text: derive(text, language), lambda size: BENCHMARK.hostile(name, size), 2_000)


@pytest.mark.parametrize("name", ["spaces", "breadcrumbs", "blank lines", "addresses", "capitals"])
def test_reading_a_page_takes_linear_time(name: str) -> None:
    assert_linear(lambda text: list(read_page(text, "a.txt")), lambda size: BENCHMARK.hostile(name, size), 8_000)


@pytest.mark.parametrize("name", ["places", "DOIs", "digits", "lists of references", "initials", "brackets"])
def test_reading_references_takes_linear_time(name: str) -> None:
    def run(text: str) -> None:
        parse_references(text, [Section("References", 0, len(text), "references")])
        parse_references(text, find_sections(text))

    assert_linear(run, lambda size: BENCHMARK.hostile(name, size))


def test_a_registry_of_many_studies_finds_each_by_name() -> None:
    studies = {
        f"s-{number}": Study(
            f"s-{number}", "x", year=2000, journals=(f"Journal {number} of Sleep",), aliases=(f"X-{number}",)
        )
        for number in range(3_000)
    }
    text = "".join(f"Journal {number} of Sleep (2000). An X–{number} trial. " for number in range(3_000))
    found = [mention.key for mention in StudyRegistry(studies).mentions(text)]
    assert sorted(found) == sorted([*studies, *studies])
