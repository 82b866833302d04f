"""Words in texts for people."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number and what is counted: "1 item", "2 items"; the plural of `noun` ends in s."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
