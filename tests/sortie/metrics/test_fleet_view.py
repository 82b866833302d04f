"""What a person and Prometheus see of a fleet."""

from __future__ import annotations

import io

from autopilot.context.events import StatusText
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Severity
from sortie import Fleet
from sortie.commands.progress import Progress
from sortie.nodes.statistics import FleetStatistics, Statistics
from tests.fakes.shown_vehicle import FACTS, standing

HOME = GeoPoint(47.3769, 8.5417, 408.0)


def test_a_line_for_each_that_fits_and_one_for_the_rest() -> None:
    """Twelve vehicles on ten lines: seven are shown, five summed up by what they do."""
    services = [standing(0, phase, FACTS) for phase in ["flying"] * 9 + ["idle"] * 3]
    progress = Progress(services, [str(number) for number in range(1, 13)], io.StringIO())
    lines = progress.lines(10)
    assert len(lines) == 8
    assert [line[0].strip() for line in lines[:7]] == ["1", "2", "3", "4", "5", "6", "7"]
    assert lines[7] == "5 more: 2 flying, 3 idle"
    assert len(progress.lines(14)) == 12
    assert progress.lines(3) == ["12 more: 9 flying, 3 idle"]


def test_texts_name_their_vehicle_and_large_fleets_are_quiet() -> None:
    """All texts of a few; of many only warnings and worse."""
    said = {}
    for count in (2, 11):
        with Fleet(count, home=HOME) as fleet:
            stream = io.StringIO()
            progress = Progress(fleet.node.services, [one.label for one in fleet.vehicles], stream)
            progress.observe(1, [StatusText(Severity.INFO, "Mission: 1 Takeoff")], 3000)
            progress.observe(1, [StatusText(Severity.WARNING, "GPS Glitch")], 4000)
            said[count] = stream.getvalue().splitlines()
    assert said[2] == ["     3.0 s     2: Mission: 1 Takeoff", "     4.0 s     2: GPS Glitch"]
    assert said[11] == said[2][1:]


def test_figures_have_a_label_for_the_vehicle() -> None:
    """One family of each name; those of the process once."""
    with Fleet(3, home=HOME) as fleet:
        fleet.run_for(2.0)
        parts = [
            (one.label, Statistics(service)) for one, service in zip(fleet.vehicles, fleet.node.services, strict=True)
        ]
        page = FleetStatistics(parts).snapshot().prometheus()
        assert page.count("# TYPE sortie_vehicle_time_seconds_total") == 1
        assert 'sortie_vehicle_time_seconds_total{vehicle="2"} 2\n' in page
        assert page.count("\nsortie_process_cpu_seconds_total ") == 1
