"""`hyperleaf explain`: what a code means, why it is one, how to mend it, with examples."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import form
from hyperleaf.cli.screen import say, say_json, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

    from hyperleaf.codes import Code


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - a shell asks

    return [
        CompletionItem(code.code, help=code.title)
        for code in _codes().values()
        if code.code.startswith(incomplete.upper())
    ]


@click.command("explain", short_help="Explain a code such as HL0106.")
@click.argument("code", required=False, shell_complete=_complete)
@form
def command(code: str | None, output: str) -> int:
    """Explain a code: what it means, why it matters, how to mend it, a bad and a good example.

    Without a code, list them all.

    \b
    Examples:
      hyperleaf explain HL0106
      hyperleaf explain | grep -i gateway
    """  # noqa: D301 - click's mark for a block that is not wrapped
    codes = _codes()
    if code is None:
        _list(codes, output)
        return ending.FINE
    known = codes.get(code.upper()) or codes.get(f"HL{code.upper().removeprefix('HL'):0>4}")
    if known is None:
        from difflib import get_close_matches  # noqa: PLC0415 - mistakes only

        close = ", ".join(get_close_matches(code.upper(), codes, n=3))
        raise click.UsageError(
            f"There is no code {code}. {f'Close to it: {close}.' if close else ''}".strip()
        )
    if output == "json":
        say_json(asdict(known))
    else:
        _explain(known)
    return ending.FINE


def _codes() -> Mapping[str, Code]:
    from hyperleaf.rules.registry import CODES  # noqa: PLC0415 - every rule is imported with it

    return CODES


def _list(codes: Mapping[str, Code], output: str) -> None:
    if output == "json":
        say_json([asdict(one) for one in codes.values()])
        return
    for one in codes.values():
        say(f"{styled(one.code, 'bold')}  {one.title}")


def _explain(code: Code) -> None:
    say(f"{styled(code.code, 'bold')}  {styled(code.title, 'bold')}")
    for text in (code.why, code.mend):
        if text:
            say()
            say(wrapped(text, indent="", stream=sys.stdout))
    for word, colour, text in (("Bad", "red", code.bad), ("Good", "green", code.good)):
        if text.strip():
            say()
            say(styled(f"{word}:", colour, "bold"))
            for line in text.strip("\n").split("\n"):
                say(f"  {line}".rstrip())
