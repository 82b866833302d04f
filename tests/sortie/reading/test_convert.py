"""`sortie convert`: what other tools read is the flight; each form is read here by a reader of its own."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autopilot.interface.geo import GeoPoint, distance
from autopilot.mission.fence import Fence, Zone
from sortie.commands.cli import run
from sortie.exports.messages import to_mcap, to_tlog
from sortie.exports.tracks import COLUMNS, to_geojson, to_kml
from sortie.reading.facts import FlightFacts, Quantity, Sample
from sortie.reading.logs import read_log
from sortie.reading.telemetry import frames, message_of
from tests.sortie.reading.made import ALT, BOOT_S, EPOCH_US, LAT, LON, course, dataflash, telemetry, ulog

_ANGLES = (Quantity.ROLL, Quantity.PITCH, Quantity.YAW)


def converted(folder: Path, form: str, data: bytes, *more: str) -> Path:
    """The file that the command names."""
    (folder / "a").mkdir(exist_ok=True)
    (folder / "a" / "flight.log").write_bytes(data)
    assert run(["convert", str(folder / "a" / "flight.log"), "--to", form, *more]) == 0
    return folder / "a" / f"flight.{form}"


@pytest.mark.parametrize("made", [telemetry, dataflash, ulog])
def test_a_table_has_a_row_for_each_place(tmp_path: Path, made) -> None:
    """With names and units in its head; what is not known is empty."""
    rows = list(csv.DictReader(io.StringIO(converted(tmp_path, "csv", made()).read_text())))
    assert tuple(rows[0]) == COLUMNS
    assert [float(row["height_m"]) for row in rows] == pytest.approx([row[3] for row in course()], abs=0.01)
    assert {row["rssi"] for row in rows} == {""} and rows[5]["armed"] == "True"
    assert rows[5]["mode"].upper() in ("AUTO", "MISSION")


def test_parquet_is_the_same_table_with_types(tmp_path: Path) -> None:
    """As pyarrow reads it."""
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(converted(tmp_path, "parquet", telemetry()))
    assert tuple(table.column_names) == COLUMNS and table.num_rows == len(course())
    assert [str(table.schema.field(name).type) for name in ("lat_deg", "armed", "mode")] == ["double", "bool", "string"]
    assert table["vibration_mps2"].to_pylist()[9] == 35.0 and table["rssi"].null_count == len(course())


def test_maps_have_the_track_at_its_place(tmp_path: Path) -> None:
    """Longitude first, heights above sea; waypoints beside it."""
    kml = ElementTree.parse(converted(tmp_path, "kml", dataflash()))
    tag = "{http://www.opengis.net/kml/2.2}"
    line = kml.find(f".//{tag}LineString")
    assert line is not None and line.findtext(f"{tag}altitudeMode") == "absolute"
    first = (line.findtext(f"{tag}coordinates") or "").split()[4].split(",")
    assert [float(one) for one in first] == pytest.approx([LON, LAT, ALT + 20.0])
    found = json.loads(converted(tmp_path, "geojson", dataflash()).read_text())["features"]
    names = [one["properties"]["name"] for one in found]
    assert names == ["a/flight.log", "item 1", "item 2", "item 3", "item 4", "home"]
    assert found[0]["geometry"]["coordinates"][4] == pytest.approx([LON, LAT, ALT + 20.0])
    assert found[0]["properties"]["times_s"][4] == BOOT_S + 4


def test_a_track_across_the_antimeridian_does_not_go_round_the_earth() -> None:
    """RFC 7946, 3.1.9: it is cut there; a line of one place is none."""
    lons = (179.9998, 179.9999, -179.9999, -179.9998, 180.0)
    samples = [Sample(float(at), -17.0, lon, 10.0, 5.0, nan, nan) for at, lon in enumerate(lons)]
    track = json.loads(to_geojson(FlightFacts(samples=samples)))["features"][0]
    assert track["geometry"]["type"] == "MultiLineString"
    lines = [[place[0] for place in line] for line in track["geometry"]["coordinates"]]
    assert lines == [[179.9998, 179.9999], [-179.9999, -179.9998], [180.0, 180.0]]
    assert track["properties"]["times_s"] == [[0.0, 1.0], [2.0, 3.0], [4.0, 4.0]]


def test_a_round_fence_is_on_the_map_too() -> None:
    """KML has no circles: polygons were drawn, and a fence of circles was none."""
    facts = FlightFacts(home=GeoPoint(LAT, LON, ALT), fence=Fence(circles=(Zone(LAT, LON, 50.0, inclusion=True),)))
    facts.pass_by(Sample(0.0, LAT, LON, 0.0, 0.0, nan, nan))
    kml = ElementTree.fromstring(to_kml(facts))
    (ring,) = (one.text.split() for one in kml.findall(".//{*}LinearRing/{*}coordinates"))
    assert ring[0] == ring[-1]
    corners = [[float(word) for word in corner.split(",")] for corner in ring]
    assert {round(distance(GeoPoint(lat, lon, 0.0), GeoPoint(LAT, LON, ALT)), 1) for lon, lat in corners} == {50.0}


@pytest.mark.parametrize("made", [dataflash, ulog])
def test_a_telemetry_log_made_of_another_is_read_again(tmp_path: Path, made) -> None:
    """The same course, arming and texts."""
    whole = read_log(converted(tmp_path, "tlog", made()).with_name("flight.log"))
    again = read_log(tmp_path / "a" / "flight.tlog")
    assert [one.time_s for one in again.samples] == pytest.approx([one.time_s for one in whole.samples])
    assert [one.height for one in again.samples] == pytest.approx([one.height for one in whole.samples], abs=0.01)
    assert again.armed == whole.armed
    assert {text for _, text in whole.texts} <= {text for _, text in again.texts}


def test_a_telemetry_log_tells_where_to_it_moved_and_whole_texts(tmp_path: Path) -> None:
    """South-east and down, the speed that was logged; a text of more than 50 bytes comes in chunks."""
    text = "Mission rejected: Landing waypoint/pattern required. " + "x" * 40
    samples = [Sample(t, 47.0 - 1e-5 * t, 8.0 + 1e-5 * t, 50.0 - 2.0 * t, 5.0, nan, nan) for t in range(3)]
    facts = FlightFacts(samples=samples, texts=[(1.5, text)])
    (tmp_path / "a.tlog").write_bytes(to_tlog(facts))
    last = [m for m in map(message_of, frames(tmp_path / "a.tlog")) if m.get_type() == "GLOBAL_POSITION_INT"][-1]
    assert (last.vx, last.vy, last.vz) == pytest.approx((-413, 282, 200), abs=2)
    again = read_log(tmp_path / "a.tlog")
    assert text in [said for _, said in again.texts] and again.samples[-1].speed == pytest.approx(5.0, abs=0.01)


def test_mcap_has_foxglove_s_schemas(tmp_path: Path) -> None:
    """As the mcap package reads it: in the time of day that the log knows, a fix for each place."""
    pytest.importorskip("foxglove")
    reader = pytest.importorskip("mcap.reader")
    with converted(tmp_path, "mcap", telemetry()).open("rb") as file:
        messages = reader.make_reader(file).iter_messages()
        found = [(schema, channel.topic, message) for schema, channel, message in messages]
    fixes = [message for schema, topic, message in found if topic == "/fix" and schema.name == "foxglove.LocationFix"]
    assert len(fixes) == len(course()) and fixes[0].log_time == EPOCH_US * 1000
    logs = [message for schema, topic, message in found if topic == "/log" and schema.name == "foxglove.Log"]
    assert [b"Wind too <strong>" in message.data for message in logs] == [True]
    figures = [json.loads(message.data) for _, topic, message in found if topic == "/figures"]
    assert [one["height_m"] for one in figures if "height_m" in one] == [row[3] for row in course()]
    assert any(one == {"vibration_mps2": 35.0} for one in figures)


@pytest.mark.parametrize("boot_us", [-(2**50), 2**60])
def test_messages_of_a_damaged_log_are_written(tmp_path: Path, boot_us: int) -> None:
    """Angles that are no numbers are left out, and times are those that the fields hold; it ended with a traceback."""
    pytest.importorskip("foxglove")
    (tmp_path / "a.tlog").write_bytes(telemetry())
    facts = read_log(tmp_path / "a.tlog")
    facts.boot_us = boot_us
    facts.series = {quantity: [(1.0, value)] for quantity, value in zip(_ANGLES, (nan, inf, 0.0), strict=True)}
    assert to_mcap(facts).startswith(b"\x89MCAP")
    facts.samples[-1] = replace(facts.samples[-1], time_s=2.0**64)
    assert len(to_tlog(facts)) > 1000


@pytest.mark.parametrize(("form", "package"), [("parquet", "pyarrow"), ("mcap", "foxglove")])
def test_a_missing_extra_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, form: str, package: str
) -> None:
    """In one line, with the command that brings it."""
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "a.tlog").write_bytes(telemetry())
    assert run(["convert", str(tmp_path / "a.tlog"), "--to", form]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"pip install 'sortie-mavlink[{form}]'")
    assert not (tmp_path / f"a.{form}").exists()


def test_a_recorded_log_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of a flight holds flight.bin and flight.tlog: the one as a tlog must not replace the other."""
    (tmp_path / "other.tlog").write_bytes(telemetry())
    (tmp_path / "flight.tlog").write_bytes(b"recorded")
    (tmp_path / "flight").mkdir()
    source = (tmp_path / "other.tlog").rename(tmp_path / "flight" / "flight.tlog")
    assert run(["convert", str(source), "--to", "tlog", "--out", str(tmp_path)]) == 2
    assert "a log exists there already; choose another place with --out" in capsys.readouterr().err
    assert (tmp_path / "flight.tlog").read_bytes() == b"recorded"


def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No form, an unknown one, onto the log itself, to a place that cannot be written."""
    log = tmp_path / "a.tlog"
    log.write_bytes(telemetry())
    for words, said in (
        ((), "Missing option '--to': csv, parquet, kml, geojson, gpx, tlog, mcap"),
        (("--to", "xls"), "--to xls"),
        (("--to", "tlog"), "this is the log itself"),
        (("--to", "csv", "--out", str(tmp_path / "no" / "a.csv")), "choose another place with --out"),
    ):
        assert run(["convert", str(log), *words]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
    assert log.read_bytes() == telemetry()


def test_a_place_without_an_ending_is_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Made if need be; of a page as of a table. What has an ending, or is a file, is a file."""
    log = tmp_path / "flight.tlog"
    log.write_bytes(telemetry())
    (tmp_path / "old").write_text("a file")
    for out, made in (("csv-of-flights", "csv-of-flights/flight.csv"), ("a.txt", "a.txt"), ("old", "old")):
        assert run(["convert", str(log), "--to", "csv", "--out", str(tmp_path / out)]) == 0
        assert (tmp_path / made).read_text().startswith("time_s,")
    assert run(["report", str(log), "--out", str(tmp_path / "pages" / "of")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "pages" / "of" / "flight.html")
    assert (tmp_path / "pages" / "of" / "flight.html").is_file()
    assert run(["convert", str(log), "--to", "csv", "--out", str(tmp_path / "old" / "in")]) == 2
    assert "choose another place with --out" in capsys.readouterr().err
