"""Facts of one vehicle for the page, from its newest messages. Pure functions.

Facts are JSON: numbers with units in their names, None for unknown values. They are rounded to visible digits, because
a fleet's are sent four times a second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from math import atan2, degrees, hypot, isfinite
from typing import Any, Final

from autopilot.flight.lifecycle import FlightState
from autopilot.mav import ModeFlag, SystemState, VtolState, WireMissionState
from autopilot.vehicles.kinds import class_of_type
from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.texts import TextAssembler
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from sortie.web import footprint
from sortie.web.footprint import Photo
from sortie.web.traffic import Sender

LOST_MS: Final = 3500
"""Time without HEARTBEAT after which a vehicle is lost, ms, as elsewhere in Sortie."""
HISTORY: Final = 1800
"""Samples of each vehicle that are kept, one a second."""
TEXTS: Final = 100
SAME_PLACE_DEG: Final = 5e-6
_NO_COUNT: Final = 65535
_NO_HEADING: Final = 65535
_NO_VOLTAGE: Final = (0, 65535)
"""MAVLink's unknown voltage, and that of an ArduPilot without a monitor."""
_NO_LEVEL: Final = 255
Facts = dict[str, Any]
_STANCES: Final[Mapping[int, str]] = {
    VtolState.TRANSITION_TO_FW: "over to wings", VtolState.TRANSITION_TO_MC: "over to rotors",
    VtolState.MC: "on rotors", VtolState.FW: "on wings",
}  # fmt: skip


def _heartbeat(m: Message, vehicle: ShownVehicle) -> Facts:
    firmware = vehicle.target.firmware
    return {
        "firmware": firmware.name,
        "flies": firmware.vehicle_class.flies,
        "wings": firmware.vehicle_class.has_stall_speed,
        "kind": kind.name if (kind := class_of_type(m.type)) is not None else "vehicle",
        "mode": firmware.mode_name(int(m.custom_mode)),
        "armed": bool(m.base_mode & ModeFlag.SAFETY_ARMED),
        "status": SystemState(m.system_status).name if m.system_status in set(SystemState) else None,
    }


def _position(m: Message, _vehicle: ShownVehicle) -> Facts:
    return {
        "lat": m.lat / 1e7,
        "lon": m.lon / 1e7,
        "alt_m": round(m.alt / 1e3, 1),
        "height_m": round(m.relative_alt / 1e3, 2),
        "heading_deg": None if m.hdg == _NO_HEADING else m.hdg / 100.0,
        "speed_mps": round(hypot(m.vx, m.vy) / 100.0, 2),
        "climb_mps": round(-m.vz / 100.0, 2),
        "boot_s": round(m.time_boot_ms / 1000.0, 1),
    }


def _attitude(m: Message, _vehicle: ShownVehicle) -> Facts:
    return {
        name: _rounded(degrees(value), 1)
        for name, value in (("roll_deg", m.roll), ("pitch_deg", m.pitch), ("yaw_deg", m.yaw))
    }


def _status(m: Message, vehicle: ShownVehicle) -> Facts:
    return {
        "battery_percent": None if m.battery_remaining < 0 else m.battery_remaining,
        "battery_v": None if m.voltage_battery in _NO_VOLTAGE else m.voltage_battery / 1000.0,
        "battery_a": None if m.current_battery < 0 else m.current_battery / 100.0,
        "ready": vehicle.target.firmware.may_arm(
            m.onboard_control_sensors_present, m.onboard_control_sensors_enabled, m.onboard_control_sensors_health
        ),
    }


def _mission(m: Message, vehicle: ShownVehicle) -> Facts:
    state = m.mission_state
    return {
        "item": vehicle.target.firmware.seq_of(m.seq),
        "items": None if m.total == _NO_COUNT else m.total,
        "mission": WireMissionState(state).name.lower().replace("_", " ") if state in set(WireMissionState) else None,
        "plans": [m.mission_id, m.fence_id, m.rally_points_id],
    }


def _stance(m: Message, vehicle: ShownVehicle) -> Facts:
    wings = vehicle.target.firmware.vehicle_class.has_stall_speed
    return {"stance": _STANCES.get(m.vtol_state) if wings else None}


def _target(m: Message, _vehicle: ShownVehicle) -> Facts:
    known = (m.lat_int, m.lon_int) != (0, 0)
    return {"target": [m.lat_int / 1e7, m.lon_int / 1e7] if known else None}


def _wind(m: Message, _vehicle: ShownVehicle) -> Facts:
    """Return speed and source of a PX4's wind, which is sent as the air's velocity."""
    return {"wind": [_rounded(hypot(m.wind_x, m.wind_y), 1), _rounded(degrees(atan2(-m.wind_y, -m.wind_x)) % 360.0, 0)]}


_FACTS: Final[Mapping[str, Callable[[Message, Any], Facts]]] = {
    "HEARTBEAT": _heartbeat,
    "GLOBAL_POSITION_INT": _position,
    "ATTITUDE": _attitude,
    "SYS_STATUS": _status,
    "GPS_RAW_INT": lambda m, _: {
        "fix": m.fix_type, "satellites": None if m.satellites_visible == 255 else m.satellites_visible
    },
    "MISSION_CURRENT": _mission,
    "HOME_POSITION": lambda m, _: {"home": [m.latitude / 1e7, m.longitude / 1e7, round(m.altitude / 1e3, 1)]},
    "POSITION_TARGET_GLOBAL_INT": _target,
    "VFR_HUD": lambda m, _: {"throttle_percent": m.throttle, "airspeed_mps": _rounded(m.airspeed, 1)},
    "EXTENDED_SYS_STATE": _stance,
    "WIND": lambda m, _: {"wind": [_rounded(m.speed, 1), _rounded(m.direction % 360.0, 0)]},
    "WIND_COV": _wind,
    "TERRAIN_REPORT": lambda m, _: {
        "terrain_m": _rounded(m.terrain_height, 1), "above_ground_m": _rounded(m.current_height, 1)
    },
    "VIBRATION": lambda m, _: {
        "vibration_mps2": _rounded(max(m.vibration_x, m.vibration_y, m.vibration_z), 1)
    },
}  # fmt: skip
_SHOWN: Final = tuple((codec.id_of(name), make) for name, make in _FACTS.items())
_HEARTBEAT: Final = codec.id_of("HEARTBEAT")


def _rounded(value: float, digits: int) -> float | None:
    """Round a number; None for numbers that JSON does not have."""
    return round(value, digits) if isfinite(value) else None


class ShownVehicle:
    """Vehicle on a link: its facts, texts and history. `sender`: its autopilot."""

    def __init__(self, target: Target, sender: Sender) -> None:
        self.target = target
        self.sender = sender
        self.link: int | None = None
        """Link of its newest HEARTBEAT."""
        self.texts = TextAssembler()
        self.shown_texts: deque[tuple[int, int, str, float]] = deque(maxlen=TEXTS)
        """(number of the text, MAV_SEVERITY, text, link time in s)."""
        self.last_text = 0
        self.sent_text = 0
        self.round_trip_ms: float | None = None
        self.flight: FlightState | None = None
        """State of its flight manager; None without one."""
        self.countdown_s = 0
        self.photos: deque[Photo] = deque(maxlen=2000)
        self.camera: int | None = None
        """Component id of its camera, or None."""
        self._fov_deg: tuple[float, float] | None = None
        self.history: deque[tuple[float | None, ...]] = deque(maxlen=HISTORY)
        self._facts: Facts = {}
        self._armed_s: float | None = None
        """Time of the first arming, s since boot."""
        self._frames: dict[int, object] = {}

    @property
    def heard_ms(self) -> int:
        """Link time of the newest HEARTBEAT, ms."""
        row = self.sender.rows.get(_HEARTBEAT)
        return 0 if row is None else row.last_ms

    def lost(self, now_ms: int) -> bool:
        """Check whether HEARTBEATs have stopped."""
        return now_ms - self.heard_ms >= LOST_MS

    def look(self, message: Message) -> None:
        """Take a CAMERA_FOV_STATUS, the camera's current view of the ground."""
        self._fov_deg = (message.hfov, message.vfov)
        home = self._facts.get("home")
        self._facts["footprint"] = footprint.of_view(message, None if home is None else home[2])

    def take_radio(self, message: Message) -> None:
        """Take a RADIO_STATUS of the radio on the vehicle's link."""
        levels = (("rssi", message.rssi), ("remote_rssi", message.remrssi))
        self._facts |= {name: None if level == _NO_LEVEL else level for name, level in levels}

    def picture(self, message: Message) -> Photo | None:
        """Take a CAMERA_IMAGE_CAPTURED or CAMERA_FEEDBACK, which may describe the same picture. None: already known."""
        kind = message.get_type()
        photo = (
            (message.lat / 1e7, message.lng / 1e7, None)
            if kind == "CAMERA_FEEDBACK"
            else footprint.of_picture(message, self._fov_deg)
        )
        if photo is None or (self.photos and _same(self.photos[-1], photo)):
            return None
        self.photos.append(photo)
        return photo

    def say(self, message: Message, now_ms: int) -> None:
        self.texts.take(message)
        for severity, text in self.texts.texts:
            self.last_text += 1
            self.shown_texts.append((self.last_text, severity, text, round(now_ms / 1000.0, 1)))
        self.texts.texts.clear()

    def texts_since(self, number: int, severity: int) -> list[str]:
        """Return the texts after that number with at least this severity."""
        return [text for count, grade, text, _ in self.shown_texts if count > number and grade <= severity]

    def facts(self, now_ms: int) -> Facts:
        """Return all facts. Only new messages are decoded."""
        rows, frames = self.sender.rows, self._frames
        for msg_id, make in _SHOWN:
            row = rows.get(msg_id)
            if row is not None and frames.get(msg_id) is not row.frame:
                frames[msg_id] = row.frame
                self._facts |= make(row.message, self)
        boot_s = self._facts.get("boot_s")
        if not self._facts.get("armed"):
            self._armed_s = None
        elif self._armed_s is None:
            self._armed_s = boot_s
        return self._facts | {
            "armed_for_s": None if self._armed_s is None or boot_s is None else round(boot_s - self._armed_s, 1),
            "system": self.target.system,
            "component": self.target.component,
            "lost": self.lost(now_ms),
            "silent_s": round((now_ms - self.heard_ms) / 1000.0, 1),
            "loss_percent": round(self.sender.loss_percent, 1),
            "rate_hz": round(self.sender.rate_hz, 1),
            "round_trip_ms": self.round_trip_ms,
            "flight": None if self.flight is None else self.flight.name,
            "countdown_s": self.countdown_s,
            "text": self.last_text,
            "photos": len(self.photos),
            "camera": self.camera is not None,
        }

    def sample(self, now_ms: int) -> None:
        """Store a sample for the charts (`COLUMNS`)."""
        facts = self.facts(now_ms)
        if not facts["lost"]:
            self.history.append((round(now_ms / 1000.0, 1), *(facts.get(name) for name in COLUMNS[1:])))


def _same(photo: Photo, other: Photo) -> bool:
    """Check whether two messages describe the same picture: at the same place within half a metre."""
    return abs(photo[0] - other[0]) < SAME_PLACE_DEG and abs(photo[1] - other[1]) < SAME_PLACE_DEG


COLUMNS: Final = (
    "time_s", "lat", "lon", "height_m", "speed_mps", "climb_mps", "roll_deg", "pitch_deg", "battery_percent",
    "battery_v", "terrain_m", "alt_m", "airspeed_mps",
)  # fmt: skip
"""Columns of the history; `time_s` is link time."""
