"""``searchkit studies``: list the studies that articles cite, or export them."""

from pathlib import Path
from typing import Any

import click

from searchkit.commands.options import expand_option, filter_options, index_option, json_option
from searchkit.commands.output import echo, echo_json, plain


@click.command(short_help="List or export the studies that articles cite.")
@click.argument("query", nargs=-1, metavar="[QUERY…]")
@index_option
@filter_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "bibtex", "csl-json"]),
    default="text",
    show_default=True,
    help="How to print them: for people, or for reference managers.",
)
@expand_option
@json_option
def command(query: tuple[str, ...], index: Path, format_: str, as_json: bool, **filters: Any) -> None:
    """List the studies that articles cite, with the articles and their languages.

    All articles, or those that QUERY and the filters leave.

    \b
    Examples:
      searchkit studies
      searchkit studies --language sv --format bibtex > studies.bib
    """
    from searchkit.api import open
    from searchkit.bibliography import to_bibtex, to_csl

    if as_json and format_ != "text":
        raise click.UsageError("--json and --format exclude each other")
    with open(index) as opened:
        studies = opened.studies(" ".join(query), **filters)
    if as_json:
        echo_json([study.to_dict() for study in studies])
        return
    if format_ == "csl-json":
        echo_json(to_csl(studies))
        return
    if format_ == "bibtex":
        # Lines are those of the format; nothing in a field breaks one or drives the terminal.
        for line in to_bibtex(studies).splitlines():
            echo(plain(line))
        return
    for study in studies:
        label = click.style(plain(study.label), fg="cyan", bold=True)
        name = f"  {plain(study.key)}" if study.key != study.label else ""
        languages = ", ".join(f"{code} {count}" for code, count in study.languages.items())
        echo(f"{len(study.articles):>7,}  {label}{name}  ({languages})")
        for article in study.articles:
            echo(f"         {plain(article.language)}  {plain(article.title)}  {plain(article.id)}")
    if not studies:
        echo("No article cites a study.")
