"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import regex
from click.shell_completion import CompletionItem

from searchkit.commands.output import plain

DEFAULT_INDEX: Final = ".searchkit"
# What a shell takes as one word and nothing but a word: articles say what the values of facets are.
_ONE_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}_.,:/@%+=][\p{L}\p{M}\p{N}_.,:/@%+=-]*+")


class Location(click.Path):
    """A folder, or the address of an index in a cluster."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path, or an address as it is: a path has no two slashes side by side."""
        return value if "://" in str(value) else super().convert(value, param, ctx)


F = TypeVar("F", bound=Callable[..., Any])


def index_option(function: F) -> F:
    """Add ``--index``."""
    return click.option(
        "--index",
        "-i",
        "index",
        type=Location(path_type=Path),
        envvar="SEARCHKIT_INDEX",
        default=DEFAULT_INDEX,
        show_default=True,
        show_envvar=True,
        metavar="DIR",
        help="Folder of the index, or its address in a cluster.",
    )(function)


def json_option(function: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs (docs/cli.md).")(
        function
    )


def wait_option(function: F) -> F:
    """Add ``--wait``."""
    return click.option(
        "--wait",
        type=click.FloatRange(min=0),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait while another process writes to the index.",
    )(function)


def jobs_option(function: F) -> F:
    """Add ``--jobs``."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=lambda: os.cpu_count() or 1,
        show_default="processors",
        metavar="N",
        help="Processes to analyze articles on, once there are many.",
    )(function)


def filter_options(function: F) -> F:
    """Add ``--language``, ``--study``, ``--mechanism``, ``--study-type`` and ``--min-strength``."""
    function = click.option(
        "--min-strength",
        type=float,  # the index tells the range, in one line
        default=0.0,
        show_default=True,
        metavar="NUMBER",
        help="How much an article must be about a mechanism, 0 to 1, for --mechanism and counts.",
    )(function)
    helps = {
        "language": ("CODE", "Only articles in this language (zh, sv, hi, fr, en, …)."),
        "study": ("STUDY", "Only articles that cite this study: key, DOI or beginning of its label."),
        "mechanism": ("MECHANISM", "Only articles about this mechanism: key, or label in any language."),
        "study_type": ("TYPE", "Only articles that rest on this kind of study."),
    }
    for name, (metavar, text) in reversed(helps.items()):
        function = click.option(
            f"--{name.replace('_', '-')}",
            name,
            multiple=True,
            metavar=metavar,
            shell_complete=_complete(name),
            help=f"{text} Repeat for alternatives.",
        )(function)
    return function


def expand_option(function: F) -> F:
    """Add ``--no-expand``."""
    return click.option(
        "--expand/--no-expand",
        default=True,
        show_default=True,
        help="Find articles in other languages too, by the query's mechanisms and by its words in translation.",
    )(function)


def _complete(name: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
        from searchkit.article_index import ArticleIndex
        from searchkit.errors import SearchkitError

        try:
            with ArticleIndex.open(ctx.params.get("index") or DEFAULT_INDEX) as index:
                counts = index.facets()[name]
        except SearchkitError:
            return []
        return [
            CompletionItem(count.value, help=plain(f"{count.label} ({count.count})"))
            for count in counts
            if count.value.startswith(incomplete) and _ONE_WORD.fullmatch(count.value)
        ]

    return complete


def reading_options(function: F) -> F:
    """Add what says how articles are read: ``--vocabulary``, ``--studies`` and ``--format``."""
    options = (
        click.option(
            "--vocabulary",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file of mechanisms to add to the built-in ones (docs/vocabulary.md). Kept in the index.",
        ),
        click.option(
            "--studies",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file of studies to know besides the built-in ones (docs/vocabulary.md). Kept in the index.",
        ),
        click.option(
            "--format",
            "format_",
            type=click.Choice(["text", "markdown", "jsonl", "csv", "tsv", "html"]),
            help="Format of files whose name does not tell.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function
