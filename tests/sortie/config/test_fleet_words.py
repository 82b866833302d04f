"""What a person says of a fleet: formations, patterns in links, the TOML file, and one line for what is wrong."""

from __future__ import annotations

from math import hypot
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint, distance, to_local
from sortie.api.fleet import Fleet
from sortie.assembly.program import specs_of
from sortie.config.errors import UserError
from sortie.config.fleet_file import EXAMPLE, Layout, read_fleet
from sortie.config.formation import moved, places, seed_of
from sortie.config.links_of_fleet import FleetLink, all_links, filled_in, is_of_network, is_own
from sortie.config.settings import Settings
from sortie.config.values import VehicleSource, system_or_all
from sortie.config.vehicle_spec import VehicleSpec

HOME = GeoPoint(47.0, 8.0, 400.0)


def fleet(text: str, tmp_path: Path, **said: object) -> list[VehicleSpec]:
    file = tmp_path / "fleet.toml"
    file.write_text(text)
    return specs_of(Settings(fleet=file, home=(HOME, 90.0), **said))  # type: ignore[arg-type]


# --- places -----------------------------------------------------------------------------------------------------------
def test_a_grid_has_rows_of_the_root_of_its_number() -> None:
    """Five in rows of three, the first at home."""
    assert places("grid", 5, 10.0) == [(0, 0), (0, 10), (0, 20), (10, 0), (10, 10)]


def test_a_line_goes_east() -> None:
    assert places("line", 3, 7.5) == [(0, 0), (0, 7.5), (0, 15)]


@pytest.mark.parametrize("count", [2, 3, 8, 100])
def test_neighbours_on_a_ring_are_a_spacing_apart(count: int) -> None:
    """The last and the first too; all at one distance from home."""
    ring = places("ring", count, 20.0)
    gaps = [hypot(a[0] - b[0], a[1] - b[1]) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
    assert gaps == pytest.approx([20.0] * count)
    assert [hypot(*place) for place in ring] == pytest.approx([hypot(*ring[0])] * count)


@pytest.mark.parametrize(("formation", "count"), [("grid", 122), ("line", 12), ("ring", 63)])
def test_a_spacing_that_leaves_no_place_on_earth_is_refused(formation: str, count: int) -> None:
    """One vehicle less stands at most 1,000 km from home."""
    with pytest.raises(UserError, match=r"spacing 100000 m: .* reach beyond 1,000 km"):
        places(formation, count, 100_000.0)
    assert len(places(formation, count - 1, 100_000.0)) == count - 1


def test_no_formation_is_refused_with_the_near_one() -> None:
    """From Python too, where no option has looked at it before; and who is meant may be all."""
    with pytest.raises(UserError, match=r"formation lien: expected grid or line or ring; did you mean line\?"):
        Fleet(2, formation="lien")
    with pytest.raises(UserError, match="from 1 to 255, or all"):
        system_or_all("every")


def test_seeds_differ_by_seed_system_and_network() -> None:
    """No two vehicles of a run share one, nor the same vehicle of the next seed."""
    seeds = {seed_of(seed, system, network) for seed in (0, 1) for network in (0, 1, 3) for system in range(1, 251)}
    assert len(seeds) == 2 * 3 * 250
    assert 0 <= seed_of(2**63 - 1, 250, 249) < 2**63


def test_count_places_and_numbers_the_vehicles() -> None:
    """System ids from --sysid on, each at its place around --home, with the kind, parameters and faults of all."""
    settings = Settings(
        count=4,
        sysid=10,
        seed=3,
        spacing=30.0,
        home=(HOME, 45.0),
        vehicle=VehicleSource(frame="rover"),
        param=("WP_RADIUS=3",),
        fault=("gps.loss@60",),
    )
    vehicles = specs_of(settings)
    assert [one.system for one in vehicles] == [10, 11, 12, 13]
    assert [one.seed for one in vehicles] == [seed_of(3, system) for system in (10, 11, 12, 13)]
    assert {(one.kind, one.heading_deg, one.param, one.fault) for one in vehicles} == {
        ("rover", 45.0, ("WP_RADIUS=3",), ("gps.loss@60",))
    }
    assert vehicles[0].home == HOME
    north, east, _ = to_local(HOME, vehicles[3].home.lat, vehicles[3].home.lon, HOME.alt)
    assert (north, east) == pytest.approx((30.0, 30.0), abs=0.01)


def test_networks_repeat_the_system_ids() -> None:
    """600 on three: 200 each, with seeds, keys and folders of their own."""
    vehicles = specs_of(Settings(count=600, networks=3))
    assert [(one.network, one.system) for one in (vehicles[0], vehicles[199], vehicles[200], vehicles[-1])] == [
        (0, 1),
        (0, 200),
        (1, 1),
        (2, 200),
    ]
    assert len({one.label for one in vehicles}) == len({one.seed for one in vehicles}) == 600
    assert vehicles[200].label == "1.1"


@pytest.mark.parametrize(
    ("count", "networks", "sizes"), [(4, 3, [1, 1, 2]), (10, 4, [2, 3, 2, 3]), (3, 3, [1, 1, 1]), (251, 2, [125, 126])]
)
def test_vehicles_are_spread_evenly_over_as_many_networks_as_asked(count: int, networks: int, sizes: list[int]) -> None:
    vehicles = specs_of(Settings(count=count, networks=networks))
    assert [[one.network for one in vehicles].count(m) for m in range(networks)] == sizes
    assert len({(one.network, one.system) for one in vehicles}) == len(vehicles) == count


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            Settings(count=251),
            "a network has at most 250 vehicles, with system ids 1 to 250; for more use --networks 2",
        ),
        (Settings(count=10, sysid=245), "--networks 2"),
        (Settings(count=2, sysid=251), "--sysid 251: the vehicles of a fleet have system ids up to 250"),
        (Settings(count=10, sysid=253), "--sysid 253: the vehicles of a fleet have system ids up to 250"),
        (Settings(count=2, fleet=Path("x")), "leave one of the two out"),
        (Settings(count=3, networks=4), "--networks 4: 3 vehicles cannot be spread over more than 3 networks"),
        (Settings(fleet=Path("x"), networks=2), "--networks"),
        (Settings(fleet=Path("/nowhere.toml")), "--print-fleet"),
    ],
)
def test_what_no_fleet_can_be(settings: Settings, said: str) -> None:
    with pytest.raises(UserError, match=said):
        specs_of(settings)


# --- links ------------------------------------------------------------------------------------------------------------
def test_patterns_are_arithmetic() -> None:
    """On n, sysid and m, nothing else."""
    assert filled_in("tcpin:127.0.0.1:{5760+10*n}", {"n": 3, "sysid": 4, "m": 0}) == "tcpin:127.0.0.1:5790"
    assert (
        filled_in("udpout:10.0.0.{ sysid }:{14550 + 2*m - 1}", {"n": 0, "sysid": 9, "m": 2}) == "udpout:10.0.0.9:14553"
    )
    assert is_own("tcpin:127.0.0.1:{5760+n}")
    assert is_of_network("tcpin:127.0.0.1:{5760+m}")
    assert not is_own("tcpin:127.0.0.1:5760")


@pytest.mark.parametrize(
    "text", ["{n", "n}", "{}", "{5760}", "{k}", "{n.real}", "{n**9}", "{__import__('os')}", "{n/2}"]
)
def test_other_patterns_are_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"such as tcpin:127.0.0.1:\{5760\+10\*n\}"):
        is_own(f"tcpin:127.0.0.1:{text}")


def test_links_are_shared_unless_they_count() -> None:
    """One for all, one for each, and those of a vehicle of the file."""
    vehicles = [VehicleSpec("copter", k + 1, HOME, 0.0, k, number=k) for k in range(2)]
    settings = Settings(link=("udpout:127.0.0.1:14550", "tcpin:127.0.0.1:{5760+10*n}"))
    assert all_links(settings, vehicles) == [
        FleetLink("udpout:127.0.0.1:14550", 0),
        FleetLink("tcpin:127.0.0.1:5760", 0, 0),
        FleetLink("tcpin:127.0.0.1:5770", 0, 1),
    ]


@pytest.mark.parametrize("url", ["tcpin:127.0.0.1:{5800+0*n}", "tcpin:127.0.0.1:{5800+sysid}"])
def test_own_links_that_do_not_differ_are_refused(url: str) -> None:
    """Of all vehicles, or of those with one system id in two networks: no other program has the port."""
    vehicles = [VehicleSpec("copter", 1, HOME, 0.0, k, network=k, number=k) for k in range(2)]
    with pytest.raises(UserError, match="two vehicles would have the same link of their own; count them"):
        all_links(Settings(link=(url,)), vehicles)


def test_several_networks_need_links_that_count_them() -> None:
    """The default ones do; one without a pattern is refused, for the system ids repeat."""
    vehicles = [VehicleSpec("copter", 1, HOME, 0.0, k, network=k, number=k) for k in range(2)]
    assert [link.url for link in all_links(Settings(), vehicles)] == [
        "udpout:127.0.0.1:14550",
        "udpout:127.0.0.1:14560",
        "tcpin:127.0.0.1:5760",
        "tcpin:127.0.0.1:5770",
    ]
    with pytest.raises(UserError, match=r"\{5760\+10\*m\}"):
        all_links(Settings(link=("tcpin:127.0.0.1:5760",)), vehicles)


# --- the file ---------------------------------------------------------------------------------------------------------
def test_the_printed_file_is_a_fleet(tmp_path: Path) -> None:
    """What --print-fleet prints can be flown as it is: three copters in a grid, a rover of its own."""
    file = tmp_path / "fleet.toml"
    file.write_text(EXAMPLE)
    vehicles = specs_of(Settings(fleet=file))
    assert [(one.system, one.kind) for one in vehicles] == [(1, "copter"), (2, "copter"), (3, "copter"), (20, "rover")]
    assert all(one.param == ("SIM_WIND_SPD=3.0",) for one in vehicles)
    assert distance(vehicles[0].home, vehicles[3].home) == pytest.approx(40.0, abs=0.1)


def test_a_vehicle_says_more_than_the_defaults_and_these_more_than_the_command_line(tmp_path: Path) -> None:
    """Parameters add up; the rest is replaced."""
    text = """
    [defaults]
    kind = "rover"
    params = { WP_SPEED = 3.0, SIM_WIND_SPD = 2.0 }
    plan = "all.plan"
    [[vehicle]]
    [[vehicle]]
    kind = "copter"
    seed = 99
    offset = [10.0, 0.0]
    params = { SIM_WIND_SPD = 5.0 }
    fault = ["gps.loss@60"]
    plan = "/own.plan"
    links = ["tcpin:127.0.0.1:{5760+10*n}"]
    """
    first, second = fleet(text, tmp_path, seed=4, param=("SIM_WIND_DIR=90",))
    assert (first.kind, first.seed, first.plan, first.fault) == ("rover", seed_of(4, 1), tmp_path / "all.plan", ())
    assert first.param == ("SIM_WIND_DIR=90", "WP_SPEED=3.0", "SIM_WIND_SPD=2.0")
    assert (second.kind, second.system, second.seed, second.plan) == ("copter", 2, 99, Path("/own.plan"))
    assert second.param == ("SIM_WIND_DIR=90", "WP_SPEED=3.0", "SIM_WIND_SPD=5.0")
    assert (second.fault, second.offset, second.number) == (("gps.loss@60",), (10.0, 0.0), 1)
    assert second.home == moved(HOME, 10.0, 0.0)
    assert all_links(Settings(link=()), [first, second]) == [FleetLink("tcpin:127.0.0.1:5770", 0, 1)]


def test_a_vehicles_links_are_its_own(tmp_path: Path) -> None:
    """Counted or not: nobody else of the file is on them; the n of a group counts all of the file."""
    text = """
    [[vehicle]]
    links = ["tcpin:127.0.0.1:5800", "udpout:127.0.0.1:14600"]
    [[vehicle]]
    count = 2
    links = ["tcpin:127.0.0.1:{5900+n}"]
    """
    vehicles = fleet(text, tmp_path)
    shared, *own = all_links(Settings(link=("tcpin:127.0.0.1:5760",)), vehicles)
    assert shared == FleetLink("tcpin:127.0.0.1:5760", 0)
    assert own == [
        FleetLink("tcpin:127.0.0.1:5800", 0, 0),
        FleetLink("udpout:127.0.0.1:14600", 0, 0),
        FleetLink("tcpin:127.0.0.1:5901", 0, 1),
        FleetLink("tcpin:127.0.0.1:5902", 0, 2),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[[vehicle]]\ncount = 2\nlinks = ["tcpin:127.0.0.1:5800"]\n',
        '[defaults]\nlinks = ["tcpin:127.0.0.1:5800"]\n[[vehicle]]\n[[vehicle]]\n',
        '[[vehicle]]\nlinks = ["tcpin:127.0.0.1:{5799+sysid}"]\n[[vehicle]]\nlinks = ["tcpin:127.0.0.1:5800"]\n',
    ],
)
def test_a_link_of_two_vehicles_is_not_of_its_own(text: str, tmp_path: Path) -> None:
    """One line that says what to write."""
    with pytest.raises(UserError, match=r"sysid 2: links: tcpin:127\.0\.0\.1:5800 is another vehicle's") as caught:
        fleet(text, tmp_path)
    assert "count them, as in tcpin:127.0.0.1:{5800+10*n}, or give it with --link, for all" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_free_system_ids_are_given_in_order(tmp_path: Path) -> None:
    """Around those that the file names."""
    text = "[[vehicle]]\ncount = 2\n[[vehicle]]\nsysid = 3\n[[vehicle]]\ncount = 2\n"
    assert [one.system for one in fleet(text, tmp_path)] == [1, 2, 3, 4, 5]
    group = "[[vehicle]]\ncount = 4\n[[vehicle]]\nsysid = 3\ncount = 2\n"
    assert [one.system for one in fleet(group, tmp_path)] == [1, 2, 5, 6, 3, 4]  # it took 4, and the file was refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no [[vehicle]]"),
        ("[default]\n[[vehicle]]\n", "unknown table 'default'; did you mean defaults?"),
        ("[[vehicle]]\nsysidd = 3\n", "vehicle 1: unknown key 'sysidd'; did you mean sysid?"),
        ("[defaults]\nknd = 'copter'\n[[vehicle]]\n", "defaults: unknown key 'knd'; did you mean kind?"),
        ("[[vehicle]]\nkind = 'coptre'\n", "did you mean copter?"),
        ("[[vehicle]]\nformation = 'rign'\n", "did you mean ring?"),
        ("[[vehicle]]\nsysid = 251\n", "vehicle 1: sysid"),
        ("[[vehicle]]\ncount = 'two'\n", "vehicle 1: count"),
        ("[[vehicle]]\nsysid = 3\n[[vehicle]]\nsysid = 3\n", "vehicle 2: sysid 3 is already used"),
        ("[[vehicle]]\nsysid = 249\ncount = 3\n", "system ids end at 250"),
        ("[defaults]\nsysid = 3\n[[vehicle]]\n", "defaults.sysid cannot be the same for all vehicles"),
        ("[[vehicle]]\nhome = '1,2,3,4'\noffset = [1.0, 2.0]\n", "home and offset"),
        ("[[vehicle]]\nhome = '1,2'\n", "vehicle 1: home 1,2: expected LAT,LON,ALT,HEADING"),
        ("[[vehicle]]\noffset = [nan, 0]\n", "vehicle 1: offset[0]: expected a number"),
        ("[[vehicle]]\noffset = [0, inf]\n", "vehicle 1: offset[1]: expected a number"),
        ("[[vehicle]]\noffset = [1e9, 0]\n", "vehicle 1: offset[0]: expected a number <= 100000.0"),
        ("[[vehicle]]\nseed = 1.5\n", "vehicle 1: seed: expected a whole number, found 1.5"),
        (
            "[[vehicle]]\nparams = {RTL_ALT = 3, WPNAV_SPEED = 'a'}\n",
            "params.WPNAV_SPEED: expected a number, found a text",
        ),
        ("[[vehicle]]\nparams = {SYSID_THISMAV = 7}\n", "vehicle 1: params.SYSID_THISMAV would be a second system id"),
        ("[[vehicle]]\nparams = {mav_sysid = 7}\n", "vehicle 1: params.MAV_SYSID would be a second system id"),
        ("[[vehicle]]\n[[vehicle]]\nlinks = ['foo']\n", "fleet.toml: vehicle 2: link 'foo'"),
        ("[[vehicle]]\nlinks = ['tcpin:127.0.0.1:{5760+k}']\n", "vehicle 1: links tcpin:127.0.0.1:{5760+k}: expected"),
        ("[[vehicle]]\nradio = 'sik-5760'\n", "vehicle 1: radio sik-5760: no such radio; did you mean sik-57600?"),
        ("[[vehicle]]\nfirmware = 'px5'\n", "vehicle 1: firmware px5: expected ardupilot or px4"),
        ("[[vehicle]]\nfirmware = ['px4']\n", "vehicle 1: firmware must be a single value"),
        ("[[vehicle]]\nshared = 'px4'\n", "vehicle 1: unknown key 'shared'"),
        ("[[vehicle]\n", "fleet.toml"),
    ],
)
def test_a_wrong_file_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    """With the place, and the nearest right word."""
    with pytest.raises(UserError) as caught:
        fleet(text, tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_fleet(tmp_path / "none.toml", VehicleSpec("copter", None, HOME, 0.0, 0), Layout())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "params = {WPNAV_SPEED = 300}",
            "vehicle 2: param WPNAV_SPEED=300.0: unknown parameter WPNAV_SPEED; did you mean",
        ),
        ("fault = ['gps.los']", "vehicle 2: fault gps.los: unknown fault 'gps.los'; did you mean gps.loss?"),
    ],
)
def test_what_its_kind_does_not_know_is_told_of_the_vehicle(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(f"[[vehicle]]\n[[vehicle]]\nkind = 'rover'\n{text}\n")
    with pytest.raises(UserError) as caught:
        Fleet(file=file)
    assert f"{file}: {said}" in str(caught.value)


def test_a_radio_file_lies_beside_the_fleet_file(tmp_path: Path) -> None:
    """As plans do, wherever the program runs."""
    (tmp_path / "mine.toml").write_text("like = 'wifi'\nfifo = 4000\n")
    (one,) = fleet("[[vehicle]]\nradio = 'mine.toml'\n", tmp_path)
    assert one.radio is not None
    assert one.radio.fifo == 4000
