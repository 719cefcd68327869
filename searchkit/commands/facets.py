"""``searchkit facets``: count articles by study, mechanism and language."""

from pathlib import Path
from typing import Any

import click

from searchkit.article import FACETS
from searchkit.commands.options import expand_option, filter_options, index_option, json_option
from searchkit.commands.output import echo, echo_json, plain


@click.command(short_help="Count articles by study, mechanism, language.")
@click.argument("query", nargs=-1, metavar="[QUERY…]")
@index_option
@filter_options
@click.option("--facet", type=click.Choice(FACETS), multiple=True, help="Show only this facet. Repeatable.")
@expand_option
@json_option
def command(query: tuple[str, ...], index: Path, facet: tuple[str, ...], as_json: bool, **filters: Any) -> None:
    """Count the values of each facet over all articles, or over those that QUERY and the filters leave.

    A facet's own filter does not narrow its counts: they say what another choice would give.

    \b
    Examples:
      searchkit facets
      searchkit facets --facet study --mechanism nmda-receptor
    """
    from searchkit.api import open

    with open(index) as opened:
        counts = opened.facets(" ".join(query), **filters)
    chosen = {name: values for name, values in counts.items() if not facet or name in facet}
    if as_json:
        echo_json({name: [count.to_dict() for count in values] for name, values in chosen.items()})
        return
    for number, (name, values) in enumerate(chosen.items()):
        if number:
            echo()
        echo(click.style(name, fg="cyan", bold=True))
        size = max((len(count.value) for count in values), default=0)
        for count in values:
            mark = "*" if count.selected else " "
            name_of = f"  {plain(count.label)}" if count.label != count.value else ""
            echo(f"{mark}{count.count:>7,}  {plain(count.value):<{size}}{name_of}")
        if not values:
            echo("      none")
