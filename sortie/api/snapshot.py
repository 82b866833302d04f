"""State of a vehicle at one instant, as plain values."""

from __future__ import annotations

from autopilot.core.autopilot import Autopilot
from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass
from autopilot.mission.sequencer import MissionState


@dataclass(frozen=True, slots=True)
class Battery:
    """Voltage (V), current (A), charge used since boot (mAh), remaining charge (0 to 1)."""

    voltage: float
    current: float
    used_mah: float
    remaining: float


@dataclass(frozen=True, slots=True)
class MissionProgress:
    """Progress of the mission. `item`: number of the current item (home is 0); `items`: number of the last one, 0
    without a mission."""

    state: MissionState
    item: int
    items: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State as the vehicle estimates it (not the simulator's true state).

    `time_s`: vehicle time since boot, s. `place`: degrees, m AMSL. `position`: NED, m from where it was switched on.
    `velocity`: NED, m/s. `ground_speed`: m/s. `attitude`: roll, pitch, yaw, rad. `height`: m above home, 0 while home
    is unknown. `distance`: m, horizontal, to the end of the current target. `armable`: the pre-arm checks pass."""

    time_s: float
    place: GeoPoint
    position: Ned
    velocity: Ned
    attitude: tuple[float, float, float]
    ground_speed: float
    height: float
    distance: float
    home: GeoPoint | None
    battery: Battery
    mode: str
    armed: bool
    armable: bool
    landed: bool
    mission: MissionProgress
    satellites: int


def snapshot(autopilot: Autopilot, now_ms: int) -> Snapshot:
    """Return the state of `autopilot` and its vehicle at vehicle time `now_ms`."""
    state, home = autopilot.vehicle.state, autopilot.facts.home
    r = state.report
    return Snapshot(
        time_s=now_ms / 1000.0,
        place=state.place,
        position=state.position,
        velocity=state.velocity,
        attitude=(float(r[R.ROLL]), float(r[R.PITCH]), float(r[R.YAW])),
        ground_speed=state.ground_speed,
        height=0.0 if home is None else float(r[R.ALT]) - home.alt,
        distance=float(r[R.WP_DISTANCE]),
        home=home,
        battery=Battery(float(r[R.BATT_V]), float(r[R.BATT_A]), float(r[R.BATT_MAH]), float(r[R.BATT_FRACTION])),
        mode=autopilot.modes.spec.name,
        armed=autopilot.facts.armed,
        armable=autopilot.prearm.ok,
        landed=state.landed,
        mission=MissionProgress(
            autopilot.sequencer.state(),
            autopilot.sequencer.current_nav_index(),
            max(autopilot.plans.mission.count() - 1, 0),
        ),
        satellites=int(r[R.GPS_SATS]),
    )
