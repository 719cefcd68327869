"""``searchkit show``: print one article."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from searchkit.commands.options import index_option, json_option
from searchkit.commands.output import echo, echo_json, plain, wrapped

if TYPE_CHECKING:
    from searchkit.article import Article
    from searchkit.article_index import ArticleIndex
    from searchkit.results import Snippet

_WHENCE: Final = {
    "title": "in the title",
    "text": "in the text",
    "reference": "in a reference",
    "given": "given by the source",
    "detected": "detected from the text, which begins",
}


@click.command(short_help="Print one article.")
@click.argument("identifier", metavar="ID")
@click.option(
    "--why",
    multiple=True,
    metavar="FACET=VALUE",
    help="Instead of the article: the passages for which it carries this value of a facet. Repeatable.",
)
@index_option
@json_option
def command(identifier: str, why: tuple[str, ...], index: Path, as_json: bool) -> None:
    """Print the article with this ID (or the only one whose ID begins so), with its facets and references.

    \b
    Examples:
      searchkit show sleep-and-memory.sv
      searchkit show sleep-and-memory.sv --why study="Tononi 2014" --why mechanism=NMDA
    """
    from searchkit.api import open

    with open(index) as opened:
        if why:
            _show_evidence(opened, identifier, why, as_json=as_json)
            return
        article = opened.get(identifier)
        if as_json:
            echo_json(article.to_dict())
            return
        echo(click.style(plain(article.title), bold=True))
        fields = {
            "id": article.id,
            "language": article.language,
            "author": article.author,
            "published": article.published.isoformat() if article.published else "",
            "url": article.url,
            "source": article.source,
        }
        for name in ("study", "study_type"):
            fields[name] = ", ".join(opened.label(name, value) for value in article.facets.get(name, ()))
        fields["mechanism"] = _mechanisms(opened, article)
        for name, value in fields.items():
            if value:
                echo(f"{click.style(f'{name:<10}', fg='cyan')} {plain(value)}")
        echo()
        for paragraph in article.text.split("\n"):
            echo(wrapped(paragraph, (), indent="") if paragraph.strip() else "")


def _mechanisms(opened: "ArticleIndex", article: "Article") -> str:
    """Return the labels of an article's mechanisms with their strengths, the strongest first."""
    strengths = article.strengths.get("mechanism", {})
    named = sorted((-strength, opened.label("mechanism", value)) for value, strength in strengths.items())
    return ", ".join(f"{label} ({-strength:.1f})" for strength, label in named)


def _show_evidence(opened: "ArticleIndex", identifier: str, why: tuple[str, ...], *, as_json: bool) -> None:
    from searchkit.errors import InputError

    article = opened.get(identifier)
    found: list[tuple[str, str, tuple[Snippet, ...]]] = []
    for asked in why:
        name, separator, spelling = asked.partition("=")
        if not separator:
            raise InputError(f"--why {asked!r} is not FACET=VALUE, such as mechanism=nmda-receptor")
        facet = name.strip().replace("-", "_")
        found += [
            (facet, value, opened.why(article.id, facet, value))
            for value in opened.carried(article.id, facet, spelling.strip())
        ]
    if as_json:
        told: list[dict[str, Any]] = [
            {
                "facet": facet,
                "value": value,
                "label": opened.label(facet, value),
                **_strength(article, facet, value),
                "passages": [passage.to_dict() for passage in passages],
            }
            for facet, value, passages in found
        ]
        echo_json({"id": article.id, "why": told})
        return
    echo(click.style(plain(article.title), bold=True))
    for facet, value, passages in found:
        label = opened.label(facet, value)
        name_of = f"  {plain(label)}" if label != value else ""
        strength = "".join(f"  {key} {number}" for key, number in _strength(article, facet, value).items())
        echo(f"\n{click.style(facet, fg='cyan')} {plain(value)}{name_of}{strength}")
        for passage in passages:
            echo(f"  {_WHENCE[passage.kind]}{':' if passage.text else ''}")
            if passage.text:
                echo(wrapped(passage.text, passage.highlights))


def _strength(article: "Article", facet: str, value: str) -> dict[str, float]:
    """Return the strength of a value under its name, if it has one."""
    strength = article.strengths.get(facet, {}).get(value)
    return {} if strength is None else {"strength": strength}
