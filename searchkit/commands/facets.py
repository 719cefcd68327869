"""``searchkit facets``: count articles by study, mechanism and language."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from searchkit.article import FACETS
from searchkit.commands.options import expand_option, filter_options, index_option, json_option
from searchkit.commands.output import echo, echo_json, plain

if TYPE_CHECKING:
    from searchkit.results import Candidate, FacetCount


@click.command(short_help="Count articles by study, mechanism, language.")
@click.argument("query", nargs=-1, metavar="[QUERY…]")
@index_option
@filter_options
@click.option("--facet", type=click.Choice(FACETS), multiple=True, help="Show only this facet. Repeatable.")
@click.option(
    "--unmatched",
    is_flag=True,
    help="Instead of counts: frequent terms that no vocabulary entry covers, by language.",
)
@click.option(
    "--limit", "-n", type=click.IntRange(min=0), help="Number of terms with --unmatched (20 when left out)."
)
@expand_option
@json_option
def command(
    query: tuple[str, ...],
    index: Path,
    facet: tuple[str, ...],
    unmatched: bool,
    limit: int | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """Count the values of each facet over all articles, or over those that QUERY and the filters leave.

    A facet's own filter does not narrow its counts: they say what another choice would give. A mechanism stands
    below the wider one that it is under, whose count includes it.

    \b
    Examples:
      searchkit facets
      searchkit facets --facet study --mechanism nmda-receptor
      searchkit facets --unmatched --language sv
    """
    from searchkit.api import open

    if unmatched and facet:
        raise click.UsageError("--unmatched has no facets: leave --facet out")
    if limit is not None and not unmatched:
        raise click.UsageError("--limit goes with --unmatched: counts are always complete")
    if unmatched:
        with open(index) as opened:
            found = opened.unmatched(" ".join(query), limit=20 if limit is None else limit, **filters)
        _show_candidates(found, as_json=as_json)
        return
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
        rows = [(count, f"{'  ' * depth}{plain(count.value)}") for count, depth in _tree(values)]
        size = max((len(value) for _, value in rows), default=0)
        for count, value in rows:
            mark = "*" if count.selected else " "
            name_of = f"  {plain(count.label)}" if count.label != count.value else ""
            echo(f"{mark}{count.count:>7,}  {value:<{size}}{name_of}")
        if not values:
            echo("      none")


def _tree(values: "Sequence[FacetCount]") -> "Iterator[tuple[FacetCount, int]]":
    """Yield counts with their depth: each below the wider value that it is under, where that is counted too."""
    shown = {count.value for count in values}
    below: dict[str | None, list[FacetCount]] = {}
    for count in values:
        below.setdefault(count.parent if count.parent in shown else None, []).append(count)

    def branch(parent: str | None, depth: int) -> "Iterator[tuple[FacetCount, int]]":
        for count in below.get(parent, ()):
            yield count, depth
            yield from branch(count.value, depth + 1)

    return branch(None, 0)


def _show_candidates(found: "Mapping[str, tuple[Candidate, ...]]", *, as_json: bool) -> None:
    if as_json:
        echo_json({code: [candidate.to_dict() for candidate in candidates] for code, candidates in found.items()})
        return
    for number, (code, candidates) in enumerate(found.items()):
        if number:
            echo()
        echo(f"{click.style(code, fg='cyan', bold=True)}  articles, occurrences, term")
        for candidate in candidates:
            echo(f"{candidate.articles:>8,} {candidate.occurrences:>8,}  {plain(candidate.text)}")
    if not found:
        echo("No terms that at least two articles hold.")
