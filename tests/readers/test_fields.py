"""Articles given as named fields: JSON lines and tables."""

from datetime import date
from io import StringIO

import pytest

from searchkit.errors import ArticleError
from searchkit.readers import Draft
from searchkit.readers.jsonl import read_jsonl
from searchkit.readers.table import read_table


def line(text: str) -> Draft | ArticleError:
    (item,) = read_jsonl([text], "a.jsonl")
    return item


def table(text: str, delimiter: str = ",") -> list[Draft | ArticleError]:
    return list(read_table(StringIO(text, newline=""), "a.csv", delimiter))


def test_a_line_of_json_gives_every_field() -> None:
    assert line(
        '{"id": 7, "title": "T", "text": "Text.", "language": "zh_TW", "url": "u", "author": ["A", "B"],'
        ' "published": "2024-08-17T10:00:00Z", "mechanism": ["m"], "group": 12,'
        ' "facets": {"study": ["s", "s"], "colour": ["x"]}}'
    ) == Draft(
        title="T",
        text="Text.",
        source="a.jsonl",
        id="7",
        language="zh",
        url="u",
        author="A, B",
        published=date(2024, 8, 17),
        facets={"mechanism": ("m",), "study": ("s",)},
        group="12",
    )


@pytest.mark.parametrize(
    ("name", "field"),
    [("body", "text"), ("content", "text"), ("Text", "text"), ("headline", "title"), ("link", "url")],
)
def test_names_of_other_programs_are_understood(name: str, field: str) -> None:
    draft = line(f'{{"title": "x", "{name}": "value"}}' if field != "title" else f'{{"{name}": "value"}}')
    assert getattr(draft, field) == "value"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"text": "a", "mechanism": "x; y ;x"}', {"mechanism": ("x", "y")}),
        ('{"text": "a", "studies": ["s"]}', {"study": ("s",)}),
        ('{"text": "a", "study_type": []}', {}),
        ('{"text": "a", "facets": {"language": ["sv"]}}', {}),
    ],
)
def test_facets_are_given_as_lists_or_with_semicolons(text: str, values: dict[str, tuple[str, ...]]) -> None:
    draft = line(text)
    assert isinstance(draft, Draft)
    assert draft.facets == values


def test_blank_lines_count_and_are_passed_over() -> None:
    one, two = read_jsonl(['{"text": "a"}\n', "\n", '{"text": "b"}\n'], "a.jsonl")
    assert isinstance(one, Draft)
    assert isinstance(two, Draft)
    assert (one.place, two.place) == (1, 3)


def test_empty_and_null_fields_are_left_to_detection() -> None:
    draft = line('{"text": "a", "title": null, "language": "", "published": null, "author": "", "id": null}')
    assert draft == Draft(title="", text="a", source="a.jsonl")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('["text"]', "not a JSON object"),
        ("{}", "neither text nor title"),
        ('{"text": " "}', "neither text nor title"),
        ('{"text": 5}', "'text' must be a text, not a number"),
        ('{"text": "a", "title": ["b"]}', "'title' must be a text, not a list"),
        ('{"text": "a", "author": [1]}', "'author' must be a text, not a list"),
        ('{"text": "a", "language": "Swedish!"}', "language 'swedish!' is not a code"),
        ('{"text": "a", "published": "last week"}', "'published' is not a date"),
        ('{"text": "a", "published": 20245}', "'published' is not a date"),
        ('{"text": "a", "id": 1.5}', "'id' must be a text or a number, not a fraction"),
        ('{"text": "a", "group": ["x"]}', "'group' must be a text or a number, not a list"),
        ('{"text": "a", "id": true}', "'id' must be a text or a number, not true or false"),
        ('{"text": "a", "mechanism": {"x": 1}}', "'mechanism' must be a text or a list"),
        ('{"text": "a", "facets": ["x"]}', "'facets' must be an object"),
        ('{"text": "caf\udce9"}', "not UTF-8 (byte 0xe9)"),
    ],
)
def test_an_error_names_the_file_the_line_and_the_field(text: str, message: str) -> None:
    good, bad, last = read_jsonl(['{"text": "before"}', text, '{"text": "after"}'], "a.jsonl")
    assert isinstance(good, Draft)
    assert isinstance(last, Draft)
    assert isinstance(bad, ArticleError)
    assert str(bad).startswith("a.jsonl:2: ")
    assert message in str(bad)
    assert "\n" not in str(bad)


def test_what_is_no_character_becomes_one() -> None:
    draft = line('{"text": "a\\ud800b\\u0000c\\r\\nd"}')
    assert isinstance(draft, Draft)
    assert draft.text == "a?b c\nd"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("title,text,lang\r\nT,Text.,sv\r\n", ","),
        ("title;text;lang\nT;Text.;sv\n", ","),
        ("title\ttext\tlang\nT\tText.\tsv\n", "\t"),
        (' Title , TEXT,"lang"\n"T","Text.",sv', ","),
    ],
)
def test_a_table_gives_an_article_a_row(text: str, delimiter: str) -> None:
    (draft,) = table(text, delimiter)
    assert draft == Draft(title="T", text="Text.", source="a.csv", language="sv")


def test_a_cell_in_quotes_may_hold_commas_quotes_and_lines() -> None:
    (draft,) = table('title,text\r\nT,"One, ""two"",\r\nthree"\r\n')
    assert isinstance(draft, Draft)
    assert draft.text == 'One, "two",\nthree'


def test_short_long_and_blank_rows_are_taken_as_they_are() -> None:
    short, long = table("title,text,author\nT\n,,\n\nU,Text,Ann,extra,more\n")
    assert short == Draft(title="T", text="", source="a.csv", place=1)
    assert isinstance(long, Draft)
    assert (long.title, long.text, long.author) == ("U", "Text", "Ann")


def test_a_cell_of_any_length_is_read() -> None:
    (draft,) = table(f"text\n{'a' * 200_000}\n")
    assert isinstance(draft, Draft)
    assert len(draft.text) == 200_000


@pytest.mark.parametrize("text", ["", "\n", "one,two\n1,2\n", "T,Text without a header\n"])
def test_a_table_without_the_names_of_columns_is_one_error(text: str) -> None:
    (error,) = table(text)
    assert isinstance(error, ArticleError)
    assert str(error).startswith("a.csv")
    assert "'text' or 'title'" in str(error)


def test_a_row_in_error_is_named_and_the_others_are_read() -> None:
    one, bad, two = table("text,published\na,2024-01-02\nb,soon\nc,2024-01-03\n")
    assert isinstance(one, Draft)
    assert isinstance(two, Draft)
    assert isinstance(bad, ArticleError)
    assert str(bad).startswith("a.csv:3: ")
    assert "published" in str(bad)


def test_a_table_in_another_encoding_is_read_up_to_there() -> None:
    one, bad = table("text\nplain\ncaf\udce9\nmore\nna\udcefve\n")
    assert isinstance(one, Draft)
    assert isinstance(bad, ArticleError)
    assert str(bad).startswith("a.csv:3: not UTF-8 (byte 0xe9)")


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ('"2024"', date(2024, 1, 1)),
        ("2024", date(2024, 1, 1)),
        ('"2024-08"', date(2024, 8, 1)),
        ('"2024-08-17"', date(2024, 8, 17)),
    ],
)
def test_a_date_that_leaves_the_day_open_is_its_first_day(given: str, day: date) -> None:
    (draft,) = read_jsonl([f'{{"text": "a", "published": {given}}}'], "a.jsonl")
    assert isinstance(draft, Draft)
    assert draft.published == day
