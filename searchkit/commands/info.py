"""``searchkit info``: say what an index is and holds."""

from dataclasses import asdict
from pathlib import Path

import click

from searchkit.commands.options import index_option, json_option
from searchkit.commands.output import echo, echo_json, plain


@click.command(short_help="Say what the index is and holds.")
@index_option
@json_option
def command(index: Path, as_json: bool) -> None:
    """Say what the index is and holds: articles, languages, size, engine and analyzers."""
    from searchkit.api import open

    with open(index) as opened:
        info = opened.info()
    if as_json:
        echo_json(asdict(info))
        return
    parts = "1 segment" if info.segments == 1 else f"{info.segments:,} segments"
    rows = {
        "index": f"{info.path} (format {info.format}, searchkit {info.version})",
        "articles": f"{info.articles:,}",
        "languages": ", ".join(f"{code} {count:,}" for code, count in info.languages.items()) or "none",
        "size": f"{info.bytes / 1e6:.1f} MB in {parts}",
        "engine": info.engine,
        "analyzers": ", ".join(f"{code} {digest}" for code, digest in sorted(info.analyzers.items())) or "none",
        "mechanisms": f"{info.mechanisms} in the vocabulary",
    }
    for name, value in rows.items():
        echo(f"{click.style(f'{name:<10}', fg='cyan')} {plain(value)}")
