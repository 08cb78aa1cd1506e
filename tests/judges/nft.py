"""Judges nftables rules by the real nft, which asks the kernel of an empty network namespace."""

from __future__ import annotations

from judges import root


class Nft:
    """nft of the Debian root."""

    def check(self, text: str) -> list[str]:
        """Return what nft objects to; nothing when the kernel would take the rules."""
        ran = root.run("nft", "-c", "-f", root.INPUT, text=text)
        if ran.status == 0:
            return []
        return [line for line in (ran.out + ran.err).splitlines() if line.strip()]
