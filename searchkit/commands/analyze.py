"""``searchkit analyze``: show what the analyzer of a language makes of a text."""

import sys

import click

from searchkit.commands.options import json_option
from searchkit.commands.output import echo, echo_json, plain, width


@click.command(short_help="Show what analysis makes of a text.")
@click.argument("text", nargs=-1, metavar="TEXT…")
@click.option("--language", "-l", metavar="CODE", help="ISO 639-1 code; detected when left out.")
@json_option
def command(text: tuple[str, ...], language: str | None, as_json: bool) -> None:
    """Show the tokens of TEXT (or of standard input): term, surface form, offsets and position.

    \b
    Examples:
      searchkit analyze --language sv hjärnans plasticitet
      searchkit analyze --language zh 突触可塑性
    """
    from searchkit.analyzers import analyzer_for
    from searchkit.language import detect
    from searchkit.vocabulary import Vocabulary

    joined = " ".join(text) if text and text != ("-",) else sys.stdin.buffer.read().decode("utf-8", "replace")
    code = language or detect(joined)
    analyzer = analyzer_for(code, Vocabulary.builtin().words_without_spaces())
    tokens = list(analyzer.tokens(joined))
    if as_json:
        names = ("text", "start", "end", "position")
        found = [
            dict(zip(names, token, strict=True)) | {"surface": joined[token.start : token.end]} for token in tokens
        ]
        echo_json({"language": code, "tokens": found})
        return
    size = max((width(token.text) for token in tokens), default=0)
    for token in tokens:
        padding = " " * (size - width(token.text))
        surface = plain(joined[token.start : token.end])
        echo(f"{token.position:>5}  {plain(token.text)}{padding}  {token.start:>5}–{token.end:<5}  {surface}")
