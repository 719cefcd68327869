"""Whatever the filters: counts are those of brute force over all articles, in whatever order the filters come."""

from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit import Article, ArticleIndex
from searchkit.article import FACETS

# The index is made once and only read.
unhurried = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def articles_of(index: ArticleIndex) -> list[Article]:
    return [index.get(identifier) for identifier in index.ids()]


def some_filters(data: st.DataObject, articles: list[Article]) -> dict[str, list[str]]:
    """Draw values that articles carry, for some of the facets, in some order."""
    names = data.draw(st.permutations(FACETS))
    chosen: dict[str, list[str]] = {}
    for name in names[: data.draw(st.integers(0, len(FACETS)))]:
        values = sorted({value for article in articles for value in article.facets[name]})
        chosen[name] = data.draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))
    return chosen


def passes(article: Article, filters: dict[str, list[str]]) -> bool:
    return all(set(values).intersection(article.facets[name]) for name, values in filters.items())


@unhurried
@given(data=st.data())
def test_counts_and_hits_are_those_of_brute_force(sample_index: ArticleIndex, data: st.DataObject) -> None:
    articles = articles_of(sample_index)
    filters: dict[str, Any] = some_filters(data, articles)
    results = sample_index.search(**filters, limit=len(articles))
    left = [article for article in articles if passes(article, filters)]
    assert sorted(hit.id for hit in results) == sorted(article.id for article in left)
    assert results.total == len(left)
    for facet, counts in results.facets.items():
        others = {name: values for name, values in filters.items() if name != facet}
        expected: dict[str, int] = dict.fromkeys(filters.get(facet, ()), 0)
        for article in articles:
            if passes(article, others):
                for value in article.facets[facet]:
                    expected[value] = expected.get(value, 0) + 1
        assert {count.value: count.count for count in counts} == expected


@unhurried
@given(data=st.data(), query=st.sampled_from(["", "sleep", "minne", "睡眠 OR 记忆", "brain -sleep", "हिप्पोकैम्पस"]))
def test_the_order_of_filters_and_of_their_values_changes_nothing(
    sample_index: ArticleIndex, data: st.DataObject, query: str
) -> None:
    filters: dict[str, Any] = some_filters(data, articles_of(sample_index))
    names = data.draw(st.permutations(list(filters)))
    turned: dict[str, Any] = {name: data.draw(st.permutations(filters[name])) for name in names}
    one, other = sample_index.search(query, **filters), sample_index.search(query, **turned)
    assert (one.total, one.facets) == (other.total, other.facets)
    assert [(hit.id, hit.score) for hit in one] == [(hit.id, hit.score) for hit in other]


@unhurried
@given(data=st.data())
def test_a_count_is_the_number_of_hits_that_its_value_as_a_filter_gives(
    sample_index: ArticleIndex, data: st.DataObject
) -> None:
    filters: dict[str, Any] = some_filters(data, articles_of(sample_index))
    facet = data.draw(st.sampled_from(FACETS))
    filters.pop(facet, None)
    counts = sample_index.facets(**filters)[facet]
    if counts:
        count = data.draw(st.sampled_from(counts))
        assert sample_index.search(**filters, **{facet: count.value}, limit=0).total == count.count
