"""The same article in several languages: found without being told, and never two articles for one."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import searchkit
from searchkit import Article, ArticleIndex, Draft
from searchkit.article import Section
from searchkit.parallel import Trace, agreement, pieces, trace_of
from searchkit.stored import StoredArticle
from searchkit.termvector import TermVector

NO_TOKENS = TermVector.of(())


# Few enough to be indexed many times.
SOME = ("exercise", "gut-brain.en", "gut-brain.fr", "long-term", "magnesium-sleep", "sleep-")


def drafts(samples: Path) -> list[Draft]:
    files = [file for file in sorted(samples.iterdir()) if file.name.startswith(SOME)]
    return [draft for draft in searchkit.read(files) if isinstance(draft, Draft)]


def groups(index: ArticleIndex) -> set[frozenset[str]]:
    """Return the ids of each hit of a collapsed search, without the digests of paths."""
    hits = index.search(limit=100, collapse=True, facets=False)
    return {
        frozenset(name.rpartition("-")[0] for name in (hit.id, *(version.id for version in hit.also)))
        for hit in hits
    }


SLEEP = {"sleep-and-memory.en-1", "sleep-and-memory.fr-1", "sleep-and-memory.hi-1", "sleep-and-memory.sv-1"}
SOME_GROUPS = {
    frozenset({"exercise.en-1", "exercise.hi-1", "exercise.sv-1"}),
    frozenset({"gut-brain.en-1", "gut-brain.fr-1"}),
    frozenset({*SLEEP, "sleep-two-articles.zh-1"}),
    frozenset({"long-term-potentiation.zh-1"}),
    frozenset({"magnesium-sleep.fr-1"}),
    frozenset({"sleep-two-articles.zh-2"}),
}
# Of all samples, those in several languages.
SAMPLE_GROUPS = {
    frozenset({"body-clock.fr-1", "body-clock.hi-1", "body-clock.sv-1", "body-clock.zh-1"}),
    frozenset({"exercise.en-1", "exercise.hi-1", "exercise.sv-1"}),
    frozenset({"gut-brain.en-1", "gut-brain.fr-1", "gut-brain.zh-1"}),
    frozenset({"magnesium-brain.en-1", "magnesium-brain.hi-1", "magnesium-brain.sv-1", "magnesium-brain.zh-1"}),
    frozenset({*SLEEP, "sleep-two-articles.zh-1"}),
    frozenset({"turmeric.en-1", "turmeric.hi-1"}),
}


# Whole articles


def test_the_versions_of_the_sample_articles_are_found(sample_index: ArticleIndex) -> None:
    assert {group for group in groups(sample_index) if len(group) > 1} == SAMPLE_GROUPS


def test_the_real_articles_are_two_in_several_languages_and_one_by_itself(real_index: ArticleIndex) -> None:
    hits = real_index.search(limit=100, collapse=True)
    found = sorted(sorted([hit.language, *(version.language for version in hit.also)]) for hit in hits)
    assert found == [["fr"], ["hi", "sv", "zh"], ["sv", "zh"]]
    for hit in hits:
        studies = {len(real_index.get(name).facets["study"]) for name in [hit.id, *(v.id for v in hit.also)]}
        assert len(studies) == 1


def test_one_article_at_a_time_in_any_order_gives_the_same_groups(samples: Path, tmp_path: Path) -> None:
    some = drafts(samples)
    for number, order in enumerate((some, some[::-1], some[5:] + some[:5])):
        with ArticleIndex.create(tmp_path / str(number)) as index:
            for draft in order:
                index.update([draft])
            assert groups(index) == SOME_GROUPS


def test_indexing_again_and_rebuilding_change_no_group(samples: Path, tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(drafts(samples))
        assert not index.update(drafts(samples)).any
        index.rebuild()
        assert groups(index) == SOME_GROUPS


def test_an_article_that_becomes_another_leaves_its_group(samples: Path, tmp_path: Path) -> None:
    some = {Path(draft.source).name: draft for draft in drafts(samples) if "exercise" in draft.source}
    first, *others = some.values()
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([first, *others])
        changed = replace(first, text="Something else entirely, of which no other article speaks.")
        index.update([changed])
        assert sorted(map(len, groups(index))) == [1, 2]
        index.update([first])
        assert sorted(map(len, groups(index))) == [3]


def test_versions_stay_together_when_one_is_removed(samples: Path, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for file in samples.glob("exercise*"):
        (folder / file.name).write_bytes(file.read_bytes())
    searchkit.index_articles([folder], index=tmp_path / "index")
    (folder / "exercise.en.md").unlink()
    searchkit.index_articles([folder], index=tmp_path / "index", prune=True)
    with searchkit.open(tmp_path / "index") as index:
        assert groups(index) == {frozenset({"exercise.hi-1", "exercise.sv-1"})}


def test_two_articles_of_one_language_are_never_one(samples: Path, tmp_path: Path) -> None:
    some = [draft for draft in drafts(samples) if "exercise" in draft.source]
    copies = [replace(draft, id=f"copy-{number}-1", source="copy") for number, draft in enumerate(some)]
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([*some, *copies])
        for hit in index.search(collapse=True):
            languages = [hit.language, *(version.language for version in hit.also)]
            assert len(set(languages)) == len(languages)


# What a source says


def test_a_given_group_needs_no_evidence(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "A text about whales.", "language": "en", "group": "whales"},
        {"id": "b", "text": "En text om valar.", "language": "sv", "group": "whales"},
        {"id": "c", "text": "Another text about whales.", "language": "en", "group": 7},
        {"id": "d", "text": "En annan text om valar.", "language": "sv", "group": "7"},
        {"id": "e", "text": "A third.", "language": "en"},
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    searchkit.index_articles([tmp_path / "rows.jsonl"], index=tmp_path / "index")
    with searchkit.open(tmp_path / "index") as index:
        found = {tuple(sorted([hit.id, *(v.id for v in hit.also)])) for hit in index.search(collapse=True)}
        assert found == {("a", "b"), ("c", "d"), ("e",)}
        assert index.get("a").group == "whales"
        index.rebuild()
        assert len(index.search(collapse=True)) == 3


def test_a_given_group_wins_over_what_is_found(samples: Path, tmp_path: Path) -> None:
    some = [draft for draft in drafts(samples) if "exercise" in draft.source]
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([replace(draft, group=str(number)) for number, draft in enumerate(some)])
        assert sorted(map(len, groups(index))) == [1, 1, 1]


# Collapsed searches


def test_the_version_that_matches_best_stands_for_the_others(sample_index: ArticleIndex) -> None:
    (hit, *_) = sample_index.search("synaptisk gallring", collapse=True)
    assert hit.language == "sv"
    assert {version.language for version in hit.also} == {"en", "fr", "hi", "zh"}
    assert [version.title for version in hit.also if version.language == "zh"] == [
        sample_index.get("sleep-two-articles.zh-1").title
    ]
    (hit, *_) = sample_index.search("突触修剪", collapse=True)
    assert hit.language == "zh"


def test_only_versions_that_match_are_named(sample_index: ArticleIndex) -> None:
    (hit,) = sample_index.search("gallring OR pruning", collapse=True, expand=False, mechanism="synaptic-pruning")
    assert {hit.language, *(version.language for version in hit.also)} <= {"en", "sv"}
    (hit, *_) = sample_index.search("synaptisk gallring", collapse=True, language=["sv", "hi"])
    assert [version.language for version in hit.also] == ["hi"]


def test_pages_and_total_count_groups_and_facets_count_articles(sample_index: ArticleIndex) -> None:
    whole = sample_index.search(collapse=True, limit=100)
    articles = sum(1 + len(hit.also) for hit in whole)
    assert whole.total == len(whole) < articles == len(sample_index.ids())
    assert sum(count.count for count in whole.facets["language"]) == articles
    pages = [sample_index.search(collapse=True, limit=20, offset=offset) for offset in (0, 20, 40)]
    assert [hit.id for page in pages for hit in page] == [hit.id for hit in whole]
    assert {page.total for page in pages} == {whole.total}


def test_articles_alike_can_be_collapsed(sample_index: ArticleIndex) -> None:
    results = sample_index.like("long-term-potentiation.zh", collapse=True, limit=50)
    assert all(len({hit.id, *(version.id for version in hit.also)}) == 1 + len(hit.also) for hit in results)
    assert results.total == len(results) < sample_index.like("long-term-potentiation.zh").total


def test_without_asking_nothing_is_collapsed(sample_index: ArticleIndex) -> None:
    results = sample_index.search(limit=100)
    assert results.total == len(results) == len(sample_index.ids())
    assert all(hit.also == () and "also" not in hit.to_dict() for hit in results)


# Traces


def stored(text: str, language: str = "en", **evidence: dict[str, tuple[tuple[int, int], ...]]) -> StoredArticle:
    facets = {name: tuple(values) for name, values in evidence.items()}
    sections = (Section("", 0, len(text)),)
    return StoredArticle(
        Article("x", "", text, language, sections=sections, facets=facets), NO_TOKENS, NO_TOKENS, evidence
    )


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("10,000 and 10.000 and 10 000 and 10\u00a0000", ["10000"]),
        ("1.5 and 1,5", ["1.5"]),
        ("१९७३ and 1973 and １９７３", ["1973"]),
        ("3 of 5, then 12", ["12"]),
        ("120 μg of 2010年, 45%", ["120", "2010", "45"]),
        ("2,1234", ["2.1234"]),
    ],
)
def test_numbers_are_the_same_in_every_language(text: str, steps: list[str]) -> None:
    assert list(trace_of(stored(text)).steps) == steps


def test_a_trace_is_the_order_in_which_things_are_first_named() -> None:
    trace = trace_of(stored("x 12 y 34 x 12", mechanism={"x": ((0, 1), (10, 11)), "y": ((5, 6),)}))
    assert trace.steps == ("mechanism x", "12", "mechanism y", "34")


STEPS = tuple("abcdefghij")


def trace(
    language: str, steps: Iterable[str] = STEPS, studies: Iterable[str] = ("s", "t"), sections: int = 5
) -> Trace:
    chosen = tuple(steps)
    return Trace(language, frozenset(studies), frozenset(chosen), chosen, sections)


def test_translations_agree_also_where_a_step_is_missing_or_two_are_exchanged() -> None:
    one = trace("sv")
    assert agreement(one, trace("zh")) == 1.0
    assert agreement(one, trace("zh", "abcdfghij")) > 0.9
    assert agreement(one, trace("zh", "bacdefghij")) > 0.8


@pytest.mark.parametrize(
    "other",
    [
        trace("sv"),
        trace("zh", studies="s"),
        trace("zh", studies=()),
        trace("zh", reversed(STEPS)),
        trace("zh", "abcdeklmno"),
        trace("zh", sections=9),
        trace("zh", "gfedcbahij"),
    ],
    ids=[
        "same language",
        "a study less",
        "no studies",
        "other order",
        "other half",
        "other parts",
        "first half turned",
    ],
)
def test_articles_that_differ_are_not_the_same(other: Trace) -> None:
    assert agreement(trace("sv"), other) == agreement(other, trace("sv")) == 0.0


def test_without_studies_more_must_agree() -> None:
    assert agreement(trace("sv", "abcd", "st"), trace("zh", "abcd", "st"))
    assert not agreement(trace("sv", "abcd", ""), trace("zh", "abcd", ""))
    assert not agreement(trace("sv", "", "st"), trace("zh", "", "st"))
    assert agreement(trace("sv", STEPS, ""), trace("zh", STEPS, ""))


@given(st.lists(st.sampled_from("abcde"), max_size=7), st.lists(st.sampled_from("abcde"), max_size=7))
def test_agreement_is_the_same_from_both_sides_and_counts_the_longest_common_order(
    one: list[str], other: list[str]
) -> None:
    @cache
    def textbook(left: int, right: int) -> int:
        if not left or not right:
            return 0
        if one[left - 1] == other[right - 1]:
            return textbook(left - 1, right - 1) + 1
        return max(textbook(left - 1, right), textbook(left, right - 1))

    studies = "stuvw"
    first, second = trace("sv", one, studies), trace("zh", other, studies)
    value = agreement(first, second)
    assert value == agreement(second, first)
    if value:
        assert value == 2 * textbook(len(one), len(other)) / (len(one) + len(other))


def test_traces_with_little_in_them_have_no_pieces_and_others_share_most() -> None:
    assert pieces(trace("sv", "ab")) == ()
    assert pieces(trace("sv")) == pieces(trace("hi"))
    assert len(set(pieces(trace("sv"))) & set(pieces(trace("zh", "abcdfghij")))) >= 4
    assert not set(pieces(trace("sv"))) & set(pieces(trace("zh", "acegikmoqs")))
