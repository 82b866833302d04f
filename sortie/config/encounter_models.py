"""Encounter networks for `[encounters] model`: Sortie's own, a JSON file, or a correlated model of MIT Lincoln
Laboratory in its parameter format (for example `cor_v1.txt` of em-model-manned-bayes).

Such a file has sections after lines that begin with `#`: labels of variables; parents (a row and a column for each
variable); numbers of bins; counts (variable by variable, the bins of a row together, the first parent's bins fastest);
bounds of bins, `*` for categories. Units are knots, ft/min for climbs, degrees/s for turns, kt/s for acceleration, NM
for the horizontal and ft (unsigned) for the vertical miss distance. Transitions are not read: an intruder climbs and
turns as at the closest point.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

import sitl.world
from sitl.world import pairs
from sitl.world.pairs import PairNetwork, PairVariable, complaint
from sortie.config.errors import UserError
from sortie.config.files import named_path
from sortie.config.tables import read_text

SHIPPED: Final = {"small-uas": "small_uas.json"}
"""Names of the included networks, and their files."""
EMITTERS: Final = {
    "none": 0, "light": 1, "small": 2, "large": 3, "heavy": 5, "rotorcraft": 7, "glider": 9, "uav": 14,
}  # fmt: skip
"""Categories of aircraft by name: ADSB_EMITTER_TYPE."""
_LARGEST: Final = 8 << 20
_MOST: Final = 1_000_000
_KNOT, _FOOT, _MILE = 1852.0 / 3600.0, 0.3048, 1852.0
_LABELS: Final = {
    "L": (pairs.LAYER, 1.0),
    "v_1": (pairs.OWN_SPEED, _KNOT),
    "v_2": (pairs.SPEED, _KNOT),
    "\\dot h_1": (pairs.OWN_CLIMB, _FOOT / 60.0),
    "\\dot h_2": (pairs.CLIMB, _FOOT / 60.0),
    "\\dot v_2": (pairs.SPEEDS_UP, _KNOT),
    "\\dot \\psi_2": (pairs.TURN, 1.0),
    "\\beta": (pairs.COURSE, 1.0),
    "\\chi": (pairs.BEHIND, 1.0),
    "hmd": (pairs.MISS, _MILE),
    "vmd": (pairs.MISS_Z, _FOOT),
}
"""Our names and units for the Laboratory's labels. Other labels (airspace, categories) keep their names."""


class VariableRow(Struct, frozen=True, forbid_unknown_fields=True):
    """Variable in JSON."""

    name: Annotated[str, Meta(min_length=1, max_length=30)]
    odds: Annotated[list[list[float]], Meta(min_length=1, max_length=100_000)]
    given: list[str] = []
    cuts: Annotated[list[float], Meta(max_length=1000)] = []


class NetworkFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Network in JSON. `correlations`: two variables and their correlation, which a test checks."""

    variables: Annotated[list[VariableRow], Meta(min_length=1, max_length=100)]
    about: str = ""
    why: dict[str, str] = {}
    kinds: list[str] = []
    correlations: list[tuple[str, str, float]] = []


def read_network(model: str, folder: Path, where: str) -> str:
    """Read the text of a model: one of `SHIPPED`, or a file in `folder`. UserError."""
    if model in SHIPPED:
        return Path(sitl.world.__file__).with_name(SHIPPED[model]).read_text(encoding="utf-8")
    return read_text(folder / named_path(model), f"{where}: model {model}", _LARGEST)


@cache
def parse_network(text: str, name: str, where: str) -> PairNetwork:
    """Parse a network. UserError describes the mistake."""
    where = f"{where}: model {name}"
    try:
        found = _of_json(text, name) if text.lstrip().startswith("{") else _of_laboratory(text, name)
    except (ValueError, LookupError) as error:
        raise UserError(f"{where}: is no network of pairs: {error}") from None
    wrong = complaint(found)
    if wrong:
        raise UserError(f"{where}: {wrong}")
    return found


def _of_json(text: str, name: str) -> PairNetwork:
    file = msgspec.json.decode(text, type=NetworkFile)
    numbers = {row.name: number for number, row in enumerate(file.variables)}
    variables = tuple(
        PairVariable(row.name, tuple(row.cuts), tuple(numbers[word] for word in row.given), tuple(map(tuple, row.odds)))
        for row in file.variables
    )
    kinds = next((variable.bins for variable in variables if variable.name == pairs.KIND), 0)
    if len(file.kinds) != kinds:
        raise ValueError(f"{len(file.kinds)} words for {kinds} kinds")
    return PairNetwork(name, variables, tuple(EMITTERS[word] for word in file.kinds))


def _of_laboratory(text: str, name: str) -> PairNetwork:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    heads = [number for number, line in enumerate(lines) if line.startswith("#")]
    sections = {
        lines[head].lstrip("# "): lines[head + 1 : end]
        for head, end in zip(heads, [*heads[1:], len(lines)], strict=True)
    }
    labels = [label.strip().strip('"') for label in sections["labels_initial"][0].split(",")]
    graph = [[word == "1" for word in line.split()] for line in sections["G_initial"]]
    sizes = [int(word) for word in sections["r_initial"][0].split()]
    counts = [float(word) for word in sections["N_initial"][0].split()]
    bounds = [[] if line == "*" else [float(word) for word in line.split()] for line in sections["boundaries"]]
    if not len(labels) == len(graph) == len(sizes) <= len(bounds) or len(counts) > _MOST:
        raise ValueError("its sections do not fit each other")
    parents = {child: [number for number in range(len(labels)) if graph[number][child]] for child in range(len(labels))}
    tables: dict[int, PairVariable] = {}
    begin = 0
    for number, label in enumerate(labels):
        rows, size = 1, sizes[number]
        for parent in parents[number]:
            rows *= sizes[parent]
        end = begin + rows * size
        if end > len(counts):
            raise ValueError("fewer counts than its bins")
        odds = tuple(tuple(counts[k : k + size]) for k in range(begin, end, size))
        word, unit = _LABELS.get(label, (label, 1.0))
        tables[number] = PairVariable(word, tuple(unit * cut for cut in bounds[number]), (), odds)
        begin = end
    return PairNetwork(name, _sorted(tables, parents))


def _sorted(tables: dict[int, PairVariable], parents: dict[int, list[int]]) -> tuple[PairVariable, ...]:
    order: list[int] = []
    while len(order) < len(tables):
        ready = [k for k in tables if k not in order and all(parent in order for parent in parents[k])]
        if not ready:
            raise ValueError("its graph goes round")
        order.append(ready[0])
    places = {number: place for place, number in enumerate(order)}
    return tuple(
        PairVariable(tables[k].name, tables[k].cuts, tuple(places[parent] for parent in parents[k]), tables[k].odds)
        for k in order
    )
