"""The runs whose bytes are kept: each takes an empty folder and gives what it wrote, by file name.

They go through the program's own ways (a `Session`, the command, a loop on its journal, a companion between stand-in
and ground station), in virtual time and in memory, so that every byte follows from the seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from autopilot.flight.lifecycle import FlightState
from autopilot.flight.messages import write_line
from autopilot.interface.geo import GeoPoint
from mavlink_bridge.clients import MissionDownload, MissionUpload, ParameterList, Target
from sortie import Session, mavlink
from sortie.api.sample import square
from sortie.api.testing.stand_in import StandIn
from sortie.loop.faults import parse_loop_fault
from sortie.loop.journal import LoopJournal
from sortie.loop.loop import LoopOrder
from sortie.loop.profile import load_profile
from sortie.loop.runner import LoopRun
from sortie.loop.view import LoopView
from sortie.nodes.recorder import record_flights
from sortie.runtime.pacing import FOR_EVER_MS
from tests.fakes import program
from tests.fakes.box_run import shortened
from tests.fakes.controller_bench import ControllerBench

Written = dict[str, bytes]
Scenario = Callable[[Path], Written]

HOME = GeoPoint(47.3769, 8.5417, 408.0)
SPEEDY = {"FM_COUNTDOWN": 1.0}
WINDY = {"SIM_WIND_SPD": 5.0, "SIM_WIND_DIR": 200.0, "SIM_WIND_TURB": 1.0}
USER_1, GO = 31010, 0x20


def copter_square(folder: Path) -> Written:
    """A square in gusts; GPS is lost on the way, and the battery sags."""
    faults = ("gps.loss@45..48", "rc.loss@60..61", "gcs.loss@62..63")
    with Session(home=(HOME, 30.0), seed=7, params=SPEEDY | WINDY, faults=faults, log_dir=folder / "logs") as session:
        return _flight(session, folder)


def rover_mission(folder: Path) -> Written:
    """A rover drives the square on its wheels."""
    with Session("sim:rover", home=(HOME, 120.0), seed=3, params=SPEEDY, log_dir=folder / "logs") as session:
        return _flight(session, folder)


def boat_mission(folder: Path) -> Written:
    """A boat sails the square in gusts."""
    with Session("sim:boat", home=(HOME, 60.0), seed=9, params=SPEEDY | WINDY, log_dir=folder / "logs") as session:
        return _flight(session, folder)


def _flight(session: Session, folder: Path) -> Written:
    """GO, to IDLE again: the flight's files and the messages of the flight manager's actors."""
    trace: list[str] = []
    flights = session.autopilot.flights
    assert flights is not None
    flights.kernel.trace = lambda entry: trace.append(write_line(entry))
    session.upload(square(HOME, takeoff=session.autopilot.facts.vehicle_class.name == "copter"))
    session.wait_armable()
    session.go()
    session.run_until(lambda session: flights.state is FlightState.FLYING)
    session.run_until(lambda session: flights.state is FlightState.IDLE)
    return logs_below(folder) | {"trace.jsonl": _lines(trace)}


def fly_command(folder: Path) -> Written:
    """The command `sortie fly` at full speed, two flights in a row, with a trace."""
    plan = Path(__file__).parents[2] / "examples" / "square.waypoints"
    done = program.run_apart(
        folder,
        "fly",
        str(plan),
        "--speedup",
        "0",
        "--seed",
        "5",
        "--repeat",
        "2",
        "--log-dir",
        "logs",
        "--trace",
        "trace.jsonl",
        "--link",
        "udpout:127.0.0.1:9",
        "--param",
        "FM_COUNTDOWN=1",
    )
    assert done.returncode == 0, done.stderr
    return logs_below(folder) | {"trace.jsonl": (folder / "trace.jsonl").read_bytes()}


def box_killed(folder: Path) -> Written:
    """`drone-box`: three sorties of a short harvest; the process is gone in the second one's harvest, and the next
    one goes on from the journal."""
    path, profile = folder / "loop.sqlite", shortened(0.03)

    def start() -> LoopRun:
        faults = [parse_loop_fault("debris@phase4+5#3")]
        view = LoopView(3, profile.units)
        return LoopRun(LoopOrder(profile, 4, faults, 3), LoopJournal(path), view, speedup=0.0, together_s=0.0)

    run = start()
    memory = run.loop.depot.memory
    while (memory.number, memory.phase.value) != (2, 4):
        run.runtime.step(FOR_EVER_MS)
    run.journal.close()
    run = start()
    run.run()
    return _journal(run)


def space_sorties(folder: Path) -> Written:
    """`space`: 15 sorties, some with faults."""
    profile, _ = load_profile("space")
    faults = [parse_loop_fault(text) for text in ("link_loss@phase3+60..phase3+90#5", "debris@phase4+5#9")]
    journal, view = LoopJournal(folder / "loop.sqlite"), LoopView(15, profile.units)
    run = LoopRun(LoopOrder(profile, 2, faults, 15), journal, view, speedup=0.0)
    run.run()
    return _journal(run)


def _journal(run: LoopRun) -> Written:
    """What a journal holds in the end, and close it."""
    journal = run.journal
    stored = journal.stored()
    assert stored is not None
    written = {
        "decisions.jsonl": _lines(map(json.dumps, journal.decisions())),
        "sorties.jsonl": _lines(map(json.dumps, journal.sorties())),
        "tracks.jsonl": _lines(json.dumps(entry) for entry in journal.tracks().items()),
        "levels.jsonl": _lines(map(json.dumps, journal.levels())),
        "state.bin": stored.state,
    }
    journal.close()
    return written


def companion(folder: Path) -> Written:
    """GO to a companion between the stand-in and a ground station: logs, trace, and the bytes on both links."""
    bench = ControllerBench(own={"FM_COUNTDOWN": 3.0}, controller=StandIn(seed=1), step_ms=20)
    to_controller, from_controller = bytearray(), bytearray()
    bench.to_controller = lambda data: _kept(to_controller, data)
    bench.from_controller = lambda data: _kept(from_controller, data)
    trace: list[str] = []
    flights = bench.autopilot.flights
    assert flights is not None
    flights.kernel.trace = lambda entry: trace.append(write_line(entry))
    record_flights(bench.service, folder / "logs")
    ground = bench.ground()
    bench.ready()
    bench.upload(square(StandIn().service.autopilot.facts.home or GeoPoint(-35.363261, 149.165230, 584.0)))
    ground.command(USER_1, GO)
    bench.run_until(lambda: flights.state is FlightState.FLYING)
    bench.run_until(lambda: flights.state is FlightState.IDLE)
    bench.run(2.0)
    heard = [f"{name} {frame.system}/{frame.component} {frame.payload.hex()}" for name, _, frame in ground.heard]
    return logs_below(folder) | {
        "trace.jsonl": _lines(trace),
        "to-controller.frames": bytes(to_controller),
        "from-controller.frames": bytes(from_controller),
        "ground.txt": _lines(heard),
    }


def _kept(record: bytearray, data: bytes) -> bytes:
    record += data
    return data


def lossy_session(folder: Path) -> Written:
    """A ground station on a link that loses a tenth and takes 120 ms uploads, reads back, and watches a flight."""
    with Session(home=HOME, seed=11, params=SPEEDY) as session:
        link = session.connect(loss=0.1, delay_ms=120, seed=6)  # one with which the request for streams arrives
        target = Target(1, 1)
        record = bytearray()
        link.ask(MissionUpload(target, square(HOME)))
        items = link.ask(MissionDownload(target)).items
        names = link.ask(ParameterList(target)).values
        link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 4, 1))
        session.start()
        while session.autopilot.facts.armed:
            session.run_for(1.0)
            record += link.read()
        events = [f"{entry.time_s:.3f} {entry.event}" for entry in session.events]
    return {
        "items.txt": _lines(map(str, items)),
        "parameters.txt": _lines(map(str, names)),
        "link.frames": bytes(record),
        "events.txt": _lines(events),
    }


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        copter_square,
        rover_mission,
        boat_mission,
        fly_command,
        box_killed,
        space_sorties,
        companion,
        lossy_session,
    )
}


def logs_below(folder: Path) -> Written:
    """All files of all flights, `0001/flight.tlog` and so on."""
    flights = folder / "logs" / "flights"
    return {str(path.relative_to(flights)): path.read_bytes() for path in sorted(flights.rglob("*.*"))}


def _lines(lines: object) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()  # type: ignore[attr-defined]
