import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.limits import MAX_QUERY_WORDS
from searchkit.query import Anything, FacetValue, Group, Quoted, Word, parse, plain_text

A, B, C = Word("a"), Word("b"), Word("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", Group(should=(A,))),
        ("a b", Group(should=(A, B))),
        ("+a b -c", Group(must=(A,), should=(B,), must_not=(C,))),
        ("a AND b", Group(must=(A, B))),
        ("a && b", Group(must=(A, B))),
        ("a OR b", Group(should=(A, B))),
        ("a || b", Group(should=(A, B))),
        ("a NOT b", Group(should=(A,), must_not=(B,))),
        ("NOT a", Group(must_not=(A,))),
        ("NOT NOT a", Group(should=(A,))),
        ("a AND NOT b", Group(must=(A,), must_not=(B,))),
        ("a OR b AND c", Group(should=(A, Group(must=(B, C))))),
        ("(a OR b) AND c", Group(must=(Group(should=(A, B)), C))),
        ("a (b c)", Group(should=(A, Group(should=(B, C))))),
        ('"a b"', Group(should=(Quoted("a b"),))),
        ("“a b”", Group(should=(Quoted("a b"),))),
        ("« a b »", Group(should=(Quoted(" a b "),))),
        ("「a b」", Group(should=(Quoted("a b"),))),
        ('-"a b"', Group(must_not=(Quoted("a b"),))),
        ("a*", Group(should=(Word("a", prefix=True),))),
        ("a~", Group(should=(Word("a", distance=1),))),
        ("a~2", Group(should=(Word("a", distance=2),))),
        ("*", Group(should=(Anything(),))),
        ("title:a", Group(should=(Word("a", kind="title"),))),
        ("text:a*", Group(should=(Word("a", kind="body", prefix=True),))),
        ('author:"a b"', Group(should=(Quoted("a b", kind="author"),))),
        ("mechanism:nmda-receptor", Group(should=(FacetValue("mechanism", "nmda-receptor"),))),
        ('study:"Slutsky 2010"', Group(should=(FacetValue("study", "Slutsky 2010"),))),
        ("-language:sv", Group(must_not=(FacetValue("language", "sv"),))),
        ("L-苏氨酸镁", Group(should=(Word("L-苏氨酸镁"),))),
    ],
)
def test_a_query_has_its_tree(text: str, tree: Group) -> None:
    assert parse(text).root == tree


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a AND", "a"),
        ("AND a", "a"),
        ("OR", ""),
        ("a OR", "a"),
        ("NOT", ""),
        ("(a", "a"),
        ("a)", "a"),
        ("()", ""),
        ('"a', "a"),
        ("title:", "title:"),
        ("unknown:a", "unknown:a"),
        ("and or not", "and or not"),
    ],
)
def test_what_is_no_operator_is_plain_text(text: str, same: str) -> None:
    assert parse(text).root == parse(same).root


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "NOT " * 10_000, "-" * 10_000, "a AND " * 5_000, "title:" * 5_000, '"' * 9_999]
)
def test_deep_and_long_queries_end(text: str) -> None:
    parse(text)


def test_a_very_long_query_is_cut_and_says_so() -> None:
    parsed = parse("word " * (MAX_QUERY_WORDS + 5))
    assert len(parsed.root.should) == MAX_QUERY_WORDS
    assert parsed.truncated
    assert not parse("word " * MAX_QUERY_WORDS).truncated


def test_adjacent_words_and_phrases_may_name_a_concept_but_prefixes_and_fields_do_not() -> None:
    assert list(plain_text(parse("synaptic density").root)) == ["synaptic density"]
    assert list(plain_text(parse("synap* title:density x~").root)) == []


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_a_query(text: str) -> None:
    parse(text)


@given(
    st.lists(
        st.sampled_from(["a", "b*", "c~", "AND", "OR", "NOT", "(", ")", '"', "+", "-", "title:", "突触", "  "]),
        max_size=40,
    )
)
def test_any_mixture_of_operators_is_a_query(parts: list[str]) -> None:
    parse(" ".join(parts))
    parse("".join(parts))
