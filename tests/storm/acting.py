"""Acts of a plan as scripts of their stations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import inf, nan
from random import Random
from typing import TYPE_CHECKING

from autopilot.mav import Cmd, MissionType
from mavlink_bridge.testing.hostile import HostilePeer
from tests.storm import acts, falls, packages, plans
from tests.storm.models import Patience
from tests.storm.station import Script, Station, dialect
from tests.storm.swarm import ActPlan

if TYPE_CHECKING:
    from tests.storm.world import Storm

GO, ABORT, STATUS = 0x20, 0x21, 0x22
PATIENT = Patience(1000, 10)
CROWD = 120
PRESSED: Mapping[str, Sequence[Sequence[str]]] = {
    "actor": (("fly", "burst"), ("fly", "burst", "burst"), ("GO", "STATUS"), ("fly",)),
    "disk slow": (("burst", "burst", "set home"), ("upload mission", "clear", "burst"), ("set parameter", "set home")),
    "disk full": (("set home", "upload fence"), ("set parameter", "clear all")),
    "write fails": (("set home", "set home"), ("upload rally", "set parameter"), ("clear all", "set home")),
}
"""What is asked for while something fails."""


_COMMANDS = (
    Cmd.COMPONENT_ARM_DISARM, Cmd.DO_CHANGE_SPEED, Cmd.DO_SET_ROI, Cmd.DO_SET_MISSION_CURRENT, Cmd.CONDITION_YAW,
    Cmd.SET_MESSAGE_INTERVAL, Cmd.REQUEST_MESSAGE, Cmd.DO_SET_MODE, Cmd.DO_SET_MODE, Cmd.NAV_LAND, Cmd.USER_1,
    Cmd.DO_FENCE_ENABLE, Cmd.MISSION_START, Cmd.DO_PAUSE_CONTINUE, 31_999, 65_000,
)  # fmt: skip


def _open_file(name: bytes, sequence: int, session: int) -> bytes:
    """OpenFileRO of MAVFTP."""
    return (bytes((sequence % 256, 0, session % 256, 4, len(name), 0, 0, 0, 0, 0, 0, 0)) + name).ljust(251, b"\0")


def _begun(script: Script) -> Script:
    return script


class Acting:
    """See the module."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        self._marks = 0

    def mark(self) -> int:
        """A new mark for a plan."""
        self._marks += 1
        return self._marks % (plans.MARKS - 1) + 1

    def begin(self, act: ActPlan, number: int) -> None:
        """The act's station begins it, or will when it is done with what it does."""
        storm = self.storm
        station = storm.stations[act.station]
        random = Random(act.seed)
        if act.what in ("hang up", "come back as another", "come back with an old sequence"):
            self._return(station, act.what, random)
            return
        if len(station.finished) and station.busy and random.random() < 0.2:
            station.drop_all()  # its person presses something else
        script = self._script(station, act.what, random)
        if script is not None:
            station.do(act.what, lambda: script)

    def _return(self, station: Station, what: str, random: Random) -> None:
        storm = self.storm
        storm.story.say(storm.now_ms, station.name, what)
        station.drop_all()
        storm.hang_up(station)
        if what == "come back as another":
            station.be(random.choice((255, 254, 200)), random.choice((190, 0, 25)))
        elif what == "come back with an old sequence":
            station.be(station.model.system, station.model.component, sequence=random.randrange(256))
        storm.at_ms(storm.now_ms + random.choice((0, 1_000, 20_000)), lambda: storm.connect(station))

    def _script(self, s: Station, what: str, random: Random) -> Script | None:
        storm = self.storm
        number = storm.at[s.name]
        view = storm.views[number]
        modes, home, kind = view.modes, view.home, view.kind
        match what:
            case "greet":
                return acts.greet(s)
            case "list parameters":
                return acts.list_parameters(s)
            case "upload mission" | "upload fence" | "upload rally" | "upload, then hang up":
                return self._upload(s, what, random)
            case "download mission":
                return acts.download(s, MissionType.MISSION)
            case "download fence":
                return acts.download(s, random.choice((1, 2)))
            case "clear":
                return acts.clear(s, random.choice((0, 0, 1, 2)))
            case "clear all":
                return acts.clear(s, MissionType.ALL)
            case "set parameter":
                name, (low, high) = random.choice(list(view.parameters.items()))
                return acts.set_parameter(s, name, float(random.randint(int(low), int(high))))
            case "read parameter":
                return acts.read_parameter(s, random.choice(list(view.parameters)))
            case "set current":
                return acts.set_current(s, random.randint(0, 8), old=random.random() < 0.5)
            case "fly" | "take off":
                over_home = view.firmware.habits.home_is_item_0  # as an ArduPilot counts; a PX4 from the sea
                up = acts.TAKEOFF_M + (0.0 if over_home else home.alt)
                return acts.fly(s, kind, modes, up, takeoff=what == "take off")
            case "go to":
                return acts.go_to(s, home, random.choice((acts.NEAR_M, acts.NEAR_M, acts.FAR_M)), random)
            case "go far":
                return acts.go_to(s, home, acts.FAR_M, random)
            case "arm by hand":
                return self._arm_by_hand(s, modes)
            case "arm, then burst":
                return self._arm_and_burst(s, random)
            case "many sets":
                return self._send_many(s, 2, 640, random)
            case "stray items":
                return self._stray(s, random)
            case "set home":
                return acts.set_home(s, home, random)
            case "sticks":
                return acts.sticks(s, random.choice((1.0, 5.0, 15.0)), random)
            case "mode":
                return acts.mode(s, random.choice(sorted(modes.values())))
            case packages.OWN_MODE:  # as PX4 it has another number at each start
                if view.plan.firmware != "ardupilot":
                    return None
                return acts.mode(s, view.firmware.set_mode_params(packages.MODE.number))
            case "RTL":
                return acts.mode(s, modes.get("RTL", min(modes.values())))
            case falls.STOP:
                return acts.command(s, Cmd.DO_FLIGHTTERMINATION, 1)
            case "disarm":
                return acts.command(s, Cmd.COMPONENT_ARM_DISARM, 0)
            case "GO" | "ABORT" | "STATUS":
                return acts.command(s, Cmd.USER_1, {"GO": GO, "ABORT": ABORT, "STATUS": STATUS}[what])
            case "speed":
                return acts.command(s, Cmd.DO_CHANGE_SPEED, 1, random.uniform(1, 9), -1)
            case "reboot":
                return acts.command(s, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 1)
            case "strange command":
                return self._strange(s, random)
            case "every message":
                return acts.every_message(s)
            case "time":
                return self._tell_time(s, random)
            case "replay":
                return self.replay(s, random) if s.intruder else None
            case "fence on" | "fence off":
                return acts.command(s, Cmd.DO_FENCE_ENABLE, float(what == "fence on"))
            case "garbage":
                return self._garbage(s, random)
            case "burst":
                return self._burst(s, random)
            case "log list":
                return self._say(s, dialect.MAVLink_log_request_list_message(*s.target, 0, 0xFFFF))
            case "file":
                return self._file(s, random)
        raise ValueError(what)

    def _upload(self, s: Station, what: str, random: Random) -> Script:
        view = self.storm.views[self.storm.at[s.name]]
        mark = self.mark()
        kind = {"upload fence": 1, "upload rally": 2}.get(what, 0)
        if kind == 0:
            items = plans.mission(random, mark, view.home, view.kind)
            if self.storm.plan.package:
                items = packages.strange(items, random)
        else:
            items = (plans.fence, plans.rally)[kind - 1](random, mark, view.home)
        view.uploaded(kind, mark, items)
        hang_up_after = random.randrange(len(items)) if what == "upload, then hang up" else None
        return acts.upload(s, kind, items, hang_up_after=hang_up_after)

    def _garbage(self, s: Station, random: Random) -> Script:
        peer = HostilePeer(random.randrange(1 << 30), system=255, component=190, spoilt=1.0)
        for _ in range(random.randint(1, 10)):
            s.send_bytes(peer.take(3))
            yield from s.sleep(100)
        if random.random() < 0.3:
            self._crowd(s)
            yield from s.sleep(100)

    def _crowd(self, s: Station) -> None:
        """A router behind the link: one command each of more systems than are remembered."""
        for number in range(CROWD):
            message = dialect.MAVLink_command_long_message(*s.target, Cmd.DO_CHANGE_SPEED, 0, 1, 5, -1, 0, 0, 0, 0)
            s.send_as(100 + number // 2, 1 + number % 2, message)

    def press(self, what: str, vehicle: int, value: int) -> None:
        """While this fails, somebody asks for what it is needed for."""
        random = Random(value)
        here = [s for s in self.storm.stations if self.storm.at[s.name] == vehicle and not s.intruder]
        if not here or random.random() < 0.4:
            return
        station = random.choice(here)
        for act in random.choice(PRESSED[what]):
            script = self._script(station, act, random)
            assert script is not None
            station.do(act, partial(_begun, script))

    def _burst(self, s: Station, random: Random) -> Script:
        """Many requests in one breath: queries, wishes that all differ, values that are set and read, plans that are
        cleared, files."""
        kind = random.randrange(5)
        return self._send_many(s, kind, random.randint(20, (300, 120, 640, 40, 30)[kind]), random)

    def _send_many(self, s: Station, kind: int, count: int, random: Random) -> Script:
        for number in range(count):
            s.send(self._one_of_many(s, kind, number, random))
        yield from s.sleep(20)

    def _arm_by_hand(self, s: Station, modes: acts.Modes) -> Script:
        """In a mode that needs no position."""
        yield from acts.mode(s, modes[next(name for name in ("STABILIZE", "MANUAL") if name in modes)])
        return (yield from acts.command(s, Cmd.COMPONENT_ARM_DISARM, 1))

    def _arm_and_burst(self, s: Station, random: Random) -> Script:
        """More wishes than may wait, from one who does not wait for the motors."""
        s.send(dialect.MAVLink_command_long_message(*s.target, Cmd.COMPONENT_ARM_DISARM, 0, 1, 0, 0, 0, 0, 0, 0))
        yield from s.sleep(200)
        yield from self._send_many(s, 1, 120, random)

    def _stray(self, s: Station, random: Random) -> Script:
        """Items of an upload that this station has not announced: of one before, or on another vehicle. While an
        upload of its own may still run, the vehicle cannot tell them from those that it asked for."""
        if MissionType.MISSION in s.counted_ms:
            ahead_ms = max(s.counted_ms[MissionType.MISSION] - s.now(), 0)
            yield from s.sleep(ahead_ms + acts.ABANDON_MS + acts.UNDER_WAY_MS)
        view = self.storm.views[self.storm.at[s.name]]
        mark = self.mark()
        items = plans.mission(random, mark, view.home, view.kind)
        view.uploaded(0, mark, items)
        wire = s.firmware.mission_to(items, None)
        for number in range(200):
            acts.send_item(s, MissionType.MISSION, number // 2 % len(wire), wire)
            yield from s.sleep(20)

    def _one_of_many(self, s: Station, kind: int, number: int, random: Random) -> object:
        match kind:
            case 0:
                return dialect.MAVLink_command_long_message(*s.target, Cmd.REQUEST_MESSAGE, 0, 148, 0, 0, 0, 0, 0, 0)
            case 1:
                speed = 3.0 + number / 100.0
                return dialect.MAVLink_command_long_message(*s.target, Cmd.DO_CHANGE_SPEED, 0, 1, speed, -1, 0, 0, 0, 0)
            case 2:
                name, (low, high) = random.choice(list(self.storm.views[self.storm.at[s.name]].parameters.items()))
                if number % 8 == 7:
                    return dialect.MAVLink_param_request_read_message(*s.target, name.encode(), -1)
                value = float(random.randint(int(low), int(high)))
                return dialect.MAVLink_param_set_message(*s.target, name.encode().ljust(16, b"\0"), value, 9)
            case 3:
                return dialect.MAVLink_mission_clear_all_message(*s.target, random.choice((1, 2)))
            case _:
                return dialect.MAVLink_file_transfer_protocol_message(
                    0, *s.target, _open_file(b"@PARAM/param.pck", number, number)
                )

    def replay(self, s: Station, random: Random) -> Script:
        """What others have signed, once more."""
        tape = list(self.storm.tape)
        for _ in range(random.randint(1, 30) if tape else 0):
            s.send_bytes(random.choice(tape))
            yield from s.sleep(20)

    def _strange(self, s: Station, random: Random) -> Script:
        """A command that is known, with numbers that no station would send."""
        number = random.choice(_COMMANDS)
        values = [random.choice((nan, inf, -inf, 1e30, -1.0, 0.0, 1.0, 255.0, 300.0, 65536.0)) for _ in range(7)]
        if number == Cmd.COMPONENT_ARM_DISARM:
            values[1] = 0.0  # 21196 is the only one that forces
        as_int = random.random() < 0.5
        whole = [round(value) if abs(value) < 2**31 else -(2**31) for value in (0.0, *values[4:6])][1:]
        yield from s.ask(
            lambda n: (
                dialect.MAVLink_command_int_message(*s.target, 3, number, 0, 0, *values[:4], *whole, values[6])
                if as_int
                else dialect.MAVLink_command_long_message(*s.target, number, n, *values)
            ),
            lambda message: message.get_type() == "COMMAND_ACK" and message.command == number,
            s.model.command,
        )

    def _tell_time(self, s: Station, random: Random) -> Script:
        """SYSTEM_TIME and TIMESYNC by its clock, whatever this says."""
        s.send(dialect.MAVLink_system_time_message(s.unix_us(), s.now() % (1 << 32)))
        s.send(dialect.MAVLink_timesync_message(0, s.unix_us() * 1000))
        yield from s.sleep(20)

    def _say(self, s: Station, message: object) -> Script:
        s.send(message)
        yield from s.sleep(20)

    def _file(self, s: Station, random: Random) -> Script:
        """MAVFTP: OpenFileRO of a file, read some, and forget to close it."""
        name = random.choice((b"@PARAM/param.pck?withdefaults=1", b"@SYS/uarts.txt", b"nothing"))
        payload = _open_file(name, random.randrange(200), 0)
        answer = yield from s.ask(
            lambda n: dialect.MAVLink_file_transfer_protocol_message(0, *s.target, payload),
            lambda message: message.get_type() == "FILE_TRANSFER_PROTOCOL",
            Patience(1000, 2),
        )
        return None if answer is None else int(answer.payload[3])

    def rescue(self, s: Station, number: int) -> None:
        """What a person does when the storm is over."""
        storm = self.storm
        view = storm.views[number]
        s.do("bring home", lambda: acts.bring_home(s, storm, number))
        mark = self.mark()
        items = plans.fence(Random(mark), mark, view.home)
        view.uploaded(1, mark, items)
        view.last_plan = items
        s.do("last upload", lambda: acts.upload(s, 1, items))
        s.do("last download", lambda: acts.download(s, 1))
        name, (_, high) = next(iter(view.parameters.items()))
        s.do("last set", lambda: acts.set_parameter(s, name, high))
