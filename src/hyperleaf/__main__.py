"""`python -m hyperleaf`, and the entry of the installed command."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and end with its exit status."""
    # Nothing here makes cycles, and the collector would walk a large estate again and again.
    gc.disable()
    from hyperleaf.cli.command import run  # noqa: PLC0415 - an interrupt while importing ends here

    sys.exit(run())


if __name__ == "__main__":
    main()
