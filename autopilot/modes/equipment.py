"""Equipment on servo outputs: a sprayer, landing gear, a winch.

Each is enabled by its parameter (SPRAY_ENABLE, LGR_ENABLE, WINCH_TYPE), off by default as in ArduPilot, and moves the
outputs with its SERVOn_FUNCTION. Update periods, texts and the winch's estimate of its line are ArduPilot's:
AC_Sprayer.cpp, AP_LandingGear.cpp, AP_Winch.cpp, AP_Winch_PWM.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntFlag
from math import isfinite
from typing import Final, Protocol, runtime_checkable

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import TakeOff
from autopilot.mav import Severity, WinchAction, WinchStatus
from autopilot.modes.outputs import between, outputs_of

_PUMP, _SPINNER, _GEAR, _WINCH = 22, 23, 29, 88  # SERVOn_FUNCTION
_LOOK_MS: Final = 100

Params = tuple[float, ...]


class Sprayer:
    """A sprayer that pumps in proportion to the ground speed, SPRAY_PUMP_RATE per cent at 1 m/s. `on`: by command. It
    sprays from 0.1 s above SPRAY_SPEED_MIN until it has been slower for 1 s."""

    _LOOK_MS: Final = 340
    _DELAYS_MS: Final = {True: 100, False: 1000}

    def __init__(self, facts: VehicleFacts, move: Callable[[int, float], object]) -> None:
        self._facts = facts
        self._move = move
        self.on = False
        self.sprays = False
        self._change_ms: int | None = None  # time since which it is fast enough, or too slow
        self.deadline_ms: int | None = None

    @property
    def fitted(self) -> bool:
        """True with SPRAY_ENABLE, or until its pump has stopped."""
        return self._enabled or self.on

    @property
    def _enabled(self) -> bool:
        return self._facts.param("SPRAY_ENABLE") != 0.0

    def command(self, p: Params, now_ms: int) -> bool:
        """DO_SPRAYER: param1 = 1 on, 0 off; other values change nothing."""
        if p[0] in (0.0, 1.0):
            self.switch(p[0] == 1.0, now_ms)
        return True

    def switch(self, on: bool, now_ms: int) -> None:
        on = on and self._enabled
        if on == self.on:
            return
        self.on, self.deadline_ms = on, now_ms if on else None
        if not on:
            self._spray(0.0)

    def update(self, now_ms: int) -> None:
        if not self._enabled:
            self.switch(False, now_ms)
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        self.deadline_ms = now_ms + self._LOOK_MS
        r = self._facts.vehicle.state.report
        speed_mps = hypot(float(r[report.VN]), float(r[report.VE]))
        fast = 100.0 * speed_mps >= self._facts.param("SPRAY_SPEED_MIN")
        if fast == self.sprays:
            self._change_ms = None
        elif self._change_ms is None:
            self._change_ms = now_ms
        elif now_ms - self._change_ms > self._DELAYS_MS[fast]:
            self.sprays, self._change_ms = fast, None
        self._spray(speed_mps if self.sprays else 0.0)

    def _spray(self, speed_mps: float) -> None:
        """Set the pump for this speed; 0: stop."""
        facts = self._facts
        self.sprays = self.sprays and speed_mps > 0.0
        share = max(speed_mps * facts.param("SPRAY_PUMP_RATE"), facts.param("SPRAY_PUMP_MIN")) / 100.0
        for channel in outputs_of(facts, _PUMP):
            self._move(channel, between(facts, channel, min(share, 1.0) if self.sprays else 0.0))
        for channel in outputs_of(facts, _SPINNER):
            self._move(channel, facts.param("SPRAY_SPINNER") if self.sprays else between(facts, channel, 0.0))


class LandingGear:
    """Landing gear. It moves by command, by height (LGR_DEPLOY_ALT, LGR_RETRACT_ALT), and by LGR_OPTIONS up after a
    takeoff and down while `comes_down()` (`Mode.comes_down`)."""

    _RETRACT_AFTER_TAKEOFF, _DEPLOY_FOR_LANDING = 1, 2

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm, comes_down: Callable[[], bool]) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._comes_down = comes_down
        self.down = False
        self._moved = False
        self._height_m = 0.0
        self._takes_off = False
        self._look_ms = 0
        startup = facts.param("LGR_STARTUP")
        if self.fitted and not facts.vehicle.capabilities.own_modes and startup in (1.0, 2.0):
            self.move(down=startup == 2.0)

    @property
    def fitted(self) -> bool:
        return self._facts.param("LGR_ENABLE") != 0.0 and bool(outputs_of(self._facts, _GEAR))

    @property
    def deadline_ms(self) -> int | None:
        return self._look_ms if self._facts.armed else None

    def command(self, p: Params, now_ms: int) -> bool:
        """AIRFRAME_CONFIGURATION: param2 = 1 up, other values down."""
        self.move(down=p[1] != 1.0)
        return True

    def move(self, *, down: bool) -> None:
        if not self.fitted or (self.down == down and (down or self._moved)):
            return
        self.down, self._moved = down, True
        self._announcer.say(Severity.INFO, f"LandingGear: {'DEPLOY' if down else 'RETRACT'}")
        for channel in outputs_of(self._facts, _GEAR):
            self._helm.vehicle.set_output(channel, between(self._facts, channel, 1.0 if down else 0.0))

    def update(self, now_ms: int) -> None:
        if now_ms < self._look_ms or not self._facts.armed:
            return
        self._look_ms = now_ms + _LOOK_MS
        options, takes_off = int(self._facts.param("LGR_OPTIONS", 3.0)), isinstance(self._helm.target, TakeOff)
        if options & self._DEPLOY_FOR_LANDING and self._comes_down():
            self.move(down=True)
        elif self._takes_off and (not takes_off or self._helm.arrived) and options & self._RETRACT_AFTER_TAKEOFF:
            self.move(down=False)
        self._takes_off = takes_off and not self._helm.arrived
        self._follow_height()

    def _follow_height(self) -> None:
        before_m, self._height_m = self._height_m, max(self._facts.height, 0.0)
        low_m, high_m = self._facts.param("LGR_DEPLOY_ALT"), self._facts.param("LGR_RETRACT_ALT")
        if low_m > 0.0 and self._height_m <= low_m < before_m:
            self.move(down=True)
        elif high_m > 0.0 and high_m >= low_m and before_m < high_m <= self._height_m:
            self.move(down=False)


@runtime_checkable
class FeelsLine(Protocol):
    """A vehicle that measures the tension of its winch's line."""

    @property
    def line_tension_n(self) -> float: ...


class WinchControl(Enum):
    RELAXED = "spins freely"
    LENGTH = "goes to a length"
    RATE = "goes at a rate"


class WinchOption(IntFlag):
    """Bits of WINCH_OPTIONS."""

    FREE_AT_START = 1
    VERBOSE = 2


class Winch:
    """A winch on a servo (WINCH_TYPE 1). It is given a rate, and the line's length is computed from it. `length_m`:
    length of line out; `rate_mps`: rate at which it goes out. To deliver, it lowers its load until there is no tension,
    and comes up again; this needs a vehicle that `FeelsLine`, and ArduPilot does not have it."""

    _LIGHT_N: Final = 0.1

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        free = facts.option("WINCH_OPTIONS", WinchOption.FREE_AT_START, 7.0)
        self.control = WinchControl.RELAXED if free else WinchControl.RATE
        self.length_m = self.rate_mps = 0.0
        self._goal_m = 0.0
        self._delivers = False
        self._last_ms = 0
        self._orders: dict[int, Callable[[Params], bool]] = {
            WinchAction.RELAXED: lambda p: self.relax(),
            WinchAction.RELATIVE_LENGTH_CONTROL: lambda p: self.pay_out(p[2]),
            WinchAction.RATE_CONTROL: lambda p: self.turn(p[3]),
            WinchAction.LOCK: lambda p: self.turn(0.0),
            WinchAction.HOLD: lambda p: self.turn(0.0),
            WinchAction.RETRACT: lambda p: self.pay_out(-self.length_m),
            WinchAction.DELIVER: lambda p: self._deliver(),
        }

    @property
    def fitted(self) -> bool:
        return self._facts.param("WINCH_TYPE") == 1.0

    @property
    def healthy(self) -> bool:
        return bool(outputs_of(self._facts, _WINCH))

    @property
    def tension_n(self) -> float | None:
        """Tension of the line, N; None if not measured."""
        vehicle = self._helm.vehicle
        return vehicle.line_tension_n if isinstance(vehicle, FeelsLine) else None

    @property
    def status(self) -> WinchStatus:
        flags = WinchStatus.HEALTHY if self.healthy else WinchStatus(0)
        flags |= WinchStatus.MOVING if self.rate_mps else WinchStatus(0)
        return flags if self.length_m > 0.0 else flags | WinchStatus.FULLY_RETRACTED

    @property
    def deadline_ms(self) -> int | None:
        """Time of the next update while it moves, and while a line hangs below a vehicle that may move; without an
        output it does not move."""
        moves = self.control is not WinchControl.RELAXED and (self.rate_mps or self.control is WinchControl.LENGTH)
        hangs = self.length_m and self._facts.armed
        return self._last_ms + _LOOK_MS if (moves or hangs) and self.healthy else None

    def command(self, p: Params, now_ms: int) -> bool:
        """DO_WINCH: param2 the action, param3 the length to release, param4 the rate."""
        order = self._orders.get(int(p[1])) if self.fitted and all(isfinite(value) for value in p[:4]) else None
        if order is None:
            return False
        self._last_ms = now_ms
        self._delivers = False
        return order(p)

    def switch(self, *, stop: bool) -> None:
        """Stop the winch, or let it spin freely, by a transmitter's switch."""
        if self.fitted:
            self.turn(0.0) if stop else self.relax()

    def relax(self) -> bool:
        self.control, self.rate_mps = WinchControl.RELAXED, 0.0
        self._drive(0.0)
        return True

    def turn(self, rate_mps: float) -> bool:
        most = self._fastest
        self.control, self.rate_mps = WinchControl.RATE, min(max(rate_mps, -most), most)
        self._drive(self.rate_mps)
        return True

    def pay_out(self, length_m: float) -> bool:
        """Release this length of line; below 0: retract."""
        self._goal_m, self.control = self.length_m + length_m, WinchControl.LENGTH
        if self._facts.option("WINCH_OPTIONS", WinchOption.VERBOSE, 7.0):
            word = "raising" if length_m < 0.0 else "lowering"
            self._announcer.say(Severity.INFO, f"Winch: {word} {abs(length_m):4.1f}m to {self._goal_m:4.1f}m")
        return True

    def _deliver(self) -> bool:
        tension_n = self.tension_n
        if tension_n is None or tension_n < self._LIGHT_N:
            return False
        self._delivers = True
        return self.turn(self._fastest)

    @property
    def _fastest(self) -> float:
        return max(self._facts.param("WINCH_RATE_MAX", 1.0), 0.01)

    def update(self, now_ms: int) -> None:
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms:
            return
        elapsed_s, self._last_ms = 0.001 * (now_ms - self._last_ms), now_ms
        if self.control is WinchControl.LENGTH:
            error_m = self._goal_m - self.length_m
            rate_mps = error_m * self._facts.param("WINCH_POS_P", 1.0)
            self.rate_mps = min(max(rate_mps, -self._fastest), self._fastest)
            if abs(error_m) < 0.01:
                self.control, self.rate_mps = WinchControl.RATE, 0.0
        self.length_m += self.rate_mps * min(elapsed_s, 1.0)
        self._drive(self.rate_mps)
        if self._delivers and (self.tension_n or 0.0) < self._LIGHT_N:
            self._delivers = False
            self.pay_out(-self.length_m)

    def _drive(self, rate_mps: float) -> None:
        share = 0.5 + 0.5 * rate_mps / self._fastest
        for channel in outputs_of(self._facts, _WINCH):
            relaxed = self.control is WinchControl.RELAXED
            self._helm.vehicle.set_output(channel, 0.0 if relaxed else between(self._facts, channel, share))
