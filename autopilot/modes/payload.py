"""Payload of a vehicle: servos, relays, a gripper, a camera, a parachute and other equipment. Commands are done at
once, repeated in the background, or only recorded.

Repeats (DO_REPEAT_SERVO, DO_REPEAT_RELAY) continue in any mode, one at a time as in ArduPilot's AP_ServoRelayEvents: a
servo goes to the value and back to 1500 us, a relay toggles, each for half a cycle.

The camera takes photos at a distance (DO_SET_CAM_TRIGG_DIST) or at once (DO_DIGICAM_CONTROL), as ArduPilot's AP_Camera:
the distance is straight, from the place of the last photo, or before the first from the place where it was switched on.
Photos are taken in flight only, or anywhere with a shutter on a servo output (CAM1_TYPE 1, SERVOn_FUNCTION 10). The
shutter is at CAM1_SERVO_ON for CAM1_DURATION, and a photo waits until CAM1_INTRVAL_MIN has passed since the last one
(AP_Camera_Servo.cpp, AP_Camera_Backend.cpp).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf, isfinite
from typing import Final, Protocol

from autopilot.context.events import CameraTriggered, PayloadAction
from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ArmingMethod
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, Result, Severity
from autopilot.mission.commands import spec_of
from autopilot.mission.items import positive
from autopilot.modes.equipment import LandingGear, Sprayer, Winch
from autopilot.modes.generator import Engine, Generator
from autopilot.modes.ignition import Ignition
from autopilot.modes.outputs import RELAYS, Gripper, Relays, outputs_of
from autopilot.modes.parachute import Parachute

_LOOK_AGAIN_MS: Final = 1000
"""Period of checks while the vehicle does not move, ms."""
_SLOWEST_MPS: Final = 0.1
_REMEMBERED: Final = 100
_SHUTTER: Final = 1.0  # CAM1_TYPE
_SHUTTER_FUNCTION: Final = 10  # SERVOn_FUNCTION


def _ticks_ms(seconds: float) -> int:
    """Time in whole ticks, at least one, ms."""
    return max(-(-round(1000.0 * max(seconds, 0.0)) // TICK_MS), 1) * TICK_MS


class Camera:
    """Camera of one vehicle. `every_m`: distance, 0: off; `taken`: photos since boot; `photos`: the last of them."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, move: Callable[[int, float], object]) -> None:
        self._facts = facts
        self._announcer = announcer
        self._move = move  # sets a servo output
        self._closes_ms: int | None = None  # time at which the shutter closes
        self._waits_ms: int | None = None  # time of a waiting photo
        self._taken_ms: int | None = None
        if self._has_shutter and not facts.vehicle.capabilities.own_modes:
            self._shutter("CAM1_SERVO_OFF", 1100.0)
        self.every_m = 0.0
        self._last = (0.0, 0.0)  # place of the last photo: north, east of the origin, m
        self.taken = 0
        self.photos: deque[CameraTriggered] = deque(maxlen=_REMEMBERED)
        self._look_ms: int | None = None  # time of the next check

    @property
    def deadline_ms(self) -> int | None:
        return earliest((self._look_ms, self._closes_ms, self._waits_ms))

    def set_distance(self, metres: float, now_ms: int, *, at_once: bool = False) -> None:
        """Take a photo every `metres` m from now on, 0: off; `at_once`: and one now, also the last when it is switched
        off. A changed distance counts from the last photo (AP_Camera_Backend.cpp, set_trigger_distance)."""
        if not self.every_m:
            self._last = self._place()
        self.every_m = positive(metres)
        if at_once:
            self.shoot(now_ms)
        self._look_ms = now_ms + TICK_MS if self.every_m else None

    def shoot(self, now_ms: int) -> None:
        if not self._may_shoot():
            return
        if self._has_shutter:
            pause_ms = _ticks_ms(self._facts.param("CAM1_INTRVAL_MIN"))
            if self._taken_ms is not None and now_ms < self._taken_ms + pause_ms:
                self._waits_ms = self._taken_ms + pause_ms
                return
            self._taken_ms, self._waits_ms = now_ms, None
            self._closes_ms = now_ms + _ticks_ms(self._facts.param("CAM1_DURATION", 0.1))
            self._shutter("CAM1_SERVO_ON", 1300.0)
        self.taken += 1
        self._last = self._place()
        state = self._facts.vehicle.state
        self.photos.append(CameraTriggered(self.taken, now_ms, state.place))
        self._announcer.announce(self.photos[-1])

    def update(self, now_ms: int) -> None:
        """Close the shutter after its time, and take a photo at the requested distance."""
        if self._closes_ms is not None and now_ms >= self._closes_ms:
            self._closes_ms = None
            self._shutter("CAM1_SERVO_OFF", 1100.0)
        if self._waits_ms is not None and now_ms >= self._waits_ms:
            self._waits_ms = None
            self.shoot(now_ms)
        if self._look_ms is None or now_ms < self._look_ms:
            return
        if not self._may_shoot():
            self._look_ms = now_ms + _LOOK_AGAIN_MS
            return
        if self._missing_m() <= 0.0:
            self.shoot(now_ms)
        r = self._facts.vehicle.state.report
        speed = max(hypot(float(r[report.VN]), float(r[report.VE])), _SLOWEST_MPS)
        wait_ms = min(int(1000.0 * max(self._missing_m(), 0.0) / speed), _LOOK_AGAIN_MS)
        self._look_ms = now_ms + max(wait_ms - wait_ms % TICK_MS, TICK_MS)

    def _may_shoot(self) -> bool:
        return self._has_shutter or (self._facts.armed and not self._facts.grounded)

    @property
    def _has_shutter(self) -> bool:
        return self._facts.param("CAM1_TYPE") == _SHUTTER

    def _shutter(self, pulse: str, default: float) -> None:
        for channel in outputs_of(self._facts, _SHUTTER_FUNCTION):
            self._move(channel, self._facts.param(pulse, default))

    def _missing_m(self) -> float:
        north, east = self._place()
        return self.every_m - hypot(north - self._last[0], east - self._last[1])

    def _place(self) -> tuple[float, float]:
        r = self._facts.vehicle.state.report
        return float(r[report.NORTH]), float(r[report.EAST])


_CENTRE_US: Final = 1500.0
_CHANNELS: Final = range(1, 33)
#: SERVOn_FUNCTION of outputs that a command may set: none, manual, sprayer, gripper, radio passthrough.
_FREE: Final = frozenset({0, 1, 22, 23, 28, *range(51, 67), *range(140, 156)})

Params = tuple[float, ...]


def _whole(value: float) -> int:
    """Whole number of a channel, relay or count; negative for values that are not finite."""
    return int(value) if isfinite(value) else -1


class Device(Protocol):
    """Equipment with its own update times. `fitted`: enabled by its parameters."""

    @property
    def fitted(self) -> bool: ...
    @property
    def deadline_ms(self) -> int | None: ...
    def update(self, now_ms: int) -> None: ...


class Payload:
    """Outputs of one vehicle. `set_parameter` sets SIM_PIN_MASK and CHUTE_ENABLED; the parachute uses `stop_motors`,
    the landing gear `comes_down`.
    `next_deadline_ms`: next half cycle of a repeat, next check of the camera or the equipment."""

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        helm: Helm,
        set_parameter: Callable[[str, float], object],
        stop_motors: Callable[[ArmingMethod], object],
        comes_down: Callable[[], bool],
    ) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        move = helm.vehicle.set_output
        self.relays = Relays(facts, partial(set_parameter, "SIM_PIN_MASK"))
        self.gripper = Gripper(facts, announcer, move)
        self.sprayer, self.winch = Sprayer(facts, move), Winch(facts, announcer, helm)
        self.gear = LandingGear(facts, announcer, helm, comes_down)
        lower_gear = partial(self.gear.move, down=True)
        self.parachute = Parachute(facts, announcer, helm, set_parameter, stop_motors, lower_gear)
        self.generator = Generator(facts, helm)
        self.ignition = Ignition(facts, announcer, helm, lambda: self.parachute.released)
        self.engine = Engine(facts, self.ignition)
        self._devices: tuple[Device, ...] = (
            self.gripper,
            self.sprayer,
            self.winch,
            self.gear,
            self.parachute,
            self.generator,
            self.ignition,
            self.engine,
        )
        self._fitted: tuple[Device, ...] = ()
        self._version = -1  # version of the parameters at their last reading
        self._orders: dict[int, Callable[[Params, int], bool]] = {
            Cmd.DO_SPRAYER: self.sprayer.command,
            Cmd.DO_WINCH: self.winch.command,
            Cmd.AIRFRAME_CONFIGURATION: self.gear.command,
            Cmd.DO_ENGINE_CONTROL: self.ignition.command,
        }
        if facts.vehicle_class.flies:
            self._orders[Cmd.DO_PARACHUTE] = self.parachute.act
        self._repeat: tuple[int, int, float] | None = None  # command, number, value
        self._halves_left = 0
        self._half_ms = 0
        self._half_due_ms: int | None = None
        self.camera = Camera(facts, announcer, helm.vehicle.set_output)

    def next_deadline_ms(self) -> int | None:
        due_ms = earliest((self._half_due_ms, self.camera.deadline_ms))
        fitted = self._equipment()
        return earliest((due_ms, *[device.deadline_ms for device in fitted])) if fitted else due_ms

    def _equipment(self) -> tuple[Device, ...]:
        version = self._facts.parameters.version
        if version != self._version:
            self._version = version
            self._fitted = tuple(device for device in self._devices if device.fitted)
        return self._fitted

    @staticmethod
    def knows(command: int) -> bool:
        """True for a payload command, by its row."""
        spec = spec_of(command)
        return spec is not None and spec.output is not None

    def command(self, number: int, params: Params, now_ms: int) -> Outcome:
        """Carry out or record a ground station's DO_SET_SERVO, DO_SET_RELAY, repeats, camera triggers, gripper."""
        if number not in self._orders and not self.knows(number):
            return Outcome(Result.UNSUPPORTED, "no payload command")
        if number == Cmd.DO_PARACHUTE and number in self._orders:  # it says why
            return ACCEPTED if self.parachute.command((*params, 0.0), now_ms) else Outcome(Result.FAILED, "no release")
        if not self.act(number, params, now_ms):
            return self._announcer.refuse(f"{Cmd(number).name}: no such output or action")
        return ACCEPTED

    def act(self, command: int, params: Params, now_ms: int) -> bool:
        """Do `command` (MAV_CMD) with its parameters; False if it is not possible (no such channel)."""
        p = (*params, *([0.0] * 7))[:7]
        if command in self._orders:
            return self._orders[command](p, now_ms)
        if command == Cmd.DO_SET_SERVO:
            return self._servo(_whole(p[0]), p[1])
        if command == Cmd.DO_SET_RELAY:
            return self._relay(_whole(p[0]), p[1] != 0.0)
        if command in (Cmd.DO_REPEAT_SERVO, Cmd.DO_REPEAT_RELAY):
            return self._begin_repeat(command, p, now_ms)
        if command == Cmd.DO_GRIPPER and self.gripper.fitted and not self.gripper.order(_whole(p[1]), now_ms):
            return False
        if self.knows(command):  # recorded
            if command == Cmd.DO_SET_CAM_TRIGG_DIST:
                self.camera.set_distance(p[0], now_ms, at_once=p[2] == 1.0)
            elif command == Cmd.DO_DIGICAM_CONTROL and p[4] == 1.0:
                self.camera.shoot(now_ms)
            self._announcer.announce(PayloadAction(command, params))
            return True
        return False

    def handle_events(self, _: VehicleEvent, now_ms: int) -> None:
        """Handle cut motors."""
        self.parachute.motors_cut(now_ms)

    def update(self, now_ms: int) -> None:
        """Do the next half cycle or photo."""
        self.camera.update(now_ms)
        for device in self._equipment():
            device.update(now_ms)
        if self._half_due_ms is None or now_ms < self._half_due_ms or self._repeat is None:
            return
        self._half(self._repeat, first=False)
        self._halves_left -= 1
        self._half_due_ms = self._half_due_ms + self._half_ms if self._halves_left else None

    def _begin_repeat(self, command: int, p: Params, now_ms: int) -> bool:
        servo = command == Cmd.DO_REPEAT_SERVO
        count, cycle = (p[2], p[3]) if servo else (p[1], p[2])
        number = _whole(p[0])
        if number not in (_CHANNELS if servo else RELAYS) or _whole(count) < 1 or not 0.0 < cycle < inf:
            return False
        if not self._half((command, number, p[1]), first=True):
            return False
        self._repeat = (command, number, p[1])
        self._halves_left = 2 * int(count) - 1
        self._half_ms = max(TICK_MS, round(cycle * 500.0 / TICK_MS) * TICK_MS)
        self._half_due_ms = now_ms + self._half_ms
        return True

    def _half(self, repeat: tuple[int, int, float], *, first: bool) -> bool:
        command, number, value = repeat
        if command == Cmd.DO_REPEAT_RELAY:
            return self._relay(number, not self.relays.is_on(number))
        return self._servo(number, value if first or self._halves_left % 2 == 0 else _CENTRE_US)

    def _servo(self, channel: int, pwm_us: float) -> bool:
        if channel not in _CHANNELS or not isfinite(pwm_us):
            return False
        if int(self._facts.param(f"SERVO{channel}_FUNCTION")) not in _FREE:
            self._announcer.say(Severity.INFO, f"ServoRelayEvent: Channel {channel} is already in use")
            return False
        self._helm.vehicle.set_output(channel, pwm_us)
        self._announcer.announce(PayloadAction(int(Cmd.DO_SET_SERVO), (float(channel), pwm_us)))
        return True

    def _relay(self, number: int, on: bool) -> bool:
        if number not in RELAYS:
            return False
        self.relays.set(number, on)
        self._announcer.announce(PayloadAction(int(Cmd.DO_SET_RELAY), (float(number), float(on))))
        return True
