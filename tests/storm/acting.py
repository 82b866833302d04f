"""Acts of a plan as scripts of their stations."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from autopilot.mav import Cmd, MissionType
from mavlink_bridge.testing.hostile import HostilePeer
from tests.storm import acts, plans
from tests.storm.models import Patience
from tests.storm.station import Script, Station, dialect
from tests.storm.swarm import ActPlan

if TYPE_CHECKING:
    from tests.storm.world import Storm

GO, ABORT, STATUS = 0x20, 0x21, 0x22
PATIENT = Patience(1000, 10)


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
        modes, home, kind = view.mode_numbers, view.home, view.kind
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
                name = random.choice(view.parameters)
                return acts.set_parameter(s, name, float(random.randint(200, 900)))
            case "read parameter":
                return acts.read_parameter(s, random.choice(view.parameters))
            case "set current":
                return acts.set_current(s, random.randint(0, 8), old=random.random() < 0.5)
            case "fly" | "take off":
                return acts.fly(s, kind, modes, takeoff=what == "take off")
            case "go to":
                return acts.go_to(s, home, random)
            case "set home":
                return acts.set_home(s, home, random)
            case "sticks":
                return acts.sticks(s, random.choice((1.0, 5.0, 15.0)), random)
            case "mode":
                return acts.mode(s, random.choice(sorted(modes.values())))
            case "RTL":
                return acts.mode(s, modes.get("RTL", 0))
            case "disarm":
                return acts.command(s, Cmd.COMPONENT_ARM_DISARM, 0)
            case "GO" | "ABORT" | "STATUS":
                return acts.command(s, Cmd.USER_1, {"GO": GO, "ABORT": ABORT, "STATUS": STATUS}[what])
            case "speed":
                return acts.command(s, Cmd.DO_CHANGE_SPEED, 1, random.uniform(1, 9), -1)
            case "reboot":
                return acts.command(s, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 1)
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
        else:
            items = (plans.fence, plans.rally)[kind - 1](random, mark, view.home)
        view.uploaded(kind, mark, items)
        hang_up_after = random.randrange(len(items)) if what == "upload, then hang up" else None
        return acts.upload(s, kind, items, hang_up_after=hang_up_after)

    def _garbage(self, s: Station, random: Random) -> Script:
        peer = HostilePeer(random.randrange(1 << 30), system=255, component=190, spoilt=1.0)
        for _ in range(random.randint(1, 10)):
            s._out.append(peer.take(3))
            yield from s.sleep(100)

    def _burst(self, s: Station, random: Random) -> Script:
        """Many requests in one breath."""
        for _ in range(random.randint(20, 300)):
            s.send(dialect.MAVLink_command_long_message(*s.target, 512, 0, 148, 0, 0, 0, 0, 0, 0))
        yield from s.sleep(20)

    def _say(self, s: Station, message: object) -> Script:
        s.send(message)
        yield from s.sleep(20)

    def _file(self, s: Station, random: Random) -> Script:
        """MAVFTP: OpenFileRO of a file, read some, and forget to close it."""
        name = random.choice((b"@PARAM/param.pck?withdefaults=1", b"@SYS/uarts.txt", b"nothing"))
        payload = bytes((random.randrange(200), 0, 0, 4, len(name), 0, 0, 0, 0, 0, 0, 0)) + name
        answer = yield from s.ask(
            lambda n: dialect.MAVLink_file_transfer_protocol_message(0, *s.target, payload.ljust(251, b"\0")),
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
        s.do("last set", lambda: acts.set_parameter(s, view.parameters[0], 321.0))
