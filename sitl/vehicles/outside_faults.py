"""Faults of Sortie's fault grammar in a firmware that flies a simulated body. They act on the body, or by parameters of
the firmware's own simulation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from autopilot.interface import report as R
from autopilot.interface.records import dataclass
from autopilot.interface.vehicle import VehicleState
from sitl.kernel import layout as M
from sitl.kernel.reporting import fill_truth
from sitl.vehicles.simulated import SimulatedMachine

OF_WORLD = ("SIM_WIND_", "SIM_TIDE_", "SIM_COLLIDE", "SIM_PRX_", "SIM_GRIP_LOAD", "SIM_WINCH_LOAD", "SIM_PARA_SINK")
"""Prefixes of parameters that always act on the simulated world: wind, current, collisions, the obstacle sensor, the
payload. A firmware's parameters of these names have no effect."""
_OF_BOTH = ("battery.low",)
"""Faults that act on the body even if the firmware simulates the same thing: the motors turn by the body's battery."""


@dataclass(frozen=True, slots=True)
class SimParameter:
    """A parameter with its values during the fault (`on`) and otherwise (`off`). If `given` is not 0, the fault's own
    value times `given` is added to `off` during the fault."""

    name: str
    on: float
    off: float
    given: float = 0.0


class FirmwareFaults:
    """Faults of a firmware and its body `machine`, and the truth about the body. `by_parameter`: faults in the
    firmware's own simulation; `switches`: faults between firmware and body; `unknown`: faults that cannot be simulated.
    """

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
        """All faults that have an effect."""
        elsewhere = {*self.unknown, *self._by_parameter}
        body = [name for name in self.machine.fault_names() if name not in elsewhere]
        return (*body, *self._by_parameter, *self._switches)

    def fill_truth(self, state: VehicleState) -> None:
        """Write the truth about the body into a report."""
        s, p, *_ = self.machine.rows()
        fill_truth(s[0], p[0], state.report)
        state.report[R.TRUE_CONTACT] = s[0, M.S_CONTACT]

    def set_parameter(self, name: str, value: float) -> None:
        """Set a parameter of the body, if its name begins with a prefix of `OF_WORLD`."""
        if name.startswith(OF_WORLD):
            self.machine.set_parameter(name, value)

    def inject(self, name: str, value: float | None, *, active: bool) -> Mapping[str, float] | None:
        """Begin or end a fault. Returns parameters for the firmware, or None if there is no such fault."""
        if name in self._switches:
            self._switches[name](active)
            return {}
        settings = self._by_parameter.get(name)
        if settings is None:
            acts = name not in self.unknown and self.machine.inject_fault(name, value, active=active)
            return {} if acts else None
        if name in _OF_BOTH:
            self.machine.inject_fault(name, value, active=active)
        changed = {}
        for setting in settings:
            on = setting.on if value is None or setting.given == 0.0 else setting.off + value * setting.given
            changed[setting.name] = on if active else setting.off
        return changed
