"""Markdown: plain text with its headings marked, and fields between ``---``."""

from datetime import date
from pathlib import Path

import pytest

from searchkit.errors import ArticleError
from searchkit.readers import Draft, read
from searchkit.readers.markdown import read_markdown


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
