"""Links of a fleet: for all vehicles, for each network, for each vehicle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.links.address import LinkError, parse_link
from sortie.config.errors import UserError
from sortie.config.link_pattern import NETWORK_LINKS, filled_in, is_of_network, is_own
from sortie.config.settings import Settings
from sortie.config.vehicle_spec import VehicleSpec

COUNTED: Final = "tcpin:127.0.0.1:{5760+10*n}"


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
