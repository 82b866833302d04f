"""Control of the gimbal: a primary and a secondary holder (system, component), as in MAVLink's gimbal manager.

DO_GIMBAL_MANAGER_CONFIGURE changes them, for any sender. Without a holder anyone may move the gimbal, because most
ground stations never ask for control (ArduPilot's rule). With a holder all others are refused (PX4's rule). For a PX4
(`asked_first`) a sender without control is always refused, there is no secondary holder, and -2 is the vehicle itself
(its gimbal/input_mavlink.cpp). A mission is never refused. Source: https://mavlink.io/en/services/gimbal_v2.html,
MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts

Holder = tuple[int, int]
"""System and component."""
NOBODY: Final[Holder] = (0, 0)
_IDS: Final = range(256)


class HolderOrder(Enum):
    """Orders of DO_GIMBAL_MANAGER_CONFIGURE for a holder; the value is the parameter. Any id gives control to that
    id."""

    KEEP = -1
    TAKE = -2
    RELEASE = -3
    GIVE = None


class HeldBy(Enum):
    """Holder of the control, relative to the sender."""

    BY_NOBODY = "nobody"
    BY_ASKER = "the asker"
    BY_OTHER = "another"


class HeldThen(Enum):
    """Holder after an order."""

    AS_BEFORE = "as before"
    ASKER = "the asker"
    NAMED = "who is named"
    NOBODY = "nobody"


TABLE: Final = MappingProxyType({
    (HolderOrder.KEEP, HeldBy.BY_NOBODY): HeldThen.AS_BEFORE,
    (HolderOrder.KEEP, HeldBy.BY_ASKER): HeldThen.AS_BEFORE,
    (HolderOrder.KEEP, HeldBy.BY_OTHER): HeldThen.AS_BEFORE,
    (HolderOrder.TAKE, HeldBy.BY_NOBODY): HeldThen.ASKER,
    (HolderOrder.TAKE, HeldBy.BY_ASKER): HeldThen.ASKER,
    (HolderOrder.TAKE, HeldBy.BY_OTHER): HeldThen.ASKER,
    (HolderOrder.RELEASE, HeldBy.BY_NOBODY): HeldThen.AS_BEFORE,
    (HolderOrder.RELEASE, HeldBy.BY_ASKER): HeldThen.NOBODY,
    (HolderOrder.RELEASE, HeldBy.BY_OTHER): HeldThen.AS_BEFORE,
    (HolderOrder.GIVE, HeldBy.BY_NOBODY): HeldThen.NAMED,
    (HolderOrder.GIVE, HeldBy.BY_ASKER): HeldThen.NAMED,
    (HolderOrder.GIVE, HeldBy.BY_OTHER): HeldThen.NAMED,
})  # fmt: skip


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
        first, second = _order(params[0], params[1]), _order(params[2], params[3])
        if first is None or second is None:
            return False
        if self.asked_first:
            taker = self._itself() if first[0] is HolderOrder.TAKE else asker
            self.primary = _after(self.primary, taker, *first)
            return True
        self.primary = _after(self.primary, asker, *first)
        self.secondary = _after(self.secondary, asker, *second)
        return True


def _order(system: float, component: float) -> tuple[HolderOrder, Holder] | None:
    if system in _IDS and component in _IDS:
        return HolderOrder.GIVE, (int(system), int(component)) if system else NOBODY
    orders = {order.value: order for order in HolderOrder}
    order = orders.get(int(system)) if system in (-1.0, -2.0, -3.0) else None
    return None if order is None or component not in range(-3, 256) else (order, NOBODY)


def _after(holder: Holder, asker: Holder, order: HolderOrder, named: Holder) -> Holder:
    held_by = HeldBy.BY_NOBODY if holder == NOBODY else HeldBy.BY_ASKER if holder == asker else HeldBy.BY_OTHER
    match TABLE[order, held_by]:
        case HeldThen.ASKER:
            return asker
        case HeldThen.NAMED:
            return named
        case HeldThen.NOBODY:
            return NOBODY
    return holder
