"""Start and stop of a plane's engine (ICE_ENABLE, DO_ENGINE_CONTROL), as in ArduPilot's AP_ICEngine.

While the engine is off there is no throttle; while the starter turns it, for ICE_STARTER_TIME, the throttle is
ICE_START_PCT. A start may wait for a height above the place of the command, or of the last disarming. The engine stops
when disarmed, unless it idles (ICE_IDLE_PCT). With bit 3 of ICE_OPTIONS it runs disarmed only by a command that allows
it. Ignition and starter are the outputs of functions 67 and 69. A simulated engine starts at the first try, and stops
by command only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from math import isfinite
from typing import Final

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.mav import Severity
from autopilot.modes.outputs import outputs_of

_IGNITION, _STARTER = 67, 69  # SERVOn_FUNCTION
_LOOK_MS: Final = 100
_ON_US, _OFF_US = 2000.0, 1000.0
_NOT_DISARMED: Final = 1 << 3  # ICE_OPTIONS
_ALLOW_DISARMED: Final = 1  # ENGINE_CONTROL_OPTIONS, param4
_LIMITS: Final = ("THR_MIN", "THR_MAX", "TKOFF_THR_MAX", "TRIM_THROTTLE")


class EngineState(Enum):
    """States of the engine: its number, ignition on, starter on."""

    OFF = 0, False, False
    WAITS_FOR_HEIGHT = 1, True, False
    STARTING = 2, True, True
    RUNNING = 3, True, False


class Ignition:
    """Start, idle and stop of an engine by ignition and starter. `stopped`: a parachute is out."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm, stopped: Callable[[], bool]) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._stopped = stopped
        self.state = EngineState.OFF
        self._height = self._from = 0.0
        self._since_ms = self._looked_ms = 0
        self._allowed = False  # True if the command allows this start while disarmed
        # state and version of the parameters when outputs were last set
        self._shown: tuple[EngineState, int] | None = None

    @property
    def fitted(self) -> bool:
        """True with ICE_ENABLE, or until its throttle limits are removed."""
        return self._enabled or self._shown is not None

    @property
    def _enabled(self) -> bool:
        return self._facts.param("ICE_ENABLE") != 0.0 and not self._facts.vehicle.capabilities.own_modes

    @property
    def deadline_ms(self) -> int | None:
        return self._looked_ms + _LOOK_MS

    def command(self, p: tuple[float, ...], now_ms: int) -> bool:
        """DO_ENGINE_CONTROL: param1 above 0 starts, else stops; param3 a height, m; param4 bit 0: also while
        disarmed."""
        if not self._enabled or not all(map(isfinite, p[:4])):
            return False
        self._allowed = bool(int(p[3]) & _ALLOW_DISARMED)
        if p[0] <= 0.0:
            self.state = EngineState.OFF
        elif self.state in (EngineState.STARTING, EngineState.RUNNING):
            self._announcer.say(Severity.INFO, "Engine: already running")
            return False
        elif p[2] > 0.0:
            self._height, self._from = p[2], self._up
            self.state = EngineState.WAITS_FOR_HEIGHT
            self._announcer.say(Severity.INFO, f"Takeoff height set to {p[2]:.1f}m")
        else:
            self._start(now_ms)
        self._show()
        return True

    @property
    def _up(self) -> float:
        return -float(self._facts.vehicle.state.position[2])

    def _start(self, now_ms: int) -> None:
        self.state, self._since_ms = EngineState.STARTING, now_ms

    def update(self, now_ms: int) -> None:
        if now_ms < self._looked_ms + _LOOK_MS:
            return
        self._looked_ms = now_ms
        if not self._enabled:
            self.state, self._shown = EngineState.OFF, None
            self._limit({name: self._facts.param(name) for name in _LIMITS})
            return
        armed = self._facts.armed
        if not self._may_run(armed):
            if self.state is EngineState.RUNNING:
                self._announcer.say(Severity.INFO, "Stopped engine")
            self.state = EngineState.OFF
        elif self.state is EngineState.WAITS_FOR_HEIGHT:
            if self._up >= self._from + self._height:
                self._announcer.say(Severity.INFO, f"Starting height reached {self._up - self._from:.1f}")
                self._start(now_ms)
        elif self.state is EngineState.STARTING and self._has_turned(now_ms):
            self._announcer.say(Severity.INFO, "Engine running")
            self.state = EngineState.RUNNING
        if not armed:
            if self.state is EngineState.WAITS_FOR_HEIGHT:
                self._from = self._up
            elif self._facts.param("ICE_IDLE_PCT") <= 0.0:
                self.state = EngineState.OFF
        self._show()

    def _has_turned(self, now_ms: int) -> bool:
        return now_ms - self._since_ms >= 1000.0 * self._facts.param("ICE_STARTER_TIME")

    def _may_run(self, armed: bool) -> bool:
        if self._stopped():
            return False
        if not self._facts.option("ICE_OPTIONS", _NOT_DISARMED):
            return True
        allowed, self._allowed = self._allowed, self._allowed and not armed
        return armed or allowed

    def _show(self) -> None:
        """Set outputs and limits of the throttle after a change."""
        now = self.state, self._facts.parameters.version
        if now == self._shown:
            return
        self._shown = now
        vehicle, param = self._helm.vehicle, self._facts.param
        for function, on in zip((_IGNITION, _STARTER), self.state.value[1:], strict=True):
            for channel in outputs_of(self._facts, function):
                vehicle.set_output(channel, _ON_US if on else _OFF_US)
        limits = {name: param(name) for name in _LIMITS}
        if self.state is EngineState.RUNNING:
            limits["THR_MIN"] = max(limits["THR_MIN"], param("ICE_IDLE_PCT"))
        else:
            throttle = param("ICE_START_PCT") if self.state is EngineState.STARTING else 0.0
            limits = dict.fromkeys(_LIMITS, throttle) | {"TKOFF_THR_MAX": 0.0}  # 0: use THR_MAX
        self._limit(limits)

    def _limit(self, limits: Mapping[str, float]) -> None:
        for name, value in limits.items():
            self._helm.vehicle.set_parameter(name, value)
