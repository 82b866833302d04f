"""Identity on the wire: an ArduPilot vehicle of some kind, version 4.6.2 (docs/reference/ground-stations.md, 1.2,
1.6).

Ground stations choose parameter names, plan protocols and texts by this; it does not change while a program runs.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import Capability, FirmwareVersion
from autopilot.vehicles.kinds import DEFAULT, vehicle_class
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware

GIT_HASH: Final = "5e471e00"
"""Eight characters in the place of a git hash."""
_DRONE_SHOWS: Final = 0x4000000
"""Bit of Skybrush's ArduCopter, and of no MAVLink dialect."""


@dataclass(frozen=True, slots=True)
class Identity:
    """`kind`: of `autopilot.vehicles.kinds`. `name`: what is stable for this vehicle (its seed, its state folder); the
    uid is made from it and, for any but the first, from its `system` id at start: two vehicles of one machine are two.
    `speaks`: the firmware that it is spoken to as. `serves_files`: parameters may be read as @PARAM/param.pck
    (capability FTP). `flies_shows`: of Skybrush's server, which looks for a bit of its own."""

    kind: str = DEFAULT.name
    name: str = "1"
    serves_files: bool = False
    system: int = 1
    speaks: Firmware = OWN
    flies_shows: bool = False

    @property
    def vehicle_class(self) -> VehicleClass:
        """Kind of the vehicle, with all its properties."""
        return vehicle_class(self.kind)

    @property
    def vehicle_type(self) -> int:
        """MAV_TYPE."""
        return self.vehicle_class.face.vehicle_type

    @property
    def firmware(self) -> str:
        """The name that the first banner line begins with."""
        return self.vehicle_class.face.firmware

    @property
    def capabilities(self) -> int:
        told = self.speaks.capabilities | (Capability.FTP if self.serves_files else 0)
        return told | _DRONE_SHOWS if self.flies_shows else told

    @property
    def uid2(self) -> bytes:
        """18 bytes, stable, not all zero."""
        name = self.name if self.system == 1 else f"{self.name} system {self.system}"
        return sha256(f"sortie {name}".encode()).digest()[:18]

    @property
    def uid(self) -> int:
        """The uid in 64 bits, not 0."""
        return int.from_bytes(self.uid2[:8], "little") or 1

    @property
    def software_version(self) -> int:
        """AUTOPILOT_VERSION.flight_sw_version."""
        major, minor, patch = self.speaks.version
        return major << 24 | minor << 16 | patch << 8 | FirmwareVersion.OFFICIAL

    def banner(self) -> list[str]:
        """The lines that introduce the vehicle, as ArduPilot has them. Mission Planner takes version, vehicle type and
        window title from them."""
        version = ".".join(map(str, self.speaks.version))
        serial = self.uid2[:12].hex().upper()
        lines = [
            f"{self.firmware} V{version} ({GIT_HASH})",
            f"ChibiOS: {GIT_HASH}",
            f"Sortie {serial[:8]} {serial[8:16]} {serial[16:24]}",
        ]
        frame = self.vehicle_class.face.frame
        return lines if frame is None else [*lines, frame]
