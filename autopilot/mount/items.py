"""Commands that move the gimbal, from ground stations and missions, by their seven parameters.

NaN angles and rates count as missing. Source: ArduPilot AP_Mount.cpp, MAVLink's common.xml.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, radians
from types import MappingProxyType
from typing import Final

from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, Component, GimbalFlag, MountMode, Result
from autopilot.mount.mount import Mount
from autopilot.mount.rotation import Angles

Params = tuple[float, ...]
FAILED: Final = Outcome(Result.FAILED)
_DEVICE_PARAM: Final = MappingProxyType({
    Cmd.DO_GIMBAL_MANAGER_CONFIGURE: 7,
    Cmd.DO_GIMBAL_MANAGER_PITCHYAW: 7,
    Cmd.DO_SET_ROI_LOCATION: 1,
    Cmd.DO_SET_ROI_WPNEXT_OFFSET: 1,
    Cmd.DO_SET_ROI_NONE: 1,
    Cmd.DO_SET_ROI_SYSID: 2,
})  # fmt: skip
"""Number of the parameter that is a gimbal_device_id, by command."""


def is_for_gimbal(mount: Mount, command: int, params: Params) -> bool:
    """True if the command addresses the existing gimbal. If not it is refused as FAILED, as in ArduPilot."""
    index = _DEVICE_PARAM.get(Cmd(command))
    device = 0.0 if index is None else params[index - 1]
    return not isfinite(device) or mount.is_addressed(device)


def move(mount: Mount, flags: int, angles: Angles | None, rates: Angles | None) -> bool:
    """Order to a gimbal manager, rad, rad/s: GIMBAL_MANAGER_FLAGS, and angles, or rates, or neither (only flags). False
    for both, as in ArduPilot."""
    locked = bool(flags & GimbalFlag.YAW_LOCK)
    if flags & GimbalFlag.RETRACT:
        mount.set_mode(MountMode.RETRACT)
    elif flags & GimbalFlag.NEUTRAL:
        mount.set_mode(MountMode.NEUTRAL)
    elif angles is not None and rates is not None:
        return False
    elif angles is not None:
        mount.set_angles(angles, locked=locked)
    elif rates is not None:
        mount.set_rates(rates, locked=locked)
    else:
        mount.set_lock(locked)
    return True


def _both(a: float, b: float) -> Angles | None:
    """A pitch and a yaw, deg; None: missing."""
    return (0.0, radians(a), radians(b)) if isfinite(a) and isfinite(b) else None


def _pitch_yaw(mount: Mount, p: Params) -> Outcome:
    """DO_GIMBAL_MANAGER_PITCHYAW: pitch, yaw, pitch rate, yaw rate (deg), flags, -, device."""
    angles, rates = _both(p[0], p[1]), _both(p[2], p[3])
    half = angles is None and rates is None and any(isfinite(number) for number in p[:4])
    if half:
        return FAILED
    flags = int(p[4]) if isfinite(p[4]) else 0
    return ACCEPTED if move(mount, flags, angles, None if angles else rates) else FAILED


def _control(mount: Mount, p: Params) -> Outcome:
    """DO_MOUNT_CONTROL: pitch, roll, yaw (deg), height above home, latitude, longitude (deg x 1e7), MAV_MOUNT_MODE."""
    match p[6]:
        case MountMode.RETRACT | MountMode.NEUTRAL | MountMode.RC_TARGETING | MountMode.HOME_LOCATION:
            mount.set_mode(MountMode(int(p[6])))
        case MountMode.MAVLINK_TARGETING:
            pitch, roll, yaw = p[:3]
            if not (abs(pitch) <= 90.0 and abs(roll) <= 180.0 and abs(yaw) <= 360.0):
                return FAILED
            mount.set_angles((radians(roll), radians(pitch), radians(yaw)), locked=False)
            mount.turn_nose(radians(yaw))
        case MountMode.GPS_POINT:
            home, lat, lon = mount.home, p[4] * 1e-7, p[5] * 1e-7
            if home is None or not (on_earth(lat, lon) and isfinite(p[3])):
                return FAILED
            mount.look_at(GeoPoint(lat, lon, home.alt + p[3]))
        case _:
            return FAILED
    return ACCEPTED


def _configure(mount: Mount, p: Params) -> Outcome:
    """DO_MOUNT_CONFIGURE: MAV_MOUNT_MODE; its stabilisation flags have no effect."""
    if p[0] not in set(MountMode):
        return FAILED
    mount.set_mode(MountMode(int(p[0])))
    return ACCEPTED


def _next_waypoint(mount: Mount, p: Params) -> Outcome:
    """DO_SET_ROI_WPNEXT_OFFSET: parameters 5 to 7 are offsets of pitch, roll, yaw, deg."""
    pitch, roll, yaw = (radians(number) if isfinite(number) else 0.0 for number in p[4:7])
    mount.look_at_waypoint((roll, pitch, yaw))
    return ACCEPTED


def _system(mount: Mount, p: Params) -> Outcome:
    """DO_SET_ROI_SYSID: the system."""
    if not 1 <= p[0] <= 255:
        return FAILED
    mount.look_at_system(int(p[0]))
    return ACCEPTED


def _take_control(mount: Mount, p: Params) -> Outcome:
    """DO_GIMBAL_MANAGER_CONFIGURE of a mission, sent as the vehicle itself: -2 gives control to the vehicle, -3
    releases it."""
    holders = tuple(number if isfinite(number) else -1.0 for number in p[:4])
    return ACCEPTED if mount.control.configure((mount.system, Component.AUTOPILOT1), holders) else FAILED


MOUNT_ITEMS: Final[MappingProxyType[int, Callable[[Mount, Params], Outcome]]] = MappingProxyType({
    Cmd.DO_GIMBAL_MANAGER_CONFIGURE: _take_control,
    Cmd.DO_GIMBAL_MANAGER_PITCHYAW: _pitch_yaw,
    Cmd.DO_MOUNT_CONTROL: _control,
    Cmd.DO_MOUNT_CONFIGURE: _configure,
    Cmd.DO_SET_ROI_WPNEXT_OFFSET: _next_waypoint,
    Cmd.DO_SET_ROI_SYSID: _system,
})  # fmt: skip


def act(mount: Mount, command: int, params: Params) -> Outcome:
    """Carry out one of `MOUNT_ITEMS`."""
    return MOUNT_ITEMS[command](mount, params) if is_for_gimbal(mount, command, params) else FAILED
