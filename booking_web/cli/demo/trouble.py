"""What stops a start: one sentence for the person in front of it."""

from __future__ import annotations


class StartError(Exception):
    """The product cannot start; the text says why and what to do."""
