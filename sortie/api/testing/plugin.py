"""Plugin for pytest: options, the marker, fixtures, and the report of a failed test.

Every pytest run in an environment with Sortie imports this module. So it imports nothing else of Sortie; the first test
that requests a vehicle does.
"""

from __future__ import annotations

import random
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sortie.api.claims import Claims
    from sortie.api.fleet import Fleet
    from sortie.api.session import Session
    from sortie.api.testing.garage import Garage
    from sortie.api.testing.server import Server

MARKER = "sortie"
LOGS = ("failed", "all", "none")
RANDOM = "random"
_SEEDS = 1 << 31
_PACKAGES = ("sortie", "autopilot", "mavlink_bridge", "sitl", "depot")
_GARAGE: pytest.StashKey[Garage] = pytest.StashKey()
_SEED: pytest.StashKey[int] = pytest.StashKey()


# --- options ----------------------------------------------------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sortie", "MAVLink vehicles")
    group.addoption(
        "--sortie-seed",
        type=_seed,
        default=0,
        metavar="N|random",
        help="Seed of vehicles whose marker gives none (0); random: another one in each run, which is printed.",
    )
    group.addoption(
        "--sortie-speedup",
        type=_positive,
        default=None,
        metavar="X",
        help="How many times faster than the wall a sortie_server flies; else as fast as its clients follow.",
    )
    for name, (read, text) in _BOUNDS.items():
        group.addoption(
            f"--sortie-{name}",
            type=read,
            default=None,
            metavar="S",
            help=f"Of a sortie_server without --sortie-speedup: {text}.",
        )
    group.addoption(
        "--sortie-logs",
        choices=LOGS,
        default=LOGS[0],
        help="Whose flights stay in --sortie-log-dir: those of tests that failed (the default), all, none.",
    )
    group.addoption(
        "--sortie-log-dir", default="sortie-logs", metavar="DIR", help="Where they stay, from the root directory."
    )


def _seed(text: str) -> int | str:
    """A whole number from 0, or random."""
    if text == RANDOM or (text.isascii() and text.isdigit()):
        return text if text == RANDOM else int(text)
    raise ArgumentTypeError(f"'{text}': expected a whole number from 0, or random")


def _from_zero(text: str) -> float:
    """A number from 0 on."""
    return _number(text, "a number from 0 on", lambda value: value >= 0.0)


def _positive(text: str) -> float:
    """A number above 0."""
    return _number(text, "a number above 0", lambda value: value > 0.0)


def _number(text: str, form: str, fits: Callable[[float], bool]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (fits(value) and value < float("inf")):
        raise ArgumentTypeError(f"'{text}': expected {form}")
    return value


_BOUNDS = {
    "lead": (_from_zero, "vehicle time in s that may pass beyond what clients have followed (0)"),
    "limit": (_positive, "how long a client that does not follow is waited for (5)"),
    "quiet": (_positive, "how long all must have been quiet (as long as is needed)"),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "sortie(vehicle=, seed=, home=, params=, wind=, faults=, plan=, armable=, radio=, terrain=, firmware=, "
        "world=): what the fixtures give to this test.",
    )
    _leave_assertions_alone(config)
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    seed = worker.get("sortie_seed", config.getoption("--sortie-seed"))
    config.stash[_SEED] = random.SystemRandom().randrange(_SEEDS) if seed == RANDOM else seed


def _leave_assertions_alone(config: pytest.Config) -> None:
    """Exclude our packages from pytest's assertion rewriting, which covers all packages that come with a plugin: some
    400 modules, which takes seconds in each run without cached bytecode, as in CI. Our assertions describe themselves.
    pytest has no public interface for this."""
    marked = getattr(config.pluginmanager.rewrite_hook, "_must_rewrite", None)
    if isinstance(marked, set):
        marked.difference_update(_PACKAGES)


def pytest_unconfigure(config: pytest.Config) -> None:
    garage = config.stash.get(_GARAGE, None)
    if garage is not None:
        garage.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give all workers of pytest-xdist the same seed."""
    node.workerinput["sortie_seed"] = node.config.stash[_SEED]


def _says_seed(config: pytest.Config) -> bool:
    return bool(config.getoption("--sortie-seed") == RANDOM)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"sortie: --sortie-seed {config.stash[_SEED]}"] if _says_seed(config) else []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the seed at the end too, because -q hides the header."""
    if _says_seed(config):
        terminalreporter.write_line(f"sortie: again with --sortie-seed {config.stash[_SEED]}")


# --- tests ------------------------------------------------------------------------------------------------------------
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Check the marker even if no fixture reads it."""
    if item.get_closest_marker(MARKER) is not None:
        _garage(item.config).request_of(item)
    elif _GARAGE in item.config.stash:
        item.config.stash[_GARAGE].begin(item)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: Any) -> Any:
    """Attribute a vehicle that `sortie_vehicles` makes here to all tests of the fixture, not only to the first."""
    garage = request.config.stash.get(_GARAGE, None)
    with nullcontext() if garage is None else garage.fixture_of(request.node):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report: pytest.TestReport = yield
    garage = item.config.stash.get(_GARAGE, None)
    if garage is not None:
        garage.tell(item, report)
    return report


def _garage(config: pytest.Config) -> Garage:
    garage = config.stash.get(_GARAGE, None)
    if garage is None:
        from autopilot.control.compiler_watch import COMPILER
        from sortie.api.testing.garage import Garage
        from sortie.runtime.loader import COMPILING

        COMPILER.on_first = lambda: _say(config, COMPILING)
        options = config.option
        directory = config.rootpath / options.sortie_log_dir
        garage = config.stash[_GARAGE] = Garage(config.stash[_SEED], options.sortie_logs, directory)
    return garage


def _say(config: pytest.Config, text: str) -> None:
    """Print to standard error although output is captured, also in a worker of pytest-xdist."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    with nullcontext() if capture is None else capture.global_and_fixture_disabled():
        print(f"\n{text}", file=sys.stderr, flush=True)


# --- fixtures ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def sortie_vehicle(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A vehicle in this process, in virtual time, as the marker `sortie` describes it: a `sortie.Session`."""
    garage = _garage(request.config)
    with garage.vehicle(garage.request_of(request.node), request.node) as vehicle:
        yield vehicle


@pytest.fixture(scope="session")
def sortie_vehicles(request: pytest.FixtureRequest) -> Callable[..., AbstractContextManager[Session]]:
    """Function that makes vehicles: `with sortie_vehicles(wind=(5, 90)) as vehicle:`. Its arguments take precedence
    over the marker of the test (in a fixture of a wider scope: of its module or class). For such fixtures, and for
    several vehicles in one test."""
    return _garage(request.config).make


@pytest.fixture
def sortie_fleet(request: pytest.FixtureRequest) -> Iterator[Callable[..., Fleet]]:
    """Function that makes fleets: `fleet = sortie_fleet(5)`, each vehicle as the marker describes it. Further arguments
    are those of `sortie.Fleet`."""
    garage = _garage(request.config)
    with garage.fleets(garage.request_of(request.node), request.node) as make:
        yield make


@pytest.fixture
def sortie_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A vehicle on a TCP port of its own, as fast as its clients follow: `url`, `connect()` for pymavlink,
    `mavsdk_address`; `vehicle` has the data of the simulator."""
    garage = _garage(request.config)
    with garage.server(garage.request_of(request.node), request.node, *_pace(request.config)) as server:
        yield server


@pytest.fixture
def sortie_servers(request: pytest.FixtureRequest) -> Iterator[Callable[..., list[Server]]]:
    """Function that makes several servers: `one, two = sortie_servers(2)`, each a vehicle of a fleet with everything
    that `sortie_server` has, on free ports, with one common time. Further arguments are those of `sortie.Fleet`."""
    garage = _garage(request.config)
    with garage.servers(garage.request_of(request.node), request.node, *_pace(request.config)) as make:
        yield make


def _pace(config: pytest.Config) -> tuple[float | None, dict[str, float]]:
    """Return the pace of a server: the speed-up, and the bounds of waits for clients."""
    given = {f"{name}_s": config.getoption(f"--sortie-{name}") for name in _BOUNDS}
    return config.getoption("--sortie-speedup"), {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def sortie_context(request: pytest.FixtureRequest) -> Iterator[Callable[[Claims[Session]], Claims[Session]]]:
    """Function that restores a vehicle: after `sortie_context(vehicle)`, which returns the vehicle, its parameters,
    missions, rates, wind and faults are restored at the end of the test."""
    with ExitStack() as stack:
        yield lambda vehicle: _garage(request.config).lend(vehicle, request.node, stack)
