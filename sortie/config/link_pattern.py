"""Links of a fleet: a plain address is shared by all vehicles; a pattern with {...} gives a link for each vehicle or
network.

Braces contain whole-number arithmetic (+, -, *) with `n` (the vehicle's number from 0), `sysid` (its system id) and `m`
(the network's number from 0): `tcpin:127.0.0.1:{5760+10*n}` gives each vehicle its own port, as for ArduPilot's
instances.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Final

from sortie.config.errors import UserError

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_OPERATIONS: Final[dict[type, Callable[[int, int], int]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip
_OF_VEHICLE: Final = frozenset({"n", "sysid"})
_OF_NETWORK: Final = frozenset({"m"})
NETWORK_LINKS: Final = ("udpout:127.0.0.1:{14550+10*m}", "tcpin:127.0.0.1:{5760+10*m}")
"""Default links with several networks."""


def names_in(url: str) -> frozenset[str]:
    """Return the names in the patterns of an address. UserError for an invalid pattern."""
    found: set[str] = set()
    for text in _BRACES.findall(url):
        tree = _parsed(text, url)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        if not names or names - _OF_VEHICLE - _OF_NETWORK:
            raise _wrong(url)
        found |= names
        _value(tree.body, dict.fromkeys(names, 0), url)
    if "{" in _BRACES.sub("", url) or "}" in _BRACES.sub("", url):
        raise _wrong(url)
    return frozenset(found)


def is_own(url: str) -> bool:
    return bool(names_in(url) & _OF_VEHICLE)


def is_of_network(url: str) -> bool:
    names = names_in(url)
    return bool(names & _OF_NETWORK) and not names & _OF_VEHICLE


def filled_in(url: str, values: Mapping[str, int]) -> str:
    names_in(url)
    return _BRACES.sub(lambda match: str(_value(_parsed(match[1], url).body, values, url)), url)


def _parsed(text: str, url: str) -> ast.Expression:
    try:
        return ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        raise _wrong(url) from None


def _value(node: ast.expr, values: Mapping[str, int], url: str) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name) and node.id in values:
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left, values, url), _value(node.right, values, url))
    raise _wrong(url)


def _wrong(url: str) -> UserError:
    return UserError(
        "expected whole-number arithmetic on n, sysid or m between braces, such as tcpin:127.0.0.1:{5760+10*n}",
        option="link",
        given=url,
    )
