"""Combustion engines: a generator, and the engine of a plane's propeller.

A generator charges the battery in flight (GEN_TYPE 3), switched by auxiliary function 85: off, idle, run. Commands are
carried out while the vehicle is disarmed: it runs once it has idled until it is warm, and it stops from idle. Speeds,
warm-up and arming conditions are those of ArduPilot's AP_Generator_RichenPower.cpp, the current and its limit those of
its simulator (SIM_RichenPower.cpp). A simulated generator supplies the vehicle's current, and charges the battery with
the rest.

An engine follows the throttle's output and reports the measurements of its injection (EFI_TYPE 1). Its speed, its fuel
and the temperature of its cylinder head are those of ArduPilot's simulated engines (SIM_Plane.cpp, SIM_EFI_Hirth.cpp,
SIM_EFI_MegaSquirt.cpp). It burns fuel but drives nothing: propeller and battery stay those of an electric plane.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from autopilot.context.vehicle_context import Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.mathematics import exp
from autopilot.interface.reasons import ArmingReason
from autopilot.interface.vehicle import Rechargeable
from autopilot.mav import GeneratorStatus
from autopilot.modes.ignition import EngineState, Ignition
from autopilot.modes.outputs import outputs_of

_RICHENPOWER: Final = 3  # GEN_TYPE
_CONTROL: Final = 42  # SERVOn_FUNCTION
_LOOK_MS: Final = 1000
_SLEW_RPM: Final = 2000.0  # in a second
_RUNS_RPM: Final = 10_000.0  # speed from which it supplies current
_MOST_A, _CHARGE_A = 50.0, 5.0
_COOLS: Final = 0.005  # share of its warmth lost in a second
_WARM: Final = 45.0 * 4800.0 * 0.860384
_WARMEST: Final = 60.0 * 13_000.0

_SERIAL_MS: Final = 1  # EFI_TYPE
_THROTTLE_OUTPUT: Final = report.SERVO_1 + 2
_MEASURES_MS: Final = 100
_THROTTLE_S, _SPEED_S, _HEAD_S = 0.1, 0.5, 40.0  # time constants
_FULL_RPM: Final = 7000.0
_BURNS_RPM, _BURNS_CM3_RPM = 1500.0, 1000.0 / 60.0 / 2200.0  # cm3/min for each rpm above that speed
_LEAST_RPM: Final = {EngineState.STARTING: 400.0, EngineState.RUNNING: 1200.0}
_HEAD_K: Final = 186.0  # temperature above the air at full speed: 201 degrees in the standard atmosphere


class GeneratorState(Enum):
    """States of the switch: pulse of its output, us, speed, rpm."""

    STOP = 1200.0, 0.0
    IDLE = 1500.0, 4800.0
    RUN = 1900.0, 13_000.0


class Generator:
    """Generator that charges the battery in flight. `rpm`: its speed; `amps`: its current; `runtime_ms`: its running
    time."""

    def __init__(self, facts: VehicleFacts, helm: Helm) -> None:
        self._facts = facts
        self._helm = helm
        self._requested = self._state = GeneratorState.STOP
        self._since_ms = 0
        self._looked_ms = 0
        self._warmth = 0.0
        self.rpm = self.amps = 0.0
        self.runtime_ms = 0

    @property
    def fitted(self) -> bool:
        return self._facts.param("GEN_TYPE") == _RICHENPOWER

    @property
    def deadline_ms(self) -> int | None:
        rests = self._requested is self._state is GeneratorState.STOP and self.rpm == 0.0
        return None if rests else self._looked_ms + _LOOK_MS

    def complaints(self) -> list[ArmingReason]:
        if not self.fitted:
            return []
        if not outputs_of(self._facts, _CONTROL):
            return [ArmingReason("Generator: need a servo output channel")]
        if self._requested is not GeneratorState.RUN:
            return [ArmingReason("Generator: requested state is not RUN")]
        if self._state is not GeneratorState.RUN:
            return [ArmingReason("Generator: Generator warming up")]
        return [] if self._generates else [ArmingReason("Generator: not running")]

    @property
    def _generates(self) -> bool:
        return self._state is GeneratorState.RUN and self.rpm >= _RUNS_RPM

    @property
    def status(self) -> GeneratorStatus:
        if self.rpm == 0.0:
            return GeneratorStatus.OFF
        if self._generates:
            charges = self.amps > float(self._facts.vehicle.state.report[report.BATT_A])
            return GeneratorStatus.GENERATING | (GeneratorStatus.CHARGING if charges else GeneratorStatus(0))
        warms = self._requested is GeneratorState.RUN
        return GeneratorStatus.WARMING_UP if warms else GeneratorStatus.IDLE

    def order(self, state: GeneratorState) -> None:
        """Set the demanded state, which follows as soon as possible."""
        if not self.fitted:
            return
        if self.deadline_ms is None:
            self._looked_ms = self._facts.now_ms
        self._requested = state

    def update(self, now_ms: int) -> None:
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms:
            return
        seconds, self._looked_ms = 0.001 * (now_ms - self._looked_ms), now_ms
        if self.rpm:
            self.runtime_ms += round(1000.0 * seconds)
        self._switch(now_ms)
        step, goal = _SLEW_RPM * seconds, self._state.value[1]
        self.rpm = min(max(goal, self.rpm - step), self.rpm + step)
        self._warmth = min(self._warmth + self.rpm * seconds, _WARMEST) * (1.0 - _COOLS * seconds)
        self._charge(seconds)

    def _switch(self, now_ms: int) -> None:
        """Change the state, through idle, and not in flight."""
        if self._requested is self._state or self._facts.armed:
            return
        idles = self._state is GeneratorState.IDLE
        ready = {
            GeneratorState.STOP: idles and now_ms - self._since_ms >= _LOOK_MS,
            GeneratorState.IDLE: True,
            GeneratorState.RUN: idles and self._warmth > _WARM,
        }
        state = self._requested if ready[self._requested] else GeneratorState.IDLE
        if state is self._state:
            return
        self._state, self._since_ms = state, now_ms
        for channel in outputs_of(self._facts, _CONTROL):
            self._helm.vehicle.set_output(channel, state.value[0])

    def _charge(self, seconds: float) -> None:
        self.amps = 0.0
        if not self._generates:
            return
        r, vehicle = self._facts.vehicle.state.report, self._helm.vehicle
        charge, capacity_ah = float(r[report.BATT_FRACTION]), self._facts.param("SIM_BATT_CAP_AH")
        self.amps = min(float(r[report.BATT_A]) + (_CHARGE_A if charge < 1.0 else 0.0), _MOST_A)
        if isinstance(vehicle, Rechargeable) and capacity_ah > 0.0:
            vehicle.set_charge(min(charge + self.amps * seconds / (3600.0 * capacity_ah), 1.0))


class Engine:
    """Engine of a propeller, with its injection. `demand`, `throttle`, `load`: shares; `fuel_cm3`: burnt since boot.
    With an ignition it turns at least at `_LEAST_RPM` while it runs."""

    def __init__(self, facts: VehicleFacts, ignition: Ignition) -> None:
        self._facts = facts
        self._ignition = ignition
        self._measured_ms = 0
        self.demand = self.throttle = self.rpm = self.fuel_cm3 = 0.0
        self._warmer_k = 0.0  # temperature above the air

    @property
    def fitted(self) -> bool:
        return self._facts.param("EFI_TYPE") == _SERIAL_MS and not self._facts.vehicle.capabilities.own_modes

    @property
    def deadline_ms(self) -> int | None:
        return self._measured_ms + _MEASURES_MS

    @property
    def load(self) -> float:
        """Load as a share: the torque of a propeller grows with the square of its speed."""
        return (self.rpm / _FULL_RPM) * (self.rpm / _FULL_RPM)

    @property
    def flow_cm3_min(self) -> float:
        return max(self.rpm - _BURNS_RPM, 0.0) * _BURNS_CM3_RPM

    @property
    def head_c(self) -> float:
        return float(self._facts.vehicle.state.report[report.BARO_TEMPERATURE]) + self._warmer_k

    def update(self, now_ms: int) -> None:
        if now_ms < self._measured_ms + _MEASURES_MS:
            return
        seconds, self._measured_ms = min(0.001 * (now_ms - self._measured_ms), 1.0), now_ms  # 1: it was just enabled
        pulse_us = float(self._facts.vehicle.state.report[_THROTTLE_OUTPUT]) if self._facts.armed else 0.0
        self.demand = min(max(0.001 * (pulse_us - 1000.0), 0.0), 1.0)
        self.throttle = _lag(self.throttle, self.demand, seconds / _THROTTLE_S)
        least = _LEAST_RPM.get(self._ignition.state, 0.0)
        self.rpm = _lag(self.rpm, max(_FULL_RPM * self.throttle, least), seconds / _SPEED_S)
        self.fuel_cm3 += self.flow_cm3_min * seconds / 60.0
        self._warmer_k = _lag(self._warmer_k, _HEAD_K * self.rpm / _FULL_RPM, seconds / _HEAD_S)


def _lag(value: float, goal: float, time: float) -> float:
    """Value of a first-order lag after a time in time constants."""
    return goal + (value - goal) * exp(-time)
