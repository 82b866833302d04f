"""Bodies that a firmware flies: a packet of ArduPilot's JSON backend goes in, and after some steps a line of JSON goes
out.

`sitl.kernel.packets` has the protocol. A step is the body's own (2.5 ms). Weather, battery and failures change every
20 ms, as in our own flight. So do barometer, GPS and compass of flying bodies, for a firmware that has no such sensors
of its own (PX4; `sitl.px4.lockstep` converts its controls to such a packet).
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from sitl.kernel import boat, plane, rover
from sitl.kernel import layout as M
from sitl.kernel import packets as K
from sitl.kernel.environment import sense
from sitl.kernel.estimate import begin_tick
from sitl.kernel.gear import strike_plane
from sitl.kernel.ground import follow_ground, look_down, strike
from sitl.kernel.hanging import pulled, swing
from sitl.kernel.imu import ZERO, Vector, imu_of, sense_step
from sitl.kernel.noise import GAMMA, draw
from sitl.kernel.packets import accept, next_packet, pulse_width, tell
from sitl.kernel.rotorcraft import body_of, current, keep_body, move_by, numbers_of

#: A row of `outputs`: channel from 0 (below 0: none), then pulse widths, us. For a motor also the shares of the range
#: of pulse widths at which thrust begins and is full, and the quadratic share of thrust in between (MOT_THST_EXPO).
O_CHANNEL, O_LOW, O_MIDDLE, O_HIGH, O_BEGIN, O_FULL, O_EXPO = 0, 1, 2, 3, 4, 5, 6
#: Speed below which a plane on the ground with closed throttle stands, m/s.
STANDS_MPS = 0.5


@jit
def surface(outputs: Any, number: int, request: Any) -> float:
    """Deflection -1 .. 1 of a servo; 0 without a pulse."""
    row = outputs[number]
    width = pulse_width(request, int(row[O_CHANNEL]))
    if width == 0.0:
        return 0.0
    side = row[O_HIGH] if width > row[O_MIDDLE] else row[O_LOW]
    share: float = (width - row[O_MIDDLE]) / abs(side - row[O_MIDDLE])
    return min(max(share, -1.0), 1.0)


@jit
def rotor(outputs: Any, number: int, request: Any) -> float:
    """Commanded speed of a motor, 0 .. 1: the root of the thrust that the firmware expects."""
    row = outputs[number]
    width = pulse_width(request, int(row[O_CHANNEL]))
    share = ((width - row[O_LOW]) / (row[O_HIGH] - row[O_LOW]) - row[O_BEGIN]) / (row[O_FULL] - row[O_BEGIN])
    share = min(max(share, 0.0), 1.0)
    return sqrt((1.0 - row[O_EXPO]) * share + row[O_EXPO] * share * share)


@jit
def throttle(outputs: Any, number: int, request: Any) -> float:
    """Throttle of a propeller, 0 .. 1; 0 without a pulse."""
    row = outputs[number]
    share: float = (pulse_width(request, int(row[O_CHANNEL])) - row[O_LOW]) / (row[O_HIGH] - row[O_LOW])
    return min(max(share, 0.0), 1.0)


@jit
def keep_imu(s: L.Row, p: L.Row, rng: Any, table: Any, rates: Any, force: Any, shake: float) -> None:
    """Sample the inertial unit, with its failures."""
    rng[0] = rng[0] + GAMMA
    gyro, acc, _, _ = sense_step(s, draw(rng[0]), table, rates, force, imu_of(s, p, shake), ZERO, ZERO)
    s[M.S_GYRO_X], s[M.S_GYRO_Y], s[M.S_GYRO_Z] = gyro
    s[M.S_ACC_X], s[M.S_ACC_Y], s[M.S_ACC_Z] = acc


def exchange_by(
    obey: Callable[[L.Row, L.Row, Any, Any, Any], None],
    begin: Callable[[L.Row, L.Row, Any, Any], None],
    step: Callable[[L.Row, L.Row, Any, Any], None],
    end: Callable[[L.Row, L.Row, Any, Any, Any], None],
) -> Callable[..., int]:
    """Make the exchange function of a kind of vehicle: `obey` takes the pulse widths of a packet; `begin` and `end` run
    once in 20 ms, before and after the steps."""

    def exchange(
        state: Any,
        settings: Any,
        rng: Any,
        table: Any,
        ground: Any,
        outputs: Any,
        request: Any,
        clock: Any,
        values: Any,
        fields: Any,
        answer: Any,
        wire: Any,
    ) -> int:
        """Exchange packets on the wire until a result below 0 or `REACHED`. Without a wire, run the packet in
        `request`, and return its number of steps or a result below 0."""
        s, p, g = state[0], settings[0], rng[0]
        dt = p[M.P_DT]
        in_tick = int(L.TICK / dt + 0.5)
        while True:
            if wire[K.W_SOCKET] >= 0:
                found = next_packet(request, answer, clock, wire)
                if found != K.COMES:
                    return found
            steps = accept(request, clock, dt)
            if steps < 0:
                return steps
            obey(s, p, outputs, request, clock)
            for _ in range(steps):
                if clock[K.C_STEPS] % in_tick == 0:
                    begin(s, p, ground, clock)
                step(s, p, g, table)
                clock[K.C_STEPS] += 1
                if clock[K.C_STEPS] % in_tick == 0:
                    end(s, p, g, table, ground)
            told = tell(s, p, s[L.S_FLOOR], clock[K.C_STEPS] * dt, values, fields, answer)
            if told != 0:
                return told
            if wire[K.W_SOCKET] < 0:
                return steps
            wire[K.W_REPLY] = 1

    return exchange


@jit
def obey_copter(s: L.Row, p: L.Row, outputs: Any, request: Any, clock: Any) -> None:
    """Command the speed of each motor."""
    for i in range(len(outputs)):
        s[M.S_C1 + i] = rotor(outputs, i, request) if clock[K.C_WRECK] == 0 else 0.0


@jit
def begin_copter(s: L.Row, p: L.Row, ground: Any, clock: Any) -> None:
    """Set the state that our own flight would know: armed while motors turn, in the air off the ground. A copter that
    strikes the ground has crashed, and its motors stay off."""
    s[L.S_ARMED] = 0.0
    for i in range(M.MOST_ROTORS):
        if s[M.S_C1 + i] > 0.0:
            s[L.S_ARMED] = 1.0
    s[L.S_FRESH] = s[L.S_EVENTS] = 0.0
    if p[M.P_MAP] != 0.0:
        look_down(s, p, ground)
        strike(s, p)
    note_contact(s, clock)


@jit
def note_contact(s: L.Row, clock: Any) -> None:
    """Note a crash, and whether the body is in the air."""
    if s[L.S_EVENTS] != 0.0:
        clock[K.C_WRECK] = 1
    s[L.S_AIR] = 1.0 if s[M.S_CONTACT] == 0.0 else 0.0


@jit
def turn_rotors(s: L.Row, p: L.Row, rotors: int) -> tuple[float, Vector, float]:
    """Turn the rotors for one step: lift, N, torque, N m, and the mean of their speeds."""
    full = s[M.S_VOLTS] / p[M.P_FULL_V]
    full *= full * p[M.P_FULL]
    lift, roll, pitch, yaw, speeds = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(rotors):
        speed = s[M.S_M1 + i] + p[M.P_LAG] * (s[M.S_C1 + i] - s[M.S_M1 + i])
        s[M.S_M1 + i] = speed
        thrust = full * p[M.P_LOSS_1 + i] * speed * speed
        lift += thrust
        roll -= p[M.P_ROTOR_RIGHT + i] * thrust
        pitch += p[M.P_ROTOR_AHEAD + i] * thrust
        yaw += p[M.P_ROTOR_TURN + i] * thrust
        speeds += speed
    return lift, (roll, pitch, yaw), speeds / rotors


@jit
def step_copter(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Move the body, then sample its inertial unit."""
    rotors = int(p[M.P_ROTORS])
    lift, torque, speed = turn_rotors(s, p, rotors)
    wind = (s[M.S_WIND_N], s[M.S_WIND_E], s[M.S_WIND_D])
    body, numbers = body_of(s), numbers_of(s, p)
    if s[M.S_LOAD_KG] > 0.0:
        numbers = pulled(numbers, body, swing(s, p, p[M.P_DT], body, s[L.S_FLOOR], wind))
    body, lies = move_by(p, p[M.P_DT], numbers, lift, torque, 4.0 * speed, s[L.S_FLOOR], wind, body)
    keep_body(s, body)
    if lies:
        for i in range(rotors):
            s[M.S_M1 + i] = 0.0
    keep_imu(s, p, rng, table, body[1], body[5], 0.3 + 2.0 * speed)


@jit
def end_copter(s: L.Row, p: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Update weather, battery, failures, and the sensors for a firmware that has none of its own."""
    begin_tick(s, p, rng, table, current(s, p, int(p[M.P_ROTORS])))
    sense(s, p, rng, table)


@jit
def obey_rover(s: L.Row, p: L.Row, outputs: Any, request: Any, clock: Any) -> None:
    """Command wheel and throttle."""
    s[L.S_WHEEL] = surface(outputs, 0, request) * outputs[0, O_FULL]
    s[L.S_THROTTLE] = surface(outputs, 1, request)
    s[L.S_ARMED] = 1.0 if pulse_width(request, int(outputs[1, O_CHANNEL])) > 0.0 else 0.0
    s[L.S_FRESH] = s[L.S_EVENTS] = 0.0


@jit
def begin_rover(s: L.Row, p: L.Row, ground: Any, clock: Any) -> None:
    """Do nothing: a rover or boat is always on the ground or afloat."""


@jit
def end_rover(s: L.Row, p: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Update ground, weather, battery, failures."""
    if p[M.P_MAP] != 0.0:
        look_down(s, p, ground)
        follow_ground(s)
    begin_tick(s, p, rng, table, s[M.S_MOTOR_A] + p[M.P_HOTEL_A])


@jit
def end_boat(s: L.Row, p: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Update weather, battery, failures. Water is level."""
    begin_tick(s, p, rng, table, s[M.S_MOTOR_A] + p[M.P_HOTEL_A])


@jit
def obey_plane(s: L.Row, p: L.Row, outputs: Any, request: Any, clock: Any) -> None:
    """Command aileron, elevator, throttle, rudder, and the four lift motors of a quadplane."""
    whole = 1.0 if clock[K.C_WRECK] == 0 else 0.0
    s[L.S_AILERON], s[L.S_ELEVATOR] = surface(outputs, 0, request), surface(outputs, 1, request)
    s[L.S_THROTTLE], s[L.S_RUDDER] = whole * throttle(outputs, 2, request), surface(outputs, 3, request)
    drives = s[L.S_THROTTLE] > 0.0
    if p[L.P_LIFTS] == 1.0:
        s[L.S_SPIN], s[L.S_LIFTING] = L.COMMANDED, L.LIFT_HOVER
        for i in range(4):
            s[M.S_C1 + i] = whole * rotor(outputs, 4 + i, request)
            drives = drives or s[M.S_C1 + i] > 0.0
    # no output shows whether a plane is armed, and it glides, flares and rolls out with closed throttle: it counts as
    # disarmed (wheels braked, no crashes) only where it stands
    rolls = s[M.S_VN] * s[M.S_VN] + s[M.S_VE] * s[M.S_VE] > STANDS_MPS * STANDS_MPS
    s[L.S_ARMED] = 1.0 if drives or rolls or s[L.S_AIR] == 1.0 else 0.0


@jit
def begin_plane(s: L.Row, p: L.Row, ground: Any, clock: Any) -> None:
    """Set the state that our own flight would know."""
    s[L.S_FRESH] = s[L.S_EVENTS] = 0.0
    if p[M.P_MAP] != 0.0:
        look_down(s, p, ground)
    strike_plane(s, p)
    note_contact(s, clock)


@jit
def end_plane(s: L.Row, p: L.Row, rng: Any, table: Any, ground: Any) -> None:
    """Update weather, battery, failures, and the sensors for a firmware that has none of its own."""
    begin_tick(s, p, rng, table, s[M.S_MOTOR_A] + p[M.P_HOTEL_A])
    sense(s, p, rng, table)
    plane.read_pitot(s, p, rng, table)


exchange_copter = exchange_by(obey_copter, begin_copter, step_copter, end_copter)
exchange_rover = exchange_by(obey_rover, begin_rover, rover.run_tick, end_rover)
exchange_boat = exchange_by(obey_rover, begin_rover, boat.run_tick, end_boat)
exchange_plane = exchange_by(obey_plane, begin_plane, plane.run_tick, end_plane)
