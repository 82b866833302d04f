"""Acknowledgements and texts of the mission service, in ArduPilot's words where it has them; one STATUSTEXT has 50
characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from autopilot.interface.geo import ABOVE_GROUND, wrap_longitude
from autopilot.mav import MissionResult, Severity
from autopilot.mission.commands import command_name, has_position, is_fitted
from autopilot.mission.items import MissionItem
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.routing.service import Message, Outgoing, Peer
from mavlink_bridge.wire.codec import dialect, status_text


class Outbox:
    """Messages to send, in order."""

    def __init__(self) -> None:
        self._waiting: list[Outgoing] = []

    def send(self, message: Message, peer: Peer) -> None:
        """Queue a message for the link of `peer`; it already has the target ids."""
        self._waiting.append(Outgoing(message, peer.link))

    def announce(self, message: Message) -> None:
        """Queue a message for all links."""
        self._waiting.append(Outgoing(message))

    def ack(self, peer: Peer, kind: int, result: MissionResult, plan_id: int = 0) -> None:
        """Queue MISSION_ACK; `plan_id`: checksum of the stored plan."""
        self.send(dialect.MAVLink_mission_ack_message(peer.system, peer.component, int(result), kind, plan_id), peer)

    def text(self, severity: Severity, text: str, peer: Peer | None = None) -> None:
        """Queue one STATUSTEXT, for all links or for that of `peer`."""
        self._waiting.append(Outgoing(status_text(severity, text), None if peer is None else peer.link))

    def take(self) -> list[Outgoing]:
        waiting, self._waiting = self._waiting, []
        return waiting


RECEIVED = ("Flight plan received", "Fence Indexed OK", "Rally points received")
CLEARED = ("Mission cleared", "Fence cleared", "Rally points cleared")

_MAX_TEXTS = 8
_MOST_PLACES = 100
FLAT_GROUND = "Terrain frames: ground taken as flat at home"


def about_terrain(items: Iterable[MissionItem], over_ground: Callable[[int, float], float | None]) -> Iterator[str]:
    """Warning, once, for heights above the ground without known terrain. `over_ground`: as
    `VehicleFacts.over_ground`."""
    if any(
        item.frame in ABOVE_GROUND and has_position(item.command) and over_ground(item.frame, item.z) is None
        for item in items
    ):
        yield FLAT_GROUND


_APART_DEG: Final = 0.01
"""Spacing of checked places on a leg, degrees: half a block of terrain at 100 m spacing."""


def places_on_ground(items: Iterable[MissionItem]) -> Iterator[tuple[float, float]]:
    """Latitudes and longitudes of items above the ground, and of the legs between them."""
    before: MissionItem | None = None
    for item in items:
        if not item.is_placed:
            continue
        if item.frame in ABOVE_GROUND:
            start = item if before is None else before
            north, east = item.x - start.x, _wrapped(item.y - start.y)
            count = min(int(max(abs(north), abs(east)) / _APART_DEG) + 1, _MOST_PLACES)
            for k in range(1, count + 1):
                yield start.x + north * k / count, _wrapped(start.y + east * k / count)
        before = item


def _wrapped(lon: float) -> float:
    """Longitude within -180 .. 180; one that is stays the same to the last bit."""
    return lon if abs(lon) <= 180.0 else wrap_longitude(lon)


def about_skipped(vehicle: VehicleClass, items: Iterable[MissionItem], param: Callable[[str], float]) -> Iterator[str]:
    """Texts for the commands in a mission that a vehicle of this kind, with these parameters, stores but skips, as
    ArduPilot does (docs/reference/mission-semantics.md, 1.4), one per command. No text begins with "#": QGroundControl
    only speaks such a text and does not show it."""
    skipped: dict[int, list[int]] = {}
    for item in items:
        if not vehicle.carries_out(item.command) and not is_fitted(item.command, param):
            skipped.setdefault(item.command, []).append(item.seq)
    for number, (command, places) in enumerate(skipped.items()):
        if number == _MAX_TEXTS:
            yield f"{len(skipped) - _MAX_TEXTS} more commands will be skipped"
            return
        name = f"{command_name(command)} ({command})"
        if len(places) == 1:
            yield f"Item {places[0]} {name} will be skipped"
        else:
            yield f"Item {places[0]} {name} and {len(places) - 1} more skipped"
