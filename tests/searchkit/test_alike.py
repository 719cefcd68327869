"""More like this: which articles are like one, and what they share."""

from collections.abc import Callable
from datetime import date

import pytest

import searchkit
from searchkit import ArticleIndex, Draft

MakeIndex = Callable[..., ArticleIndex]


def draft(identifier: str, text: str, **more: object) -> Draft:
    values = {"id": identifier, "title": "", "text": text, "source": "test", "language": "en", **more}
    return Draft(**values)  # type: ignore[arg-type]


def test_articles_with_the_same_telling_words_come_first(make_index: MakeIndex) -> None:
    index = make_index(
        one="The whale sings below the ice, and whales answer the whale.",
        two="A song of a whale under ice.",
        three="The ice of the and the.",
        four="Potatoes and the soil.",
    )
    results = index.like("one")
    assert [hit.id for hit in results] == ["two", "three"]
    assert results.like == "one"
    assert results.hits[0].shared["word"] == ("whale", "ice")
    assert results.hits[0].snippet.highlights


def test_the_article_itself_is_left_out_of_hits_total_and_pages(sample_index: ArticleIndex) -> None:
    (article,) = (identifier for identifier in sample_index.ids() if identifier.startswith("gut-brain.en"))
    every = sample_index.like(article, limit=50)
    assert article not in [hit.id for hit in every]
    assert every.total == len(every)
    pages = [
        hit.id for offset in range(0, every.total, 2) for hit in sample_index.like(article, limit=2, offset=offset)
    ]
    assert pages == [hit.id for hit in every]


def test_words_of_the_title_weigh_more(make_index: MakeIndex) -> None:
    index = make_index(
        one=("Whales", "Ships. Whales."),
        ships="ships sail here and there and far away",
        whales="whales swim here and there and far away",
        both="nothing of ships or whales",
    )
    assert [hit.id for hit in index.like("one")][1:] == ["whales", "ships"]


def test_stop_words_numbers_and_what_no_other_article_has_make_nothing_alike(make_index: MakeIndex) -> None:
    index = make_index(
        one="What is it that they do in 2010? Unique.", two="What is it that they do in 2010? Other."
    )
    assert index.like("one").total == 0


def test_an_article_that_shares_nothing_finds_nothing(make_index: MakeIndex) -> None:
    assert make_index(one="whales", two="potatoes").like("one").total == 0


def test_versions_in_other_languages_are_found_by_mechanisms_and_studies(sample_index: ArticleIndex) -> None:
    results = sample_index.like("sleep-and-memory.sv", limit=4)
    assert {hit.language for hit in results} == {"zh", "hi", "fr", "en"}
    for hit in results:
        assert "tononi-2014" in hit.shared["study"]
        assert "synaptic-pruning" in hit.shared["mechanism"]
        assert hit.shared["word"] == ()
        assert set(hit.mechanisms) <= set(hit.shared["mechanism"])


def test_chinese_articles_are_alike_by_words_not_by_characters(make_index: MakeIndex) -> None:
    index = make_index("zh", one="鲸鱼在冰下唱歌，鲸鱼回答。", two="冰上的鲸鱼。", three="土豆和土壤。")
    results = index.like("one")
    assert [hit.id for hit in results] == ["two"]
    assert "鲸鱼" in results.hits[0].shared["word"]


def test_references_do_not_make_articles_alike_by_their_words(tmp_path: object) -> None:
    with ArticleIndex.create(f"{tmp_path}/index") as index:
        one = "Whales sing.\n\nReferences\n\n1. Zebrafish A. Neurology 2010;65(2):165-177."
        other = "Potatoes grow.\n\nReferences\n\n1. Zebrafish B. Neurology 2011;66(3):265-277."
        index.update([draft("one", one), draft("two", other)])
        assert index.like("one").total == 0


def test_filters_sorting_and_counts_apply(tmp_path: object) -> None:
    with ArticleIndex.create(f"{tmp_path}/index") as index:
        index.update(
            [
                draft("one", "whales sing songs"),
                draft("old", "whales sing songs", published=date(2001, 1, 1)),
                draft("new", "whales eat", published=date(2024, 5, 16)),
                draft("sv", "whales sing songs", language="sv"),
            ]
        )
        assert [hit.id for hit in index.like("one")] == ["old", "new"]
        assert [hit.id for hit in index.like("one", sort="date")] == ["new", "old"]
        assert index.like("one", language="sv").total == 0
        assert index.like("one", limit=1).total == 2
        assert [(count.value, count.count) for count in index.like("one").facets["language"]] == [("en", 2)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"limit": -1}, "0 or more"), ({"sort": "x"}, "'x'"), ({"mechanism": "nonsense-xyz"}, "nonsense-xyz")],
)
def test_wrong_arguments_are_refused(
    sample_index: ArticleIndex, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(searchkit.InputError, match=message):
        sample_index.like("sleep-and-memory.sv", **arguments)  # type: ignore[arg-type]


def test_an_id_that_there_is_not_is_named(sample_index: ArticleIndex) -> None:
    with pytest.raises(searchkit.InputError, match="'nothing'"):
        sample_index.like("nothing")
