"""Actuators by output of a vehicle that is spoken to as a PX4: those of its metadata, and ACTUATOR_TEST.

A copter has the four motors of airframes/10040_sihsim_quadx, what drives has those of a differential rover, wings have
a propeller and three surfaces, with lift motors or without. In the
simulator nothing turns by a test. Form: mavlink, component_metadata/actuators.schema.json; labels and parameters: PX4
1.16 src/modules/control_allocator/module.yaml, src/modules/simulation/pwm_out_sim/module.yaml; ACTUATOR_TEST:
Commander.cpp, `handleCommandActuatorTest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd
from autopilot.personality.px4.parameters import Px4Parameters
from mavlink_bridge.services.commands.context import DENIED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command

_MOTOR_1: Final = 101  # the number of its output function
_MOST_MOTORS: Final = 12
# of ACTUATOR_OUTPUT_FUNCTION: motors, servos; from 1000 on PX4's own numbers
_TESTED: Final = (range(1, 1 + _MOST_MOTORS), range(33, 33 + 8), range(1000, 2000))

_ROTOR: Final = (
    {"label": "Position X", "function": "posx", "index-offset": 0, "name": "CA_ROTOR${i}_PX"},
    {"label": "Position Y", "function": "posy", "index-offset": 0, "name": "CA_ROTOR${i}_PY"},
    {"label": "Position Z", "function": "posz", "index-offset": 0, "name": "CA_ROTOR${i}_PZ", "advanced": True},
    {"label": "Direction CCW", "function": "spin-dir", "name": "CA_ROTOR${i}_KM", "show-as": "true-if-positive"},
)
_MULTIROTOR: Final[dict[str, Any]] = {
    "option": "CA_AIRFRAME==0", "title": "Multirotor", "type": "multirotor", "actuators": [{
        "actuator-type": "motor", "group-label": "Motors", "required": True, "count": "CA_ROTOR_COUNT",
        "parameters": [], "per-item-parameters": _ROTOR,
    }],
}  # fmt: skip
_WHEELS: Final = (
    {"label": "Position X", "function": "posx", "value": (0, 0)},
    {"label": "Position Y", "function": "posy", "value": (1, -1)},
)
_DIFFERENTIAL: Final[dict[str, Any]] = {
    "option": "CA_AIRFRAME==6", "title": "Rover (Differential)", "actuators": [{
        "actuator-type": "motor", "group-label": "Motors", "required": True, "count": 2, "parameters": [],
        "item-label-prefix": ("Right Motor", "Left Motor"), "per-item-parameters": _WHEELS,
    }],
}  # fmt: skip
_SERVO: Final[dict[str, Any]] = {
    "values": {"min": -1, "max": 1, "default": 0}, "function-min": 201, "function-max": 208, "label-index-offset": 1,
    "per-item-parameters": [],
}  # fmt: skip
_SURFACE: Final = ({"label": "Type", "function": "type", "name": "CA_SV_CS${i}_TYPE"},)
_SURFACES: Final[dict[str, Any]] = {
    "actuator-type": "servo", "group-label": "Control Surfaces", "count": "CA_SV_CS_COUNT", "parameters": [],
    "item-label-prefix": "Surface ${i}", "per-item-parameters": _SURFACE,
}  # fmt: skip
_FIXED_WING: Final[dict[str, Any]] = {
    "option": "CA_AIRFRAME==1", "title": "Fixed Wing", "actuators": [
        {"actuator-type": "motor", "group-label": "Motors", "count": "CA_ROTOR_COUNT", "parameters": []}, _SURFACES,
    ],
}  # fmt: skip
_STANDARD_VTOL: Final[dict[str, Any]] = {
    "option": "CA_AIRFRAME==2", "title": "Standard VTOL", "actuators": [
        _MULTIROTOR["actuators"][0] | {"group-label": "MC Motors"}, _SURFACES,
    ],
}  # fmt: skip


class Px4Actuators:
    """See the module."""

    def __init__(self, facts: VehicleFacts, parameters: Px4Parameters) -> None:
        self._facts = facts
        self._parameters = parameters

    def rows(self) -> dict[int, CommandRow]:
        return {Cmd.ACTUATOR_TEST: CommandRow(self._test, required=(5,))}

    def _test(self, command: Command, context: Context) -> Outcome:
        """param5: the function. An armed vehicle may be touched by nobody."""
        if self._facts.armed or self._parameters["COM_MOT_TEST_EN"] != 1.0:
            return DENIED
        known = any(command.whole(5) in numbers for numbers in _TESTED)
        return ACCEPTED if known else UNSUPPORTED

    def document(self) -> Mapping[str, Any]:
        """Metadata of the actuators; names parameters that are there, and no others."""
        outputs = [name for name in self._parameters.names() if name.startswith("PWM_MAIN_FUNC")]
        functions = self._parameters.definition(outputs[0]).values
        channels = [{"label": f"Channel {n}", "param-index": n} for n in range(1, len(outputs) + 1)]
        function = {"label": "Function", "function": "function", "name": "PWM_MAIN_FUNC${i}"}
        motor = {
            "values": {"min": 0, "max": 1, "default-is-nan": True},
            "function-min": _MOTOR_1,
            "function-max": _MOTOR_1 + _MOST_MOTORS - 1,
            "label-index-offset": 1,
            "per-item-parameters": [],
        }
        config, servo = _DIFFERENTIAL, {}
        kind = self._facts.vehicle_class
        if kind.hovers:
            config = _MULTIROTOR
        elif kind.has_stall_speed:
            config, servo = _STANDARD_VTOL if kind.lands_anywhere else _FIXED_WING, {"servo": _SERVO}
        return {
            "version": 2,
            "outputs_v1": [
                {"label": "SIM", "subgroups": [{"per-channel-parameters": [function], "channels": channels}]}
            ],
            "functions_v1": {str(number): {"label": label} for number, label in functions.items()},
            "mixer_v1": {
                "actuator-types": {"DEFAULT": {"values": {"min": -1, "max": 1, "default": -1}}, "motor": motor} | servo,
                "config": [config],
            },
        }
