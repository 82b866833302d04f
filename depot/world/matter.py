"""Tanks, valves and manifolds: mass that is moved along a graph and conserved.

A `Tank` holds one species. A `FeedLine` leads from a manifold (or port) to a tank or another manifold over at least two
independent routes, each with its own valve. Mass passes while one route works. Mass that leaves or enters the model is
booked in `Outside`, so that at every instant

    sum of all tanks + sum of all outside accounts = constant.

The functions do not know time: the caller says how much to move, and gets the amount that was moved.
"""

from __future__ import annotations

from math import fsum

from msgspec import Struct, field


class Tank(Struct):
    """Tank with `kg` of `species`, at most `capacity_kg`."""

    name: str
    species: str
    capacity_kg: float
    kg: float = 0.0

    @property
    def room_kg(self) -> float:
        return max(self.capacity_kg - self.kg, 0.0)

    @property
    def fill(self) -> float:
        return self.kg / self.capacity_kg


class Outside(Struct):
    """Mass that has left (positive) or entered (negative) the model, kg, by account and species."""

    kg: dict[str, float] = field(default_factory=dict)

    def book(self, account: str, species: str, kg: float) -> None:
        """Book `kg` that leave by `account` (negative: enter)."""
        key = f"{account}/{species}"
        self.kg[key] = self.kg.get(key, 0.0) + kg

    def total(self, account: str) -> float:
        """Sum over all species of one account, kg."""
        return fsum(kg for key, kg in self.kg.items() if key.startswith(f"{account}/"))


class FeedLine(Struct):
    """Parallel routes between two points. A route is closed if its valve is stuck or the line is isolated. `kg_s`: flow
    of one route."""

    name: str
    kg_s: float
    open: list[bool] = field(default_factory=lambda: [True, True])
    isolated: bool = False

    @property
    def route(self) -> int | None:
        """Number of the route in use, the first that works; None: no route works."""
        return next((number for number, is_open in enumerate(self.open) if is_open and not self.isolated), None)

    def stick(self) -> None:
        """Let one more valve stick shut."""
        if (route := self.route) is not None:
            self.open[route] = False

    def free(self) -> None:
        self.open = [True] * len(self.open)


def take_in(tank: Tank, kg: float, outside: Outside, account: str) -> float:
    """Move `kg` from outside into a tank, as far as it has room; returns the amount moved."""
    moved = min(max(kg, 0.0), tank.room_kg)
    tank.kg += moved
    outside.book(account, tank.species, -moved)
    return moved


def let_out(tank: Tank, kg: float, outside: Outside, account: str) -> float:
    """Move `kg` out of a tank, as far as it has them; returns the amount moved."""
    moved = min(max(kg, 0.0), tank.kg)
    tank.kg -= moved
    outside.book(account, tank.species, moved)
    return moved


def reach(lines: tuple[FeedLine, ...]) -> float:
    """Flow that a path of lines can carry, kg/s: that of the slowest; 0 if one of them is closed."""
    slowest = float("inf") if lines else 0.0
    for line in lines:
        if line.isolated or True not in line.open:
            return 0.0
        if line.kg_s < slowest:
            slowest = line.kg_s
    return slowest


def transfer(source: Tank, sink: Tank, kg: float, outside: Outside, *, efficiency: float = 1.0) -> tuple[float, float]:
    """Move up to `kg` from `source` to `sink` of the same species. The fraction 1 - `efficiency` is lost and booked as
    "route_loss". Returns (taken, arrived)."""
    if source.species != sink.species:
        raise ValueError(f"{source.name} holds {source.species}, {sink.name} holds {sink.species}")
    taken = min(max(kg, 0.0), source.kg, sink.room_kg / efficiency if efficiency > 0.0 else source.kg)
    arrived = min(taken * efficiency, sink.room_kg)
    source.kg -= taken
    sink.kg += arrived
    if taken != arrived:
        outside.book("route_loss", source.species, taken - arrived)
    return taken, arrived


M_CO2, M_O2 = 44.009, 31.998
"""Molar masses, g/mol (IUPAC 2021, rounded)."""
O2_YIELD = M_O2 / (2.0 * M_CO2)
"""kg of O2 from 1 kg of CO2: 2 CO2 -> 2 CO + O2."""


def electrolyse(co2: Tank, o2: Tank, kg: float, outside: Outside) -> float:
    """Convert up to `kg` of CO2: O2 to its tank, CO overboard. Returns the CO2 used, limited by the room for O2."""
    used = min(max(kg, 0.0), co2.kg, o2.room_kg / O2_YIELD)
    co2.kg -= used
    made = min(used * O2_YIELD, o2.room_kg)
    o2.kg += made
    outside.book("soxe_vent", "CO", used - made)
    return used
