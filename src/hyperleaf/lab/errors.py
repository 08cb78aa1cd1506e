"""What every reason for which nothing can be proven has in common."""


class NoProofError(Exception):
    """A proof that could not be made; its text says why, and what to do where something can be.

    What rendered objects do wrong is never one: that is what a proof says.
    """
