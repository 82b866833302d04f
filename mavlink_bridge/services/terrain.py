"""Terrain over MAVLink, as in ArduPilot's AP_Terrain: requests data that no file has from a ground station, and reports
known heights.

Each needed block of terrain (`autopilot.interface.terrain.Terrain.pending`) is requested by TERRAIN_REQUEST, oldest
first, every two seconds until its grids have come by TERRAIN_DATA; then the next is requested at once. TERRAIN_CHECK is
answered by TERRAIN_REPORT of that place. While terrain is known, or a range finder looks down, a TERRAIN_REPORT of the
vehicle's place goes to all links twice a second of link time, which is enough for displays also when vehicle time is
faster.

AP_Terrain requests data around the vehicle from its start; here it is requested only when a height above the ground is
used or measured. Source: ArduPilot AP_Terrain/TerrainGCS.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.terrain import GRID, GRIDS_EAST, GRIDS_NORTH
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire.codec import dialect, id_of

TERRAIN_REPORT: Final = id_of("TERRAIN_REPORT")
_ASK_AGAIN_MS: Final = 2000
_REPORT_MS: Final = 500
_GRIDS: Final = GRIDS_NORTH * GRIDS_EAST
_COUNT_MAX: Final = 0xFFFF


def terrain_report(facts: VehicleFacts, lat: float, lon: float) -> Message:
    """TERRAIN_REPORT of a place, degrees. Spacing 0: unknown terrain. `current_height`: height of the vehicle above the
    ground below it, for any place."""
    terrain = facts.terrain
    height = terrain.height_at(lat, lon)
    over = facts.height_over_ground if terrain.known else None
    pending, loaded = terrain.counts()
    return dialect.MAVLink_terrain_report_message(
        round(lat * 1e7),
        round(lon * 1e7),
        0 if height is None else round(terrain.spacing_m),
        0.0 if height is None else height,
        0.0 if over is None else over,
        min(pending, _COUNT_MAX),
        min(loaded, _COUNT_MAX),
    )


def ground_here(facts: VehicleFacts) -> list[Message]:
    """TERRAIN_REPORT of the vehicle's place; empty without a position."""
    here = facts.vehicle.state.place
    return [terrain_report(facts, here.lat, here.lon)] if facts.has_position else []


class TerrainService(Speaker):
    """Service of terrain data. `has_station()`: True when a station was heard on a link; else nothing is sent, so that
    a vehicle without stations is not woken every second."""

    clock: Clock = "link"
    handles = frozenset({"TERRAIN_DATA", "TERRAIN_CHECK"})

    def __init__(self, parts: VehicleParts, has_station: Callable[[], object]) -> None:
        self._facts, self._has_station = parts.facts, has_station
        self._terrain = parts.facts.terrain
        self._ask_ms = self._report_ms = 0
        self._version, self._finds_range = -1, False  # `_sees_ground` by the parameters of this version
        super().__init__()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if message.get_type() == "TERRAIN_DATA":
            self._take(message, now_ms)
        elif abs(message.lat) <= 900_000_000 and abs(message.lon) <= 1_800_000_000:
            self._out.append(Outgoing(terrain_report(self._facts, message.lat / 1e7, message.lon / 1e7), peer.link))

    def _take(self, message: Message, now_ms: int) -> None:
        """Store terrain heights; data not requested, or with another spacing, is ignored."""
        terrain, missing = self._terrain, len(self._terrain.pending)
        if message.grid_spacing == round(terrain.spacing_m) and message.gridbit < _GRIDS:
            heights = np.array(message.data, np.int16).reshape(GRID, GRID)
            terrain.receive(message.lat, message.lon, message.gridbit, heights)
            if len(terrain.pending) < missing:
                self._ask_ms = now_ms

    def handle_timeout(self, now_ms: int) -> None:
        if now_ms >= self._ask_ms and self._terrain.pending and self._has_station():
            self._ask_ms = now_ms + _ASK_AGAIN_MS
            self._ask()
        if now_ms >= self._report_ms and self._sends_reports and self._has_station():
            self._report_ms = now_ms + _REPORT_MS
            if self._terrain.known or self._sees_ground:
                self._out += [Outgoing(report) for report in ground_here(self._facts)]

    def _ask(self) -> None:
        pending = self._terrain.pending
        key, block = next(iter(pending.items()))
        pending[key] = pending.pop(key)  # other blocks are next
        spacing = round(self._terrain.spacing_m)
        request = dialect.MAVLink_terrain_request_message(block.lat_e7, block.lon_e7, spacing, block.missing)
        self._out.append(Outgoing(request))

    @property
    def _sends_reports(self) -> bool:
        terrain, version = self._terrain, self._facts.parameters.version
        if version != self._version:
            self._version, self._finds_range = version, self._sees_ground
        return terrain.ground is not None or terrain.revision > 0 or self._finds_range

    @property
    def _sees_ground(self) -> bool:
        return self._facts.param("RNGFND1_TYPE") != 0.0 and self._terrain.enabled

    def next_deadline_ms(self) -> int | None:
        asks, reports = self._terrain.pending, self._sends_reports
        if not (asks or reports) or not self._has_station():
            return None
        if asks:
            return min(self._ask_ms, self._report_ms) if reports else self._ask_ms
        return self._report_ms
