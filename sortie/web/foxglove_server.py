"""Foxglove's WebSocket by its SDK: place, attitude, values and texts of each vehicle in Foxglove's schemas, `RATE_HZ`
times a second. Read-only.

Topics of vehicle N: `/N/fix` (LocationFix, for the map), `/N/pose` (FrameTransform from `home N` to `vehicle N`),
`/N/log` (Log), `/N/state` (JSON with all facts of the page, for plots).
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import foxglove
from foxglove.channels import FrameTransformChannel, LocationFixChannel, LogChannel
from foxglove.messages import FrameTransform, LocationFix, Log, LogLevel, Quaternion, Timestamp, Vector3

from autopilot.interface.geo import GeoPoint, to_local
from autopilot.mav import Severity
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.errors import UserError
from sortie.exports.messages import turned
from sortie.runtime.node import QuietNode
from sortie.web.picture import Facts, ShownVehicle
from sortie.web.server import END_S
from sortie.web.station import RATE_HZ, WebStation

_PERIOD_MS: Final = 1000 // RATE_HZ
_LEVELS: Final = (
    (Severity.CRITICAL, LogLevel.Fatal), (Severity.ERROR, LogLevel.Error), (Severity.WARNING, LogLevel.Warning),
    (Severity.INFO, LogLevel.Info), (Severity.DEBUG, LogLevel.Debug),
)  # fmt: skip


class _Channels:
    def __init__(self, system: int, context: Any) -> None:
        self.fix = LocationFixChannel(f"/{system}/fix", context=context)
        self.pose = FrameTransformChannel(f"/{system}/pose", context=context)
        self.log = LogChannel(f"/{system}/log", context=context)
        self.state = foxglove.Channel(f"/{system}/state", message_encoding="json", context=context)
        self.last_text = 0


class FoxgloveServer(QuietNode):
    """Node that publishes to Foxglove; `port` 0: a free one. UserError for a port in use."""

    now_ms = 0
    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self, station: WebStation, port: int) -> None:
        self._watch = station.watch
        self._context = foxglove.Context()
        try:
            self._server = foxglove.start_server(name="sortie", host="127.0.0.1", port=port, context=self._context)
        except (OSError, RuntimeError) as error:
            reason = str(error).rpartition(": ")[2]
            raise UserError(f"--foxglove {port}: {reason}; choose another port, or 0 for a free one") from error
        self._channels: dict[int, _Channels] = {}
        self._due_ms = 0

    @property
    def port(self) -> int:
        return int(self._server.port)

    def close(self) -> None:
        """Disconnect all clients. The SDK waits, without an end, for who has connected and not asked for anything."""
        stopping = threading.Thread(target=self._server.stop, daemon=True)
        stopping.start()
        stopping.join(END_S)

    def next_link_deadline_ms(self) -> int | None:
        return self._due_ms

    def commit(self, link_ms: int) -> None:
        """Publish if it is time."""
        if link_ms < self._due_ms:
            return
        self._due_ms = link_ms + _PERIOD_MS
        at = Timestamp.from_epoch_secs(time.time())
        for system, vehicle in self._watch.vehicles.items():
            channels = self._channels.get(system)
            if channels is None:
                channels = self._channels[system] = _Channels(system, self._context)
            self._publish(channels, vehicle, vehicle.facts(link_ms), at)

    def _publish(self, channels: _Channels, vehicle: ShownVehicle, facts: Facts, at: Any) -> None:
        channels.state.log({name: value for name, value in facts.items() if not isinstance(value, list | dict)})
        if "lat" in facts:
            place = LocationFix(
                timestamp=at,
                frame_id=f"vehicle {vehicle.target.system}",
                latitude=facts["lat"],
                longitude=facts["lon"],
                altitude=facts["alt_m"],
            )
            channels.fix.log(place)
        pose = _pose(facts, vehicle.target.system, at)
        if pose is not None:
            channels.pose.log(pose)
        for number, severity, text, _ in vehicle.shown_texts:
            if number > channels.last_text:
                channels.last_text = number
                channels.log.log(Log(timestamp=at, level=level_of(severity), message=text, name=str(facts["system"])))


def from_home(facts: Facts) -> tuple[float, float, float] | None:
    """Return the place relative to home: east, north, up, m; None before both are known."""
    home = facts.get("home")
    if home is None or "lat" not in facts:
        return None
    north, east, down = to_local(GeoPoint(*home), facts["lat"], facts["lon"], facts["alt_m"])
    return east, north, -down


def _pose(facts: Facts, system: int, at: Any) -> Any:
    """Return position from home and attitude; None before both are known."""
    place = from_home(facts)
    if place is None or facts.get("roll_deg") is None:
        return None
    (east, north, up), (x, y, z, w) = place, turned(facts["roll_deg"], facts["pitch_deg"], facts["yaw_deg"])
    return FrameTransform(
        timestamp=at,
        parent_frame_id=f"home {system}",
        child_frame_id=f"vehicle {system}",
        translation=Vector3(x=east, y=north, z=up),
        rotation=Quaternion(x=x, y=y, z=z, w=w),
    )


def level_of(severity: int) -> Any:
    return next((level for most, level in _LEVELS if severity <= most), LogLevel.Unknown)
