from dataclasses import FrozenInstanceError

import pytest

from searchkit.index.query import (
    KINDS,
    Bool,
    Everything,
    Facet,
    Fuzzy,
    Phrase,
    Prefix,
    Readings,
    Synonyms,
    Term,
    field_name,
    leaves,
)

A, B, C, D = (Term("body_en", letter) for letter in "abcd")
PHRASE = Phrase("body_en", ((0, "a"), (1, "b")))
SYNONYMS = Synonyms((A, PHRASE), of="word")
SIMPLE = [
    A,
    PHRASE,
    SYNONYMS,
    Prefix("body_en", "a"),
    Fuzzy("body_en", "a"),
    Facet("study", ("x",)),
    Everything(),
]


@pytest.mark.parametrize("query", SIMPLE, ids=lambda query: type(query).__name__)
def test_a_leaf_is_its_own_leaf(query):
    assert list(leaves(query)) == [query]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Bool(), []),
        (Bool(must=(A,), should=(B, PHRASE)), [A, B, PHRASE]),
        (Bool(must=(A,), must_not=(B,)), [A]),
        (Bool(must_not=(A, B)), []),
        (Bool(must=(Bool(should=(A, Bool(must=(B,), must_not=(C,)))),), should=(D,)), [A, B, D]),
        (Bool(must_not=(Bool(must_not=(A,)),)), []),
        (Readings((A, B)), [A, B]),
        (Readings((A,), unread=(B,)), [A]),
        (Readings((), unread=(B,)), []),
        (Bool(should=(Readings((A, B)), C), must_not=(Readings((D,)),)), [A, B, C]),
        (Bool(must=(A,), should=(A,)), [A, A]),
    ],
    ids=repr,
)
def test_the_leaves_of_a_tree_are_what_a_hit_may_match(query, expected):
    assert list(leaves(query)) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh_Hant", "pt-BR"])
def test_a_field_is_named_for_its_kind_and_language(kind, language):
    assert field_name(kind, language).partition("_") == (kind, "_", language)


@pytest.mark.parametrize("query", [*SIMPLE, Readings((A,)), Bool(must=(A,))], ids=repr)
def test_queries_are_values(query):
    assert len({query, type(query)(*(getattr(query, name) for name in query.__slots__))}) == 1
    with pytest.raises((FrozenInstanceError, TypeError)):
        query.text = "b"
