"""Logs are read as pymavlink reads them: its reader of DataFlash, its names of modes."""

from __future__ import annotations

import lzma
from io import BytesIO
from math import isnan
from pathlib import Path

import pytest
from pymavlink import mavutil
from pymavlink.DFReader import DFReader_binary

from autopilot.mav import AutopilotType, VehicleType
from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.mode_names import ardupilot_mode, mode_of_heartbeat
from sortie.reading.dataflash_messages import MessageLog
from tests.sortie.reading.made import dataflash

REAL = Path(__file__).parents[2] / "data" / "ardupilot-square.bin.xz"
MOST = 400
"""Messages of each name that are compared."""


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return (isnan(ours) and isnan(theirs)) or ours == pytest.approx(theirs, rel=1e-12, abs=0.0)
    return ours == theirs or (isinstance(ours, bytes) and type(theirs).__name__ == "array")


@pytest.mark.parametrize("whole", [lzma.decompress(REAL.read_bytes()), dataflash()], ids=["ArduPilot's", "ours"])
def test_every_field_of_every_kind_of_message(whole: bytes, tmp_path: Path) -> None:
    """In the same order, with the same types."""
    (tmp_path / "a.bin").write_bytes(whole)
    theirs = DFReader_binary(str(tmp_path / "a.bin"), zero_time_base=True)
    names = sorted(set(theirs.name_to_id) - {"FMT"})
    ours, counts = MessageLog(BytesIO(whole)), dict.fromkeys(names, 0)
    for name, message in ours.read(names):
        other = theirs.recv_match(type=names)
        assert other.get_type() == name
        counts[name] += 1
        if counts[name] <= MOST:
            wrong = {key: value for key, value in vars(message).items() if not same(value, getattr(other, key))}
            assert not wrong and set(vars(message)) == set(other.get_fieldnames()), (name, wrong)
    assert theirs.recv_match(type=names) is None
    assert len([name for name in names if counts[name]]) > 5
    assert (ours.broken, ours.vehicle_type) == (0, theirs.mav_type)


def test_names_of_modes() -> None:
    """Of every vehicle that it knows; where there is none, the number."""
    for vehicle_type, modes in mavutil.AP_MAV_TYPE_MODE_MAP.items():
        assert {number: ardupilot_mode(vehicle_type, number) for number in modes} == modes
    assert ardupilot_mode(VehicleType.VTOL_FIXEDROTOR, 10) == "AUTO"  # a quadplane's of PX4, which pymavlink lacks
    assert ardupilot_mode(VehicleType.SUBMARINE, 21) == "SURFTRAK"  # and ArduSub/mode.h, AntennaTracker/mode.h
    assert [ardupilot_mode(VehicleType.SUBMARINE, 20), ardupilot_mode(VehicleType.ANTENNA_TRACKER, 3)] == [
        "MOTOR_DETECT",
        "SERVOTEST",
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_pymavlink_knows_the_modes_of_each_kind_by_its_type(kind: VehicleClass) -> None:
    """MAVProxy, DroneKit and ArduPilot's own tests have the names of modes from there: with a type that it lacks
    (22, VTOL_FIXEDROTOR, once) they can ask for none."""
    known = mavutil.mode_mapping_bynumber(kind.face.vehicle_type)
    assert known is not None
    assert set(kind.modes.specs) <= set(known)


def test_other_names_of_modes() -> None:
    assert ardupilot_mode(VehicleType.QUADROTOR, 99) == ardupilot_mode(VehicleType.GCS, 99) == "mode 99"
    assert mode_of_heartbeat(AutopilotType.ARDUPILOTMEGA, VehicleType.QUADROTOR, 0x80, 4) == "base mode 0x80"
    assert mode_of_heartbeat(AutopilotType.ARDUPILOTMEGA, VehicleType.SUBMARINE, 0x81, 9) == "SURFACE"
    assert mode_of_heartbeat(AutopilotType.PX4, VehicleType.QUADROTOR, 0x81, 4 << 16 | 5 << 24) == "Return"
