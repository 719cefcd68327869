"""The command ``searchkit``. Each command is one file of `searchkit.commands`, imported when it is used."""

import gc
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import Final

import click

import searchkit
from searchkit.commands.output import plain
from searchkit.errors import SearchkitError

# In the order in which a newcomer meets them.
COMMANDS: Final = (
    "index",
    "bulk",
    "search",
    "suggest",
    "facets",
    "studies",
    "show",
    "info",
    "analyze",
    "rebuild",
    "convert",
    "doctor",
    "vocabulary",
    "evaluate",
    "demo",
    "completion",
)


class LazyGroup(click.Group):
    """Finds commands by name without importing the others, and tells expected errors in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"searchkit.commands.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - the modules are ours
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; errors that are no faults of the program end it with one line and exit code 2."""
        try:
            return super().invoke(ctx)
        except SearchkitError as error:
            message = str(error)
        except click.ClickException as error:
            # It quotes what was typed, or what a shell's * found; click means it to stay as it was made.
            object.__setattr__(error, "message", plain(error.message))
            raise
        except BrokenPipeError:
            raise  # click ends quietly
        except OSError as error:
            # A full disk, a folder that may not be written: the file and the system's own words.
            message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        click.echo(f"searchkit: {plain(message)}", err=True)
        raise click.exceptions.Exit(2)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(searchkit.__version__, prog_name="searchkit")
def cli() -> None:
    """Full-text search for articles in several languages.

    \b
    First index some articles, then search them:
      searchkit index articles/
      searchkit search "synaptic plasticity" --language sv --mechanism nmda-receptor

    The index is a folder: --index DIR, or the environment variable SEARCHKIT_INDEX, or .searchkit here.
    """


def main() -> None:
    """Run the command line."""
    # numpy would start a thread on each core, for linear algebra that no command does: a tenth of a search's time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A command keeps most of what it makes to its end: looking through it for garbage is as much again.
    gc.set_threshold(100_000, 50, 100)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character gets a question mark, never a traceback.
            stream.reconfigure(errors="replace")
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # what nohup and background jobs are not to hear
            signal.signal(number, _stop)
    cli()


def _stop(number: int, _: FrameType | None) -> None:
    """End the command as an error does: what it had not committed is dropped, and the next writer gets in."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _stop_at_once)
    line = f"searchkit: stopped by {signal.Signals(number).name}\n"
    with suppress(OSError):
        # Past the stream, which may be writing just now.
        os.write(2, ("\n" + line if os.isatty(2) else line).encode())
    raise SystemExit(128 + number)


def _stop_at_once(number: int, _: FrameType | None) -> None:
    """End a process that was told so before; the next writer clears up after it."""
    os._exit(128 + number)
