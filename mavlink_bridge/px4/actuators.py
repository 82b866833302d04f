"""Actuators of a vehicle that speaks as a PX4: their metadata, and ACTUATOR_TEST.

A copter has the four motors of airframes/10040_sihsim_quadx, a rover two of a differential drive, a plane a propeller
and three surfaces, a VTOL also lift motors. A test turns nothing in the simulator. Format: mavlink,
component_metadata/actuators.schema.json; labels and parameters: PX4 1.16 src/modules/control_allocator/module.yaml,
src/modules/simulation/pwm_out_sim/module.yaml; ACTUATOR_TEST: Commander.cpp, `handleCommandActuatorTest`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd
from autopilot.personality.px4.parameters import Px4Parameters
from mavlink_bridge.services.commands.context import DENIED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.equipment import payload
from mavlink_bridge.services.commands.request import Command

_MOST_MOTORS: Final = 12
# values of ACTUATOR_OUTPUT_FUNCTION: motors, servos; from 1000 on PX4's own
_TESTED: Final = (range(1, 1 + _MOST_MOTORS), range(33, 33 + 8), range(1000, 2000))

_PARTS: Final[dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
"""Constant metadata: parameters of an output, types of actuators, geometry by airframe."""


class Px4Actuators:
    """Handler of ACTUATOR_TEST and source of the actuator metadata."""

    def __init__(self, facts: VehicleFacts, parameters: Px4Parameters) -> None:
        self._facts = facts
        self._parameters = parameters

    def rows(self) -> dict[int, CommandRow]:
        return {Cmd.ACTUATOR_TEST: CommandRow(self._test, required=(5,)), Cmd.DO_SET_ACTUATOR: CommandRow(payload)}

    def _test(self, command: Command, context: Context) -> Outcome:
        """ACTUATOR_TEST: param5 is the output function. DENIED while armed."""
        if self._facts.armed or self._parameters["COM_MOT_TEST_EN"] != 1.0:
            return DENIED
        testable = any(command.whole(5) in numbers for numbers in _TESTED)
        return ACCEPTED if testable else UNSUPPORTED

    def document(self) -> Mapping[str, Any]:
        """Actuator metadata; it names only parameters that exist."""
        outputs = [name for name in self._parameters.names() if name.startswith("PWM_MAIN_FUNC")]
        functions = self._parameters.definition(outputs[0]).values
        channels = [{"label": f"Channel {n}", "param-index": n} for n in range(1, len(outputs) + 1)]
        types, config = dict(_PARTS["actuator-types"]), _PARTS["config"]
        kind = self._facts.vehicle_class
        if kind.hovers or not kind.has_stall_speed:
            del types["servo"]
            airframe = config["multirotor" if kind.hovers else "differential"]
        else:
            airframe = config["standard-vtol" if kind.lands_anywhere else "fixed-wing"]
        return {
            "version": 2,
            "outputs_v1": [
                {
                    "label": "SIM",
                    "subgroups": [{"per-channel-parameters": _PARTS["per-channel-parameters"], "channels": channels}],
                }
            ],
            "functions_v1": {str(number): {"label": label} for number, label in functions.items()},
            "mixer_v1": {"actuator-types": types, "config": [airframe]},
        }
