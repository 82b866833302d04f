"""A station of a PX4 on a link in memory, and the modes and commands that it uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import cos, hypot, nan, radians
from typing import Any, Protocol

from mavlink_bridge.clients import MissionUpload, TransferOutcome
from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.group import AnyClient
from mavlink_bridge.clients.parameters import ParameterOutcome, ParameterRead, ParameterValue, ParameterWrite
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.wire.codec import dialect
from sortie import MissionItem, Session

PX4 = Target(firmware=firmware_spoken(12, 2))
POSITION, ALTITUDE, ORBIT, FOLLOW = (3, 0), (2, 0), (3, 1), (4, 8)
HOLD, MISSION, RETURN, TAKEOFF, LAND, OFFBOARD = (4, 3), (4, 4), (4, 5), (4, 2), (4, 6), (6, 0)
LOCAL_POSITION_NED, EXTENDED_SYS_STATE, HIL_STATE_QUATERNION, ATTITUDE = 32, 245, 115, 30
#: How often the station looks while it waits for a condition, s.
LOOK_S = 0.5
SET_MODE, ARM, TAKE_OFF, REPOSITION, REQUEST = 176, 400, 22, 192, 512


class Line(Protocol):
    """What a station is connected by. `clock_hz`: how often it must be told the time."""

    clock_hz: float

    def run(self, seconds: float) -> None:
        """Vehicle time passes."""

    def send(self, message: Any) -> None: ...
    def ask(self, client: AnyClient) -> AnyClient:
        """Run a client to its end."""

    def messages(self) -> list[Any]:
        """That have come since the last time."""


class SessionLine:
    """To a session, in virtual time."""

    clock_hz = 10.0

    def __init__(self, session: Session) -> None:
        self.session = session
        self._link = session.connect()
        self.send, self.ask, self.messages = self._link.send, self._link.ask, self._link.messages

    def run(self, seconds: float) -> None:
        self.session.run_for(seconds)


class Station:
    """A station of a PX4."""

    def __init__(self, link: Line) -> None:
        self.link = link
        self.heard: list[Any] = []
        self._by_name: dict[str, list[Any]] = {}

    def run(self, seconds: float) -> None:
        self.link.run(seconds)
        came = self.link.messages()
        self.heard += came
        for message in came:
            self._by_name.setdefault(message.get_type(), []).append(message)

    def until(self, condition: Callable[[], bool], limit_s: float = 120.0, look_s: float = LOOK_S) -> None:
        for _ in range(round(limit_s / look_s)):
            if condition():
                return
            self.run(look_s)
        raise AssertionError([m.text for m in self.of("STATUSTEXT")][-8:])

    def of(self, name: str) -> list[Any]:
        return self._by_name.get(name, [])

    def command(self, number: int, *params: float) -> int:
        """Its result; asked again after two seconds, as stations do."""
        before = len(self.of("COMMAND_ACK"))

        def answers() -> list[Any]:
            return [one for one in self.of("COMMAND_ACK")[before:] if one.command == number]

        for again in range(6):
            values = (*params, *[nan] * (7 - len(params)))
            self.link.send(dialect.MAVLink_command_long_message(1, 1, number, again, *values))
            for _ in range(20):
                if answers():
                    return int(answers()[0].result)
                self.run(0.1)
        raise AssertionError(f"no answer to {number}", self.texts[-8:])

    @property
    def mode(self) -> tuple[int, int]:
        custom = self.of("HEARTBEAT")[-1].custom_mode
        return custom >> 16 & 0xFF, custom >> 24 & 0xFF

    @property
    def armed(self) -> bool:
        return bool(self.of("HEARTBEAT")[-1].base_mode & 128)

    @property
    def height(self) -> float:
        return float(self.of("GLOBAL_POSITION_INT")[-1].relative_alt / 1000.0)

    def set_param(self, name: str, value: float) -> None:
        """As the type that the vehicle has told."""
        read = self._read(name)
        write = self.link.ask(ParameterWrite(PX4, name, value, type=read.type))
        assert write.outcome is ParameterOutcome.ACCEPTED, name

    def get_param(self, name: str) -> float:
        return self._read(name).value

    def _read(self, name: str) -> ParameterValue:
        read = self.link.ask(ParameterRead(PX4, name)).value
        assert read is not None, name
        return read

    def upload(self, items: tuple[MissionItem, ...], kind: int = 0) -> None:
        assert self.link.ask(MissionUpload(PX4, items, kind=kind)).outcome is TransferOutcome.ACCEPTED

    def fly_to(self, height: float = 12.0) -> None:
        """Armed, taken off, holding."""
        self.set_param("MIS_TAKEOFF_ALT", height)
        assert self.command(ARM, 1.0, 0.0) == 0
        assert self.command(TAKE_OFF) == 0
        self.until(lambda: self.mode == HOLD and self.height > height - 1.0, 40.0)

    @property
    def texts(self) -> list[str]:
        """Without the tab at the end of those that are events, too."""
        return [message.text.rstrip("\t") for message in self.of("STATUSTEXT")]

    # --- what a flight asks for -----------------------------------------------------------------------------------
    def stream(self, message_id: int, hz: float) -> None:
        assert self.command(511, float(message_id), 1e6 / hz) == 0

    def prepare(self) -> None:
        """Streams of where it is, and it can be armed."""
        for message_id in (LOCAL_POSITION_NED, EXTENDED_SYS_STATE, HIL_STATE_QUATERNION):
            self.stream(message_id, 10.0)
        self.stream(ATTITUDE, self.link.clock_hz)
        self.until(lambda: bool(self.of("HOME_POSITION")) and self.armable, 90.0)

    @property
    def armable(self) -> bool:
        return bool(self.of("SYS_STATUS")) and bool(
            self.of("SYS_STATUS")[-1].onboard_control_sensors_health & 0x10000000
        )

    @property
    def in_air(self) -> bool:
        return bool(self.of("EXTENDED_SYS_STATE")[-1].landed_state == 2)

    @property
    def place(self) -> tuple[float, float, float]:
        """NED m by its estimate."""
        at = self.of("LOCAL_POSITION_NED")[-1]
        return at.x, at.y, at.z

    @property
    def from_home(self) -> float:
        """Over ground, m, where it really is."""
        there, home = self.of("HIL_STATE_QUATERNION")[-1], self.of("HOME_POSITION")[0]
        north, east = there.lat - home.latitude, there.lon - home.longitude
        return hypot(north * 0.0111319, east * 0.0111319 * cos(radians(there.lat * 1e-7)))

    def beside_home(self, north: float, east: float) -> tuple[float, float]:
        """Degrees."""
        home = self.of("HOME_POSITION")[-1]
        lat, lon = home.latitude * 1e-7, home.longitude * 1e-7
        return lat + north / 111319.5, lon + east / 111319.5 / cos(radians(lat))

    def arm(self) -> None:
        self.until(lambda: self.command(ARM, 1.0, 0.0) == 0, 30.0)

    def set_mode(self, mode: tuple[int, int]) -> int:
        return self.command(SET_MODE, 1.0, *map(float, mode))


@contextmanager
def station_of(*faults: str, **params: float) -> Iterator[Station]:
    """Of a copter that can be armed."""
    with Session(firmware="px4", seed=3, faults=faults, params=params) as session:
        made = Station(SessionLine(session))
        made.until(lambda: made.armable)
        yield made
