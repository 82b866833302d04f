"""Resources of the skimmer: INTAKE -> CO2_STORE -> DOCK_PORT, FUEL_LOBES -> thrusters, three batteries on three buses,
HOT_SPINE (docs/reference/sortie-loop.md, "Skimmer topology"). State and rates only; a `Motion` flies it."""

from __future__ import annotations

from math import fsum

from msgspec import Struct, field

from depot.names import SkimmerMode
from depot.settings import PowerSettings, Profile
from depot.world.energy import J_PER_WH, Accounts, BusBattery, HeatNode, charge_evenly, draw_evenly
from depot.world.matter import Outside, Tank, let_out, take_in

START_SOC = 0.6
START_FUEL = 0.5


class Health(Struct):
    """Wear and broken parts. Fractions: 1 whole, 0 failed."""

    thruster_fwd: float = 1.0
    attitude: float = 1.0
    bus_pri: float = 1.0
    survival_heat: float = 1.0
    thermal_routes: float = 1.0
    intake: float = 1.0
    imu_ok: bool = True
    abort_sensors_ok: bool = True
    drift_m: float = 0.0
    cryo_extra_bar: float = 0.0
    current_ratio: float = 1.0
    signature_k: float = 0.0
    transmits: bool = True
    seal: float = 0.0
    thrust: float = 1.0
    capacity: float = 1.0
    overstress: int = 0
    stressed: bool = False  # in the present cycle
    hot: bool = False

    def feel(self, *, hot: bool) -> None:
        """Note thermal over-stress when it begins. A spine that is still hot at the dock belongs to the flight."""
        self.stressed |= hot and not self.hot
        self.hot = hot


class SkimmerResources(Struct):
    """State of all tanks, batteries and the spine. `leak_kg_s`: leak rate of each partition of CO2_STORE; `leaked_kg`:
    its loss so far."""

    partitions: list[Tank]
    fuel_stores: list[Tank]
    lobes: Tank
    batt_a: BusBattery
    batt_b: BusBattery
    batt_res: BusBattery
    spine: HeatNode
    leak_kg_s: list[float]
    leaked_kg: list[float]
    health: Health = field(default_factory=Health)
    mode: SkimmerMode = SkimmerMode.DOCKED
    shed: bool = False  # MODE_CTRL has switched the secondary loads off
    prelaunch: bool = False  # MODE_CTRL has set the pre-launch configuration
    harvesting: bool = False
    intake_factor: float = 1.0
    harvested_kg: float = 0.0
    harvest_s: float = 0.0
    min_soc: float = 1.0
    deep_discharges: int = 0
    deep: bool = False
    current_spikes: int = 0
    spiking: bool = False
    short_j: float = 0.0  # energy that the loads did not get in the last step
    dark: bool = False  # they got nothing at all

    @property
    def stores(self) -> tuple[Tank, ...]:
        return (*self.partitions, *self.fuel_stores)

    @property
    def store_kg(self) -> float:
        kg = 0.0
        for tank in self.partitions:
            kg += tank.kg
        for tank in self.fuel_stores:
            kg += tank.kg
        return kg

    @property
    def store_capacity_kg(self) -> float:
        return fsum(tank.capacity_kg for tank in self.stores)

    @property
    def soc(self) -> float:
        """State of charge of BATT_A and BATT_B together, relative to new batteries."""
        return (self.batt_a.usable_j + self.batt_b.usable_j) / (self.batt_a.capacity_j + self.batt_b.capacity_j)

    @property
    def total_kg(self) -> float:
        return self.store_kg + self.lobes.kg

    @property
    def total_j(self) -> float:
        return self.batt_a.j + self.batt_b.j + self.batt_res.j + self.spine.j


def new_skimmer(profile: Profile) -> SkimmerResources:
    """Skimmer on its dock before the first sortie."""
    skimmer, power, thermal = profile.skimmer, profile.power, profile.thermal
    count = skimmer.partitions

    def battery(name: str, wh: float, soc: float) -> BusBattery:
        return BusBattery(name, wh * J_PER_WH, wh * J_PER_WH * soc)

    return SkimmerResources(
        [Tank(f"CO2_STORE_{number + 1}", "CO2", skimmer.co2_store_kg / count) for number in range(count)],
        [Tank(f"{species}_STORE", species, kg) for species, kg in fuel_stores_kg(profile).items()],
        Tank("FUEL_LOBES", "CH4", skimmer.propellant_kg, skimmer.propellant_kg * START_FUEL),
        battery("BATT_A", power.batt_a_wh, START_SOC),
        battery("BATT_B", power.batt_b_wh, START_SOC),
        battery("BATT_RES", power.batt_res_wh, 1.0),
        HeatNode(
            "HOT_SPINE", thermal.spine_j_k, thermal.spine_w_k, thermal.environment_k, thermal.environment_k + 20.0
        ),
        [0.0] * count,
        [0.0] * count,
    )


def fuel_stores_kg(profile: Profile) -> dict[str, float]:
    """Tanks of the fuel store, sized by the fraction of their species in the intake, kg."""
    use = profile.skimmer
    shares = {species: share for species, share in use.shares.items() if species != "CO2"}
    whole = fsum(shares.values())
    if whole <= 0.0:
        return {"CH4": use.fuel_store_kg}
    return {species: use.fuel_store_kg * share / whole for species, share in shares.items() if share > 0.0}


def loads_w(power: PowerSettings, mode: SkimmerMode, *, prelaunch: bool = False) -> tuple[float, float, float]:
    """Loads of the primary, secondary and survival bus in a mode, W."""
    match mode:
        case SkimmerMode.DOCKED:
            return power.prelaunch_w if prelaunch else power.docked_w
        case SkimmerMode.CRUISE:
            return power.cruise_w
        case SkimmerMode.ACTIVE_HARVEST:
            return power.harvest_w
        case SkimmerMode.STANDBY:
            return power.standby_w
        case SkimmerMode.SURVIVAL:
            return power.survival_w


def load_w(state: SkimmerResources, power: PowerSettings, *, shed: bool) -> float:
    """Draw of the present mode, W; `shed`: without the secondary loads."""
    ratio = 1.0 if state.mode is SkimmerMode.SURVIVAL else state.health.current_ratio
    primary, secondary, survival = loads_w(power, state.mode, prelaunch=state.prelaunch)
    return (primary + survival + (0.0 if shed else secondary)) * ratio


def battery_w(state: SkimmerResources, power: PowerSettings) -> float:
    """Largest power of BATT_A and BATT_B, W."""
    return power.battery_w * ((state.batt_a.usable_j > 0.0) + (state.batt_b.usable_j > 0.0))


def powered(state: SkimmerResources, power: PowerSettings, supply_w: float) -> float:
    """Fraction of its power that each load gets, INTAKE too, when arrays and batteries cannot supply all."""
    needed_w = load_w(state, power, shed=state.shed)
    available_w = supply_w + battery_w(state, power)
    return 1.0 if needed_w <= available_w else available_w / needed_w


def burn(state: SkimmerResources, kg: float, outside: Outside) -> float:
    """Burn propellant; worn thrusters need more of it."""
    return let_out(state.lobes, kg / state.health.thrust, outside, "exhaust")


def harvest(state: SkimmerResources, profile: Profile, usual_kg: float, seconds: float, outside: Outside) -> None:
    """Run INTAKE for `seconds`; `usual_kg`: its usual intake in this time. Only what has room is taken in."""
    shares = profile.skimmer.shares
    kg = usual_kg * state.intake_factor * state.health.intake
    state.harvest_s += seconds
    for store in state.fuel_stores:
        state.harvested_kg += take_in(store, kg * shares[store.species], outside, "atmosphere")
    each = kg * shares["CO2"] / len(state.partitions)
    for tank in state.partitions:
        state.harvested_kg += take_in(tank, each, outside, "atmosphere")


def leak(state: SkimmerResources, seconds: float, outside: Outside) -> None:
    """Take out what leaks from the partitions."""
    for number, rate in enumerate(state.leak_kg_s):
        if rate > 0.0:
            state.leaked_kg[number] += let_out(state.partitions[number], rate * seconds, outside, "leak")


def run_buses(
    state: SkimmerResources, profile: Profile, seconds: float, accounts: Accounts, supply_w: float, *, thrusting: bool
) -> None:
    """Supply the loads from the arrays, then from the batteries; the rest charges the batteries.

    In ECLIPSE/SURVIVAL the reserve supplies the survival bus and the thrusters. `supply_w`: largest power of the
    arrays.
    """
    power = profile.power
    primary, secondary, survival = loads_w(power, state.mode, prelaunch=state.prelaunch)
    if state.shed:
        secondary = 0.0
    supply_j = supply_w * seconds
    mains = (state.batt_a, state.batt_b)
    if state.mode is SkimmerMode.SURVIVAL:
        need = (survival + (power.thruster_w if thrusting else 0.0)) * seconds
        from_array = min(supply_j, need)
        served = from_array + state.batt_res.draw(need - from_array)
    else:
        need = (primary + secondary + survival) * state.health.current_ratio * seconds
        from_array = min(supply_j, need)
        served = from_array + draw_evenly(mains, min(need - from_array, battery_w(state, power) * seconds))
        served += state.batt_res.draw(min(survival * seconds, need - served))
    spare = supply_j - from_array
    charged = state.batt_res.charge(spare)
    charged += charge_evenly(mains, spare - charged)
    accounts.book("array", -(from_array + charged))
    state.spine.heat(served, seconds, accounts)
    state.short_j = need - served if need - served > 1e-6 * need else 0.0
    state.dark = served <= 1e-6 * need
    state.min_soc = min(state.min_soc, state.soc)
    _count_stress(state, profile)


def _count_stress(state: SkimmerResources, profile: Profile) -> None:
    """Count deep discharges and current spikes, once each from beginning to end."""
    rules, deep, spiking = profile.retirement, state.soc < profile.retirement.deep_soc, False
    if state.mode is not SkimmerMode.SURVIVAL:
        spiking = state.health.current_ratio > rules.spike_ratio
    state.deep_discharges += int(deep and not state.deep)
    state.current_spikes += int(spiking and not state.spiking)
    state.deep, state.spiking = deep, spiking


def charge_from_dock(state: SkimmerResources, joules: float, soc: float) -> float:
    """Charge BATT_A and BATT_B to `soc` and the reserve fully from the depot's POWER_BUS; returns the energy used,
    J."""
    used = state.batt_res.charge(joules)
    for battery in (state.batt_a, state.batt_b):
        missing_j = max(battery.capacity_j * soc * state.health.capacity - battery.j, 0.0)
        used += battery.charge(min(missing_j, (joules - used)))
    return used


def missing_charge_j(state: SkimmerResources, soc: float) -> float:
    """Energy that `charge_from_dock` could still use, J."""
    missing = state.batt_res.room_j
    for battery in (state.batt_a, state.batt_b):
        missing_here_j = battery.capacity_j * soc * state.health.capacity - battery.j
        missing += min(max(missing_here_j, 0.0), battery.room_j)
    return missing


def wear(state: SkimmerResources, profile: Profile) -> None:
    """Wear of one more cycle: seals, thrusters, batteries."""
    rules, health = profile.retirement, state.health
    health.seal += rules.seal_wear
    health.thrust *= 1.0 - rules.thrust_wear
    health.capacity *= 1.0 - rules.capacity_wear
    if health.stressed:
        health.overstress += 1
        health.stressed = False
