"""Vehicle k of a fleet is the one that flies alone with its system id, seed and home: the same bytes in every file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autopilot.flight.messages import TraceEntry, write_line
from autopilot.interface.geo import GeoPoint
from sortie.api.sample import square
from sortie.config.formation import moved, seed_of
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.recorder import record_flights
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.runtime import Runtime
from tests.fakes.assembled import assembled
from tests.fakes.examples import examples

HOME = GeoPoint(47.3769, 8.5417, 408.0)
WINDY = ("SIM_WIND_SPD=4", "SIM_WIND_TURB=1", "FM_COUNTDOWN=1")
END_MS = 75_000
GO_MS = 20


class Flown:
    """What one vehicle leaves behind: its log folder and the messages of its actors. It starts as soon as it can be
    armed, `late_ms` after that, decided at its own deadlines."""

    def __init__(self, service: VehicleService, folder: Path, late_ms: int) -> None:
        self.service = service
        self.folder = folder
        self.trace: list[str] = []
        self._go_ms: int | None = None
        self._late_ms = late_ms
        self._gone = False
        self._recorder = record_flights(service, folder)
        flights = service.autopilot.flights
        assert flights is not None
        flights.kernel.trace = self._keep
        service.autopilot.plans.replace(0, square(HOME, takeoff=service.autopilot.facts.vehicle_class.flies))
        service.watchers.follow(self)

    def _keep(self, entry: TraceEntry) -> None:
        self.trace.append(write_line(entry))

    def next_deadline_ms(self) -> int | None:
        return self._go_ms

    def step(self, events: object, now_ms: int) -> None:
        if self._gone:
            return
        if self._go_ms is None and self.service.autopilot.prearm.ok:
            self._go_ms = now_ms + self._late_ms
        if self._go_ms is not None and now_ms >= self._go_ms:
            self._gone, self._go_ms = True, None
            flights = self.service.autopilot.flights
            assert flights is not None
            assert flights.go(now_ms).ok

    def left(self) -> dict[str, bytes]:
        """All its files, by their names."""
        self._recorder.finish(self.service.now_ms)
        files = {
            str(file.relative_to(self.folder)): file.read_bytes()
            for file in sorted(self.folder.rglob("*"))
            if file.is_file() and not file.is_symlink()
        }
        return files | {"trace": "\n".join(self.trace).encode()}


def run(runtime: Runtime) -> None:
    while runtime.now_ms < END_MS:
        runtime.step(END_MS)


def alone(one: VehicleSpec, folder: Path, late_ms: int) -> dict[str, bytes]:
    vehicles, runtime = assembled([replace(one, alone=True)])
    flown = Flown(vehicles.services[0], folder, late_ms)
    run(runtime)
    return flown.left()


def together(fleet: list[VehicleSpec], folder: Path, late_ms: list[int]) -> list[dict[str, bytes]]:
    vehicles, runtime = assembled(fleet)
    flown = [
        Flown(service, folder / one.label, late)
        for service, one, late in zip(vehicles.services, fleet, late_ms, strict=True)
    ]
    vehicles.node.load()  # streams of all are encoded in one call
    run(runtime)
    return [one.left() for one in flown]


def vehicle(system: int, kind: str, north: float, east: float, fault: tuple[str, ...] = ()) -> VehicleSpec:
    return VehicleSpec(kind, system, moved(HOME, north, east), 90.0, seed_of(7, system), param=WINDY, fault=fault)


def check(fleet: list[VehicleSpec], late_ms: list[int], folder: Path) -> None:
    for one, ours, late in zip(fleet, together(fleet, folder / "fleet", late_ms), late_ms, strict=True):
        theirs = alone(one, folder / f"alone-{one.label}", late)
        assert sorted(ours) == sorted(theirs)
        assert len(theirs["flights/0001/flight.tlog"]) > 100_000
        for name, data in theirs.items():
            assert ours[name] == data, f"vehicle {one.label}: {name}"


def test_each_of_three_kinds_flies_as_it_does_alone(tmp_path: Path) -> None:
    """A copter, a rover and a boat, one with a fault, in one fleet; every file that they leave."""
    fleet = [
        vehicle(1, "copter", 0.0, 0.0),
        vehicle(2, "rover", 40.0, 0.0),
        vehicle(3, "boat", 0.0, 40.0),
        vehicle(4, "copter", 40.0, 40.0, ("gps.glitch=8@20..25",)),
    ]
    check(fleet, [0, 500, 1_240, 20], tmp_path)


def test_the_neighbours_change_nothing(tmp_path: Path) -> None:
    """The same vehicle among others that fly otherwise leaves the same bytes."""
    one = vehicle(5, "copter", 0.0, 0.0)
    few = together([one, vehicle(6, "copter", 30.0, 0.0)], tmp_path / "few", [0, 60])
    others = [replace(vehicle(k, "rover" if k % 2 else "copter", 30.0 * k, 0.0)) for k in range(6, 10)]
    many = together([*others, one], tmp_path / "many", [40, 0, 980, 3_000, 0])
    assert few[0] == many[-1]


KINDS = st.sampled_from(["copter", "rover", "boat", "plane", "quadplane"])
MEMBER = st.tuples(KINDS, st.integers(-30, 30), st.integers(-30, 30), st.integers(0, 400))


@settings(max_examples=examples(2), deadline=None, suppress_health_check=list(HealthCheck))
@example(members=[("plane", 0, 0, 0), ("quadplane", 20, 0, 30)])
@given(members=st.lists(MEMBER, min_size=2, max_size=4))
def test_mixes_of_kinds_and_starts(members: list[tuple[str, int, int, int]], tmp_path_factory) -> None:
    """Whatever the kinds, places and instants of GO."""
    fleet = [vehicle(k + 1, kind, 10.0 * n, 10.0 * e) for k, (kind, n, e, _) in enumerate(members)]
    check(fleet, [GO_MS * late for *_, late in members], tmp_path_factory.mktemp("mix"))
