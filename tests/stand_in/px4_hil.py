"""A stand-in for PX4 SITL in somebody else's world: `bin/px4 -i INSTANCE -d ETC` with its simulator interface, written
from PX4's documents and sources (docs "Simulation", simulator_mavlink, pwm_out_sim, px4-rc.mavlink; 1.16). A real PX4
that was flown afterwards (a8618691) differed in this: rcS sets its system id by its instance; it answers samples by
the outputs of its motors, after 8 to 20 of them, while its controllers still start; and it refuses a reboot, and ends
with status 0 when it is told to shut down. MAVLink is pymavlink's here, so that nothing of Sortie's codec answers
itself.

`SORTIE_STAND_IN`: `fly`: a `Px4StandIn` flies the body that it is shown; else it stands, and says each second of its
time on its onboard link, as `time=1.000`. After a second of its time: `crash`, `exit`, `hang`, `reboot` (it connects
anew), `dull` (it leaves a sample out), `terminated` (its motors ran at half; it answers none any more); or from the
start: `silent` (it connects and says nothing), `absent` (it never connects), `garbage` (before each answer), `free`
(it is built without lockstep).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pymavlink.dialects.v20 import common as mavlink

if TYPE_CHECKING:
    from tests.stand_in.px4 import Px4StandIn

PROGRAM = "tests.stand_in.px4_hil"
SIMULATOR = 4560
_LINK = re.compile(r"^mavlink start .*-u (\d+).*-o (\d+)", re.MULTILINE)
STARTUP_SAMPLES: Final = 20
"""Samples before controls come."""
LOCKSTEP, ARMED, CUSTOM = 1, 128, 1


def system_id(instance: int) -> int:
    """MAV_SYS_ID as its commander finds it: by the instance, whatever the environment says, or by a file that rcS reads
    before. One that is set in px4-rc.mavlink, later, is the link's alone."""
    given = shutil.which("px4-rc.simulator")
    found = re.search(r"^param set MAV_SYS_ID (\d+)$", "" if given is None else Path(given).read_text(), re.MULTILINE)
    return instance + 1 if found is None else int(found[1])


def onboard_ports() -> tuple[int, int]:
    """Ports from and to of its onboard link, by the file that rcS reads."""
    given = shutil.which("px4-rc.mavlink")
    link = None if given is None else _LINK.search(Path(given).read_text())
    assert link is not None
    return int(link[1]), int(link[2])


class Pilot:
    """A `Px4StandIn` whose own body is put where it is shown that the other one is, every 20 ms: its estimate is the
    truth, its motors are those of the other one."""

    def __init__(self, state: Any, system: int) -> None:
        from autopilot.interface.geo import GeoPoint
        from tests.stand_in.px4 import Px4StandIn

        self._home = GeoPoint(state.lat / 1e7, state.lon / 1e7, state.alt / 1e3)
        self.px4: Px4StandIn = Px4StandIn(home=self._home, system=system)
        self._zero_us = state.time_usec

    def step(self, state: Any) -> list[float]:
        """Controls of its motors from the state shown; 0 while it is disarmed."""
        from autopilot.interface.geo import to_local
        from sitl.kernel import layout as M
        from sitl.vehicles.airframe import FULL_THRUST, FULL_V, MASS

        rows: Any = self.px4.vehicle.rows()  # type: ignore[attr-defined]
        s = rows[0][0]
        s[M.S_Q0 : M.S_Q3 + 1] = state.attitude_quaternion
        s[M.S_WX : M.S_WZ + 1] = state.rollspeed, state.pitchspeed, state.yawspeed
        s[M.S_VN : M.S_VD + 1] = state.vx / 100.0, state.vy / 100.0, state.vz / 100.0
        s[M.S_PN : M.S_PD + 1] = to_local(self._home, state.lat / 1e7, state.lon / 1e7, state.alt / 1e3)
        s[M.S_PD] += 0.01  # deep in its ground, as a copter stands
        self.px4.run_to((state.time_usec - self._zero_us) // 1000)
        # the share of full thrust where half of it hovers on a full battery: MPC_THR_HOVER of an untuned PX4
        full = 0.5 * 4.0 * FULL_THRUST * (12.6 / FULL_V) ** 2 / (MASS * 9.80665)
        return [float(share) ** 2 * full for share in s[M.S_C1 : M.S_C4 + 1]]

    @property
    def armed(self) -> bool:
        return bool(self.px4.commander.armed)


class HilFirmware:
    """See the module."""

    def __init__(self, instance: int, manner: str) -> None:
        self.manner = manner
        self._port = SIMULATOR + instance
        self._onboard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        local, onboard = onboard_ports()
        self._onboard.bind(("127.0.0.1", local))
        self._onboard.setblocking(False)
        self._to = ("127.0.0.1", onboard)
        self._system = system_id(instance)
        self._mav: Any = mavlink.MAVLink(None, srcSystem=self._system, srcComponent=1)
        self._pilot: Pilot | None = None
        self._state: Any = None
        self._controls = [0.0] * 16
        self._samples = 0
        self._now_us = self._second = 0
        self._misbehaved = False
        self._seen: dict[str, int] = {}
        self._connect()

    def _connect(self) -> None:
        while True:
            self._line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.manner != "absent" and self._line.connect_ex(("127.0.0.1", self._port)) == 0:
                break
            self._line.close()
            time.sleep(0.01)
        self._samples = 0
        if self.manner != "silent":
            self._send(self._mav.command_long_encode(0, 0, 511, 0, 115, 5000, 0, 0, 0, 0, 0))
            self._send(self._mav.heartbeat_encode(0, 12, 0, 0, 0))
        self._say(f"model={os.environ.get('PX4_SIM_MODEL')}")

    def _send(self, message: Any) -> None:
        self._line.sendall(message.pack(self._mav))

    def _say(self, text: str) -> None:
        if self.manner != "fly":
            self._onboard.sendto(f"{text}\n".encode(), self._to)

    def run(self) -> int:
        print("stand-in is ready", flush=True)
        while True:
            data = self._line.recv(65536)
            if not data:
                return 0
            for message in self._mav.parse_buffer(data) or ():
                self._seen[message.get_type()] = self._seen.get(message.get_type(), 0) + 1
                if message.get_type() == "HIL_STATE_QUATERNION":
                    self._state = message
                elif message.get_type() == "HIL_SENSOR":
                    self._now_us = message.time_usec
            status = self._sampled(self._now_us) if self._has_new_sample() else None
            if status is not None:
                return status

    def _has_new_sample(self) -> bool:
        new, self._samples = self._seen.get("HIL_SENSOR", 0) != self._samples, self._seen.get("HIL_SENSOR", 0)
        return new

    def _sampled(self, now_us: int) -> int | None:
        """One sample: it flies it, and answers."""
        if self.manner == "silent" or self._samples <= STARTUP_SAMPLES:
            return None
        second = now_us // 1_000_000
        if second > self._second:
            self._second = second
            self._say(f"time={now_us / 1e6:.3f} {self._seen}")
            if not self._misbehaved:
                self._misbehaved = True
                status = self._misbehave()
                if status is not None or self.manner in ("reboot", "dull"):
                    return status
        if self.manner == "fly":
            self._fly()
        if self.manner == "terminated" and self._misbehaved:
            return None
        if self.manner == "garbage":
            self._line.sendall(b"\xfd\xfe\x00garbage")
        if self.manner == "terminated":
            self._controls = [*[0.5] * 4, *[0.0] * 5, -1.0, *[0.0] * 6]
        base = CUSTOM | (ARMED if self._pilot is not None and self._pilot.armed else 0)
        flags = 0 if self.manner == "free" else LOCKSTEP
        self._send(self._mav.hil_actuator_controls_encode(now_us, self._controls, base, flags))
        return None

    def _fly(self) -> None:
        if self._state is None:
            return
        if self._pilot is None:
            self._pilot = Pilot(self._state, self._system)
        try:
            while True:
                self._pilot.px4.receive(self._onboard.recv(65536), 0)
        except BlockingIOError:
            pass
        if self._samples % 5 == 0:
            self._controls[:4] = self._pilot.step(self._state)
        if not self._pilot.armed:
            self._controls[:4] = [0.0] * 4
        out = self._pilot.px4.take()
        for at in range(0, len(out), 1400):
            self._onboard.sendto(out[at : at + 1400], self._to)

    def _misbehave(self) -> int | None:
        print(f"stand-in: {self.manner}", flush=True)
        match self.manner:
            case "crash":
                os.kill(os.getpid(), signal.SIGABRT)
            case "exit":
                return 3
            case "hang":
                time.sleep(600.0)
            case "reboot":
                self._line.close()
                self._connect()
                self._seen.clear()
        return None


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(HilFirmware(int(words[words.index("-i") + 1]), os.environ.get("SORTIE_STAND_IN", "")).run())
