"""Parameters of the PX4 stand-in: a few of PX4's, and how it carries them.

Source: src/modules/mavlink/mavlink_parameters.cpp (1.16): a value's bytes stand in the float field (`send_param`), a
set is answered with the real index and ignored if its type is another (`handle_message`, PARAM_SET), a list begins with
_HASH_CHECK, whose index is none, and which can be read by its name.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from mavlink_bridge.wire.codec import dialect

INT32, REAL32 = 6, 9
_HASH = b"_HASH_CHECK"
#: name: (MAV_PARAM_TYPE, default)
DEFAULTS: dict[str, tuple[int, float]] = {
    "COM_DISARM_LAND": (REAL32, 2.0), "COM_DISARM_PRFLT": (REAL32, 10.0), "COM_FAIL_ACT_T": (REAL32, 5.0),
    "COM_LOW_BAT_ACT": (INT32, 3), "COM_OBL_RC_ACT": (INT32, 0), "COM_OF_LOSS_T": (REAL32, 1.0),
    "GF_ACTION": (INT32, 2), "GF_MAX_HOR_DIST": (REAL32, 0.0), "MIS_TAKEOFF_ALT": (REAL32, 2.5),
    "MPC_LAND_SPEED": (REAL32, 0.7), "MPC_XY_CRUISE": (REAL32, 5.0), "MPC_Z_V_AUTO_DN": (REAL32, 1.5),
    "MPC_Z_V_AUTO_UP": (REAL32, 3.0), "NAV_ACC_RAD": (REAL32, 10.0), "NAV_DLL_ACT": (INT32, 0),
    "NAV_RCL_ACT": (INT32, 2), "RTL_RETURN_ALT": (REAL32, 30.0), "SYS_AUTOSTART": (INT32, 10040),
}  # fmt: skip


class Parameters:
    """Values by name; `send` gets the messages."""

    def __init__(self, given: dict[str, float]) -> None:
        self.values = {name: float(default) for name, (_, default) in DEFAULTS.items()} | given
        self.names = sorted(self.values)

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def handle(self, message: Any) -> Iterator[Any]:
        """PARAM_REQUEST_LIST, PARAM_REQUEST_READ, PARAM_SET; an unknown name is told in words only."""
        name = message.get_type()
        checksum = dialect.MAVLink_param_value_message(_HASH, 0.0, 5, len(self.names), 65535)
        if name == "PARAM_REQUEST_LIST":
            yield checksum
            yield from map(self._value, self.names)
        elif name == "PARAM_REQUEST_READ" and message.param_index < 0 and message.param_id == _HASH.decode():
            yield checksum
        elif name == "PARAM_REQUEST_READ":
            index = message.param_index
            asked = [message.param_id] if index < 0 else self.names[index : index + 1]
            yield from (self._value(parameter) for parameter in asked if parameter in self.values)
        elif name == "PARAM_SET" and DEFAULTS.get(message.param_id, (None,))[0] == message.param_type:
            self.values[message.param_id] = _read(message.param_value, message.param_type)
            yield self._value(message.param_id)

    def _value(self, name: str) -> Any:
        kind = DEFAULTS[name][0]
        return dialect.MAVLink_param_value_message(
            name.encode(), _wire(self.values[name], kind), kind, len(self.names), self.names.index(name)
        )


def _read(wire: float, kind: int) -> float:
    return wire if kind == REAL32 else float(struct.unpack("<i", struct.pack("<f", wire))[0])


def _wire(value: float, kind: int) -> float:
    return value if kind == REAL32 else float(struct.unpack("<f", struct.pack("<i", int(value)))[0])
