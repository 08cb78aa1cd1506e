"""`python -m hyperleaf`, and the entry of the installed command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end with its exit status."""
    from hyperleaf.cli.command import run  # noqa: PLC0415 - an interrupt while importing ends here

    sys.exit(run())


if __name__ == "__main__":
    main()
