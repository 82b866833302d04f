"""MODE_CTRL and power: which loads stay on, and when a transit is flown in ECLIPSE/SURVIVAL (seed 000, 4.4)."""

from __future__ import annotations

from depot.names import Mode
from depot.readings import SkimmerReading
from depot.settings import PowerSettings
from depot.skimmer.helm import Helm

RESTORE = 1.2
"""Secondary loads come back at so much more than the charge at which they were shed."""


class Loads:
    """See the module. `power`: a table of the craft."""

    def __init__(self, helm: Helm, power: PowerSettings) -> None:
        self._helm = helm
        self._power = power

    def manage(self, reading: SkimmerReading, now_ms: int) -> None:
        """Secondary loads are the first that have to go: at low charge, long before ECLIPSE/SURVIVAL; and at once when
        arrays and batteries cannot carry all that is on, so that INTAKE and what routes its harvest keep theirs."""
        memory, low = self._helm.memory, self._power.shed_soc
        poor = reading.soc < (RESTORE * low if memory.shed else low)
        supply_w = reading.solar_w + reading.battery_w
        short = reading.demand_w > supply_w
        if (poor or short) is memory.shed:
            return
        facts = {"soc": reading.soc, "limit": low, "demand_w": reading.demand_w, "supply_w": supply_w}
        if memory.shed:
            self._helm.decide(now_ms, "restore_secondary_loads", "power allows them again", facts)
        else:
            why = "charge is low" if poor else "not all can be powered: what the mode is for keeps its power"
            self._helm.decide(now_ms, "shed_secondary_loads", why, facts)
        memory.shed = not memory.shed
        self._helm.vehicle.shed(memory.shed)

    def set_transit_mode(self, reading: SkimmerReading, usual: Mode, now_ms: int) -> bool:
        """ECLIPSE/SURVIVAL while power is poor, and in shadow between burns. False when the mode stays."""
        memory, low = self._helm.memory, self._power.survival_soc
        poor = reading.soc < (2.0 * low if memory.mode is Mode.SURVIVAL else low)
        dark = not reading.sunlit and not reading.thrusting
        wanted = Mode.SURVIVAL if poor or dark else usual
        if wanted is memory.mode:
            return False
        self._helm.set_mode(wanted, now_ms)
        if reading.transmits:
            self._helm.reports.announce(now_ms)
        return True
