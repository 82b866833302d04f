"""Parachute on a servo: released by command, by a switch, or when the vehicle falls.

CHUTE_ENABLED arms it, and puts its servo at rest. A release by hand needs a flying vehicle above CHUTE_ALT_MIN; one
that does not hover can also be tested on the ground before its first flight. An item releases anywhere. It releases
automatically when a copter leans more than 30 degrees from its demand and sinks for a second, when a vehicle sinks
faster than CHUTE_CRT_SINK for a second (copters not below CHUTE_ALT_MIN, and neither while they are flown by rates:
ACRO, FLIP), or when the flight manager has cut the motors (FM_CUT_TILT, FM_CUT_ALT). The motors stop, CHUTE_DELAY_MS
later the servo (SERVOn_FUNCTION 27) moves, and the vehicle cannot be armed again. Of CHUTE_TYPE only the servo (10) is
supported. Sources: ArduPilot AP_Parachute.cpp, ArduCopter/crash_check.cpp, ArduPlane/parachute.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from math import radians
from typing import Final

from autopilot.context.events import ErrorLogged
from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.angles import lean_error
from autopilot.interface.reasons import ArmingMethod, ArmingReason, ErrorSubsystem
from autopilot.interface.targets import Attitude, Pilot, PilotKind
from autopilot.mav import ParachuteAction, Severity
from autopilot.modes.outputs import outputs_of

_FUNCTION: Final = 27  # SERVOn_FUNCTION
_SERVO: Final = 10.0  # CHUTE_TYPE
_LOOK_MS: Final = 100
_LONG_MS: Final = 1000
_OPEN_MS: Final = 2000
_HOLD_OPEN, _SKIP_DISARM = 1, 2  # bits of CHUTE_OPTIONS
_LOSS_OF_CONTROL, _TOO_LOW, _LANDED = 2, 2, 3  # LogErrorCode
_LOST_RAD: Final = radians(30.0)


class Parachute:
    """Release of a parachute by hand, or when the vehicle falls. `set_parameter` writes CHUTE_ENABLED;
    `stop_motors(method)` and `lower_gear()` are called at a release."""

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        helm: Helm,
        set_parameter: Callable[[str, float], object],
        stop_motors: Callable[[ArmingMethod], object],
        lower_gear: Callable[[], object],
    ) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._set_parameter = set_parameter
        self._stop_motors = stop_motors
        self._lower_gear = lower_gear
        self.released = False
        self._due_ms: int | None = None  # time at which the servo moves, in either direction
        self._open = False
        self._look_ms = 0
        self._sinks_ms: int | None = None
        self._lost_looks = 0
        self._lost_alt_m = 0.0
        self._flew = False
        self._version = -1  # version of the parameters when the servo was last put at rest
        self._rest()

    @property
    def fitted(self) -> bool:
        return self._facts.param("CHUTE_ENABLED") != 0.0

    @property
    def deadline_ms(self) -> int | None:
        watches = self._look_ms if self._facts.armed and not self.released else None
        changed = 0 if self._version != self._facts.parameters.version else None
        return earliest((watches, self._due_ms, changed))

    def complaints(self) -> list[ArmingReason]:
        if not self.fitted:
            return []
        if self.released:
            return [ArmingReason("Chute is released")]
        if self._facts.param("CHUTE_TYPE") != _SERVO:
            return [ArmingReason("Chute has no relay")]
        return [] if outputs_of(self._facts, _FUNCTION) else [ArmingReason("Chute has no channel")]

    # --- orders ---------------------------------------------------------------------------------------------------
    def command(self, p: tuple[float, ...], now_ms: int) -> bool:
        """DO_PARACHUTE of a ground station. A release that is not possible is announced; planes refuse it then, and a
        second one, other kinds accept both."""
        if p[0] != ParachuteAction.RELEASE:
            return self.act(p, now_ms)
        if not self._facts.vehicle_class.has_stall_speed:
            self.pull(now_ms)
            return True
        if self.released or not self.fitted:
            what = "already released" if self.released else "not enabled"
            self._announcer.say(Severity.NOTICE, f"Parachute {what}")
            return False
        return self.pull(now_ms)

    def act(self, p: tuple[float, ...], now_ms: int) -> bool:
        """DO_PARACHUTE of a mission: param1 0 off, 1 on, 2 release at any height, if it is on (AP_Mission); False for
        another."""
        if p[0] not in tuple(ParachuteAction):
            return False
        if p[0] != ParachuteAction.RELEASE:
            self.enable(p[0] == ParachuteAction.ENABLE)
        else:
            self.release(now_ms)
        return True

    def release(self, now_ms: int) -> None:
        """Release at any height, if it is on."""
        if self.fitted:
            self._release(now_ms)

    def enable(self, on: bool) -> None:
        self._set_parameter("CHUTE_ENABLED", float(on))
        self._due_ms = self._facts.now_ms if self._open else None  # its servo goes back

    def pull(self, now_ms: int) -> bool:
        """Release by hand; False if this is not possible."""
        landed, wings = self._facts.landed, self._facts.vehicle_class.has_stall_speed
        if not self.fitted or (wings and self.released):
            return False
        if landed and self._facts.vehicle_class.hovers:
            self._announcer.say(Severity.INFO, "Parachute: Landed")
            self._announcer.announce(ErrorLogged(ErrorSubsystem.PARACHUTES, _LANDED))
        elif self._too_low() and (self._flew or not landed):
            self._announcer.say(Severity.WARNING if wings else Severity.ALERT, "Parachute: Too low")
            self._announcer.announce(ErrorLogged(ErrorSubsystem.PARACHUTES, _TOO_LOW))
        else:
            self._release(now_ms)
            return True
        return False

    def motors_cut(self, now_ms: int) -> None:
        """Release after the flight manager's emergency cutoff."""
        if self.fitted and not self.released and not self._facts.landed and not self._too_low():
            self._release(now_ms)

    def _too_low(self) -> bool:
        least_m = self._facts.param("CHUTE_ALT_MIN", 10.0)
        return least_m != 0.0 and self._facts.height < least_m

    def _release(self, now_ms: int) -> None:
        self._announcer.say(Severity.INFO, "Parachute: Released")
        self.released = True
        if not self._facts.option("CHUTE_OPTIONS", _SKIP_DISARM):
            self._stop_motors(ArmingMethod.PARACHUTE_RELEASE)
        if self._due_ms is None and not self._open:
            self._due_ms = now_ms + max(int(self._facts.param("CHUTE_DELAY_MS", 500.0)), 0)
        self._lower_gear()

    # --- time -----------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        if self._version != self._facts.parameters.version:
            self._rest()
        self._flew = self._flew or not self._facts.landed
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._turn(now_ms)
        if now_ms >= self._look_ms and self._facts.armed and not self.released:
            self._look_ms = now_ms + _LOOK_MS
            if not self._facts.landed and self._falls(now_ms):
                self._release(now_ms)

    def _rest(self) -> None:
        """Put the servo at rest, unless it opens."""
        self._version = self._facts.parameters.version
        if self.fitted and not self._open and not self._facts.vehicle.capabilities.own_modes:
            self._drive("CHUTE_SERVO_OFF", 1100.0)

    def _turn(self, now_ms: int) -> None:
        """Move the servo: open, and after two seconds back."""
        self._open = not self._open
        if not self._open:
            self._due_ms = None
            self._drive("CHUTE_SERVO_OFF", 1100.0)
            return
        self._due_ms = None if self._facts.option("CHUTE_OPTIONS", _HOLD_OPEN) else now_ms + _OPEN_MS
        self._drive("CHUTE_SERVO_ON", 1300.0)
        if self._facts.param("SIM_PARA_ENABLE") != 0.0:  # text of ArduPilot's simulator
            self._announcer.say(Severity.WARNING, "BANG!  Parachute deployed")

    def _falls(self, now_ms: int) -> bool:
        if self._facts.vehicle_class.hovers and self._by_rates:
            self._lost_looks, self._sinks_ms = 0, None
            return False
        if self._facts.vehicle_class.hovers and self._lost_looks == 0 and self._too_low():
            return False
        r, critical = self._facts.vehicle.state.report, self._facts.param("CHUTE_CRT_SINK")
        if critical <= 0.0 or float(r[report.VD]) <= critical:
            self._sinks_ms = None
        elif self._sinks_ms is None:
            self._sinks_ms = now_ms
        if self._sinks_ms is not None and now_ms - self._sinks_ms > _LONG_MS:
            return True
        return self._facts.vehicle_class.hovers and self._out_of_control()

    @property
    def _by_rates(self) -> bool:
        """True while body rates are demanded, and no lean."""
        target = self._helm.target
        if isinstance(target, Pilot):
            return target.kind is PilotKind.ACRO
        return isinstance(target, Attitude) and target.body_rates is not None

    def _out_of_control(self) -> bool:
        """True after a lean of 30 degrees off the demand, at a lower height than at its beginning, for a second."""
        r = self._facts.vehicle.state.report
        if lean_error(r) <= _LOST_RAD:
            self._lost_looks = max(self._lost_looks - 1, 0)
            return False
        self._lost_looks += 1
        height_m = float(r[report.ALT])
        if self._lost_looks == 1:
            self._lost_alt_m = height_m
        elif height_m >= self._lost_alt_m:
            self._lost_looks = 0
        lost = self._lost_looks * _LOOK_MS > _LONG_MS
        if lost:
            self._announcer.announce(ErrorLogged(ErrorSubsystem.CRASH_CHECK, _LOSS_OF_CONTROL))
        return lost

    def _drive(self, pulse: str, default: float) -> None:
        for channel in outputs_of(self._facts, _FUNCTION):
            self._helm.vehicle.set_output(channel, self._facts.param(pulse, default))
