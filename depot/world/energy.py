"""Batteries and heat: energy that moves and is always somewhere, J.

What enters or leaves the modelled system is booked in `Accounts`, so that at every instant

    sum of batteries + sum of heat nodes + sum of accounts = constant.
"""

from __future__ import annotations

from msgspec import Struct, field

from autopilot.interface.mathematics import exp

J_PER_WH = 3600.0


class Accounts(Struct):
    """Energy that has left (positive) or entered (negative), J, by account ("array", "radiator", "chemistry" ...)."""

    j: dict[str, float] = field(default_factory=dict)

    def book(self, account: str, joules: float) -> None:
        self.j[account] = self.j.get(account, 0.0) + joules


class BusBattery(Struct):
    """`connected` False: it has dropped out of its bus; what is in it stays in it."""

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
        """Take up to `joules`; returns what came."""
        moved = min(max(joules, 0.0), self.usable_j)
        self.j -= moved
        return moved

    def charge(self, joules: float) -> float:
        """Put up to `joules` in; returns what went in."""
        moved = min(max(joules, 0.0), self.room_j)
        self.j += moved
        return moved


def draw_evenly(batteries: tuple[BusBattery, ...], joules: float) -> float:
    """From several batteries in proportion to what each has; returns what came."""
    there = drawn = 0.0
    for battery in batteries:
        there += battery.usable_j
    if there <= 0.0 or joules <= 0.0:
        return 0.0
    share = min(joules, there) / there
    for battery in batteries:
        drawn += battery.draw(battery.usable_j * share)
    return drawn


def charge_evenly(batteries: tuple[BusBattery, ...], joules: float) -> float:
    """Into several batteries in proportion to their room; returns what went in."""
    room = charged = 0.0
    for battery in batteries:
        room += battery.room_j
    if room <= 0.0 or joules <= 0.0:
        return 0.0
    share = min(joules, room) / room
    for battery in batteries:
        charged += battery.charge(battery.room_j * share)
    return charged


class HeatNode(Struct):
    """A lump of `j_k` J/K that loses `w_k` W/K to surroundings at `outside_k`. `coupling`: how much of that path still
    works, 0 to 1."""

    name: str
    j_k: float
    w_k: float
    outside_k: float
    k: float
    coupling: float = 1.0

    @property
    def j(self) -> float:
        """Heat in it above 0 K."""
        return self.k * self.j_k

    def heat(self, joules: float, seconds: float, accounts: Accounts) -> None:
        """`joules` come in evenly over `seconds`; exact solution of the linear node (Newton's law of cooling)."""
        before = self.j
        conductance = self.w_k * self.coupling
        if seconds <= 0.0 or conductance <= 0.0:
            self.k += joules / self.j_k
        else:
            settled = self.outside_k + joules / seconds / conductance
            self.k = settled + (self.k - settled) * exp(-seconds * conductance / self.j_k)
        accounts.book("radiator", before + joules - self.j)
