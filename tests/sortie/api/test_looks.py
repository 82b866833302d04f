"""What a program looks at leaves nothing in a vehicle's files: not in its own, and not in its neighbours'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from autopilot.flight.messages import TraceEntry, write_line
from autopilot.mission.plan import Plan
from sortie import Fleet, Session, mavlink
from sortie.api.sample import square
from sortie.campaign.signals import Recorder

KINDS = ("copter", "rover", "boat")
FILE = "".join(f'[[vehicle]]\nkind = "{kind}"\noffset = [{40 * k}, 0]\n' for k, kind in enumerate(KINDS))
FIRST_GO_S, LATER_S, END_S = 9.0, 1.3, 60.1
LOOK_S = 0.13
PARAMS = {"FM_COUNTDOWN": 1.0, "SIM_WIND_SPD": 4.0, "SIM_WIND_TURB": 1.0, "SIM_WIND_DIR": 200.0}
FAULTS = ("gps.glitch=8@25..30", "rc.loss@40..41")
Files = dict[str, bytes]


def see(session: Session) -> object:
    """What programs look at: the state, and all that a claim asks."""
    return session.state, session.truth, session.time_s, session.autopilot.prearm.ok


class Watched:
    """A session whose actors' messages are kept, and which can be looked at."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self._folder = folder
        self._trace: list[str] = []
        flights = session.autopilot.flights
        assert flights is not None
        flights.kernel.trace = self._keep

    def _keep(self, entry: TraceEntry) -> None:
        self._trace.append(write_line(entry))

    def start(self) -> None:
        session = self.session
        home = session.autopilot.facts.home
        assert home is not None
        session.upload(square(home, takeoff=session.autopilot.facts.vehicle_class.flies))
        session.go()

    def left(self) -> Files:
        """After the end: its files and its trace."""
        files = {
            str(one.relative_to(self._folder)): one.read_bytes()
            for one in sorted(self._folder.rglob("*"))
            if one.is_file() and not one.is_symlink()
        }
        return files | {"trace": "\n".join(self._trace).encode()}


def pass_time(
    run_for: Callable[[float], None], until_s: float, now_s: Callable[[], float], looked: Sequence[Session]
) -> None:
    """To `until_s`, with looks on the way, or in one go."""
    while looked and now_s() + LOOK_S < until_s:
        run_for(LOOK_S)
        for session in looked:
            see(session)
    run_for(until_s - now_s())


def go_times(count: int) -> list[float]:
    return [FIRST_GO_S + LATER_S * k for k in range(count)]


def alone(fleet: Fleet, number: int, folder: Path, *, looks: bool) -> Files:
    """Vehicle `number` of the fleet, by itself."""
    one = fleet.vehicles[number]
    with Session(
        f"sim:{one.kind}",
        home=(one.home, one.heading_deg),
        seed=one.seed,
        log_dir=folder,
        faults=FAULTS,
        params=PARAMS | {"SYSID_THISMAV": one.system},
    ) as session:
        watched = Watched(session, folder)
        looked = [session] if looks else []
        pass_time(session.run_for, go_times(number + 1)[-1], lambda: session.time_s, looked)
        watched.start()
        pass_time(session.run_for, END_S, lambda: session.time_s, looked)
    return watched.left()


def flown(
    file: Path, folder: Path, looked_at: Sequence[int], measured: Sequence[int] = ()
) -> tuple[Fleet, list[Files]]:
    """All of them, with looks at some; of the `measured` ones a campaign takes its samples."""
    with Fleet(file=file, seed=7, params=PARAMS, faults=FAULTS, log_dir=folder) as fleet:
        for number in measured:
            Recorder(fleet[number], Plan())
        watched = [Watched(session, folder / one.label) for session, one in zip(fleet, fleet.vehicles, strict=True)]
        looked = [fleet[number] for number in looked_at]
        for begins_s, one in zip(go_times(len(fleet)), watched, strict=True):
            pass_time(fleet.run_for, begins_s, lambda: fleet.time_s, looked)
            one.start()
        pass_time(fleet.run_for, END_S, lambda: fleet.time_s, looked)
    return fleet, [one.left() for one in watched]


def same(ours: Files, theirs: Files, whose: str) -> None:
    assert sorted(ours) == sorted(theirs)
    assert len(theirs["flights/0001/flight.bin"]) > 100_000
    for name, data in theirs.items():
        assert ours[name] == data, f"{whose}: {name}"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fleet") / "fleet.toml"
    path.write_text(FILE)
    return path


def test_a_look_leaves_nothing_in_any_vehicles_files(file: Path, tmp_path: Path) -> None:
    """A copter, a rover and a boat: looked at every 130 ms or never, all or one of them, together or alone."""
    fleet, unseen = flown(file, tmp_path / "unseen", ())
    for looked_at, measured in (((0, 1, 2), ()), ((1,), (0, 1))):
        _, seen = flown(file, tmp_path / f"seen{len(looked_at)}", looked_at, measured)
        for number, files in enumerate(seen):
            same(files, unseen[number], f"vehicle {number + 1} of those where {looked_at} are looked at")
    for number, files in enumerate(unseen):
        for looks in (False, True):
            own = alone(fleet, number, tmp_path / f"alone-{number}-{looks}", looks=looks)
            same(own, files, f"vehicle {number + 1} alone, looked at: {looks}")


def spoken_with(session: Session, run_for: Callable[[float], None], watched: Watched) -> None:
    """A flight that two stations hear, one of them late and with losses, and that is told something on its way."""
    system = session.service.endpoint.system_id
    session.connect().send(mavlink.MAVLink_request_data_stream_message(system, 1, 0, 5, 1))
    run_for(9.37)
    late = session.connect(delay_ms=130, loss=0.1)
    late.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3))
    late.send(mavlink.MAVLink_request_data_stream_message(system, 1, 0, 7, 1))
    watched.start()
    run_for(20.0)
    late.send(mavlink.MAVLink_param_set_message(system, 1, b"RTL_ALT", 2000.0, 6))
    run_for(22.0)


def test_stations_leave_the_same_in_a_fleet_as_alone(file: Path, tmp_path: Path) -> None:
    """What comes over a link with its delay stops time at instants that are not the vehicle's."""
    with Fleet(file=file, seed=7, params=PARAMS, log_dir=tmp_path / "fleet") as fleet:
        one = fleet.vehicles[0]
        member = Watched(fleet[0], tmp_path / "fleet" / one.label)
        spoken_with(fleet[0], fleet.run_for, member)
    with Session(home=(one.home, one.heading_deg), seed=one.seed, params=PARAMS, log_dir=tmp_path / "alone") as session:
        own = Watched(session, tmp_path / "alone")
        spoken_with(session, session.run_for, own)
    same(own.left(), member.left(), "the vehicle that is spoken with")
