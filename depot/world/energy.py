"""Batteries and heat: energy that is moved and conserved, J.

Energy that enters or leaves the model is booked in `Accounts`, so that at every instant

    sum of batteries + sum of heat nodes + sum of accounts = constant.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from autopilot.interface.mathematics import exp

J_PER_WH = 3600.0


class Accounts(Struct):
    """Energy that has left (positive) or entered (negative) the model, J, by account ("array", "radiator",
    "chemistry")."""

    j: dict[str, float] = field(default_factory=dict)

    def book(self, account: str, joules: float) -> None:
        self.j[account] = self.j.get(account, 0.0) + joules


class BusBattery(Struct):
    """Battery on a bus. `connected` False: it has dropped out of the bus and keeps its energy."""

    name: str
    capacity_j: float
    j: float = 0.0
    connected: bool = True

    @property
    def usable_j(self) -> float:
        return self.j if self.connected else 0.0

    @property
    def room_j(self) -> float:
        return max(self.capacity_j - self.j, 0.0) if self.connected else 0.0

    def draw(self, joules: float) -> float:
        """Take up to `joules`; returns the amount taken."""
        moved = min(max(joules, 0.0), self.usable_j)
        self.j -= moved
        return moved

    def charge(self, joules: float) -> float:
        """Put in up to `joules`; returns the amount stored."""
        moved = min(max(joules, 0.0), self.room_j)
        self.j += moved
        return moved


def draw_evenly(batteries: tuple[BusBattery, ...], joules: float) -> float:
    """Take energy from several batteries in proportion to their content; returns the amount taken."""
    return _evenly([(battery.usable_j, battery.draw) for battery in batteries], joules)


def charge_evenly(batteries: tuple[BusBattery, ...], joules: float) -> float:
    """Put energy into several batteries in proportion to their room; returns the amount stored."""
    return _evenly([(battery.room_j, battery.charge) for battery in batteries], joules)


def _evenly(parts: list[tuple[float, Callable[[float], float]]], joules: float) -> float:
    whole = moved = 0.0
    for most, _ in parts:
        whole += most
    if whole <= 0.0 or joules <= 0.0:
        return 0.0
    share = min(joules, whole) / whole
    for most, move in parts:
        moved += move(most * share)
    return moved


class HeatNode(Struct):
    """Body of `j_k` J/K that loses `w_k` W/K to surroundings at `outside_k`. `coupling`: working fraction of that
    path."""

    name: str
    j_k: float
    w_k: float
    outside_k: float
    k: float
    coupling: float = 1.0

    @property
    def j(self) -> float:
        """Heat content above 0 K, J."""
        return self.k * self.j_k

    def heat(self, joules: float, seconds: float, accounts: Accounts) -> None:
        """Add `joules` evenly over `seconds`: exact solution of Newton's law of cooling."""
        before = self.j
        conductance = self.w_k * self.coupling
        if seconds <= 0.0 or conductance <= 0.0:
            self.k += joules / self.j_k
        else:
            settled = self.outside_k + joules / seconds / conductance
            self.k = settled + (self.k - settled) * exp(-seconds * conductance / self.j_k)
        accounts.book("radiator", before + joules - self.j)
