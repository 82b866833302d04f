"""German texts of the metadata: parameters of both firmwares, labels of values and bits, enumerations of events, labels
of command parameters. `german.json` maps English texts to German ones. Texts of events are beside their definitions.

Texts of installed packages have no translation and stay English. `{n}` in the data stands for the number of a channel,
output, motor, relay, button or switch position.
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
    """German text; None: no translation. Texts with a number (radio channel 3) are looked up without it; a number alone
    gets a decimal comma."""
    word = _words().get(text)
    if word is not None:
        return word
    amount = _NO_WORD.fullmatch(text)
    if amount is not None:
        return amount[0].replace(".", ",")
    number = _NUMBERED.search(text)
    if number is None:
        return None
    pattern = _words().get(_NUMBERED.sub(r"\1{n}", text))
    return None if pattern is None else pattern.replace("{n}", number[2])
