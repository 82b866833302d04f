"""Which links a fleet opens: for all, for each network, for each vehicle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sortie.config.errors import UserError
from sortie.config.formation import FleetVehicle
from sortie.config.link_pattern import NETWORK_LINKS, filled_in, is_of_network, is_own
from sortie.config.settings import Settings


@dataclass(frozen=True, slots=True)
class FleetLink:
    """A link of a network, or of one `vehicle` (its number)."""

    url: str
    network: int
    vehicle: int | None = None


def all_links(settings: Settings, vehicles: Sequence[FleetVehicle]) -> list[FleetLink]:
    """What is to be opened, patterns worked out. UserError for a link that several networks would share."""
    networks = 1 + max(one.network for one in vehicles)
    urls = NETWORK_LINKS if settings.link is None and networks > 1 else settings.links
    return spread_links(urls, vehicles)


def spread_links(urls: Iterable[str], vehicles: Sequence[FleetVehicle]) -> list[FleetLink]:
    """Those of all, and those that single vehicles have."""
    networks = 1 + max(one.network for one in vehicles)
    links = [link for url in urls for link in _spread(url, vehicles, networks)]
    for one in vehicles:
        links += [link for url in one.link for link in _spread(url, [one], networks)]
    return list(dict.fromkeys(links))


def _spread(url: str, vehicles: Sequence[FleetVehicle], networks: int) -> list[FleetLink]:
    if is_own(url):
        return [
            FleetLink(filled_in(url, {"n": one.number, "sysid": one.system, "m": one.network}), one.network, one.number)
            for one in vehicles
        ]
    if is_of_network(url):
        return [FleetLink(filled_in(url, {"m": network}), network) for network in range(networks)]
    if networks > 1:
        raise UserError(
            f"--link {url}: {networks} networks cannot share one link, their system ids are the same; count them, "
            "as in tcpin:127.0.0.1:{5760+10*m}"
        )
    return [FleetLink(url, 0)]
