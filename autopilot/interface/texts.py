"""Text of others (vehicles, logs, names of files) that people read."""

from __future__ import annotations


def printable(text: str) -> str:
    """Replace what does not show by "?", white space by spaces: a terminal would follow the control functions of a
    vehicle's text or of a log's, which begin with ESC (ECMA-48, 5.4). Bytes of a file name that are no UTF-8 (PEP 383)
    stay; the output escapes them."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or "\ud800" <= letter <= "\udfff" else " " if letter.isspace() else "?"
        for letter in text
    )
