"""``searchkit show``: print one article."""

from pathlib import Path

import click

from searchkit.commands.options import index_option, json_option
from searchkit.commands.output import echo, echo_json, plain, wrapped


@click.command(short_help="Print one article.")
@click.argument("identifier", metavar="ID")
@index_option
@json_option
def command(identifier: str, index: Path, as_json: bool) -> None:
    """Print the article with this ID (or the only one whose ID begins so), with its facets and references."""
    from searchkit.api import open

    with open(index) as opened:
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
        for name in ("study", "study_type", "mechanism"):
            fields[name] = ", ".join(opened.label(name, value) for value in article.facets.get(name, ()))
        for name, value in fields.items():
            if value:
                echo(f"{click.style(f'{name:<10}', fg='cyan')} {plain(value)}")
        echo()
        for paragraph in article.text.split("\n"):
            echo(wrapped(paragraph, (), indent="") if paragraph.strip() else "")
