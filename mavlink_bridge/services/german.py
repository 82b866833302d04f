"""German for the words of the metadata: parameters of both faces, labels of their values and bits, enumerations of
events, labels of commands' parameters. The words are data: `german.json`, the English text to the German one. Events
have theirs beside their definitions.

What an installed package brings has none here and stays English, as a station leaves it. `{n}` in the data is the
number of a channel, an output, a motor, a relay, a button, a position of a switch.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Final

_NO_WORD: Final = re.compile(r"[-+/.\d]+")
_NUMBERED: Final = re.compile(r"((?:channel|utput|osition|[Mr]otor|relay|button|link|Pin) |Relay|SwitchPos)(\d+)")


@cache
def _words() -> dict[str, str]:
    words: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return words


def german(text: str) -> str | None:
    """A text in German; None: there is none. One that counts (radio channel 3) is looked up without its number; a
    number alone has its decimal comma."""
    known = _words().get(text)
    if known is not None:
        return known
    amount = _NO_WORD.fullmatch(text)
    if amount is not None:
        return amount[0].replace(".", ",")
    number = _NUMBERED.search(text)
    if number is None:
        return None
    pattern = _words().get(_NUMBERED.sub(r"\1{n}", text))
    return None if pattern is None else pattern.replace("{n}", number[2])
