"""The main job on the real articles, where they are at hand."""

import pytest

from searchkit import ArticleIndex, Hit


def by_language(index: ArticleIndex) -> dict[str, list[Hit]]:
    found: dict[str, list[Hit]] = {}
    for hit in index.search(limit=100):
        found.setdefault(hit.language, []).append(hit)
    return found


def test_there_are_six_articles_in_four_languages(real_index: ArticleIndex) -> None:
    assert {code: len(hits) for code, hits in by_language(real_index).items()} == {
        "zh": 2,
        "sv": 2,
        "hi": 1,
        "fr": 1,
    }


def test_parallel_articles_have_the_same_studies_and_mechanisms(real_index: ArticleIndex) -> None:
    articles = by_language(real_index)
    of_five = [hit for hits in articles.values() for hit in hits if len(hit.facets["study"]) == 5]
    of_three = [hit for hits in articles.values() for hit in hits if len(hit.facets["study"]) == 3]
    assert sorted(hit.language for hit in of_five) == ["hi", "sv", "zh"]
    assert sorted(hit.language for hit in of_three) == ["sv", "zh"]
    for group in (of_five, of_three):
        assert len({hit.facets["study"] for hit in group}) == 1
        for hit in group[1:]:
            one, other = set(group[0].facets["mechanism"]), set(hit.facets["mechanism"])
            assert len(one & other) / len(one | other) >= 0.9
    for hit in of_three:
        assert [reference.kind for reference in hit.article.references].count("web") == 1


# Words of each article, chosen by reading them, and the language of the one that holds them.
@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("synaptisk plasticitet", "sv"),
        ("vilopotential portvakt", "sv"),
        ("spenat pumpafrön", "sv"),
        ("突触可塑性", "zh"),
        ("菠菜 南瓜籽", "zh"),
        ("血腦屏障", "zh"),
        ("न्यूरोप्लास्टिसिटी", "hi"),
        ("मैग्नीशियम एल-थ्रियोनेट", "hi"),
        ("रक्त-मस्तिष्क अवरोध", "hi"),
        ("configurations synaptiques", "fr"),
        ("thréonate de magnésium", "fr"),
        ("Threonate Strengthens Adaptive Neuron", "fr"),
        ("Neurocentria Tsinghua", "fr"),
    ],
)
def test_the_article_that_holds_the_words_comes_first(real_index: ArticleIndex, query: str, language: str) -> None:
    assert real_index.search(query).hits[0].language == language


@pytest.mark.parametrize(
    "query",
    ["synaptic density", "突触密度", "突觸密度", "synaptisk densitet", "सिनैप्टिक घनत्व", "densité synaptique"],
)
def test_synaptic_density_in_any_language_finds_every_article_about_it(
    real_index: ArticleIndex, query: str
) -> None:
    carrying = {hit.id for hit in real_index.search(mechanism="synaptic-density", limit=100)}
    assert len(carrying) >= 5
    assert carrying <= {hit.id for hit in real_index.search(query, limit=100)}


@pytest.mark.parametrize("query", ["MMFS-01", "NMDA", "2010;65(2):165", "10.1016/j.neuron.2009.12.026", "Slutsky"])
def test_names_and_numbers_are_found_in_every_script(real_index: ArticleIndex, query: str) -> None:
    assert len({hit.language for hit in real_index.search(query, limit=100)}) >= 2
