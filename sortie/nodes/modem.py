"""A radio of a vehicle's link: the vehicle's end of it, the air between, and the modem on the ground, on whose other
side are sockets or serial lines. Who is on these shares the one radio, as behind a modem on a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Unpack

from autopilot.interface.geo import GeoPoint, distance
from autopilot.interface.mathematics import hypot
from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import Medium, MemoryLink
from mavlink_bridge.links.radio.model import RadioLink
from mavlink_bridge.links.radio.profile import RadioProfile
from mavlink_bridge.routing.open_link import LinkTraits, OutQueue
from sortie.config.errors import UserError
from sortie.runtime.node import Node, QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire

if TYPE_CHECKING:
    from autopilot.interface.vehicle import Vehicle


class Outlet:
    """The side of a modem where the sockets are: what any of them receives goes on the air, and what comes from there
    goes to all of them. Bytes only; nobody looks at messages."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._queues: dict[int, OutQueue] = {}
        self._last = 0

    def open_link(self, name: str, **traits: Unpack[LinkTraits]) -> int:
        """A socket more; its number."""
        self._last += 1
        self._queues[self._last] = OutQueue()
        return self._last

    def close_link(self, link: int) -> None:
        """A socket less."""
        self._queues.pop(link, None)

    def set_baud(self, link: int, baud: int, name: str) -> None:
        """The line has another rate; the air has its own."""

    def restart_link(self, link: int) -> None:
        """Drop what waits: its other end is a new one."""
        self._queues[link].clear()

    def receive(self, link: int, data: bytes, link_ms: int, vehicle_ms: int) -> None:
        """Bytes for the air."""
        self.heard.append(data)

    def send(self, data: bytes) -> None:
        """Bytes from the air, for all sockets."""
        for queue in self._queues.values():
            queue.waiting.append(data)
            queue.size += len(data)
            queue.overflowed = queue.size > queue.full

    def give_up_claims(self, link_ms: int, vehicle_ms: int) -> None:
        """Do nothing: it knows no frames."""

    def claim_deadline_ms(self) -> int | None:
        return None

    def out_queue(self, link: int) -> OutQueue:
        """Queue of what waits for a socket."""
        return self._queues[link]


class Modem(QuietNode):
    """A node on a wire: everything that comes from one side goes to the other."""

    now_ms = 0
    full = False

    def __init__(self) -> None:
        self.outlet = Outlet()
        self.endpoints: tuple[LinkOwner, ...] = (self.outlet,)

    @property
    def node(self) -> Modem:
        """Itself."""
        return self

    def take(self) -> bytes:
        """Take what has come in on the sockets."""
        data = b"".join(self.outlet.heard)
        self.outlet.heard.clear()
        return data

    def hand(self, data: bytes, link_ms: int) -> None:
        """Hand over what has come over the air."""
        self.outlet.send(data)


def open_through_radio(runtime: Runtime, node: Node, endpoint: LinkOwner, url: str, radio: RadioLink) -> str:
    """Open a socket or serial link with a radio between it and the vehicle; its address. UserError as `Runtime.open`
    has it."""
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
    """A radio between any vehicle and any ground station; the addresses."""
    modems = (Modem(), Modem())
    opened = [runtime.open(modem.outlet, url) for modem, url in zip(modems, (vehicle_url, ground_url), strict=True)]
    for modem in modems:
        runtime.add(modem)
    runtime.connect(Wire(radio, *modems))
    return opened[0], opened[1]


def away_from(place: GeoPoint, vehicle: Vehicle) -> Callable[[], float]:
    """Distance of a vehicle from the antenna on the ground now, m."""

    def away_m() -> float:
        here = vehicle.state.place
        return hypot(distance(place, here), here.alt - place.alt)

    return away_m


def medium_of(
    profile: RadioProfile | None, seed: int, place: GeoPoint, vehicle: Vehicle, loss: float, delay_ms: int
) -> Medium:
    """Medium of a link in memory: a radio, if there is one, or the bare link. UserError for a delay beside that
    of a radio."""
    if profile is None:
        return MemoryLink(seed, loss=loss, delay_ms=delay_ms)
    if delay_ms:
        raise UserError(f"delay_ms={delay_ms}: a radio has its own; give radio or delay_ms")
    radio = radio_between(profile, seed, place, vehicle)
    radio.loss = loss
    return radio


def radio_between(profile: RadioProfile, seed: int, place: GeoPoint, vehicle: Vehicle) -> RadioLink:
    """A pair of radios, one on the vehicle and one at `place`."""
    return RadioLink(profile, seed, away_from(place, vehicle))
