"""The command `hyperleaf`: sub-commands are imported when they are called, endings mapped once."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from hyperleaf import __version__
from hyperleaf.cli import ending
from hyperleaf.cli.screen import say, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

# By which a shell asks what may stand next.
COMPLETE = "_HYPERLEAF_COMPLETE"
# Each in a module of its name, `_` for `-`; the sentence is what `hyperleaf --help` says without
# importing it.
COMMANDS = {
    "init": "Write a first estate: by questions, or one of the examples.",
    "check": "Find every mistake of an estate at once.",
    "plan": "Show what each class of nodes gets.",
    "render": "Write every object that follows from an estate.",
    "install-config": "Write the installer's files, credentials included.",
    "facts": "Ask a cluster for what an estate leaves to be found.",
    "prove": "Boot what render makes; show by packets that it works.",
    "up": "Make what lies underneath clusters on AWS and vSphere.",
    "down": "Remove what `up` made, and nothing else.",
    "apply": "Bring rendered objects to a cluster, in order.",
    "status": "Show what a cluster runs; watch a hosted one come to be.",
    "lab": "Look into a lab that prove --keep left up, and end it.",
    "figure": "Draw an estate's architecture as SVG.",
    "diff": "Tell what changes between two estates, or since a render.",
    "trace": "Say hop by hop why one end reaches another, or what stops it.",
    "explain": "Explain a code such as HL0106.",
    "schema": "Print the language's JSON Schema, or its CRDs.",
    "completion": "Print a shell's completion script.",
}


class Commands(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        """Return the commands in the order in which they are met."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"hyperleaf.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; say which one was meant where a letter is wrong."""
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - mistakes only

            close = get_close_matches(name, COMMANDS, n=1)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"There is no command {name!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 fine, 1 findings or differences, 2 wrong usage, 3 could not run.",
)
@click.version_option(__version__, "-V", "--version", message="hyperleaf %(version)s")
def hyperleaf() -> None:
    """VM networks for OpenShift Virtualization, from one short estate.

    \b
      hyperleaf init lab --example 01-aws-hosted
      hyperleaf check lab
      hyperleaf plan lab
      hyperleaf render lab --out out

    `hyperleaf COMMAND --help` shows examples of each. NO_COLOR turns colour off, CLICOLOR_FORCE=1
    turns it on in a pipe.
    """  # noqa: D301 - click's mark for a block that is not wrapped


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; nothing is ever raised."""
    try:
        status = _invoke(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        _swallow_the_rest()
        return ending.PIPE_CLOSED
    except (click.Abort, KeyboardInterrupt):
        say(stream=sys.stderr)
        return ending.INTERRUPTED
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as wrong:
        wrong.show(sys.stderr)
        return ending.USAGE
    except Exception as wrong:
        if os.environ.get("HYPERLEAF_DEBUG"):
            raise
        mark = styled("hyperleaf:", "red", "bold", stream=sys.stderr)
        say(f"{mark} {_sentence(wrong)}", stream=sys.stderr)
        return ending.COULD_NOT_RUN
    return status if isinstance(status, int) else ending.FINE


def _invoke(arguments: list[str]) -> object:
    """Run a command as click's own `main` does, which would end with 1 where a pipe is closed."""
    if COMPLETE in os.environ:
        return hyperleaf.main(arguments, prog_name="hyperleaf", complete_var=COMPLETE)
    with hyperleaf.make_context("hyperleaf", arguments) as context:
        return hyperleaf.invoke(context)


def _sentence(error: Exception) -> str:
    """Return what is said of an error that kept the command from running."""
    match error:
        case ending.CouldNotRunError():
            return str(error)
        case OSError():
            return ending.reason(error)
        case MemoryError():
            return "there is not enough memory"
        case _:
            return (
                f"this is a mistake of ours: {type(error).__name__}: {error}\n"
                "Please report it, with your estate and what HYPERLEAF_DEBUG=1 shows "
                f"(hyperleaf {__version__}, Python {sys.version.split()[0]})."
            )


def _swallow_the_rest() -> None:
    """Let the interpreter flush into nothing: whoever read us has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue
