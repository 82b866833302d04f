"""Identity of the vehicle in MAVLink: an ArduPilot vehicle, version 4.6.2 (docs/reference/ground-stations.md, 1.2,
1.6).

Ground stations select parameter names, plan protocols and texts by it. It does not change during a run.
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
"""Eight characters in place of a git hash."""
_DRONE_SHOWS: Final = 0x4000000
"""Capability bit of Skybrush's ArduCopter, in no MAVLink dialect."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Identity of one vehicle. `kind`: of `autopilot.vehicles.kinds`. `name`: stable name (its seed or state folder).

    The uid is made from `name` and, unless it is 1, from the first `system` id, so that two vehicles of one machine
    differ. `speaks`: firmware of its MAVLink. `serves_files`: @PARAM/param.pck is served (capability FTP).
    `flies_shows`: set the capability bit that Skybrush's server looks for. `has_terrain`: heights of the ground
    are known (capability TERRAIN).
    """

    kind: str = DEFAULT.name
    name: str = "1"
    serves_files: bool = False
    system: int = 1
    speaks: Firmware = OWN
    flies_shows: bool = False
    has_terrain: bool = False

    @property
    def vehicle_class(self) -> VehicleClass:
        return vehicle_class(self.kind)

    @property
    def vehicle_type(self) -> int:
        """MAV_TYPE."""
        kind, vtol = self.vehicle_class, self.speaks.habits.vtol_type
        return kind.face.vehicle_type if vtol is None or not (kind.has_stall_speed and kind.lands_anywhere) else vtol

    @property
    def firmware(self) -> str:
        """Name of the firmware in the banner."""
        return self.vehicle_class.face.firmware

    @property
    def capabilities(self) -> int:
        flags = self.speaks.capabilities | (Capability.FTP if self.serves_files else 0)
        flags |= Capability.TERRAIN if self.has_terrain else 0
        return flags | _DRONE_SHOWS if self.flies_shows else flags

    @property
    def uid2(self) -> bytes:
        """18 bytes, stable, not all zero."""
        name = self.name if self.system == 1 else f"{self.name} system {self.system}"
        return sha256(f"sortie {name}".encode()).digest()[:18]

    @property
    def uid(self) -> int:
        """First 64 bits of the uid, not 0."""
        return int.from_bytes(self.uid2[:8], "little") or 1

    @property
    def software_version(self) -> int:
        """AUTOPILOT_VERSION.flight_sw_version."""
        major, minor, patch = self.speaks.version
        return major << 24 | minor << 16 | patch << 8 | FirmwareVersion.OFFICIAL

    def banner(self) -> list[str]:
        """Texts that introduce the vehicle, as ArduPilot's. Mission Planner reads version, vehicle type and window
        title from them."""
        version = ".".join(map(str, self.speaks.version))
        serial = self.uid2[:12].hex().upper()
        lines = [
            f"{self.firmware} V{version} ({GIT_HASH})",
            f"ChibiOS: {GIT_HASH}",
            f"Sortie {serial[:8]} {serial[8:16]} {serial[16:24]}",
        ]
        frame = self.vehicle_class.face.frame
        return lines if frame is None else [*lines, frame]
