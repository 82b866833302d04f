"""Lockstep with PX4 SITL's simulator interface. We send a sample of all sensors, and PX4 answers with its controls.
PX4's time is the time of the samples, so without a sample it stands still, and `run` decides how far it goes.

The protocol (PX4's documentation, "Simulation", and src/modules/simulation/simulator_mavlink): PX4 connects over TCP,
sends HEARTBEAT and asks for HIL_STATE_QUATERNION. It answers no sample before its controllers have started, and none
after its flight was terminated.

PX4's own lockstep ends when its motors are driven. Its other threads (MAVLink receivers, commander, navigator) may
still run then, so their results would fall into this sample or the next by chance. Therefore the next sample waits
until all threads sleep (`sitl.px4.stillness`). This also shows when PX4 will not answer. On a system that does not
report thread states, samples follow the answers, and without answers real time.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from math import isnan
from struct import pack_into
from typing import Final, Protocol

from autopilot.interface import layout as L
from autopilot.interface.geo import to_global
from autopilot.interface.samples import ActuatorControls, Fix, SensorSample, TrueMotion
from sitl.child import SitlChild, SitlError
from sitl.kernel import layout as M
from sitl.kernel import packets as K
from sitl.kernel.plane import SEA_DENSITY
from sitl.kernel.reporting import pressure_at, temperature_at
from sitl.px4 import stillness
from sitl.px4.stillness import Stillness
from sitl.starving import ProcessSilence
from sitl.vehicles.outside import OutsideBody
from sitl.vehicles.payload import PARACHUTE
from sitl.vehicles.wiring import REST, SPAN

SAMPLES_HZ: Final = 250
"""Samples of PX4's inertial sensors per second (IMU_INTEG_RATE of its SITL)."""
SILENT_S: Final = 20.0
"""Silence after which PX4 counts as hung, s of real time."""
_LOOK_S: Final = 0.05
_SAMPLE_S: Final = 1.0 / SAMPLES_HZ
_BRIEFLY_S: Final = 0.002
#: Time without an answer after which the next sample is sent, s of real time: then none of PX4's controllers run.
_LOST_S: Final = 1.0
#: Number of samples without an answer (0.1 s) after which the flight counts as terminated, and its outputs become those
#: of a board in that state.
_TERMINATED: Final = 25
_CHANNELS: Final = 32
_CENTRED: Final = (1500, 1500, 1500, 1500, 1500, 1500, 1500, 1500)
"""Pulses of a transmitter with centred sticks, us."""


def never() -> bool:
    return False


class SimulatorWire(Protocol):
    """Codec of one connection: samples as MAVLink, and PX4's controls."""

    def frames(self, sample: SensorSample) -> bytes:
        """Write a sample as HIL_SENSOR, with HIL_GPS and HIL_STATE_QUATERNION when they are due."""

    def receive(self, data: bytes) -> list[ActuatorControls]:
        """Read the controls in received bytes."""


class DatagramLine:
    """PX4's onboard link: datagrams between two ports on loopback."""

    _LARGEST: Final = 1400

    def __init__(self, port: int, to: int) -> None:
        self._to = ("127.0.0.1", to)
        self.heard = 0
        """Received bytes."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self._socket.setblocking(False)

    def read(self) -> bytes:
        taken = b""
        while True:
            try:
                taken += self._socket.recv(65536)
            except BlockingIOError:
                self.heard += len(taken)
                return taken
            except ConnectionError:  # nobody had the port at the last write
                continue

    def write(self, data: bytes) -> None:
        """Send bytes. Datagrams that the system does not take are lost."""
        for at in range(0, len(data), self._LARGEST):
            try:
                self._socket.sendto(data[at : at + self._LARGEST], self._to)
            except (BlockingIOError, ConnectionError):
                return

    def close(self) -> None:
        self._socket.close()


class HilLockstep:
    """A PX4 in lockstep; see the module. `server`: where it connects; `wire`: makes the codec of a connection; `line`:
    its onboard link; `start_us`: UTC at power-on of the body, us since 1970. `ranges`: the body has a range finder.
    `transmitter`: the receiver gets centred sticks. `unanswered` counts samples, after the start, that were followed by
    the next one without controls."""

    in_python = True

    def __init__(
        self,
        body: OutsideBody,
        server: socket.socket,
        wire: Callable[[], SimulatorWire],
        line: DatagramLine,
        child: SitlChild,
        start_us: int,
        *,
        ranges: bool = False,
        transmitter: bool = False,
    ) -> None:
        self.body = body
        self.line = line
        self.child = child
        self.exchanges = self.restarts = self.unanswered = 0
        self._server, self._start_us = server, start_us
        self._server.settimeout(_LOOK_S)
        self._ranges, self._transmits = ranges, transmitter
        self.switches: Mapping[str, Callable[[bool], None]] = {"rc.loss": self._lose_radio} if transmitter else {}
        self._make_wire = wire
        self._wire = wire()
        self._connection: socket.socket | None = None
        self._owed = False  # True until the last sample is answered
        self._steered = False  # True once it has answered on this connection
        self.silence = ProcessSilence(child.pid, SILENT_S)
        self._line_heard, self._silent_samples = 0, 0
        self._stillness = Stillness(child.pid) if stillness.is_supported() else None
        s = body.machine.rows().state[0]
        self._fix_due, self._field_due = s[M.S_GPS_NEXT], s[M.S_MAG_NEXT]

    def _lose_radio(self, lost: bool) -> None:
        self._transmits = not lost

    def step(self, until_ms: float, stop: Callable[[], bool] = never) -> bool:
        """Wait for an answer and send the next sample. False if it has run `until_ms`, or if `stop()` is true; `stop`
        is asked while PX4 is silent. SitlError if it has ended, hangs, or was built without lockstep."""
        if not self._listen(stop) or not self._settle(stop) or self.body.time_ms >= until_ms:
            return False
        self._hear(0.0)  # a late answer does not belong to the next sample
        if self._connection is not None:
            self._send()
        return True

    def _listen(self, stop: Callable[[], bool]) -> bool:
        """Wait for a connection and for the expected answer; False if told to stop."""
        waited_s = 0.0
        while self._connection is None or self._owed:
            if self._connection is None:
                self._accept()
            elif self._stillness is not None:
                if self._is_silent(self._stillness):
                    self._go_on()
            elif not self._steered:
                self._hear(_SAMPLE_S)
                self._owed = False
            elif not self._hear(_LOOK_S):
                waited_s += _LOOK_S
                if waited_s >= _LOST_S:
                    self._go_on()
            self._look()
            if stop():
                return False
        return True

    def _go_on(self) -> None:
        """Continue with the next sample without an answer. After a terminated flight PX4's simulated outputs are
        silent. A board's outputs would stop the motors and open the parachute (`MixingOutput`), so this is done
        here."""
        self._owed = False
        if self._steered:
            self.unanswered += 1
            self._silent_samples += 1
        if self._silent_samples == _TERMINATED:
            opened = [float(self.body.payload.get(channel + 1) == PARACHUTE) for channel in range(_CHANNELS)]
            self._steer(ActuatorControls(opened, True))

    def _is_silent(self, stillness: Stillness) -> bool:
        """True if it sleeps without having answered."""
        if (
            self._hear(_BRIEFLY_S if self._steered else 0.0)
            or self._connection is None
            or not self._rests(stillness, _BRIEFLY_S)
        ):
            return False
        return not self._hear(0.0) and self._connection is not None

    def _rests(self, stillness: Stillness, patience_s: float) -> bool:
        """Wait until none of its threads runs. It is silent in this time."""
        begun_s = time.monotonic()
        rests = stillness.wait(patience_s)
        self.silence.lasts(time.monotonic() - begun_s)
        return rests

    def _settle(self, stop: Callable[[], bool]) -> bool:
        """Wait until none of its threads runs; False if told to stop."""
        while self._stillness is not None and not self._rests(self._stillness, _LOOK_S):
            self._look()
            if stop():
                return False
        return True

    def _look(self) -> None:
        """Raise SitlError if it has ended, or is silent on both connections."""
        if self.silence.seconds == 0.0:
            return
        self.child.check()
        if self.line.heard != self._line_heard:
            self._line_heard = self.line.heard
            self.silence.broken()
        if self.silence.hangs():
            what = "it did not connect" if self._connection is None else "nothing came"
            raise SitlError(f"PX4 SITL hangs: {what} for {self.silence.limit_s:g} s", ended=True)

    def _accept(self) -> None:
        try:
            self._connection, _ = self._server.accept()
        except TimeoutError:
            self.silence.lasts(_LOOK_S)
            return
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wire = self._make_wire()
        self._owed = self._steered = False
        self.silence.broken()

    def _hear(self, patience_s: float) -> bool:
        """Take input that comes within `patience_s`; True if it contained controls. The connection may be closed
        afterwards."""
        assert self._connection is not None
        self._connection.settimeout(patience_s)
        begun_s = time.monotonic()
        try:
            data = self._connection.recv(65536)
        except (TimeoutError, BlockingIOError):
            self.silence.lasts(time.monotonic() - begun_s)
            return False
        except ConnectionError:
            data = b""
        if not data:
            self._connection.close()
            self._connection = None
            self.restarts += 1
            return False
        self.silence.broken()
        heard = self._wire.receive(data)
        if not heard:
            return False
        if not heard[-1].lockstep:
            raise SitlError("PX4 SITL is built without lockstep, and cannot fly on another clock", ended=True)
        self._steer(heard[-1])
        self._owed, self._steered, self._silent_samples = False, True, 0
        self.exchanges += 1
        return True

    def _steer(self, controls: ActuatorControls) -> None:
        """Write the controls into the packet that flies the body next. One that is not a number is at rest."""
        outputs = [0.0 if isnan(control) else control for control in controls.outputs[:_CHANNELS]]
        widths = [round(REST + SPAN * min(max(control, -1.0), 1.0)) for control in outputs]
        pack_into(f"<{len(widths)}H", self.body.request.data, K.HEADER, *widths)

    def _send(self) -> None:
        """Run the body by the latest controls, and send the samples of its sensors."""
        body = self.body
        pack_into("<HHI", body.request.data, 0, K.MAGIC_32, SAMPLES_HZ, (body.count + 1) & 0xFFFFFFFF)
        body.exchange()
        assert self._connection is not None
        self._connection.settimeout(self.silence.limit_s)
        try:
            self._connection.sendall(self._wire.frames(self._sample()))
        except TimeoutError:
            raise SitlError("PX4 SITL hangs: it reads no samples", ended=True) from None
        except ConnectionError:
            return  # `_hear` notices the closed connection
        finally:
            self._owed = True

    def _sample(self) -> SensorSample:
        rows, values = self.body.machine.rows(), self.body.values
        s, p = rows.state[0], rows.settings[0]
        home = self.body.machine.switched_on_at
        time_us = round(1000.0 * self.body.time_ms)
        fix = field = pressure = impact = None
        if s[M.S_GPS_NEXT] != self._fix_due:
            self._fix_due = s[M.S_GPS_NEXT]
            place = to_global(home, (s[M.S_GPS_N], s[M.S_GPS_E], s[M.S_GPS_D]))
            velocity = s[M.S_GPS_VN : M.S_GPS_VD + 1].tolist()
            fix = Fix(place, velocity, int(s[M.S_GPS_FIX]), int(p[M.P_GPS_SATS]), self._start_us + time_us)
        if s[M.S_MAG_NEXT] != self._field_due:
            self._field_due = s[M.S_MAG_NEXT]
            field = s[M.S_MAG_X : M.S_MAG_Z + 1].tolist()
        height = home.alt + float(s[M.S_BARO_ALT])
        on_tick = time_us % (1000 * L.TICK_MS) == 0
        if on_tick and s[L.S_BARO_OK] == 1.0:
            pressure = pressure_at(height)
        if on_tick and p[M.P_PITOT_ON] == 1.0:
            impact = 0.5 * SEA_DENSITY * values[K.V_AIRSPEED] * values[K.V_AIRSPEED]
        range_m = float(values[K.V_RANGE]) if on_tick and self._ranges else None
        moved = values.tolist()
        return SensorSample(
            time_us,
            moved[K.V_ACC : K.V_ACC + 3],
            moved[K.V_GYRO : K.V_GYRO + 3],
            field,
            pressure,
            impact,
            height,
            temperature_at(height) + 20.0,  # the board warms its sensor
            fix,
            TrueMotion(
                to_global(home, (s[M.S_PN], s[M.S_PE], s[M.S_PD])),
                moved[K.V_VELOCITY : K.V_VELOCITY + 3],
                moved[K.V_ATTITUDE : K.V_ATTITUDE + 4],
                s[M.S_WX : M.S_WZ + 1].tolist(),
            ),
            range_m,
            _CENTRED if on_tick and self._transmits else None,
        )

    def close(self) -> None:
        self.child.stop()
        if self._stillness is not None:
            self._stillness.close()
        self.line.close()
        self._server.close()
        if self._connection is not None:
            self._connection.close()
