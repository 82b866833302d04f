"""German for the words of the metadata: parameters of both faces, labels of their values and bits, enumerations of
events, labels of commands' parameters. Events have theirs beside their definitions.

What an installed package brings has none here and stays English, as a station leaves it.
"""

from __future__ import annotations

import re
from typing import Final

from mavlink_bridge.services.german import ardupilot, own, words

__all__ = ["german"]

_WORDS: Final[dict[str, str]] = {**own.GERMAN, **ardupilot.GERMAN, **words.GERMAN}
_NO_WORD: Final = re.compile(r"[-+/.\d]+")
_NUMBERED: Final = re.compile(r"((?:channel|utput|osition|[Mr]otor|relay|Pin) |Relay|SwitchPos)(\d+)")


def german(text: str) -> str | None:
    """A text in German; None: there is none. One that counts (radio channel 3) is looked up without its number; a
    number alone has its decimal comma."""
    known = _WORDS.get(text)
    if known is not None:
        return known
    amount = _NO_WORD.fullmatch(text)
    if amount is not None:
        return amount[0].replace(".", ",")
    number = _NUMBERED.search(text)
    if number is None:
        return None
    pattern = _WORDS.get(_NUMBERED.sub(r"\1{n}", text))
    return None if pattern is None else pattern.replace("{n}", number[2])
