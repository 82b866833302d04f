"""Bodies that somebody else flies: packets of ArduPilot's JSON backend in, its lines out."""

from __future__ import annotations

import json
import socket
import struct
from functools import partial
from typing import Any

import numpy as np
import pytest

from autopilot.control.kernels import Entry
from autopilot.interface.geo import GeoPoint
from autopilot.interface.layout import GRAVITY
from sitl.ardupilot.lockstep import open_receiver
from sitl.child import SitlError
from sitl.kernel import layout as M
from sitl.kernel import packets as K
from sitl.kernel.compiling import OUTSIDE
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.outside import OutsideBody
from sitl.vehicles.wiring import PX4_STEPS, REST, SPAN, STEPS, body_of, px4_body

HOME = GeoPoint(-35.363261, 149.16523, 584.0)
OFF, HOVER_SHARE = 1000, 0.35
#: The pulse width at which an ArduPilot with its defaults believes that its motors give 35 % of their thrust.
EXPO, SPIN_MIN, SPIN_MAX = 0.65, 0.15, 0.95
CARRIES = {"SERVO7_FUNCTION": 88.0, "SERVO9_FUNCTION": 28.0}


def pulse_for(thrust: float) -> int:
    """By AP_MotorsMulticopter's curve, the other way round."""
    share = (EXPO - 1.0 + ((1.0 - EXPO) ** 2 + 4.0 * EXPO * thrust) ** 0.5) / (2.0 * EXPO)
    return round(1000.0 + 1000.0 * (SPIN_MIN + (SPIN_MAX - SPIN_MIN) * share))


class PacketSender:
    """Sends packets to a body by hand."""

    def __init__(self, kind: str = "copter", **parameters: float) -> None:
        self.machine = make_simulated(kind, HOME, 0.0, 1, steps=STEPS[kind])
        self.body: OutsideBody = body_of(kind, self.machine, parameters)
        self.count = 0
        self.rate = 50 * STEPS[kind]

    def packet(self, *pulses: int, magic: int = 18458, count: int) -> bytes:
        """As a firmware sends it."""
        channels = 32 if magic == 29569 else 16
        widths = [*pulses, *[0] * (channels - len(pulses))]
        return struct.pack(f"<HHI{channels}H", magic, self.rate, count, *widths)

    def put(self, *pulses: int, magic: int = 18458, count: int | None = None) -> bool:
        """One packet; was it flown?"""
        self.count = self.count + 1 if count is None else count
        data = self.packet(*pulses, magic=magic, count=self.count)
        self.body.request[: len(data)] = list(data)
        return self.body.exchange()

    def fly(self, seconds: float, *pulses: int) -> dict[str, Any]:
        for _ in range(round(seconds * self.rate)):
            assert self.put(*pulses)
        return self.told()

    def told(self) -> dict[str, Any]:
        """The line, as JSON."""
        line: dict[str, Any] = json.loads(bytes(self.body.answer))
        return line


def test_a_standing_copter_tells_its_weight_and_where_it_is() -> None:
    said = PacketSender().fly(1.0, OFF, OFF, OFF, OFF)
    assert said["timestamp"] == pytest.approx(1.0)
    assert said["imu"]["accel_body"][2] == pytest.approx(-GRAVITY, abs=0.6)
    assert said["position"] == pytest.approx([0.0, 0.0, 0.01], abs=0.01)
    assert said["quaternion"] == pytest.approx([1.0, 0.0, 0.0, 0.0], abs=0.01)
    assert said["battery"]["voltage"] == pytest.approx(12.6, abs=0.1)
    assert said["rng_1"] == pytest.approx(0.0, abs=0.02)


def test_it_hovers_where_the_firmware_believes_it_does() -> None:
    firmware = PacketSender()
    climb = pulse_for(0.45)
    firmware.fly(1.0, climb, climb, climb, climb)
    before = firmware.told()["velocity"][2]
    hover = pulse_for(HOVER_SHARE)
    after = firmware.fly(0.5, hover, hover, hover, hover)["velocity"][2]
    assert before < -1.5
    assert abs(after - before) / 0.5 < 0.6  # m/s2: what drag and a sagging battery take


def test_its_own_hover_throttle_counts() -> None:
    climb = pulse_for(0.35)
    assert PacketSender(MOT_THST_HOVER=0.2).fly(2.0, climb, climb, climb, climb)["position"][2] < -3.0


def test_motors_1_and_4_are_on_the_right() -> None:
    less, more = pulse_for(0.45), pulse_for(0.55)
    said = PacketSender().fly(0.3, less, more, more, less)
    assert said["imu"]["gyro"][0] > 0.3  # to the right


def test_motors_may_be_on_other_channels() -> None:
    climb = pulse_for(0.5)
    moved = PacketSender(
        SERVO1_FUNCTION=0,
        SERVO2_FUNCTION=0,
        SERVO3_FUNCTION=0,
        SERVO4_FUNCTION=0,
        SERVO9_FUNCTION=33,
        SERVO10_FUNCTION=34,
        SERVO11_FUNCTION=35,
        SERVO12_FUNCTION=36,
    )
    assert moved.fly(2.0, *[0] * 8, climb, climb, climb, climb)["position"][2] < -1.0


#: Motors by their signs, as AP_MotorsMatrix.cpp has the frame: those that roll it to the right (on the left), that
#: lift its nose (ahead), that turn it to the right (they turn to the left themselves).
MIXES = {
    (1, 0): ("-+00", "00+-", "++--"),
    (1, 1): ("-++-", "+-+-", "++--"),
    (2, 0): ("00+-+-", "+--++-", "-+-++-"),
    (2, 1): ("-++--+", "00+-+-", "-+-++-"),
    (3, 0): ("00--+++-", "+-+-+-00", "--++++--"),
    (3, 1): ("-+--+++-", "+-+-+-+-", "--++++--"),
}


@pytest.mark.parametrize("frame", MIXES)
def test_a_frame_hovers_and_turns_as_its_firmware_mixes(frame: tuple[int, int]) -> None:
    """At MOT_THST_HOVER it neither climbs nor sinks; more thrust on one side turns it about that axis alone."""
    own = {"FRAME_CLASS": frame[0], "FRAME_TYPE": frame[1]}
    for axis, signs in enumerate(MIXES[frame]):
        firmware, count = PacketSender(**own), len(signs)
        climb, hover = pulse_for(0.45), pulse_for(HOVER_SHARE)
        before = firmware.fly(1.0, *[climb] * count)["velocity"][2]
        after = firmware.fly(0.5, *[hover] * count)["velocity"][2]
        assert before < -1.5 and abs(after - before) / 0.5 < 0.6  # m/s2, as above
        more = {"+": pulse_for(HOVER_SHARE + 0.05), "-": pulse_for(HOVER_SHARE - 0.05), "0": hover}
        turned = firmware.fly(0.2, *[more[sign] for sign in signs])["imu"]["gyro"]
        assert turned[axis] > (0.4, 0.4, 0.1)[axis]
        assert max(abs(rate) for other, rate in enumerate(turned) if other != axis) < 0.25 * turned[axis] + 0.03


def test_each_motor_of_a_frame_can_be_lost_and_no_other() -> None:
    hexa = PacketSender(FRAME_CLASS=2).machine
    assert [hexa.inject_fault(f"motor{number}.loss", None, active=True) for number in (5, 6, 7)] == [True, True, False]
    assert hexa.rows()[1][0, M.P_LOSS_1 : M.P_LOSS_8 + 1].tolist() == [1.0] * 4 + [0.0] * 2 + [1.0] * 2


def test_more_rotors_draw_as_much_in_a_hover() -> None:
    amps = []
    for frame in (1, 2, 3):
        firmware = PacketSender(FRAME_CLASS=frame)
        amps.append(firmware.fly(1.0, *[pulse_for(HOVER_SHARE)] * (2 + 2 * frame))["battery"]["current"])
    assert amps == pytest.approx([amps[0]] * 3, rel=0.01)
    assert 13.0 < amps[0] < 16.0  # SIM_HOVER_W, 184 W at 11.4 V


def test_a_frame_that_no_body_has_is_refused() -> None:
    with pytest.raises(
        SitlError, match="Sortie's simulator has no vehicle with FRAME_CLASS 5 and FRAME_TYPE 1; it has 1 and 0"
    ):
        PacketSender(FRAME_CLASS=5)


def test_a_packet_of_32_channels_is_flown_too() -> None:
    firmware = PacketSender()
    assert firmware.put(OFF, OFF, OFF, OFF, magic=29569)
    assert firmware.body.time_ms == pytest.approx(1.25)


def test_the_same_packet_again_takes_no_time() -> None:
    firmware = PacketSender()
    assert firmware.put(OFF, count=7)
    assert not firmware.put(OFF, count=7)
    assert firmware.body.time_ms == pytest.approx(1.25)


def test_what_is_no_packet_is_not_flown() -> None:
    firmware = PacketSender()
    assert not firmware.put(OFF, magic=4711)
    assert firmware.body.time_ms == 0.0


def test_a_lower_frame_rate_is_longer_steps() -> None:
    firmware = PacketSender()
    firmware.rate = 100
    firmware.put(OFF)
    assert firmware.body.time_ms == pytest.approx(10.0)


def test_a_lost_motor_is_lost_to_the_firmware() -> None:
    firmware = PacketSender()
    climb = pulse_for(0.6)
    firmware.fly(1.0, climb, climb, climb, climb)
    assert firmware.machine.inject_fault("motor1.loss", None, active=True)
    assert abs(firmware.fly(0.5, climb, climb, climb, climb)["imu"]["gyro"][0]) > 2.0


def test_stuck_gyroscopes_are_stuck_in_the_line() -> None:
    firmware = PacketSender()
    firmware.fly(0.1, OFF, OFF, OFF, OFF)
    firmware.machine.inject_fault("gyro.stuck", None, active=True)
    first = firmware.fly(0.05, OFF, OFF, OFF, OFF)["imu"]["gyro"]
    assert firmware.fly(0.1, OFF, OFF, OFF, OFF)["imu"]["gyro"] == first


def test_wind_carries_it_away() -> None:
    firmware = PacketSender()
    firmware.machine.set_parameter("SIM_WIND_SPD", 8.0)
    firmware.machine.set_parameter("SIM_WIND_DIR", 0.0)  # from the north
    climb = pulse_for(0.5)
    firmware.fly(2.0, climb, climb, climb, climb)
    hover = pulse_for(HOVER_SHARE)
    assert firmware.fly(3.0, hover, hover, hover, hover)["velocity"][0] < -0.5


def test_the_same_seed_says_the_same() -> None:
    climb = pulse_for(0.5)
    first, second = PacketSender(), PacketSender()
    first.fly(1.0, climb, climb, climb, climb)
    second.fly(1.0, climb, climb, climb, climb)
    assert bytes(first.body.answer) == bytes(second.body.answer)


def test_a_body_beyond_all_bounds_is_no_body() -> None:
    firmware = PacketSender()
    firmware.machine.rows()[0][0, M.S_VN] = 1e6
    with pytest.raises(SitlError, match="beyond all bounds"):
        firmware.put(OFF)


def test_a_rover_drives_and_steers() -> None:
    firmware = PacketSender("rover", SERVO1_MIN=1000.0, SERVO1_MAX=2000.0, SERVO3_MIN=1000.0, SERVO3_MAX=2000.0)
    straight = firmware.fly(2.0, 1500, 0, 1700)
    assert straight["velocity"][0] > 1.0
    assert abs(straight["velocity"][1]) < 0.1
    assert firmware.fly(1.0, 1800, 0, 1700)["imu"]["gyro"][2] > 0.3  # to the right


def test_a_boat_goes_with_the_current_and_is_steered_by_its_wash() -> None:
    firmware = PacketSender("boat", SERVO1_MIN=1000.0, SERVO1_MAX=2000.0, SERVO3_MIN=1000.0, SERVO3_MAX=2000.0)
    firmware.machine.set_parameter("SIM_TIDE_SPEED", 0.5)
    firmware.machine.set_parameter("SIM_TIDE_DIR", 270.0)
    drifting = firmware.fly(10.0, 1500, 0, 1500)
    assert drifting["velocity"][1] == pytest.approx(0.5, abs=0.2)
    assert firmware.fly(0.1, 2000, 0, 1700)["imu"]["gyro"][2] < 0.1  # its rudder takes 0.3 s to full
    assert firmware.fly(1.0, 2000, 0, 1700)["imu"]["gyro"][2] > 0.2  # to the right
    assert firmware.fly(3.0, 1500, 0, 1700)["velocity"] != pytest.approx(drifting["velocity"], abs=1.0)


def test_a_plane_rolls_to_its_take_off() -> None:
    firmware = PacketSender("plane")
    said = firmware.fly(4.0, 1500, 1500, 1900, 1500)
    assert said["velocity"][0] > 8.0
    assert said["airspeed"] == pytest.approx(said["velocity"][0], rel=0.2)


def test_a_plane_rolls_out_with_its_throttle_closed_and_stands_braked() -> None:
    """As our own while it is armed: what it lands on are wheels."""
    firmware = PacketSender("plane")
    firmware.fly(2.0, 1500, 1500, 1600, 1500)
    begun = firmware.told()
    begun_mps, begun_m = begun["velocity"][0], begun["position"][0]
    rolled = firmware.fly(1.0, 1500, 1500, 1000, 1500)
    assert 5.0 < begun_mps < 12.0
    assert begun_mps - rolled["velocity"][0] < 0.4 * begun_mps
    stood = firmware.fly(12.0, 1500, 1500, 1000, 1500)
    assert stood["velocity"][0] == pytest.approx(0.0, abs=0.02)
    assert stood["position"][0] - begun_m > 1.5 * begun_mps


@pytest.mark.parametrize("kind", ["copter", "rover", "plane"])
def test_numbers_have_the_signs_and_places_that_they_have(kind: str) -> None:
    """Each number of the line is the one in `values`, to its last decimal."""
    firmware = PacketSender(kind)
    firmware.fly(0.2, 1400, 1600, 1900, 1300)
    said, values = firmware.told(), firmware.body.values.tolist()
    assert said["imu"]["gyro"] == pytest.approx(values[1:4], abs=1e-6)
    assert said["imu"]["accel_body"] == pytest.approx(values[4:7], abs=1e-5)
    assert said["position"] == pytest.approx(values[7:10], abs=1e-4)
    assert said["quaternion"] == pytest.approx(values[10:14], abs=1e-7)
    assert said["velocity"] == pytest.approx(values[14:17], abs=1e-4)


def carrier(**loads: float) -> PacketSender:
    """A copter with a gripper on channel 9 and a winch on channel 7, with these loads."""
    firmware = PacketSender(**CARRIES)
    for name, value in (CARRIES | loads).items():
        firmware.machine.set_parameter(name, value)
    return firmware


def test_what_its_gripper_closes_on_weighs() -> None:
    """Taken up on the ground, as heavy in the air, let go there, and not taken up again; without a pulse it stays."""
    firmware, hover = carrier(SIM_GRIP_LOAD=0.3), pulse_for(HOVER_SHARE)
    mass = firmware.machine.rows()[1][0]
    closed, opened, climb = 1900, 1100, pulse_for(0.6)
    stages = (closed, OFF, 1.8), (closed, climb, 1.8), (0, hover, 1.8), (opened, hover, 1.5), (closed, hover, 1.5)
    for grip, climbs, kg in stages:
        firmware.fly(0.8, *[climbs] * 4, 0, 0, 0, 0, grip)
        assert mass[M.P_MASS] == pytest.approx(kg), grip


def test_the_rotors_of_a_px4_are_where_it_has_them() -> None:
    """1 front right and 2 rear left turn left, 3 front left and 4 rear right turn right."""
    for axis, signs in enumerate(("-++-", "+-+-", "++--")):
        machine = make_simulated("copter", HOME, 0.0, 1, steps=PX4_STEPS["copter"])
        body = px4_body("copter", machine, {})
        for count in range(100):  # 0.4 s
            levels = [0.6 + (0.02 if count > 50 else 0.0) * (1 if sign == "+" else -1) for sign in signs]
            widths = [*(round(REST + SPAN * level) for level in levels), *[REST] * 28]
            body.request[:] = list(struct.pack("<HHI32H", 29569, 250, count, *widths))
            assert body.exchange()
        turned = json.loads(bytes(body.answer))["imu"]["gyro"]
        assert turned[axis] > (0.4, 0.4, 0.05)[axis] and turned[axis] > 3.0 * max(turned[:axis] + turned[axis + 1 :])


def test_a_px4_lets_its_load_go() -> None:
    """By the output of its payload_deliverer, 1 closed and -1 open; while it is disarmed all its outputs are 0."""
    machine = make_simulated("copter", HOME, 0.0, 1, steps=PX4_STEPS["copter"])
    machine.set_parameter("SIM_GRIP_LOAD", 0.3)
    body, mass = px4_body("copter", machine, {"PWM_MAIN_FUNC6": 430.0}), machine.rows()[1][0]
    stages = (0.0, 1.5), (1.0, 1.8), (0.0, 1.8), (-1.0, 1.5), (0.0, 1.5)
    for count, (control, kg) in enumerate(stages):
        widths = [REST, REST, REST, REST, REST, round(REST + SPAN * control), *[REST] * 26]
        body.request[:] = list(struct.pack("<HHI32H", 29569, 250, count, *widths))
        assert body.exchange()
        assert mass[M.P_MASS] == pytest.approx(kg), control


def test_a_px4_that_is_terminated_hangs_on_its_parachute() -> None:
    """Its output is -1, and 1 where the flight is terminated; 0, as all are while it is disarmed, opens nothing."""
    machine = make_simulated("copter", HOME, 0.0, 1, steps=PX4_STEPS["copter"])
    machine.set_parameter("SIM_PARA_SINK", 4.0)
    body = px4_body("copter", machine, {"PWM_MAIN_FUNC6": 401.0})
    for count, (control, sink_mps) in enumerate(((0.0, 0.0), (-1.0, 0.0), (0.0, 0.0), (1.0, 4.0), (-1.0, 4.0))):
        widths = [REST, REST, REST, REST, REST, round(REST + SPAN * control), *[REST] * 26]
        body.request[:] = list(struct.pack("<HHI32H", 29569, 250, count, *widths))
        assert body.exchange()
        assert machine.burden.sink_mps == sink_mps, control


def test_a_load_on_its_winch_swings() -> None:
    """Its line runs out at the rate of an unchanged pulse; the load is handed over to it, swings behind a copter that
    leans, and pulls the copter back: faster by 0.2 m/s and more without."""
    speeds, climb, leaning = [], pulse_for(0.5), (pulse_for(0.45), pulse_for(0.47), pulse_for(0.45), pulse_for(0.47))
    for load_kg in (0.4, 0.0):
        firmware = carrier(SIM_WINCH_LOAD=load_kg, WINCH_RATE_MAX=2.0)
        state = firmware.machine.rows()[0][0]
        firmware.fly(2.5, *[climb] * 4, 0, 0, 1500)
        assert state[M.S_LOAD_KG] == 0.0
        firmware.fly(1.5, *[climb] * 4, 0, 0, 1900)
        assert state[M.S_LOAD_KG] == load_kg
        if load_kg:
            assert state[M.S_LINE] == pytest.approx(2.8, abs=0.3)
            assert state[M.S_LOAD + 2] - state[M.S_PD] == pytest.approx(state[M.S_LINE], abs=0.1)
        said = firmware.fly(0.4, *leaning, 0, 0, 1500)
        speeds.append(said["velocity"][0] ** 2 + said["velocity"][1] ** 2)
    assert speeds[0] < 0.9 * speeds[1]


def test_a_load_does_not_make_the_rotors_stronger() -> None:
    """Full thrust is fitted to the empty body, whenever the load was hung on it."""
    empty, loaded = PacketSender(), make_simulated("copter", HOME, 0.0, 1, steps=STEPS["copter"])
    loaded.set_parameter("SIM_WINCH_LOAD", 0.4)
    body_of("copter", loaded, {})
    before, after = empty.machine.rows()[1][0], loaded.rows()[1][0]
    assert after[M.P_MASS] == pytest.approx(before[M.P_MASS] + 0.4) and after[M.P_FULL] == before[M.P_FULL]
    assert after[M.P_ROTOR_DRAG] == pytest.approx(before[M.P_ROTOR_DRAG] * before[M.P_MASS] / after[M.P_MASS])


@pytest.mark.parametrize("plain", [False, True])
def test_packets_on_its_socket_are_answered_to_the_asked_time(plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled and in plain Python: the same answers as those of packets by hand. The packet after the last waits."""
    if plain:
        entry = OUTSIDE["copter"]
        monkeypatch.setattr(
            Entry, "bind", lambda _, *arrays: partial(np.errstate(over="ignore")(entry.plain()), *arrays)
        )
    climb = pulse_for(0.45)
    by_hand, sender = PacketSender(), PacketSender()
    expected = [by_hand.fly(1.0 / by_hand.rate, climb, climb, climb, climb) for _ in range(12)]
    body = sender.body
    with open_receiver() as ours, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs:
        theirs.bind(("127.0.0.1", 0))
        theirs.settimeout(5.0)
        body.listen(ours.fileno())
        for count in range(1, 14):
            theirs.sendto(sender.packet(climb, climb, climb, climb, count=count), ours.getsockname())
        assert body.exchange_until(15.0) == K.BEGINS
        assert not body.begins()
        assert body.exchange_until(15.0) == K.REACHED
        assert body.time_ms == body.answers * 1.25 == 15.0
        assert [json.loads(theirs.recv(2000)) for _ in range(12)] == expected
        assert body.exchange_until(1000.0) == K.SILENT
        assert body.answers == 13
        theirs.sendto(b"no packet", ours.getsockname())
        assert body.exchange_until(1000.0) == K.NO_PACKET
        theirs.sendto(sender.packet(climb, climb, climb, climb, count=13), ours.getsockname())
        assert body.exchange_until(1000.0) == K.AGAIN
        theirs.sendto(sender.packet(climb, climb, climb, climb, count=2), ours.getsockname())
        assert body.exchange_until(1000.0) == K.BEGINS, "its packets count from the start"
        assert body.begins()
