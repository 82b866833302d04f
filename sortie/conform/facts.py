"""Facts about the examined vehicle: identity, capabilities, sent messages, parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final, TypeAlias

from autopilot.interface.records import dataclass, field
from autopilot.interface.texts import printable
from autopilot.mav import AutopilotType, Capability, Component, VehicleType
from mavlink_bridge.clients.parameters import ParameterValue
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import MavlinkFrame

_NO_VEHICLE: Final = frozenset(
    {VehicleType.GCS, VehicleType.ONBOARD_CONTROLLER, VehicleType.GIMBAL, VehicleType.ADSB, VehicleType.CAMERA}
)


@dataclass(frozen=True, slots=True)
class Heard:
    """Message of the vehicle with its frame, at link time `at_ms`."""

    message: Message
    frame: MavlinkFrame
    at_ms: int


@dataclass(slots=True)
class VehicleFound:
    """Examined vehicle. `system` and `component` are 0 until its HEARTBEAT. `version`: its AUTOPILOT_VERSION. `names`:
    number of each message of the autopilot. `camera`, `gimbal`: components that answered as such. `metadata`: its
    COMPONENT_METADATA. `values`: its parameters, after they were listed."""

    system: int = 0
    component: int = 0
    heartbeat: Message | None = None
    version: Message | None = None
    mavlink2: bool = False
    names: Counter[str] = field(default_factory=Counter)
    components: dict[int, Message] = field(default_factory=dict)
    camera: int | None = None
    camera_information: Message | None = None
    gimbal: int | None = None
    metadata: Message | None = None
    modes: dict[int, Message] = field(default_factory=dict)
    values: dict[str, ParameterValue] = field(default_factory=dict)

    def note(self, heard: Heard) -> None:
        """Note a message, independent of cases."""
        frame, message = heard.frame, heard.message
        if message.get_type() == "HEARTBEAT" and frame.system == (self.system or frame.system):
            self.components[frame.component] = message
        if (frame.system, frame.component) == (self.system, self.component):
            self.names[message.get_type()] += 1
            self.mavlink2 = self.mavlink2 or not frame.mavlink1
            if message.get_type() == "HEARTBEAT":
                self.heartbeat = message

    @property
    def armed(self) -> bool:
        """True if the last HEARTBEAT has the armed flag."""
        return self.heartbeat is not None and bool(self.heartbeat.base_mode & dialect.MAV_MODE_FLAG_SAFETY_ARMED)

    @property
    def capabilities(self) -> int:
        """MAV_PROTOCOL_CAPABILITY bits; 0 without a version."""
        return 0 if self.version is None else int(self.version.capabilities)

    def can(self, bit: Capability) -> bool:
        return bool(self.capabilities & bit)

    @property
    def firmware(self) -> str:
        if self.heartbeat is None:
            return "unknown"
        entry = dialect.enums["MAV_AUTOPILOT"].get(self.heartbeat.autopilot)
        name = f"autopilot {self.heartbeat.autopilot}" if entry is None else entry.name.removeprefix("MAV_AUTOPILOT_")
        return {"ARDUPILOTMEGA": "ArduPilot"}.get(name, name)

    @property
    def title(self) -> str:
        """Firmware, version and kind in one line."""
        kind = "" if self.heartbeat is None else f" {_entry('MAV_TYPE', self.heartbeat.type)}"
        return f"{self.firmware}{self.release}{kind}"

    @property
    def release(self) -> str:
        """Version from AUTOPILOT_VERSION after a blank, or ""."""
        if self.version is None or not self.version.flight_sw_version:
            return ""
        number = int(self.version.flight_sw_version)
        return f" {number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}"

    @property
    def revision(self) -> str:
        """Beginning of the hash of its source, from AUTOPILOT_VERSION."""
        if self.version is None:
            return ""
        commit = bytes(self.version.flight_custom_version).rstrip(b"\0")
        return commit.decode() if commit.isascii() and commit.decode().isprintable() else commit[::-1].hex()


Need: TypeAlias = Callable[[VehicleFound], str]
"""Precondition of a case: the reason why it is not applicable, or ""."""


def _entry(enumeration: str, value: int) -> str:
    entry = dialect.enums[enumeration].get(value)
    return str(value) if entry is None else entry.name.removeprefix(f"{enumeration}_").lower().replace("_", " ")


def is_flight_controller(message: Message, component: int) -> bool:
    """Check for the HEARTBEAT of a vehicle's autopilot."""
    return message.autopilot != AutopilotType.INVALID and (
        message.type not in _NO_VEHICLE or component == Component.AUTOPILOT1
    )


def can(bit: Capability, what: str) -> Need:
    return lambda found: "" if found.can(bit) else f"the vehicle does not say that it can: {what}"


def sends(*names: str) -> Need:
    """Require messages that the vehicle was heard to send."""

    def reason(found: VehicleFound) -> str:
        missing = [name for name in names if not found.names[name]]
        return f"it does not send {', '.join(missing)}" if missing else ""

    return reason


def has(what: str, fact: Callable[[VehicleFound], object]) -> Need:
    """Require something that was requested at the beginning."""
    return lambda found: "" if fact(found) is not None else f"it has no {what}"


def one_line(message: Message) -> str:
    """Return a message on one line, without long fields."""
    fields = []
    for name in message.get_fieldnames():
        value = getattr(message, name)
        if isinstance(value, list | tuple):
            value = (
                bytes(value).rstrip(b"\0").hex() if codec.definition(message.get_msgId()) and _bytes(value) else value
            )
        text = str(value)
        fields.append(f"{name}={text if len(text) <= 48 else text[:45] + '...'}")
    return printable(f"{message.get_type()} {' '.join(fields)}")


def _bytes(value: list[object] | tuple[object, ...]) -> bool:
    return all(isinstance(part, int) and 0 <= part < 256 for part in value)
