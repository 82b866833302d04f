"""Faults of our grammar in a firmware that flies a body of ours: on the body, or by parameters of what the firmware
simulates by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from autopilot.interface import report as R
from autopilot.interface.records import dataclass
from autopilot.interface.vehicle import VehicleState
from sitl.kernel import layout as M
from sitl.kernel.reporting import fill_truth
from sitl.vehicles.simulated import SimulatedMachine

OF_WORLD = ("SIM_WIND_", "SIM_TIDE_", "SIM_COLLIDE", "SIM_PRX_", "SIM_GRIP_LOAD", "SIM_WINCH_LOAD", "SIM_PARA_SINK")
"""Prefixes of parameters that are the world's, whatever a firmware has of that name: wind and current, what a body is
to others, its sensor of obstacles, what it carries."""


@dataclass(frozen=True, slots=True)
class SimParameter:
    """A parameter while the fault lasts, and otherwise. `given`: the fault's own value, times this, is set instead."""

    name: str
    on: float
    off: float
    given: float = 0.0


class FirmwareFaults:
    """Faults of one firmware and of its body, `machine`; and the truth about that. `by_parameter`: what the firmware
    simulates; `switches`: what is between them; `unknown`: what nobody can break in it otherwise."""

    def __init__(
        self,
        machine: SimulatedMachine,
        by_parameter: Mapping[str, Sequence[SimParameter]],
        switches: Mapping[str, Callable[[bool], None]],
        unknown: Collection[str],
    ) -> None:
        self.machine = machine
        self._by_parameter, self._switches = by_parameter, switches
        self.unknown = frozenset(unknown).difference(switches)

    def names(self) -> tuple[str, ...]:
        """All faults that act."""
        elsewhere = {*self.unknown, *self._by_parameter}
        body = [name for name in self.machine.fault_names() if name not in elsewhere]
        return (*body, *self._by_parameter, *self._switches)

    def fill_truth(self, state: VehicleState) -> None:
        """Write what is true of the body into a report."""
        s, p, *_ = self.machine.rows()
        fill_truth(s[0], p[0], state.report)
        state.report[R.TRUE_CONTACT] = s[0, M.S_CONTACT]

    def set_parameter(self, name: str, value: float) -> None:
        """Let it act on the body, where it is the world's."""
        if name.startswith(OF_WORLD):
            self.machine.set_parameter(name, value)

    def inject(self, name: str, value: float | None, *, active: bool) -> Mapping[str, float] | None:
        """Begin or end a fault; parameters that the firmware is to be told. None: there is no fault of this name."""
        if name in self._switches:
            self._switches[name](active)
            return {}
        settings = self._by_parameter.get(name)
        if settings is None:
            acts = name not in self.unknown and self.machine.inject_fault(name, value, active=active)
            return {} if acts else None
        told = {}
        for setting in settings:
            on = setting.on if value is None or setting.given == 0.0 else value * setting.given
            told[setting.name] = on if active else setting.off
        return told
