"""Markdown: plain text with its headings marked, and fields between ``---``."""

from datetime import date
from pathlib import Path

import pytest

from searchkit.errors import ArticleError
from searchkit.readers import Draft, read
from searchkit.readers.markdown import read_markdown
from searchkit.references import find_citations, parse_references
from searchkit.structure import find_sections


def markdown(text: str) -> Draft:
    (draft,) = read_markdown(text, "article.md")
    return draft


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Title\n\nText.", "Title", "Text."),
        ("Title\n=====\n\nText.", "Title", "Text."),
        ("## Title\n\nText.", "Title", "Text."),
        ("---\ntitle: Title\n---\nText.", "Title", "Text."),
        ("---\ntitle: Title\n---\n# Title\n\nText.", "Title", "Text."),
        ("---\ntitle: Title\n---\n# Another\n\nText.", "Title", "Another\nText."),
        ("Only text. It goes on.", "Only text.", "Only text. It goes on."),
        ("# Title", "Title", ""),
    ],
)
def test_the_title_is_the_first_heading_or_the_field(text: str, title: str, body: str) -> None:
    draft = markdown(text)
    assert (draft.title, draft.text) == (title, body)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("*one* **two** _three_ `four`", "one two three four"),
        ("[words](https://example.org/a)", "words"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("![what it shows](a.png)", "what it shows"),
        ("one\ntwo  \nthree", "one two three"),
        ("one\n\ntwo", "one\ntwo"),
        ("- one\n- two", "- one\n- two"),
        ("3. one\n4. two", "3. one\n4. two"),
        ("- one\n\n  more of one\n- two", "- one\nmore of one\n- two"),
        ("- one\n  1. first\n  2. second", "- one\n1. first\n2. second"),
        ("> quoted", "quoted"),
        ("```\ncode  here\n```", "code  here"),
        ("caf&eacute; &amp; co \\*", "café & co *"),
        ("<b>bold</b> text", "bold text"),
        ("突触*可塑性*", "突触可塑性"),
    ],
)
def test_markup_is_gone_and_the_words_are_kept(text: str, plain: str) -> None:
    assert markdown(f"# Title\n\n{text}").text == plain


def test_headings_are_marked_where_they_stand() -> None:
    draft = markdown("# Title\n\nText.\n\n## One\n\nMore.\n\n### *Two*\n\n## \n\nEnd.")
    assert [(draft.text[start : start + len(heading)], heading) for start, heading in draft.headings or ()] == [
        ("One", "One"),
        ("Two", "Two"),
    ]


def test_white_space_before_the_text_does_not_move_the_headings() -> None:
    draft = markdown("```\n   code\n```\n\n## Heading\n\nText.")
    assert draft.headings == ((draft.text.index("Heading"), "Heading"),)


def test_front_matter_gives_fields() -> None:
    draft = markdown(
        "---\n"
        "id: sleep-1\n"
        'title: "Sleep: why"\n'
        "author: Nora Whitfield\n"
        "date: 2024-05-16\n"
        "lang: en-GB\n"
        "link: https://example.org/sleep\n"
        "mechanism: [deep-sleep, 'memory-consolidation']\n"
        "study: diekelmann-2010\n"
        "colour: blue\n"
        "---\n"
        "Text.\n"
    )
    assert draft == Draft(
        title="Sleep: why",
        text="Text.",
        source="article.md",
        id="sleep-1",
        language="en",
        url="https://example.org/sleep",
        author="Nora Whitfield",
        published=date(2024, 5, 16),
        headings=(),
        facets={"mechanism": ("deep-sleep", "memory-consolidation"), "study": ("diekelmann-2010",)},
    )


def test_a_rule_in_the_text_is_no_front_matter() -> None:
    assert markdown("# Title\n\nOne.\n\n---\n\nauthor: nobody\n\n---\n").author == ""


@pytest.mark.parametrize("text", ["", "   \n\n", "---\nauthor: Ann\n---\n"])
def test_a_file_without_text_is_an_error(text: str) -> None:
    with pytest.raises(ArticleError, match="neither text nor title"):
        markdown(text)


def test_a_field_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ArticleError, match="published"):
        markdown("---\ndate: last week\n---\n# Title\n\nText.")


def test_the_sample_has_its_headings(samples: Path) -> None:
    (draft,) = read([samples / "exercise.en.md"])
    assert isinstance(draft, Draft)
    assert [heading for _, heading in draft.headings or ()] == [
        "What happens in the brain",
        "A year of walking",
        "How to begin",
        "References",
    ]
    assert "*" not in draft.text
    assert "https://doi.org/10.1073/pnas.1015950108" in draft.text


ENTRIES = ("Cy D. One. Brain. 2012;33(4):210-219.", "Di E. Two. Heart. 2013;12(1):5-9.")


@pytest.mark.parametrize(
    "listed",
    [
        "[1] {}\n[2] {}",
        "(1) {}\n(2) {}",
        "{}\n{}",
        "1. {}\n2. {}",
        "- {}\n- {}",
        "[1] {}\n\n[2] {}",
        "- [1] {}\n- [2] {}",
    ],
)
@pytest.mark.parametrize("heading", ["## References", "## Källor", "## 参考文献"])
def test_entries_of_a_list_of_references_are_told_apart(heading: str, listed: str) -> None:
    draft = markdown(f"# Title\n\nText.\n\n{heading}\n\n{listed.format(*ENTRIES)}\n")
    found = parse_references(draft.text, find_sections(draft.text, draft.headings))
    assert tuple(reference.text for reference in found) == ENTRIES


def test_an_entry_over_several_lines_is_one() -> None:
    draft = markdown(
        "# Title\n\nText.\n\n## References\n\n[1] Cy D. One.\nBrain. 2012;33(4):210.\n[2] Di E. 2013.\n"
    )
    found = parse_references(draft.text, find_sections(draft.text, draft.headings))
    assert [reference.text for reference in found] == ["Cy D. One. Brain. 2012;33(4):210.", "Di E. 2013."]


def test_lines_of_running_text_are_joined() -> None:
    assert (
        markdown("# Title\n\nIn 2012 it was\n[3] said in 2013\nthat.").text
        == "In 2012 it was [3] said in 2013 that."
    )


@pytest.mark.parametrize(
    ("entry", "kind", "doi"),
    [
        ("[Cy 2012](https://doi.org/10.9999/abc.1)", "study", "10.9999/abc.1"),
        ("[Cy 2012, *Brain*](http://dx.doi.org/10.9999/abc%281%29)", "study", "10.9999/abc(1)"),
        ("Cy D. One. 2012. <https://doi.org/10.9999/abc.1>", "study", "10.9999/abc.1"),
        ("[Salt at table](https://heart.example/salt), 2012", "web", ""),
    ],
)
def test_the_address_of_a_link_tells_what_an_entry_is(entry: str, kind: str, doi: str) -> None:
    draft = markdown(f"# Title\n\nText.\n\n## References\n\n- {entry}\n")
    (reference,) = parse_references(draft.text, find_sections(draft.text, draft.headings))
    assert (reference.kind, reference.doi) == (kind, doi)


def test_in_running_text_only_a_doi_is_told() -> None:
    text = markdown("# Title\n\nAs [Cy](https://doi.org/10.9999/abc.1) says, [here](https://heart.example/).").text
    assert text == "As Cy https://doi.org/10.9999/abc.1 says, here."
    assert [reference.doi for reference in find_citations(text)] == ["10.9999/abc.1"]
