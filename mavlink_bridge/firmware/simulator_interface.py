"""PX4's simulator interface (PX4's documentation, "Simulator MAVLink API"), for one connection, without I/O.

Sensor samples become HIL_SENSOR, HIL_GPS, DISTANCE_SENSOR, RC_CHANNELS and HIL_STATE_QUATERNION; HIL_ACTUATOR_CONTROLS
becomes controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autopilot.interface.layout import GRAVITY
from autopilot.interface.mathematics import hypot
from autopilot.interface.samples import ActuatorControls, Fix, SensorSample, TrueMotion
from autopilot.mav import Cmd, DistanceSensor, SensorOrientation
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter

_CONTROLS, _COMMAND = codec.id_of("HIL_ACTUATOR_CONTROLS"), codec.id_of("COMMAND_LONG")
_TRUTH: Final = codec.id_of("HIL_STATE_QUATERNION")
#: HIL_SENSOR_UPDATED_FLAGS: acceleration and rates; field; pressure with temperature and height; the
#: pressure of a pitot tube.
_INERTIAL, _FIELD, _PRESSURE = 0b0000000111111, 0b0000111000000, 0b1101000000000
_IMPACT: Final = 0b0010000000000
_LOCKSTEP: Final = 1
"""HIL_ACTUATOR_CONTROLS_FLAGS_LOCKSTEP."""
_NO_COURSE, _ACCURACY_CM = 65535, (30, 40)
"""HIL_GPS: value of an unknown course; accuracy of the position, horizontal and vertical."""
_NEAREST_CM, _FARTHEST_CM = 10, 4000
"""DISTANCE_SENSOR: range of a laser that looks down."""
_CHANNELS, _NO_RSSI = 18, 255


class SimulatorInterface:
    """Implementation of `sitl.px4.lockstep.SimulatorWire`."""

    def __init__(self) -> None:
        self._reader, self._writer = FrameReader(), FrameWriter(1, 200)
        self._truth_every_us = 0  # 0: not requested
        self._truth_due_us = 0

    def receive(self, data: bytes) -> list[ActuatorControls]:
        """Controls in received bytes. A request for HIL_STATE_QUATERNION is noted."""
        controls = []
        for frame in self._reader.receive(data):
            if frame.msg_id not in (_CONTROLS, _COMMAND):
                continue
            message: Any = codec.decode(frame.msg_id, frame.payload)
            if frame.msg_id == _CONTROLS:
                controls.append(ActuatorControls(message.controls, bool(message.flags & _LOCKSTEP)))
            elif message.command == Cmd.SET_MESSAGE_INTERVAL and message.param1 == _TRUTH:
                self._truth_every_us = max(int(message.param2), 0)
        return controls

    def frames(self, sample: SensorSample) -> bytes:
        """HIL_SENSOR, other new samples, and HIL_STATE_QUATERNION at the requested rate."""
        messages = [_sensors(sample)]
        if sample.fix is not None:
            messages.append(_gps(sample.fix))
        if sample.range_m is not None:
            messages.append(_range(sample.range_m, sample.time_us))
        if sample.pulses is not None:
            messages.append(_radio(sample.pulses, sample.time_us))
        if self._truth_every_us and sample.time_us >= self._truth_due_us:
            self._truth_due_us = sample.time_us + self._truth_every_us
            messages.append(_truth(sample.truth, sample))
        return b"".join(self._writer.frame(*codec.payload(message)) for message in messages)


def _sensors(sample: SensorSample) -> Any:
    updated = _INERTIAL
    updated |= 0 if sample.field is None else _FIELD
    updated |= 0 if sample.pressure_pa is None else _PRESSURE
    updated |= 0 if sample.impact_pa is None else _IMPACT
    return dialect.MAVLink_hil_sensor_message(
        sample.time_us,
        *sample.force,
        *sample.rates,
        *(sample.field or (0.0, 0.0, 0.0)),
        0.01 * (sample.pressure_pa or 0.0),
        0.01 * (sample.impact_pa or 0.0),
        sample.height_m,
        sample.temperature_c,
        updated,
    )


def _gps(fix: Fix) -> Any:
    speed_mps = hypot(*fix.velocity[:2])
    return dialect.MAVLink_hil_gps_message(
        fix.utc_us,
        fix.kind,
        *_place(fix),
        *_ACCURACY_CM,
        min(round(100.0 * speed_mps), 65534),
        *_velocity(fix),
        _NO_COURSE,
        fix.satellites,
    )


def _range(range_m: float, time_us: int) -> Any:
    return dialect.MAVLink_distance_sensor_message(
        time_us // 1000,
        _NEAREST_CM,
        _FARTHEST_CM,
        min(round(100.0 * range_m), 65535),
        DistanceSensor.LASER,
        0,
        SensorOrientation.PITCH_270,
        0,
    )


def _radio(pulses: Sequence[int], time_us: int) -> Any:
    channels = [*pulses, *[0] * (_CHANNELS - len(pulses))]
    return dialect.MAVLink_rc_channels_message(time_us // 1000, len(pulses), *channels, _NO_RSSI)


def _truth(truth: TrueMotion, sample: SensorSample) -> Any:
    force = [max(-32768, min(round(1000.0 * part / GRAVITY), 32767)) for part in sample.force]
    return dialect.MAVLink_hil_state_quaternion_message(
        sample.time_us, list(truth.attitude), *truth.rates, *_place(truth), *_velocity(truth), 0, 0, *force
    )


def _place(motion: Fix | TrueMotion) -> tuple[int, int, int]:
    place = motion.place
    return round(1e7 * place.lat), round(1e7 * place.lon), round(1e3 * place.alt)


def _velocity(motion: Fix | TrueMotion) -> list[int]:
    return [max(-32768, min(round(100.0 * part), 32767)) for part in motion.velocity]
