"""Propellant and duration of a change of velocity by THRUSTER_FWD or THRUSTER_ATT (Tsiolkovsky 1903).

THRUSTER_FWD pushes along the body's x axis, so the craft turns before each burn. THRUSTER_ATT turns the craft and moves
it by small amounts in any direction.
"""

from __future__ import annotations

from enum import IntEnum
from math import radians

from msgspec import Struct

from autopilot.interface.mathematics import exp, hypot, log
from depot.physics.orbit import Vector
from depot.settings import EngineSettings


class Thruster(IntEnum):
    """Thruster that MODE_CTRL commands."""

    FWD = 0
    ATT = 1


def propellant_kg(mass_kg: float, dv_mps: float, exhaust_mps: float) -> float:
    """Propellant for a change of velocity of a craft of `mass_kg` before the burn, kg."""
    return mass_kg * (1.0 - exp(-dv_mps / exhaust_mps))


def delta_v_mps(mass_kg: float, propellant_kg: float, exhaust_mps: float) -> float:
    """Change of velocity by `propellant_kg`, m/s."""
    return exhaust_mps * log(mass_kg / (mass_kg - propellant_kg))


def thrust_n(engines: EngineSettings, thruster: Thruster, health: float) -> float:
    """Thrust with the fraction `health` of the thruster working, N."""
    return (engines.fwd_n if thruster is Thruster.FWD else engines.att_n) * max(health, 0.0)


def exhaust_mps(engines: EngineSettings, thruster: Thruster) -> float:
    return engines.fwd_exhaust_mps if thruster is Thruster.FWD else engines.att_exhaust_mps


def burn_s(mass_kg: float, dv_mps: float, exhaust_mps: float, newton: float) -> float:
    """Duration of a burn, s: propellant / flow, with flow = thrust / exhaust velocity."""
    return propellant_kg(mass_kg, dv_mps, exhaust_mps) * exhaust_mps / newton


def slew_kg(engines: EngineSettings, rate_dps: float) -> float:
    """Propellant of THRUSTER_ATT for turning at a rate and stopping again, kg: 2 x angular momentum / (arm x exhaust
    velocity)."""
    return 2.0 * engines.inertia_kg_m2 * radians(rate_dps) / engines.arm_m / engines.att_exhaust_mps


class BurnPurpose(IntEnum):
    """Purpose of a burn."""

    DEPART = 0  # onto the way out
    RETURN = 1  # onto the way back
    CORRECT = 2
    ARRIVE = 3  # at the end of a transfer: match the target's velocity
    TRIM = 4
    APPROACH = 5  # a pulse on the glide slope
    AWAY = 6  # leave for good


class ThrustCommand(Struct, frozen=True):
    """Command of MODE_CTRL to a thruster: a change of velocity, m/s in the Hill frame, from `at_ms` on. `until_ms`: end
    of the transfer that begins with it."""

    purpose: BurnPurpose
    thruster: Thruster
    dv: Vector
    at_ms: int
    until_ms: int = 0

    @property
    def dv_mps(self) -> float:
        return hypot(*self.dv)
