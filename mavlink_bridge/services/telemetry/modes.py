"""AVAILABLE_MODES: the flight modes that can be flown, so that a station offers these and no others.

A station asks for one index after the other (QGroundControl) or for all (index 0), and again when
AVAILABLE_MODES_MONITOR shows another number (https://mavlink.io/en/services/standard_modes.html). All are told as
ArduPilot tells them, as none of the standard ones: a station finds their meaning by number and name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autopilot.mav import StandardMode
from autopilot.modes.table import ModeSpec
from mavlink_bridge.messages import AvailableModes
from mavlink_bridge.services.base import Message

AVAILABLE_MODES: Final[int] = AvailableModes.id
_NAME_BYTES: Final = 35


def available_modes(modes: Sequence[ModeSpec], index: float) -> list[Message]:
    """The mode at `index` (from 1), all of them for 0, none for an index that is no mode's."""
    told = list(enumerate(modes, start=1))
    if index != 0.0:
        told = [one for one in told if one[0] == index]
    return [
        AvailableModes(len(modes), number, StandardMode.NON_STANDARD, spec.number, 0, _name(spec))
        for number, spec in told
    ]


def _name(spec: ModeSpec) -> bytes:
    return spec.name.replace("_", " ").encode()[: _NAME_BYTES - 1]
