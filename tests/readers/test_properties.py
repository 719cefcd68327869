"""What holds for any text whatever: readers yield drafts and errors, and never fall over."""

import io
import json
from collections.abc import Iterator

from hypothesis import example, given, settings
from hypothesis import strategies as st

from searchkit.dates import find_date
from searchkit.errors import ArticleError
from searchkit.language import detect
from searchkit.readers import Draft, Problem, read
from searchkit.readers.jsonl import read_jsonl
from searchkit.readers.markdown import read_markdown
from searchkit.readers.page import read_page
from searchkit.readers.table import read_table
from searchkit.references import parse_reference, parse_references
from searchkit.structure import find_sections
from searchkit.studies import StudyRegistry

# What pages, references and files in the five languages are made of.
PIECES = st.sampled_from(
    [
        *("\n", "\n\n", " ", "\t", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\x00", "\u00a0", "\u3000"),
        *("A title", "The text ends here.", "睡眠与记忆", "नींद", "1024 683 Ann", "Home » Sleep » Title", "Tag :"),
        *("References", "参考资料", "Related posts", "May 16, 2024", "2024年5月16日", "30 February 2024", "२०२४"),
        *("- ", "• ", "1. ", "[2] ", "(3) ", "# ", "## ", "```", "> ", "* ", "---", "title: ", "===="),
        *("Ann B. Neuron. 2010;65(2):165-177.", "Neuron, 65(2), 165-177 (2010)", "date: 2024-02-30"),
        *("doi:10.1016/S0166-2236(02)0", "10.1038/", "https://doi.org/", "https://example.org/a"),
        *("https://secure.gravatar.com/avatar/0a?s=96", "MMFS-01", "Neuron (2010)", "text,title"),
        *("{", "}", '{"text": "a"}', '{"text": ', "[", '"', "'", ",", ";", "\\ud800", "\ud800", "\udce9", "😀"),
        *("²", "½", "٣", "１", "\u0301", "\u200d", "&#13;", "&nbsp;", "<b>", "<!--", "|"),
    ]
)
TEXTS = st.one_of(
    st.text(), st.text(st.characters(exclude_categories=())), st.lists(PIECES, max_size=25).map("".join)
)
BYTES = st.one_of(st.binary(), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")))
SETTINGS = settings(max_examples=150, deadline=None, database=None)


def check(items: Iterator[Draft | ArticleError]) -> None:
    """Each item is a sound draft, whose sections cover its text, or an error of one line."""
    while True:
        try:
            item = next(items, None)
        except ArticleError as error:
            item = error
            items = iter(())
        if item is None:
            return
        if isinstance(item, ArticleError):
            assert "\n" not in str(item)
            continue
        assert isinstance(item, Draft)
        for start, heading in item.headings or ():
            assert item.text[start : start + len(heading)] == heading
        check_sections(item)


def check_sections(draft: Draft) -> None:
    sections = find_sections(draft.text, draft.headings)
    assert [section.start for section in sections] == [0, *(section.end for section in sections[:-1])]
    assert sections[-1].end == len(draft.text)
    assert all(section.start < section.end for section in sections) or not draft.text
    for reference in parse_references(draft.text, sections):
        assert draft.text[reference.start : reference.end] == reference.text


@SETTINGS
@given(text=TEXTS)
def test_any_text_is_a_page(text: str) -> None:
    check(read_page(text, "a.txt"))


@SETTINGS
@example(text="0\n# \ud800")
@given(text=TEXTS)
def test_any_text_is_markdown(text: str) -> None:
    check(read_markdown(text, "a.md"))


@SETTINGS
@given(text=TEXTS)
def test_any_text_is_lines_of_json_or_errors(text: str) -> None:
    check(read_jsonl(io.StringIO(text), "a.jsonl"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["id", "title", "text", "language", "url", "author", "published", "mechanism", "study_type", "facets", "BODY"]
)


@SETTINGS
@given(fields=st.dictionaries(NAMES, JSON))
def test_any_json_is_an_article_or_an_error(fields: dict[str, object]) -> None:
    check(read_jsonl([json.dumps(fields)], "a.jsonl"))


@SETTINGS
@given(header=st.sampled_from(["text", "title,text", "text;title", "id,text,lang,date", '"text"']), text=TEXTS)
def test_any_text_is_a_table_or_errors(header: str, text: str) -> None:
    check(read_table(io.StringIO(text, newline=""), "a.csv"))
    check(read_table(io.StringIO(f"{header}\n{text}", newline=""), "a.csv"))
    check(read_table(io.StringIO(f"{header}\n{text}", newline=""), "a.csv", delimiter="\t"))


@SETTINGS
@given(content=BYTES, format=st.sampled_from([None, "text", "markdown", "jsonl", "csv", "tsv"]))
def test_any_bytes_are_articles_or_problems(content: bytes, format: str | None) -> None:
    items = list(read(["-"], format=format, stdin=io.BytesIO(content)))
    assert items
    assert all(isinstance(item, Draft) or item.message.startswith("-") for item in items)
    assert all("\n" not in item.message for item in items if isinstance(item, Problem))


@SETTINGS
@given(entry=TEXTS)
def test_any_text_is_a_reference(entry: str) -> None:
    reference = parse_reference(entry, 7)
    assert (reference.text, reference.start, reference.end) == (entry, 7, 7 + len(entry))
    study = StudyRegistry.builtin().resolve(reference)
    assert study is None or (study.key and study.label)


@SETTINGS
@given(text=TEXTS, headings=st.lists(st.integers(0, 40), max_size=4))
def test_sections_cover_any_text_without_gaps(text: str, headings: list[int]) -> None:
    check_sections(Draft(title="", text=text, source="a"))
    starts = sorted({start for start in headings if start < len(text)})
    marked = tuple((start, text[start : start + 3]) for start in starts)
    check_sections(Draft(title="", text=text, source="a", headings=marked))


@SETTINGS
@given(text=TEXTS)
def test_any_text_can_be_searched_for_a_date_studies_and_its_language(text: str) -> None:
    day = find_date(text)
    assert day is None or 1900 <= day.year <= 2099
    assert all(text[mention.start : mention.end] for mention in StudyRegistry.builtin().mentions(text))
    assert detect(text)
