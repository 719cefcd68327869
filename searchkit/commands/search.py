"""``searchkit search``: find articles."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from searchkit.commands.options import expand_option, filter_options, index_option, json_option
from searchkit.commands.output import echo, echo_json, highlighted, plain, wrapped
from searchkit.results import FacetCount, Hit, Results, ScorePart

_SHOWN = 6


@click.command(short_help="Find articles.")
@click.argument("query", nargs=-1, metavar="QUERY…")
@index_option
@filter_options
@click.option("--limit", "-n", type=click.IntRange(min=0), default=10, show_default=True, help="Number of hits.")
@click.option("--offset", type=click.IntRange(min=0), default=0, show_default=True, help="Hits to pass over.")
@click.option(
    "--sort",
    type=click.Choice(["relevance", "date"]),
    default="relevance",
    show_default=True,
    help="Best first, or newest first.",
)
@click.option("--like", metavar="ID", help="Instead of QUERY: find articles like this one.")
@click.option("--collapse", is_flag=True, help="Put the versions of an article in several languages together.")
@click.option("--explain", is_flag=True, help="Tell where each hit's score comes from.")
@expand_option
@json_option
def command(
    query: tuple[str, ...], index: Path, like: str | None, expand: bool, as_json: bool, **options: Any
) -> None:
    """Find articles that hold the words of QUERY, in any language; without QUERY, all that the filters leave.

    \b
    QUERY may hold:
      sleep memory           any of the words, best first
      +sleep -stress         must have, must not have
      sleep AND (rem OR deep)
      "deep sleep"           the words in this order
      plastic*  plasticty~   beginning of a word; a word with a typing error
      title:sleep  mechanism:nmda-receptor

    \b
    Examples:
      searchkit search 突触可塑性
      searchkit search sömn --language sv --language zh --sort date
      searchkit search "synaptic density" --mechanism nmda-receptor --json
      searchkit search --like sleep-and-memory.sv --language zh
    """
    from searchkit.api import open
    from searchkit.errors import InputError

    if like is not None and query:
        raise InputError(f"--like takes no words beside it; leave {' '.join(query)!r} out, or narrow with filters")
    with open(index) as opened:
        if like is not None:
            results = opened.like(like, **options)
        else:
            results = opened.search(" ".join(query), expand=expand, **options)
        if as_json:
            echo_json(results.to_dict())
            return
        print_results(results, opened.label)


def print_results(results: Results, label: Any) -> None:
    """Print hits and facet counts for a person."""
    shown = f"{results.offset + 1}–{results.offset + len(results)} of " if results.hits else ""
    noun = "article" if results.total == 1 else "articles"
    echo(click.style(f"{shown}{results.total:,} {noun}", bold=True))
    for note in results.notes:
        echo(click.style(f"Note: {plain(note)}", fg="magenta"))
    if results.suggestion:
        echo(f"Did you mean: {click.style(plain(results.suggestion), bold=True)}?")
    for number, hit in enumerate(results, results.offset + 1):
        echo()
        _print_hit(number, hit, label)
    if any(results.facets.values()):
        echo()
        for name, counts in results.facets.items():
            if counts:
                parts = [
                    click.style(f"{plain(count.label)} {count.count}", bold=count.selected)
                    for count in _telling(counts)[:_SHOWN]
                ]
                more = f" · … {len(counts) - len(parts)} more" if len(counts) > len(parts) else ""
                echo(f"{click.style(f'{name:<10}', fg='cyan')} {' · '.join(parts)}{more}")


def _telling(counts: Sequence[FacetCount]) -> list[FacetCount]:
    """Return the counts without wider mechanisms that hold no more articles than one of those under them."""
    held = {(count.parent, count.count) for count in counts}
    return [count for count in counts if count.selected or (count.value, count.count) not in held]


def _print_hit(number: int, hit: Hit, label: Any) -> None:
    about = [hit.language, hit.published.isoformat() if hit.published else "", hit.author]
    echo(f"{number:>2}. {highlighted(hit.title, hit.title_highlights, bold=True)}")
    echo(click.style(f"    {plain(' · '.join(part for part in about if part))}", fg="green"))
    if hit.snippet.text:
        echo(wrapped(hit.snippet.text, hit.snippet.highlights))
    if hit.mechanisms:
        names = ", ".join(label("mechanism", key) for key in hit.mechanisms)
        echo(click.style(f"    about: {plain(names)}", fg="blue"))
    if hit.translations:
        words = ", ".join(f"{word} → {translation}" for word, translation in hit.translations)
        echo(click.style(f"    translated: {plain(words)}", fg="blue"))
    for version in hit.also:
        echo(wrapped(plain(f"also in {version.language}: {version.title}  ({version.id})"), ()))
    shared = [label(name, value) for name, values in hit.shared.items() for value in values]
    if shared:
        echo(wrapped(plain(f"shares: {', '.join(shared)}"), ()))
    echo(click.style(f"    id: {plain(hit.id)}", dim=True))
    if hit.explanation:
        _print_explanation(hit.explanation)


def _print_explanation(part: ScorePart, depth: int = 0) -> None:
    indent = " " * (4 + 3 * depth)
    lines = wrapped(plain(part.text), (), indent + " " * 10).lstrip()
    echo(f"{indent}{click.style(f'{part.points:>8.3f}', fg='cyan')}  {lines}")
    for inner in part.parts:
        _print_explanation(inner, depth + 1)
