"""Control of the gimbal: a primary and a secondary holder (system, component), as in MAVLink's gimbal manager.

DO_GIMBAL_MANAGER_CONFIGURE changes them, for any sender. Without a holder anyone may move the gimbal, because most
ground stations never ask for control (ArduPilot's rule). With a holder all others are refused (PX4's rule). For a PX4
(`asked_first`) a sender without control is always refused, there is no secondary holder, and -2 is the vehicle itself
(its gimbal/input_mavlink.cpp). A mission is never refused. Source: https://mavlink.io/en/services/gimbal_v2.html,
MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts

Holder = tuple[int, int]
"""System and component."""
NOBODY: Final[Holder] = (0, 0)
_IDS: Final = range(256)
_KEEP, _TAKE, _RELEASE = -1.0, -2.0, -3.0  # orders of DO_GIMBAL_MANAGER_CONFIGURE in place of a system


class Control:
    """Primary and secondary holder of the gimbal, and who may move it. `itself()` is the vehicle's own id."""

    def __init__(self, facts: VehicleFacts, itself: Callable[[], Holder]) -> None:
        self.primary = NOBODY
        self.secondary = NOBODY
        self._facts = facts
        self._itself = itself

    @property
    def asked_first(self) -> bool:
        """True if a gimbal without a holder does not move for anyone."""
        return self._facts.personality.asks_for_gimbal

    def may(self, asker: Holder) -> bool:
        """True if `asker` may move the gimbal."""
        free = self.primary == self.secondary == NOBODY and not self.asked_first
        return free or asker in (self.primary, self.secondary)

    def configure(self, asker: Holder, params: Sequence[float]) -> bool:
        """Configure the holders from params 1 to 4: the primary's system and component, the secondary's. False, without
        a change, for numbers that are neither ids nor orders."""
        taker = self._itself() if self.asked_first and params[0] == _TAKE else asker
        primary = _after(self.primary, taker, params[0], params[1])
        secondary = _after(self.secondary, asker, params[2], params[3])
        if primary is None or secondary is None:
            return False
        self.primary = primary
        if not self.asked_first:
            self.secondary = secondary
        return True


def _after(holder: Holder, asker: Holder, system: float, component: float) -> Holder | None:
    """Holder after an order of `asker`, who releases only its own control. An id gives control to it; system 0: to
    nobody. None if there is no such order."""
    if system in _IDS and component in _IDS:
        return (int(system), int(component)) if system else NOBODY
    if system not in (_KEEP, _TAKE, _RELEASE) or component not in range(-3, 256):
        return None
    if system == _RELEASE:
        return NOBODY if holder == asker else holder
    return asker if system == _TAKE else holder
