"""`--with NAME[,NAME]`: equipment that ArduPilot has but does not enable by default.

A fitting sets a few parameters; `--param` takes precedence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sortie.config.errors import UserError, nearest

FITTINGS: Final[dict[str, tuple[str, ...]]] = {
    "arm-authorization": ("SRT_AUTH_REQ=1",),
    "camera": ("CAM1_TYPE=6",),
    "engine": ("EFI_TYPE=1",),
    "engine-start": ("ICE_ENABLE=1", "EFI_TYPE=1"),
    "follow": ("FOLL_ENABLE=1",),
    "generator": ("GEN_TYPE=3", "SERVO11_FUNCTION=42"),
    "gimbal": ("MNT1_TYPE=6",),
    "gripper": ("GRIP_ENABLE=1", "GRIP_TYPE=1", "SERVO9_FUNCTION=28", "SIM_GRIP_LOAD=0.4"),
    "landing-gear": ("LGR_ENABLE=1", "LGR_STARTUP=2", "SERVO8_FUNCTION=29"),
    "light": ("SRT_LIGHT=1",),
    "parachute": ("CHUTE_ENABLED=1", "CHUTE_TYPE=10", "SERVO10_FUNCTION=27", "SIM_PARA_ENABLE=1"),
    "remote-id": ("DID_ENABLE=1", "DID_MAVPORT=1", "DID_OPTIONS=1"),
    "rtsp": ("SIM_CAM_RTSP=8554", "CAM1_TYPE=6"),
    "show": ("SRT_SHOW=1",),
    "sprayer": ("SPRAY_ENABLE=1", "SERVO5_FUNCTION=22", "SERVO6_FUNCTION=23"),
    "traffic": ("ADSB_TYPE=1", "AVD_ENABLE=1"),
    "video": ("SIM_CAM_VIDPORT=5600", "CAM1_TYPE=6"),
    "winch": ("WINCH_TYPE=1", "SERVO7_FUNCTION=88", "SIM_WINCH_LOAD=0.4"),
}
"""Parameters of each fitting, in the form of `--param`. The first one switches it on, unless it is 0."""
SWITCHES: Final = {name: parameters[0].partition("=")[0] for name, parameters in FITTINGS.items()}
"""Switch parameter of each fitting."""


def fitting_names(text: str) -> tuple[str, ...]:
    """Parse names separated by commas."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in FITTINGS:
            raise UserError(f"unknown equipment '{name}'{nearest(name, FITTINGS)}; known are {', '.join(FITTINGS)}")
    return names


def fitted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(parameter for name in names for parameter in FITTINGS[name])


def fittings_of(values: Mapping[str, float]) -> list[str]:
    return [name for name, switch in SWITCHES.items() if values.get(switch, 0.0) != 0.0]
