"""``searchkit evaluate``: measure an index on questions with known answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from searchkit.commands.options import expand_option, index_option, json_option
from searchkit.commands.output import echo, echo_json, echo_problems, plain, width

if TYPE_CHECKING:
    from searchkit.evaluation import Evaluation

_TITLES: Final = {"mrr@10": "MRR@10", "ndcg@10": "nDCG@10", "recall@10": "recall@10", "recall@100": "recall@100"}
_FILE: Final = click.Path(path_type=Path)


@click.command(short_help="Measure an index on questions with known answers.")
@index_option
@click.option("--queries", type=_FILE, metavar="FILE", help="JSON lines (id, text), or TREC topics.")
@click.option(
    "--qrels",
    type=_FILE,
    metavar="FILE",
    help="Known answers: query 0 document relevance (TREC), or query document relevance.",
)
@click.option("--run", type=_FILE, metavar="FILE", help="Write what was found as a TREC run.")
@click.option("--compare", type=_FILE, metavar="RUN", help="Compare with a TREC run, and test the difference.")
@click.option(
    "--facets",
    type=_FILE,
    metavar="FILE",
    help="Measure facets instead: JSON lines (source, place, and the values of each facet).",
)
@expand_option
@json_option
def command(
    index: Path,
    queries: Path | None,
    qrels: Path | None,
    run: Path | None,
    compare: Path | None,
    facets: Path | None,
    expand: bool,
    as_json: bool,
) -> None:
    """Measure an index on questions with known answers: MRR@10, nDCG@10, recall@10 and recall@100.

    With --facets, measure what it says of each article: precision, recall and F1 of each facet; of mechanisms with
    the wider ones that they are under, and again with the most specific alone.

    \b
    Examples:
      searchkit evaluate --queries queries.jsonl --qrels qrels.tsv --run before.run
      searchkit evaluate --queries queries.jsonl --qrels qrels.tsv --compare before.run
      searchkit evaluate --facets examples/gold/facets.jsonl
    """
    if facets:
        if queries or qrels or run or compare:
            raise click.UsageError(
                "--facets stands alone: give it without --queries, --qrels, --run and --compare."
            )
        _facets(index, facets, as_json=as_json)
    elif queries is None or qrels is None:
        missing = "--queries" if queries is None else "--qrels"
        raise click.UsageError(f"Missing option '{missing}' (or give --facets).")
    else:
        _questions(index, queries, qrels, run, compare, expand=expand, as_json=as_json)


def _facets(index: Path, labels: Path, *, as_json: bool) -> None:
    from searchkit import facet_evaluation
    from searchkit.api import open

    wanted = facet_evaluation.read_labels(labels)
    with open(index) as opened:
        found = facet_evaluation.measure_facets(opened, wanted)
    _tell(len(found.missing), f"of {len(wanted):,} labelled articles are not in the index")
    if as_json:
        echo_json(found.to_dict())
        return
    rows = [["facet", "language", "precision", "recall", "F1", "right", "wrong", "missed"]]
    groups = [(facet, counts) for facet, counts in found.languages.items()]
    groups += [(f"{facet}, most specific", counts) for facet, counts in found.most_specific.items()]
    for facet, counts in groups:
        for code, count in [*sorted(counts.items()), ("all", facet_evaluation.total(counts))]:
            measures = (f"{value:.3f}" for value in (count.precision, count.recall, count.f1))
            numbers = (f"{value:,}" for value in (count.right, count.wrong, count.missed))
            rows.append([facet, plain(code), *measures, *numbers])
    _print_table(rows, texts=2)


def _questions(
    index: Path,
    queries: Path,
    qrels: Path,
    run: Path | None,
    compare: Path | None,
    *,
    expand: bool,
    as_json: bool,
) -> None:
    from searchkit import evaluation
    from searchkit.api import open
    from searchkit.errors import InputError

    judgements = evaluation.read_qrels(qrels)
    asked = evaluation.read_questions(queries)
    questions = evaluation.judged(asked, judgements)
    if not questions:
        raise InputError(f"{qrels}: no document is relevant to a query of {queries}; are the query ids the same?")
    other_run = evaluation.read_run(compare) if compare else {}
    # Before the work: where the library is missing, it is told at once.
    other = evaluation.measure(other_run, judgements, questions)
    with open(index) as opened:
        known = set(opened.ids())
        ranked = evaluation.rank(opened, questions, expand=expand)
    if run:
        evaluation.write_run(run, ranked)
    found = evaluation.measure(evaluation.documents(ranked), judgements, questions)

    ids = [question.id for question in questions]
    relevant = {name for query in ids for name, relevance in judgements[query].items() if relevance > 0}
    _tell(len(asked) - len(ids), f"of {len(asked):,} queries have no relevant document and are left out")
    _tell(len(relevant - known), f"of {len(relevant):,} relevant documents are not in the index")
    if compare:
        _tell(len(set(ids) - set(other_run)), f"of {len(ids):,} queries are not in {compare} and score 0 there")

    p_values = evaluation.p_values(found, other) if compare else {}
    if as_json:
        more = {"compare": {"run": str(compare), **other.to_dict(), "p": p_values}} if compare else {}
        echo_json({**found.to_dict(), **more})
        return
    _print_means(found)
    if compare:
        echo()
        _print_comparison(found, other, p_values, compare.name)


def _tell(count: int, what: str) -> None:
    if count:
        echo_problems([f"{count:,} {what}"])


def _print_means(found: "Evaluation") -> None:
    means = found.to_dict()
    rows = [["language", "queries", *_TITLES.values()]]
    for code, values in [*means["languages"].items(), ("all", means)]:
        rows.append([plain(code), f"{values['queries']:,}", *(f"{values[name]:.4f}" for name in _TITLES)])
    _print_table(rows)


def _print_comparison(found: "Evaluation", other: "Evaluation", p_values: dict[str, float], name: str) -> None:
    ours, theirs = found.mean(), other.mean()
    rows = [["measure", "this index", plain(name), "difference", "p"]]
    for measure, title in _TITLES.items():
        one, two = ours[measure], theirs[measure]
        # 0 is added to spare -0.0000 its sign.
        difference = round(one - two, 4) + 0.0
        rows.append([title, f"{one:.4f}", f"{two:.4f}", f"{difference:+.4f}", f"{p_values[measure]:.4f}"])
    _print_table(rows)


def _print_table(rows: Sequence[Sequence[str]], texts: int = 1) -> None:
    """Print rows, the first columns to the left and numbers to the right; the first row is the heading."""
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        gaps = [" " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)]
        cells = [
            cell + gap if place < texts else gap + cell
            for place, (cell, gap) in enumerate(zip(row, gaps, strict=True))
        ]
        line = "  ".join(cells)
        echo(click.style(line, fg="cyan") if number == 0 else line)
