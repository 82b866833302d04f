"""`sortie convert LOG --to FORM`: a flight log in the file format of another tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sortie.commands.report import written_to
from sortie.config.errors import UserError
from sortie.config.files import ELSEWHERE, files_of, whole_or_nothing
from sortie.config.given import GivenOptions
from sortie.config.options import LOG, OUT, TO
from sortie.exports.messages import to_mcap, to_tlog
from sortie.exports.tracks import to_csv, to_geojson, to_gpx, to_kml, to_parquet
from sortie.reading.facts import FlightFacts
from sortie.reading.logs import find_log, read_log

FORMS: Final[Mapping[str, Callable[[FlightFacts], bytes]]] = {
    "csv": to_csv, "parquet": to_parquet, "kml": to_kml, "geojson": to_geojson, "gpx": to_gpx,
    "tlog": to_tlog, "mcap": to_mcap,
}  # fmt: skip


def convert(given: GivenOptions) -> int:
    """Convert a log. Status 0 with the path of the file on stdout, 2 for an unreadable log."""
    form, out = given[TO], given[OUT]
    if form is None:
        raise UserError(f"Missing option '--to': {', '.join(FORMS)}")
    log = find_log(given[LOG])
    facts = read_log(log)
    if not facts.samples:
        raise UserError(f"{log}: the log has no position of the vehicle")
    place = written_to(log.with_suffix(f".{form}"), out)
    if place.exists() and place.samefile(log):
        raise UserError(f"{place}: this is the log itself; choose another place with --out")
    if form == "tlog" and place.exists():  # the telemetry log beside our flight.bin
        raise UserError(f"{place}: a log exists there already; choose another place with --out")
    data = FORMS[form](facts)
    with whole_or_nothing(place), files_of(place, ELSEWHERE):
        place.write_bytes(data)
    print(place)
    return 0
