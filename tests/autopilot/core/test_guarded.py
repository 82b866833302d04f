"""A package's mode behind its guard: it is asked whatever another mode is asked."""

from __future__ import annotations

from autopilot.core.guarded import GuardedMode
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.vehicles.mode_table import ModeSpec
from tests.fakes.core_bench import Bench


class Returning(Mode):
    """One that takes targets and leads down, and whose landing may be aborted."""

    @property
    def takes_targets(self) -> bool:
        return True

    @property
    def leads_down(self) -> bool:
        return True

    def go_around(self, height_m: float = 0.0) -> bool:
        return height_m == 30.0


def no_report(error: Exception, where: str) -> None:
    raise error


def test_every_question_reaches_the_mode() -> None:
    """A question that a guard answers by itself has the answer of a mode that does nothing."""
    asked = {name for name in vars(Mode) if not name.startswith("_")}
    assert asked <= set(vars(GuardedMode))


def test_a_packages_mode_takes_targets_and_goes_around() -> None:
    context: VehicleContext = Bench().core.context
    spec = ModeSpec(200, "BACK")
    mode = GuardedMode(context, spec, Returning(context, spec), "some-package", no_report)
    assert mode.takes_targets and mode.leads_down and not mode.is_landing
    assert mode.go_around(30.0) and not mode.go_around()
