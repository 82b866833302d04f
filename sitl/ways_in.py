"""The ways by which a firmware flies a body of our world: how it is started, and what of it our faults can break."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from autopilot.interface.records import dataclass
from sitl.ardupilot import faults as ardupilot_faults
from sitl.ardupilot import launcher as ardupilot
from sitl.child import SitlChild
from sitl.px4 import launcher as px4
from sitl.vehicles.outside import OutsideBody
from sitl.vehicles.outside_faults import SimParameter
from sitl.vehicles.wiring import PX4_STEPS, STEPS


class FirmwareLine(Protocol):
    """Port: the line on which a firmware speaks MAVLink."""

    def read(self) -> bytes:
        """Take what has come."""

    def write(self, data: bytes) -> None:
        """Send it."""


class Lockstep(Protocol):
    """Port: a firmware in lockstep with its body."""

    @property
    def body(self) -> OutsideBody: ...
    @property
    def line(self) -> FirmwareLine: ...
    @property
    def child(self) -> SitlChild: ...
    @property
    def switches(self) -> Mapping[str, Callable[[bool], None]]:
        """Faults of what is between body and firmware: each is told whether it holds."""

    def step(self, until_ms: float, stop: Callable[[], bool]) -> bool:
        """Wait until the firmware waits, and tell it what its sensors show; False when it has these of `until_ms`, or
        at `stop()`. SitlError when it has ended or hangs."""

    def close(self) -> None:
        """End the firmware."""


@dataclass(frozen=True, slots=True)
class WayIn:
    """Way in of the firmware `name`, on the command line `word`. `find`: its binary, by the kind that it flies and who
    was named, where `variable` of the environment names one otherwise; `version`: what tells its version in that file,
    and `listens` is in those that have this way in; `launch`: starts it, with a system id;
    `steps`: of its body in 20 ms, by the kinds that it flies; `by_parameter`: faults of what it simulates by itself;
    `unknown`: those that it cannot have; `hears`, `sees`: its parameters where it is told of other aircraft, and of
    obstacles, on its link."""

    word: str
    name: str
    find: Callable[[str, str], Path]
    variable: str
    version: bytes
    listens: bytes
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
    b"accel_body",
    ardupilot.launch_in_world,
    STEPS,
    ardupilot_faults.BY_PARAMETER,
    ardupilot_faults.UNKNOWN,
    {"ADSB_TYPE": 1.0},
    {"PRX1_TYPE": 2.0},
)
#: PX4's battery is its own: for one that a monitor tells of it has no time left (mavlink_receiver.cpp keeps 0), and it
#: leaves each mode. Below 7 % it does what COM_LOW_BAT_ACT says.
_PX4_BY_PARAMETER: Final = {
    "battery.low": (SimParameter("SIM_BAT_MIN_PCT", 6.0, 50.0), SimParameter("SIM_BAT_DRAIN", 1.0, 60.0))
}
_PX4 = WayIn(
    "px4",
    "PX4",
    px4.find_binary,
    px4.VARIABLE,
    rb"\bv1\.\d+\.\d+[\w.-]*",
    b"simulator_mavlink",
    px4.launch_in_world,
    PX4_STEPS,
    _PX4_BY_PARAMETER,
    ("rate.freeze", "rc.loss"),
    {},
    {},
)
#: By the word before the colon of `--vehicle`.
WAYS: Final[Mapping[str, WayIn]] = {way.word: way for way in (_ARDUPILOT, _PX4)}
