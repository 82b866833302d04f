"""Firmwares that can fly a body of our simulator: how each is started, and which faults it can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from autopilot.interface.records import dataclass
from autopilot.vehicles.kinds import vehicle_class
from sitl.ardupilot import faults as ardupilot_faults
from sitl.ardupilot import launcher as ardupilot
from sitl.child import SitlChild
from sitl.px4 import launcher as px4
from sitl.vehicles.outside import OutsideBody
from sitl.vehicles.outside_faults import SimParameter
from sitl.vehicles.wiring import PX4_STEPS, STEPS


class FirmwareLine(Protocol):
    """Line on which a firmware speaks MAVLink."""

    def read(self) -> bytes:
        """Take the received bytes."""

    def write(self, data: bytes) -> None:
        """Send bytes."""


class Lockstep(Protocol):
    """A firmware in lockstep with its body."""

    @property
    def in_python(self) -> bool:
        """True if its steps are Python's, so that two threads that step two of them wait for Python's lock."""

    @property
    def body(self) -> OutsideBody: ...
    @property
    def line(self) -> FirmwareLine: ...
    @property
    def child(self) -> SitlChild: ...
    @property
    def switches(self) -> Mapping[str, Callable[[bool], None]]:
        """Faults between body and firmware: a function for each, called with True while the fault lasts."""

    def step(self, until_ms: float, stop: Callable[[], bool]) -> bool:
        """Wait for the firmware, and send it the samples of its sensors. False if it already has those of `until_ms`,
        or if `stop()` is true. SitlError if it has ended or hangs."""

    def close(self) -> None:
        """End the firmware."""


@dataclass(frozen=True, slots=True)
class WayIn:
    """A firmware that flies our bodies, called `name`, and `word` on the command line. `find` finds its binary, by kind
    and the given path; `variable` of the environment is the alternative. `version` matches its version in that file,
    which for a kind begins with `named` (in small letters). `listens` occurs in files that support this, and `feels` in
    those that take our battery for theirs (None: none does). `launch` starts it with a system id. `steps`: steps of its
    body in 20 ms, by kind. `by_parameter`: faults in its own simulation; `unknown`: faults that it cannot have.
    `hears`, `sees`: its parameters for other aircraft and for obstacles on its link."""

    word: str
    name: str
    find: Callable[[str, str], Path]
    variable: str
    version: bytes
    named: Callable[[str], str]
    listens: bytes
    feels: bytes | None
    launch: Callable[..., Lockstep]
    steps: Mapping[str, int]
    by_parameter: Mapping[str, Sequence[SimParameter]]
    unknown: Sequence[str]
    hears: Mapping[str, float]
    sees: Mapping[str, float]


_ARDUPILOT = WayIn(
    "ardupilot",
    "ArduPilot",
    ardupilot.find_binary,
    ardupilot.VARIABLE,
    rb"Ardu\w+ V\d[ -~]*",
    lambda kind: vehicle_class(kind).sitl_binary,
    b"accel_body",
    b"velocity_wind",  # came in one commit with `battery`, which also stands elsewhere (ArduPilot 30732, August 2025)
    ardupilot.launch_in_world,
    STEPS,
    ardupilot_faults.BY_PARAMETER,
    ardupilot_faults.UNKNOWN,
    {"ADSB_TYPE": 1.0},
    {"PRX1_TYPE": 2.0},
)
#: PX4 simulates its own battery. It takes a battery from its link to have no time left (mavlink_receiver.cpp keeps 0),
#: and leaves every mode. Below 7 % it does what COM_LOW_BAT_ACT says.
_PX4_BY_PARAMETER: Final = {
    "battery.low": (SimParameter("SIM_BAT_MIN_PCT", 6.0, 50.0), SimParameter("SIM_BAT_DRAIN", 1.0, 60.0))
}
_PX4 = WayIn(
    "px4",
    "PX4",
    px4.find_binary,
    px4.VARIABLE,
    rb"\bv1\.\d+\.\d+[\w.-]*",
    lambda kind: "v",
    b"simulator_mavlink",
    None,
    px4.launch_in_world,
    PX4_STEPS,
    _PX4_BY_PARAMETER,
    ("rate.freeze", "rc.loss"),
    {},
    {},
)
#: By the word before the colon of `--vehicle`.
WAYS: Final[Mapping[str, WayIn]] = {way.word: way for way in (_ARDUPILOT, _PX4)}
