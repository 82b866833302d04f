"""Who may move the gimbal, and every order for every holder."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from autopilot.mount.control import NOBODY, Control

VEHICLE = (1, 1)
FREE, OF_A_PX4 = (SimpleNamespace(personality=SimpleNamespace(asks_for_gimbal=asks)) for asks in (False, True))
ME, OTHER, NAMED = (255, 190), (42, 191), (7, 100)
KEEP = (-1.0, -1.0)
GIVE, TAKE, RELEASE = (7.0, 100.0), (-2.0, -2.0), (-3.0, -3.0)
#: Order, holder before it, holder after it.
ORDERS = [
    (KEEP, NOBODY, NOBODY), (KEEP, ME, ME), (KEEP, OTHER, OTHER),
    (TAKE, NOBODY, ME), (TAKE, ME, ME), (TAKE, OTHER, ME),
    (RELEASE, NOBODY, NOBODY), (RELEASE, ME, NOBODY), (RELEASE, OTHER, OTHER),
    (GIVE, NOBODY, NAMED), (GIVE, ME, NAMED), (GIVE, OTHER, NAMED),
]  # fmt: skip


def held_by(holder: tuple[int, int]) -> Control:
    control = Control(FREE, lambda: VEHICLE)
    control.primary = holder
    return control


@pytest.mark.parametrize(("order", "before", "after"), ORDERS)
@pytest.mark.parametrize("first", [True, False])
def test_each_order(order: tuple[float, float], before: tuple[int, int], after: tuple[int, int], first: bool) -> None:
    """Of the primary and of the secondary holder, each for itself."""
    control = Control(FREE, lambda: VEHICLE)
    if first:
        control.primary = before
    else:
        control.secondary = before
    assert control.configure(ME, (*order, *KEEP) if first else (*KEEP, *order))
    assert (control.primary if first else control.secondary) == after
    assert (control.secondary if first else control.primary) == NOBODY


def test_who_may() -> None:
    """Everybody while nobody has it, then only who has it, first or second."""
    control = Control(FREE, lambda: VEHICLE)
    assert control.may(ME)
    control.primary = OTHER
    assert not control.may(ME)
    control.secondary = ME
    assert control.may(ME)
    assert control.may(OTHER)
    assert not control.may(NAMED)
    control.primary = NOBODY
    assert not control.may(OTHER), "somebody still has it"


def test_a_px4_is_asked_first() -> None:
    """Nobody may while nobody holds it; there is no second holder; -2 is the vehicle, which a mission asks as."""
    control = Control(OF_A_PX4, lambda: VEHICLE)
    assert not control.may(ME)
    assert control.configure(ME, (*ME, *OTHER))
    assert (control.primary, control.secondary) == (ME, NOBODY)
    assert (control.may(ME), control.may(OTHER)) == (True, False)
    assert control.configure(OTHER, (-2.0, -2.0, *KEEP))
    assert (control.primary, control.may(OTHER)) == (VEHICLE, False)
    assert control.configure(ME, (-3.0, -3.0, *KEEP))
    assert control.primary == VEHICLE
    assert control.configure(VEHICLE, (-3.0, -3.0, *KEEP))
    assert control.primary == NOBODY


def test_system_0_is_nobody() -> None:
    """As MAVLink has it, whatever the component."""
    control = held_by(OTHER)
    assert control.configure(ME, (0.0, 5.0, *KEEP))
    assert control.primary == NOBODY


@pytest.mark.parametrize(
    "params", [(256.0, 1.0, -1.0, -1.0), (-4.0, -4.0, -1.0, -1.0), (1.5, 1.0, -1.0, -1.0), (1.0, 300.0, -1.0, -1.0),
               (-2.0, -9.0, -1.0, -1.0), (-2.0, -2.0, 999.0, 0.0), (1.0, -2.0, -1.0, -1.0)],
)  # fmt: skip
def test_what_is_no_order_changes_nothing(params: tuple[float, ...]) -> None:
    """Not even the half of it that is one."""
    control = held_by(OTHER)
    assert not control.configure(ME, params)
    assert (control.primary, control.secondary) == (OTHER, NOBODY)
