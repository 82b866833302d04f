"""Radio on a vehicle's link: the vehicle's end, the radio channel, and the modem on the ground with its sockets or
serial lines. All clients on these share the one radio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Unpack

from autopilot.interface.geo import GeoPoint, distance
from autopilot.interface.mathematics import hypot
from autopilot.interface.vehicle import Vehicle
from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import Medium, MemoryLink
from mavlink_bridge.links.radio.model import RadioLink
from mavlink_bridge.links.radio.profile import RadioProfile
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.open_link import LinkTraits, OutQueue
from sortie.config.errors import UserError
from sortie.runtime.node import Node, QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire


class Outlet:
    """Ground side of a modem. Bytes from any socket go to the radio, bytes from the radio to all sockets; frames are
    not examined."""

    portion: Final = Endpoint.portion

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._queues: dict[int, OutQueue] = {}
        self._last = 0

    def open_link(self, name: str, **traits: Unpack[LinkTraits]) -> int:
        """Add a socket and return its number."""
        self._last += 1
        self._queues[self._last] = OutQueue()
        return self._last

    def close_link(self, link: int) -> None:
        """Remove a socket."""
        self._queues.pop(link, None)

    def set_baud(self, link: int, baud: int, name: str) -> None:
        """Do nothing: the radio has a rate of its own."""

    def restart_link(self, link: int) -> None:
        """Drop waiting bytes, because the client at the other end is new."""
        self._queues[link].clear()

    def receive(self, link: int, data: bytes, link_ms: int, vehicle_ms: int) -> None:
        self.heard.append(data)

    def send(self, data: bytes) -> None:
        """Queue bytes from the radio for all sockets."""
        for queue in self._queues.values():
            queue.waiting.append(data)
            queue.size += len(data)
            queue.overflowed = queue.size > queue.full

    def give_up_claims(self, link_ms: int, vehicle_ms: int) -> None:
        """Do nothing: it knows no frames."""

    def claim_deadline_ms(self) -> int | None:
        return None

    def out_queue(self, link: int) -> OutQueue:
        """Return the queue of bytes that wait for a socket."""
        return self._queues[link]


class Modem(QuietNode):
    """Node on a wire that passes all bytes from one side to the other."""

    now_ms = 0
    full = False

    def __init__(self) -> None:
        self.outlet = Outlet()
        self.endpoints: tuple[LinkOwner, ...] = (self.outlet,)

    @property
    def node(self) -> Modem:
        """Node of this plug: itself."""
        return self

    def take(self) -> bytes:
        data = b"".join(self.outlet.heard)
        self.outlet.heard.clear()
        return data

    def hand(self, data: bytes, link_ms: int) -> None:
        """Pass on bytes that arrived by radio."""
        self.outlet.send(data)


def open_through_radio(runtime: Runtime, node: Node, endpoint: LinkOwner, url: str, radio: RadioLink) -> str:
    """Open a socket or serial link with a radio between it and the vehicle, and return its address. UserError as for
    `Runtime.open`."""
    try:
        trusted = parse_link(url).is_trusted
    except LinkError as error:
        raise UserError(str(error)) from error
    modem = Modem()
    opened = runtime.open(modem.outlet, url)
    runtime.add(modem)
    plug = EndpointPlug(node, endpoint, f"{opened} by {radio.profile.name}", trusted=trusted, radio=radio.profile)
    runtime.connect(Wire(radio, plug, modem))
    return opened


def relay(runtime: Runtime, vehicle_url: str, ground_url: str, radio: RadioLink) -> tuple[str, str]:
    """Connect any vehicle and any ground station by a radio, and return both addresses."""
    modems = (Modem(), Modem())
    opened = [runtime.open(modem.outlet, url) for modem, url in zip(modems, (vehicle_url, ground_url), strict=True)]
    for modem in modems:
        runtime.add(modem)
    runtime.connect(Wire(radio, *modems))
    return opened[0], opened[1]


def away_from(place: GeoPoint, vehicle: Vehicle) -> Callable[[], float]:
    """Return a function for the distance of a vehicle from the ground antenna, m."""

    def away_m() -> float:
        here = vehicle.state.place
        return hypot(distance(place, here), here.alt - place.alt)

    return away_m


def medium_of(
    profile: RadioProfile | None, seed: int, place: GeoPoint, vehicle: Vehicle, loss: float, delay_ms: int
) -> Medium:
    """Make the medium of a link in memory: a radio if `profile` is given, else a bare link. UserError for a delay in
    addition to a radio."""
    if profile is None:
        return MemoryLink(seed, loss=loss, delay_ms=delay_ms)
    if delay_ms:
        raise UserError(f"delay_ms={delay_ms}: a radio has its own; give radio or delay_ms")
    radio = radio_between(profile, seed, place, vehicle)
    radio.loss = loss
    return radio


def radio_between(profile: RadioProfile, seed: int, place: GeoPoint, vehicle: Vehicle) -> RadioLink:
    return RadioLink(profile, seed, away_from(place, vehicle))
