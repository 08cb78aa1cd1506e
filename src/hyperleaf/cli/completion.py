"""`hyperleaf completion`: the script by which a shell completes commands, options and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.screen import say

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete


@click.command("completion", short_help="Print a shell's completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script that lets a shell complete commands, options, codes and examples.

    \b
    Examples:
      hyperleaf completion bash > ~/.local/share/bash-completion/completions/hyperleaf
      hyperleaf completion zsh  > ~/.zfunc/_hyperleaf        # a folder of $fpath
      hyperleaf completion fish > ~/.config/fish/completions/hyperleaf.fish
    """  # noqa: D301 - click's mark for a block that is not wrapped
    from click.shell_completion import (  # noqa: PLC0415 - after a usage error
        BashComplete,
        FishComplete,
        ZshComplete,
    )

    from hyperleaf.cli.command import COMPLETE, hyperleaf  # noqa: PLC0415 - which imports this module

    known: dict[str, type[ShellComplete]] = {
        "bash": BashComplete,
        "zsh": ZshComplete,
        "fish": FishComplete,
    }
    made = known[shell](hyperleaf, {}, "hyperleaf", COMPLETE)
    # Its text alone: `source()` of bash would first start one to ask for its version.
    say((made.source_template % made.source_vars()).strip("\n"))
    return ending.FINE
