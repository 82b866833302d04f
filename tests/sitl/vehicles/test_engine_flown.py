"""An engine: what its injection tells of a quadplane that hovers, flies on its wings and has landed."""

from __future__ import annotations

from contextlib import closing
from math import isnan
from pathlib import Path

import pytest
from pymavlink import DFReader

from autopilot.mav import Cmd, Result
from mavlink_bridge.wire.codec import dialect, id_of
from sortie import Fleet, Session
from sortie.api.link import SessionLink
from sortie.config.fittings import fitted
from sortie.nodes.sensed import SensorRows
from tests.fakes.ordered import command as ask
from tests.fakes.station_plan import HOME, LAT, LON

EFI = id_of("EFI_STATUS")


def told(link: SessionLink) -> dialect.MAVLink_efi_status_message:
    assert ask(link, Cmd.REQUEST_MESSAGE, EFI) == Result.ACCEPTED
    return link.receive("EFI_STATUS")


def test_it_follows_the_propeller() -> None:
    """It stands at rest and while lift motors carry, turns on the wings, and burns what its flow says."""
    with Session("sim:quadplane", home=HOME, params={"EFI_TYPE": 1}) as session:
        link = session.connect()
        session.wait_armable()
        rest = told(link)
        assert (rest.health, rest.rpm, rest.fuel_flow, rest.throttle_out) == (1, 0.0, 0.0, 0.0)
        assert rest.cylinder_head_temperature == rest.intake_manifold_temperature
        assert rest.barometric_pressure == pytest.approx(94.5, abs=2.0)
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(40.0)
        session.run_until(lambda session: session.state.height > 39.5, timeout_s=60.0)
        assert told(link).fuel_consumed == 0.0
        session.goto(LAT, LON, 40.0)
        session.run_for(60.0)  # GUIDED circles
        first = told(link)
        session.run_for(6.0)
        cruise = told(link)
        assert 0.2 < cruise.throttle_out / 100.0 < 0.9
        assert cruise.throttle_position == pytest.approx(cruise.throttle_out, abs=5.0)
        assert cruise.rpm == pytest.approx(70.0 * cruise.throttle_position, rel=0.05)
        assert cruise.engine_load == pytest.approx(100.0 * (cruise.rpm / 7000.0) ** 2, rel=1e-3)
        burnt = cruise.fuel_consumed - first.fuel_consumed
        assert burnt == pytest.approx(0.1 * (first.fuel_flow + cruise.fuel_flow) / 2.0, rel=0.1) and burnt > 0.0
        assert cruise.cylinder_head_temperature - cruise.intake_manifold_temperature > 40.0


def test_it_lags() -> None:
    """A throttle at full: the plate in 0.1 s, the speed in half a second, the head in 40 s."""
    with Session("sim:plane", home=HOME, params={"EFI_TYPE": 1}) as session:
        link = session.connect()
        session.wait_armable()
        assert ask(link, Cmd.SET_MESSAGE_INTERVAL, EFI, 100_000.0) == Result.ACCEPTED
        session.set_mode("TAKEOFF")
        session.arm()
        session.run_for(8.0)
        heard = [message for message in link.messages() if message.get_type() == "EFI_STATUS"]
        opened = next(at for at, one in enumerate(heard) if one.throttle_out == 100.0)
        assert heard[opened].throttle_position < 96.0 and heard[opened + 5].throttle_position > 99.0
        assert heard[opened + 2].rpm < 5000.0 and heard[opened + 25].rpm > 6800.0
        head = [one.cylinder_head_temperature - one.intake_manifold_temperature for one in heard]
        assert head[opened + 2] < 2.0 < head[opened + 25] < 15.0
        session.run_for(240.0)  # it circles
        late = told(link)
        warmer_k = late.cylinder_head_temperature - late.intake_manifold_temperature
        assert warmer_k == pytest.approx(186.0 * late.rpm / 7000.0, rel=0.05)


def test_each_engine_of_a_fleet_is_its_own() -> None:
    """That of the one that takes off turns; its neighbours' stand, and nobody but who is asked answers."""
    with Fleet(3, vehicle="sim:plane", home=HOME, params={"EFI_TYPE": 1}) as fleet:
        links = [session.connect() for session in fleet]
        fleet.run_for(40.0)
        fleet[1].set_mode("TAKEOFF")
        fleet[1].arm()
        fleet.run_for(5.0)
        for link in links:
            link.messages()
            link.send(dialect.MAVLink_command_long_message(0, 0, Cmd.REQUEST_MESSAGE, 0, EFI, *[0.0] * 6))
        fleet.run_for(0.5)
        heard = [{(one.get_srcSystem(), one.rpm > 6000.0) for one in link.messages("EFI_STATUS")} for link in links]
        assert heard == [{(1, False)}, {(2, True)}, {(3, False)}]


def test_the_log_has_what_the_engine_told(tmp_path: Path) -> None:
    """ArduPilot's EFI, EFI2 and ECYL, read by pymavlink: what EFI_STATUS said at the time."""
    params = dict(word.split("=") for word in fitted(["engine"]))
    with Session("sim:plane", home=HOME, params={n: float(v) for n, v in params.items()}, log_dir=tmp_path) as session:
        link = session.connect()
        session.wait_armable()
        session.set_mode("TAKEOFF")
        session.arm()
        session.run_for(20.0)
        said, at_us = told(link), 1000 * session.service.now_ms
        session.run_for(1.0)
    (path,) = tmp_path.rglob("flight.bin")
    with closing(DFReader.DFReader_binary(str(path))) as log:
        found = {
            kind: [row for row in rows if row.get_type() == kind and abs(row.TimeUS - at_us) <= 100_000]
            for rows in [list(iter(log.recv_msg, None))]
            for kind in ("EFI", "EFI2", "ECYL")
        }
    row, state, cylinder = (rows[-1] for rows in found.values())
    written = [row.Rpm, row.FCR, row.CFV, row.ATM, row.IMT, cylinder.CHT]
    air = [said.barometric_pressure, said.intake_manifold_temperature, said.cylinder_head_temperature]
    assert written == pytest.approx([said.rpm, said.fuel_flow, said.fuel_consumed, *air], rel=0.02)
    shares = [row.LP, row.TPS]
    assert shares == pytest.approx([said.engine_load, said.throttle_position], abs=1.5)
    assert (state.Healthy, state.ES) == (1, 2)
    assert row.Rpm > 3000 and cylinder.Inst == 0 and isnan(row.OilT) and isnan(cylinder.EGT)


def test_without_it_nothing_is_told() -> None:
    """Nor logged; and there is no starter."""
    with Session("sim:quadplane", home=HOME) as session:
        assert not {"EFI", "EFI2", "ECYL"} & {kind.name for kind, _ in SensorRows(session.service).rows(0)}
        link = session.connect()
        assert ask(link, Cmd.REQUEST_MESSAGE, EFI) == Result.FAILED
        assert ask(link, Cmd.DO_ENGINE_CONTROL, 1.0) == Result.FAILED
