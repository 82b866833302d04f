"""A storm around a relay: Sortie between ground stations and a flight controller, a stand-in that behaves as ArduPilot
or as PX4. The line to it is bad, or pulled; it restarts in flight; Sortie's process dies and finds it as it is."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, split_frames
from sortie.api.testing.stand_in import HOME, StandIn
from sortie.config.parameters import spoken_as
from tests.fakes.controller_bench import ControllerBench
from tests.stand_in.px4 import Px4StandIn
from tests.storm import acts
from tests.storm.acting import Acting
from tests.storm.invariant import Broken, Memory, When, by_occasion
from tests.storm.medium import Air, StormLink
from tests.storm.models import BY_NAME, MAVPROXY, STATIONS
from tests.storm.station import Script, Station
from tests.storm.story import Story
from tests.storm.swarm import STILL, ActPlan, FaultPlan, StationPlan, tick
from tests.storm.verdict import Verdict
from tests.storm.view import ARDUPILOT, PX4_MODES

LOOK_MS = 200
RECOVERY_MS = 10 * 60_000
ACTS = (
    "greet", "list parameters", "upload mission", "upload mission", "upload fence", "upload, then hang up",
    "download mission", "clear", "set parameter", "read parameter", "set current", "fly", "fly", "take off", "go to",
    "sticks", "mode", "disarm", "RTL", "STATUS", "hang up", "come back as another", "garbage", "speed", "time",
)  # fmt: skip
FAULTS = ("pulled", "bad line", "controller restarts", "kill", "partition", "bad air", "station gone")
_HEARTBEAT, _ACK = codec.id_of("HEARTBEAT"), codec.id_of("COMMAND_ACK")
_COMMANDS = codec.ids_of("COMMAND_LONG", "COMMAND_INT")


@dataclass(frozen=True)
class RelayPlan:
    """`line`: between Sortie and the controller."""

    seed: int
    minutes: float
    px4: bool = False
    line: Air = STILL
    stations: tuple[StationPlan, ...] = ()
    acts: tuple[ActPlan, ...] = ()
    faults: tuple[FaultPlan, ...] = ()
    package: ClassVar[bool] = False
    """A controller has no packages of Sortie."""

    @property
    def summary(self) -> str:
        controller = "PX4" if self.px4 else "ArduPilot"
        return (
            f"a relay before {controller}, {len(self.stations)} stations, {len(self.acts)} acts, "
            f"{len(self.faults)} faults, {self.minutes:.1f} minutes"
        )


def draw_relay(seed: int) -> RelayPlan:
    """The relay's storm of a seed."""
    random = Random(f"relay {seed}")
    minutes = random.choice((1.5, 2.5, 4.0))
    end_ms, count = minutes * 60_000, random.choice((1, 1, 2, 3))
    line = Air(random.choice((0.0, 0.0, 0.05)), 0.0, 0.0, random.choice((0.0, 0.0, 0.02)), random.choice((0, 20, 60)))
    stations = tuple(
        StationPlan(random.choice(STATIONS).name, 0, STILL if random.random() < 0.5 else Air(0.05, 0.05, 0.1, 0.0, 40))
        for _ in range(count)
    )
    possible = [act for act in ACTS if random.random() < 0.6] or ["fly"]
    faults_possible = [fault for fault in FAULTS if random.random() < 0.4]
    planned, at_ms = [], 8_000.0
    while at_ms < end_ms - 10_000:
        planned.append(
            ActPlan(tick(at_ms), random.randrange(count), random.choice(possible), random.randrange(1 << 30))
        )
        at_ms += random.expovariate(1.0 / random.choice((3_000, 8_000)))
    faults, at_ms = [], random.uniform(5_000.0, 20_000.0)
    while faults_possible and at_ms < end_ms - 10_000:
        lasts = random.choice((400, 2_000, 6_000, 12_000))
        faults.append(FaultPlan(tick(at_ms), random.choice(faults_possible), lasts, random.randrange(count)))
        at_ms += random.expovariate(1.0 / 20_000)
    return RelayPlan(seed, minutes, random.random() < 0.4, line, stations, tuple(planned), tuple(faults))


class RelayPeer:
    """A station on its link: what has come and left there, and when HEARTBEAT left last."""

    def __init__(self, station: Station, number: int, link: StormLink, now_ms: int) -> None:
        self.station, self.number, self.link = station, number, link
        self.reader = FrameReader()
        self.answered: Counter[int] = Counter()
        self.beat_ms = now_ms


class RelayVehicle:
    """The vehicle of the storm as stations know it."""

    kind = "copter"
    home = HOME

    def __init__(self, px4: bool) -> None:
        kind, name = vehicle_class(self.kind), "px4" if px4 else ARDUPILOT
        self.firmware = spoken_as(name, kind)
        self.modes = {
            spec.name: self.firmware.set_mode_params(number)
            for number, spec in kind.modes.specs.items()
            if not px4 or number in PX4_MODES
        }
        self.parameters = {"MPC_XY_CRUISE": (3.0, 12.0)} if px4 else {"WPNAV_SPEED": (200.0, 900.0)}
        self.uploads: dict[tuple[int, int], tuple[MissionItem, ...]] = {}

    def uploaded(self, kind: int, mark: int, items: tuple[MissionItem, ...]) -> None:
        """A station begins to upload a plan."""
        self.uploads[kind, mark] = items


class RelayStorm:
    """See the module. It is also the clock that its stations are on."""

    base_ms = 0

    def __init__(self, plan: RelayPlan) -> None:
        self.plan, self.story, self.over = plan, Story(), False
        self.views = [RelayVehicle(plan.px4)]
        self.stations = [
            Station(f"{each.model}/{number}", BY_NAME[each.model], self.story)
            for number, each in enumerate(plan.stations)
        ]
        self.airs = {station.name: each.air for station, each in zip(self.stations, plan.stations, strict=True)}
        self.at = {station.name: 0 for station in self.stations}
        self.tape: deque[bytes] = deque()
        self.peers: dict[str, RelayPeer] = {}
        self.memory: dict[str, Memory] = {}
        self.asked: Counter[int] = Counter()
        self.acting = Acting(self)  # type: ignore[arg-type]  # what acts ask of a storm is here
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = self._links = 0
        self._look_due_ms = 0
        self._occasions = by_occasion()
        controller = Px4StandIn(seed=plan.seed % 1000) if plan.px4 else StandIn(seed=plan.seed % 1000)
        self.bench = ControllerBench(controller=controller, step_ms=20)
        self.line = StormLink(plan.seed, plan.line)
        self._line_reader, self.line_beat_ms = FrameReader(), 0
        """When a HEARTBEAT of the controller came whole over the line."""
        self._tie()

    # --- time -----------------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        return self.bench.now_ms

    @property
    def storm_ms(self) -> int:
        return self.bench.now_ms

    @property
    def runtime(self) -> RelayStorm:
        """The clock of the process that stations are on."""
        return self

    def at_ms(self, at_ms: int, act: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (at_ms, self._order, act))

    def run(self) -> Verdict[RelayPlan]:
        """To its end, or to the first invariant that does not hold."""
        broken, began_ms = None, self.now_ms
        try:
            for station in self.stations:
                self.connect(station)
            for number, act in enumerate(self.plan.acts):
                self.at_ms(act.at_ms, lambda act=act, number=number: self.acting.begin(act, number))
            for fault in self.plan.faults:
                self.at_ms(fault.at_ms, lambda fault=fault: self._strike(fault))
            self._pass_until(round(self.plan.minutes * 60_000))
            self._recover()
        except Broken as reason:
            broken = reason
        except Exception as error:  # noqa: BLE001 - a service has raised
            broken = Broken("no service raises", f"{type(error).__name__}: {error}")
        if broken is not None:
            self.story.say(self.now_ms, "INVARIANT", str(broken))
        return Verdict(self.plan, broken, self.story, (self.now_ms - began_ms) / 1000.0, self.now_ms)

    def _pass_until(self, end_ms: int, done: Callable[[], bool] = lambda: False) -> None:
        while self.now_ms < end_ms and not done():
            self._step()
            while self._events and self._events[0][0] <= self.now_ms:
                heapq.heappop(self._events)[2]()

    def _step(self) -> None:
        bench = self.bench
        bench.pass_time()
        bench.hear_controller()
        bench.service.run_to(bench.now_ms - bench._zero_ms, bench.now_ms)
        for peer in tuple(self.peers.values()):
            self._exchange(peer)
        bench.tell_controller()
        if self.now_ms >= self._look_due_ms:
            self._look_due_ms = self.now_ms + LOOK_MS
            self._call(When.RELAY_PASS)

    def _exchange(self, peer: RelayPeer) -> None:
        station, link, service, now_ms = peer.station, peer.link, self.bench.service, self.now_ms
        link.advance(now_ms)
        came = link.a.read()
        if came:
            self._came(peer, came)
            service.receive(peer.number, came, now_ms)
        left = service.endpoint.take_bytes(peer.number)
        if left:
            link.a.write(b"".join(filter(station.hears, self._left(peer, left))))
        heard = link.b.read()
        if heard:
            station.hand(heard, now_ms)
        station.serve_links(now_ms)
        said = station.take()
        if said:
            link.b.write(said)

    # --- what is seen ---------------------------------------------------------------------------------------------
    def _came(self, peer: RelayPeer, data: bytes) -> None:
        self.story.hear(self.now_ms, data)
        for frame in peer.reader.receive(data, self.now_ms):
            if not frame.known:
                continue
            self.memory["asked"] = {"at": self.now_ms}
            if frame.msg_id in _COMMANDS:
                message: Any = codec.decode(frame.msg_id, frame.payload)
                self.asked[message.command] += 1

    def _left(self, peer: RelayPeer, data: bytes) -> Sequence[bytes]:
        self.story.hear(self.now_ms, data)
        frames = tuple(frame for frame in split_frames(data) if frame[0] == 0xFD)
        for frame in frames:
            msg_id = frame[7] | frame[8] << 8 | frame[9] << 16
            if msg_id == _HEARTBEAT and frame[5] == 1 and frame[6] == 1:
                peer.beat_ms = self.now_ms
            elif msg_id == _ACK and frame[5] == 1:  # a station's garbage may be an answer to another
                message: Any = codec.decode(msg_id, frame[10 : 10 + frame[1]])
                if message.result != 5:
                    peer.answered[message.command] += 1
        return frames

    def _call(self, when: When) -> None:
        for each in self._occasions.get((when, ""), ()):
            wrong = each.holds(self)
            if wrong is not None:
                raise Broken(each.name, wrong)

    # --- stations -------------------------------------------------------------------------------------------------
    def connect(self, station: Station) -> None:
        if station.name in self.peers:
            return
        self._links += 1
        link = StormLink(self.plan.seed * 1000 + self._links, self.airs[station.name])
        link.advance(self.now_ms)
        station.tie(self, link)  # type: ignore[arg-type]  # the clock is all that it needs
        station.firmware = self.views[0].firmware
        number = self.bench.service.endpoint.open_link(station.name)
        self.peers[station.name] = RelayPeer(station, number, link, self.now_ms)

    def hang_up(self, station: Station) -> None:
        peer = self.peers.pop(station.name, None)
        if peer is not None:
            self.bench.service.endpoint.close_link(peer.number)
            station.untie()

    # --- faults ---------------------------------------------------------------------------------------------------
    def _tie(self) -> None:
        """The service of now, on the line."""
        self.bench.to_controller = self._to_controller
        self.bench.from_controller = self._from_controller
        self.memory["trouble"] = {"until": self.now_ms + 8_000}

    def _to_controller(self, data: bytes) -> bytes:
        return self._carry(self.line.a, self.line.b, data)

    def _from_controller(self, data: bytes) -> bytes:
        came = self._carry(self.line.b, self.line.a, data)
        if any(frame.known and frame.msg_id == _HEARTBEAT for frame in self._line_reader.receive(came, self.now_ms)):
            self.line_beat_ms = self.now_ms
        return came

    def _carry(self, near: Any, far: Any, data: bytes) -> bytes:
        self.line.advance(self.now_ms)
        if data:
            near.write(data)
        return far.read() or b""

    def _strike(self, fault: FaultPlan) -> None:
        self.story.say(self.now_ms, "fault", f"{fault.what} {fault.target} for {fault.lasts_ms} ms")
        facts = self.bench.autopilot.facts
        self.story.meet("relay fault", fault.what, f"{facts.armed} {self.bench.autopilot.modes.spec.name}")
        station = self.stations[fault.target]
        end: Callable[[], None] | None = None
        match fault.what:
            case "pulled":
                self.line.cut |= {0, 1}
                end = self.line.cut.clear
            case "bad line":
                self.line.set_air(Air(0.3, 0.0, 0.0, 0.1, 60))
                end = lambda: self.line.set_air(self.plan.line)
            case "controller restarts":
                self.bench.controller.restart(self.now_ms)
            case "kill":
                self._die()
            case "partition" if station.name in self.peers:
                cut = self.peers[station.name].link.cut
                cut |= {0, 1}
                end = cut.clear
            case "bad air" if station.name in self.peers:
                link = self.peers[station.name].link
                link.set_air(Air(0.5, 0.3, 0.4, 0.2, 300))
                end = lambda: link.set_air(self.airs[station.name])
            case "station gone":
                self.hang_up(station)
                end = lambda: self.connect(station)
        self._note_trouble(fault.lasts_ms if end is not None else 0)
        if end is not None:
            self.at_ms(self.now_ms + fault.lasts_ms, end)

    def _note_trouble(self, lasts_ms: int) -> None:
        memory = self.memory["trouble"]
        memory["until"] = max(memory["until"], self.now_ms + lasts_ms + 8_000)

    def _die(self) -> None:
        """The service is gone; the controller flies on, and another service finds it."""
        self.story.deaths += 1
        here = [peer.station for peer in self.peers.values()]
        for station in here:
            self.hang_up(station)
        cut, self.line.cut = self.line.cut, set()
        again = ControllerBench.__new__(ControllerBench)
        again.adopt(self.bench)
        self.bench, self.line.cut = again, cut
        self._tie()
        for station in here:
            self.connect(station)

    # --- the end --------------------------------------------------------------------------------------------------
    def _recover(self) -> None:
        """All faults end, and a patient person with a good link brings it down."""
        self.over = True
        self._events.clear()
        self.line.cut.clear()
        self.line.set_air(STILL)
        for station in self.stations:
            station.drop_all()
            self.hang_up(station)
        self._pass_until(self.now_ms + 5_000)
        rescuer = Station("rescuer", MAVPROXY, self.story)
        self.airs[rescuer.name], self.at[rescuer.name] = STILL, 0
        self.connect(rescuer)
        rescuer.do("bring home", lambda: self._bring_home(rescuer))
        self._pass_until(self.now_ms + RECOVERY_MS, lambda: not rescuer.busy)
        self._call(When.RELAY_END)

    def _bring_home(self, s: Station) -> Script:
        patient = acts.Patience(1000, 5)
        for attempt in range(8):
            if not self.bench.controller.armed:
                return True
            wanted = self.views[0].modes["LAND" if attempt % 2 else "RTL"]
            yield from acts.command(s, acts.Cmd.DO_SET_MODE, *wanted, patience=patient)
            for _ in range(30):
                yield from s.sleep(2000)
                if not self.bench.controller.armed:
                    return True
            yield from acts.command(s, acts.Cmd.COMPONENT_ARM_DISARM, 0, patience=patient)
        return not self.bench.controller.armed


def run_relay(plan: RelayPlan) -> Verdict[RelayPlan]:
    """Run a storm around a relay."""
    return RelayStorm(plan).run()
