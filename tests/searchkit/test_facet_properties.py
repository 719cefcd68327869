"""Whatever the filters: counts are those of brute force over all articles, in whatever order the filters come."""

from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit import Article, ArticleIndex
from searchkit.article import FACETS

# The index is made once and only read.
unhurried = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

LEAST = st.one_of(
    st.sampled_from([0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 1]), st.floats(0, 1).map(lambda x: round(x, 6))
)


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


def carried(article: Article, facet: str, least: float) -> set[str]:
    """Return the values that count, read from the article itself."""
    strengths = article.strengths.get(facet, {})
    return {value for value in article.facets[facet] if strengths.get(value, 1.0) >= least}


def passes(article: Article, filters: dict[str, list[str]], least: float = 0.0) -> bool:
    return all(carried(article, name, least).intersection(values) for name, values in filters.items())


@unhurried
@given(data=st.data())
def test_counts_and_hits_are_those_of_brute_force(sample_index: ArticleIndex, data: st.DataObject) -> None:
    articles = articles_of(sample_index)
    filters: dict[str, Any] = some_filters(data, articles)
    least = data.draw(LEAST)
    results = sample_index.search(**filters, min_strength=least, limit=len(articles))
    left = [article for article in articles if passes(article, filters, least)]
    assert sorted(hit.id for hit in results) == sorted(article.id for article in left)
    assert results.total == len(left)
    for facet, counts in results.facets.items():
        others = {name: values for name, values in filters.items() if name != facet}
        expected: dict[str, int] = dict.fromkeys(filters.get(facet, ()), 0)
        for article in articles:
            if passes(article, others, least):
                for value in carried(article, facet, least):
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
    least = data.draw(LEAST)
    one = sample_index.search(query, **filters, min_strength=least)
    other = sample_index.search(query, **turned, min_strength=least)
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
    least = data.draw(LEAST)
    counts = sample_index.facets(**filters, min_strength=least)[facet]
    if counts:
        count = data.draw(st.sampled_from(counts))
        chosen: dict[str, Any] = {**filters, facet: count.value}
        assert sample_index.search(**chosen, min_strength=least, limit=0).total == count.count


@unhurried
@given(data=st.data(), query=st.sampled_from(["", "sleep", "minne", "brain -sleep", "mechanism:deep-sleep"]))
def test_a_greater_strength_leaves_fewer_articles_and_counts_fewer(
    sample_index: ArticleIndex, data: st.DataObject, query: str
) -> None:
    articles = articles_of(sample_index)
    filters: dict[str, Any] = some_filters(data, articles)
    less, more = sorted([data.draw(LEAST), data.draw(LEAST)])
    many = sample_index.search(query, **filters, min_strength=less, limit=len(articles))
    few = sample_index.search(query, **filters, min_strength=more, limit=len(articles))
    assert {hit.id for hit in few} <= {hit.id for hit in many}
    for facet, counts in few.facets.items():
        before = {count.value: count.count for count in many.facets[facet]}
        assert all(count.count <= before[count.value] for count in counts)
