"""Terms that a vocabulary lacks."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from searchkit import ArticleIndex, Draft, FilterError, InputError, Vocabulary
from searchkit.analyzers import analyzer_for
from searchkit.candidates import _MOST_ARTICLES, residual_idf
from searchkit.cli import cli

# Six articles: two about glass frogs and their crystal nests, four about nothing.
FROGS = {
    "one": "Glass frogs sleep. A crystal nest is seen. Glass frogs cannot jump in 1999. The glass frog eats.",
    "two": "A glass frog sings. The crystal nest, the crystal nests of neurogenesis. Neurogenesis in 1999, 1999.",
    **{name: f"Nothing whatever happens in article {name}." for name in ("three", "four", "five", "six")},
}


def texts(index: ArticleIndex, language: str = "en", **more: object) -> list[str]:
    return [candidate.text for candidate in index.unmatched(**more).get(language, ())]  # type: ignore[arg-type]


def test_terms_are_found_as_they_are_written_with_their_counts(make_index: Callable[..., ArticleIndex]) -> None:
    found = make_index(**FROGS).unmatched()["en"]
    told = {candidate.text.lower(): (candidate.articles, candidate.occurrences) for candidate in found}
    assert told["glass frogs"] == (2, 4)
    assert told["crystal nest"] == (2, 3)
    assert [candidate.score for candidate in found] == sorted((one.score for one in found), reverse=True)
    assert found[0].text.lower() == "glass frogs"


def test_neither_numbers_nor_stop_words_nor_what_is_covered_nor_lone_articles_are_candidates(
    make_index: Callable[..., ArticleIndex],
) -> None:
    found = " ".join(texts(make_index(**FROGS), limit=1_000)).lower().split()
    assert {"crystal", "nest"} <= set(found) <= {"glass", "frogs", "frog", "crystal", "nest"}


def test_a_part_counts_less_than_the_term_that_it_is_part_of(make_index: Callable[..., ArticleIndex]) -> None:
    found = [text.lower() for text in texts(make_index(**FROGS))]
    # Glass never stands without frogs, nor crystal without nest.
    assert not {"glass", "crystal"} & set(found)


def test_what_a_new_vocabulary_covers_is_no_candidate_any_more(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(**FROGS)
    index.rebuild(vocabulary=Vocabulary({"glass-frog": {"en": ("glass frog",)}}))
    found = [text.lower() for text in texts(index, limit=1_000)]
    assert not any("frog" in text for text in found)
    assert "crystal nest" in found
    assert "neurogenesis" not in found  # only one article holds it


def test_terms_do_not_cross_marks_lines_or_stop_words(make_index: Callable[..., ArticleIndex]) -> None:
    alike = "Red, green. Blue\nyellow and black; white of grey. Red, green. Blue\nyellow and black; white of grey."
    index = make_index(one=alike, two=alike, three="Nothing here.", four="Nothing there.")
    assert {text.lower() for text in texts(index)} == {"red", "green", "blue", "yellow", "black", "white", "grey"}


def test_references_are_not_read(make_index: Callable[..., ArticleIndex]) -> None:
    article = (
        "Frogs live.\n\nReferences\n\n1. Zanzibar Q. Zanzibar zanzibar. Nature. 2010;11(2):114-126. "
        "doi:10.1038/nrn2762"
    )
    index = make_index(one=article, two=article, three="Nothing here.", four="Nothing there.")
    assert not any("zanzibar" in text.lower() for text in texts(index, limit=1_000))


def test_chinese_candidates_are_words(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(
        "zh",
        one="蝴蝶在森林里唱歌。蝴蝶喜欢森林。",
        two="森林里有蝴蝶。",
        three="今天天气很好。",
        four="明天下雨。",
        five="后天刮风。",
    )
    found = texts(index, "zh")
    assert {"蝴蝶", "森林"} <= set(found)
    segments = analyzer_for("zh").segments("蝴蝶森林")
    assert len(segments) == 2  # or this test would show nothing


def test_english_stop_words_in_a_chinese_article_are_no_candidates(
    make_index: Callable[..., ArticleIndex],
) -> None:
    article = "他读了The Glass of the Frog。The Glass of the Frog很好。"
    index = make_index(
        "zh", one=article, two=article, three="今天天气很好。", four="明天下雨。", five="后天刮风。"
    )
    found = [text.lower() for text in texts(index, "zh")]
    assert {"glass", "frog"} <= set(found)
    assert not {"the", "of"} & {word for text in found for word in text.split()}


def test_every_candidate_of_the_samples_stands_in_as_many_articles_and_is_not_covered(
    sample_index: ArticleIndex,
) -> None:
    found = sample_index.unmatched(limit=10)
    assert set(found) == {"en", "fr", "hi", "sv", "zh"}
    for code, candidates in found.items():
        analyzer = analyzer_for(code)
        assert 0 < len(candidates) <= 10
        held = [sample_index.get(identifier) for identifier in sample_index.ids()]
        for candidate in candidates:
            assert not sample_index.vocabulary.find(candidate.text, analyzer), candidate
            assert not Vocabulary.builtin("study_types").find(candidate.text, analyzer), candidate
            assert not analyzer.is_stop_word(candidate.text)
            assert any(char.isalpha() for char in candidate.text)
            holding = [one for one in held if one.language == code and candidate.text.lower() in one.text.lower()]
            assert holding, candidate
            assert 2 <= candidate.articles <= candidate.occurrences


def test_a_query_and_filters_choose_the_articles(sample_index: ArticleIndex) -> None:
    assert set(sample_index.unmatched(language=["sv", "fr"])) == {"sv", "fr"}
    assert sample_index.unmatched("sömn", expand=False, language="sv") != sample_index.unmatched(language="sv")
    assert sample_index.unmatched("nosuchwordanywhere", expand=False) == {}
    with pytest.raises(FilterError):
        sample_index.unmatched(mechanism="nonsense-xyz")
    with pytest.raises(InputError):
        sample_index.unmatched(limit=-1)


def test_the_articles_that_are_read_are_bounded(tmp_path: Path) -> None:
    count = _MOST_ARTICLES * 2
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(
            Draft(id=f"{number:04}", title="", text="Zebra zebra. " * (number % 4 < 2), source="x", language="en")
            for number in range(count)
        )
        ((candidate,),) = index.unmatched().values()
        # Every other one is read, and of those every other one is about zebras.
        assert candidate.articles == _MOST_ARTICLES // 2
        assert candidate.occurrences == _MOST_ARTICLES


def test_residual_idf_is_that_of_its_definition() -> None:
    # 1,000 documents: a word in 100 of them, once each, is as by chance; ten times each is clustered.
    assert residual_idf(1_000, 100, 100) == pytest.approx(
        -math.log2(100 / 1_000) + math.log2(1 - math.exp(-100 / 1_000))
    )
    assert abs(residual_idf(1_000, 100, 100)) < 0.1
    assert residual_idf(1_000, 100, 1_000) > 2


def run(index: ArticleIndex, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["facets", "--index", str(index.path), *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout


def test_the_command_lists_them_by_language(sample_index: ArticleIndex) -> None:
    code, output = run(sample_index, "--unmatched", "--language", "sv", "-n", "3")
    expected = sample_index.unmatched(language="sv", limit=3)["sv"]
    assert code == 0
    assert [line.split(maxsplit=2) for line in output.splitlines()[1:]] == [
        [str(one.articles), str(one.occurrences), one.text] for one in expected
    ]
    told = json.loads(run(sample_index, "--unmatched", "--limit", "3", "--json")[1])
    assert told == {
        language: [one.to_dict() for one in candidates]
        for language, candidates in sample_index.unmatched(limit=3).items()
    }
    assert run(sample_index, "--unmatched", "nosuchwordanywhere") == (
        0,
        "No terms that at least two articles hold.\n",
    )


@pytest.mark.parametrize(
    "arguments", [("--limit", "3"), ("--unmatched", "--facet", "study"), ("--unmatched", "-n", "-1")]
)
def test_options_that_do_not_go_together_are_wrong_usage(
    sample_index: ArticleIndex, arguments: tuple[str, ...]
) -> None:
    assert run(sample_index, *arguments)[0] == 2
