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
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.links.address import LinkError, parse_link
from sortie.config.errors import UserError
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import VehicleSpec

COUNTED: Final = "tcpin:127.0.0.1:{5760+10*n}"
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_OPERATIONS: Final[dict[type, Callable[[int, int], int]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip
_OF_VEHICLE: Final = frozenset({"n", "sysid"})
_OF_NETWORK: Final = frozenset({"m"})
NETWORK_LINKS: Final = ("udpout:127.0.0.1:{14550+10*m}", "tcpin:127.0.0.1:{5760+10*m}")
"""Default links with several networks."""


@dataclass(frozen=True, slots=True)
class FleetLink:
    """Link of a network, or of one `vehicle` (its number)."""

    url: str
    network: int
    vehicle: int | None = None


def all_links(settings: Settings, vehicles: Sequence[VehicleSpec]) -> list[FleetLink]:
    """Return the links to open, with calculated patterns. UserError for a link that several networks would share."""
    if vehicles[0].alone:
        return [FleetLink(url, 0, 0) for url in settings.links]
    networks = 1 + max(vehicle.network for vehicle in vehicles)
    urls = NETWORK_LINKS if settings.link is None and networks > 1 else settings.links
    return list(dict.fromkeys((*spread_links(urls, vehicles), *own_links(vehicles))))


def spread_links(urls: Iterable[str], vehicles: Sequence[VehicleSpec]) -> list[FleetLink]:
    """Return the links of these addresses, shared or for each vehicle."""
    networks = 1 + max(vehicle.network for vehicle in vehicles)
    return list(dict.fromkeys(link for url in urls for link in _spread(url, vehicles, networks)))


def own_links(vehicles: Iterable[VehicleSpec]) -> list[FleetLink]:
    return [own_link(url, vehicle) for vehicle in vehicles for url in vehicle.link]


def own_link(url: str, vehicle: VehicleSpec) -> FleetLink:
    values = {"n": vehicle.number, "sysid": vehicle.system or 1, "m": vehicle.network}
    return FleetLink(filled_in(url, values), vehicle.network, vehicle.number)


def check_own_links(vehicles: Sequence[VehicleSpec], where: str) -> None:
    """Raise UserError for an own link that two vehicles have."""
    taken: set[str] = set()
    for vehicle in vehicles:
        for url in vehicle.link:
            try:
                own = own_link(url, vehicle).url
                parse_link(own)
            except UserError as error:
                raise UserError(f"{vehicle.source}: {error.worded('links')}") from None
            except LinkError as error:
                raise UserError(f"{vehicle.source}: {error}") from None
            if own in taken:
                by_port, found = re.subn(r":(\d+)$", r":{\1+10*n}", url)
                raise UserError(
                    f"{where}: sysid {vehicle.label}: links: {own} is another vehicle's already; count them, as in "
                    f"{by_port if found else COUNTED}, or give it with --link, for all"
                )
            taken.add(own)


def _spread(url: str, vehicles: Sequence[VehicleSpec], networks: int) -> list[FleetLink]:
    if is_own(url):
        own = [own_link(url, vehicle) for vehicle in vehicles]
        if len({link.url for link in own}) < len(own):
            raise UserError(
                f"--link {url}: two vehicles would have the same link of their own; count them, as in {COUNTED}"
            )
        return own
    if is_of_network(url):
        return [FleetLink(filled_in(url, {"m": network}), network) for network in range(networks)]
    if networks > 1:
        raise UserError(
            f"--link {url}: {networks} networks cannot share one link, their system ids are the same; count them, "
            "as in tcpin:127.0.0.1:{5760+10*m}"
        )
    return [FleetLink(url, 0)]


# --- patterns ---------------------------------------------------------------------------------------------------------
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
