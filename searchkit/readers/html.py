"""HTML: the main text of a page, found by trafilatura (extra ``html``)."""

from collections.abc import Iterator

from searchkit.errors import MissingExtraError
from searchkit.readers.draft import Draft
from searchkit.readers.fields import draft_from_fields


def read_html(text: str, source: str) -> Iterator[Draft]:
    """Yield the article of a web page.

    Raises:
        MissingExtraError: trafilatura is not installed.
        ArticleError: the page has no text.
    """
    try:
        from trafilatura import bare_extraction
    except ImportError as error:
        raise MissingExtraError(f"{source}: HTML needs trafilatura: pip install 'searchkit[html]'") from error
    found = bare_extraction(text, include_comments=False, with_metadata=True)
    data = found if isinstance(found, dict) else found.as_dict() if found else {}
    values = {name: data.get(name) for name in ("title", "text", "author", "url", "language")}
    values["published"] = data.get("date")
    first, _, rest = (values["text"] or "").partition("\n")
    if first == values["title"]:
        values["text"] = rest  # the page's heading, which is the title
    yield draft_from_fields(values, source)
