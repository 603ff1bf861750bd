"""How a broken promise is told."""

from __future__ import annotations


class Violation(BaseException):
    """A promise was broken. The text names it and what was found.

    No ``Exception``: the product goes on after those.
    """
