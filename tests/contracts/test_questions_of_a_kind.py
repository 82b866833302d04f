"""Code asks a kind of vehicle for what is meant: a list of questions, each defined once, in `VehicleClass`.

A question too many is one that two names mean; one that nobody asks goes. Who wants to know whether it hovers does not
ask whether it flies: `tests/autopilot/vehicles/test_plane_decides.py` flies the difference.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator

import pytest

from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.vehicle_class import VehicleClass
from tests.fakes.syntax import nodes, product

QUESTIONS = {
    "flies": "it takes off and lands; what does not fly is always on the ground",
    "hovers": "it stands still in the air",
    "lands_anywhere": "it comes down straight where it is",
    "has_stall_speed": "in the air it never goes slower than that",
    "turns_nose": "its heading does not bind the way that it goes",
    "reverses": "it drives backwards",
    "drives_through": "a leg goes on into whatever place comes next",
    "drifts": "wind and current move it while its motors rest",
    "keeps_targets_in_fence": "no target beyond the fence is taken",
    "home_by_zeros": "DO_SET_HOME to 0, 0, 0 means here",
}
"""All that may be asked with yes or no, and what it means."""
#: Words that a question in disguise would have: a flag that a class derives from a kind and keeps under a name of its
#: own. The names of `QUESTIONS` are no disguise.
_DISGUISES = {
    "has_height",
    "can_hover",
    "is_multirotor",
    "multirotor",
    "fixed_wing",
    "is_fixed_wing",
    "is_plane",
    "vtol",
}


def questions() -> set[str]:
    """Those that `VehicleClass` has: fields and properties that are true or false."""
    found = {one.name for one in dataclasses.fields(VehicleClass) if one.type in (bool, "bool")}
    for name, member in inspect.getmembers(VehicleClass, lambda member: isinstance(member, property)):
        if inspect.signature(member.fget).return_annotation in (bool, "bool"):  # type: ignore[arg-type]
            found.add(name)
    return found


def asked(text: str) -> Iterator[str]:
    """Names of attributes that are read."""
    for node in nodes(text):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr


def _product() -> Iterator[str]:
    return (text for name, text in product().items() if not name.startswith("autopilot/vehicles/"))


def test_the_list_is_what_can_be_asked() -> None:
    assert questions() == set(QUESTIONS)


def test_each_is_explained_where_it_is_defined() -> None:
    words = " ".join((VehicleClass.__doc__ or "").split())
    assert [name for name in QUESTIONS if f"`{name}`: " not in words] == []


def test_each_is_asked_and_nothing_else_is() -> None:
    names = {name for text in _product() for name in asked(text)}
    assert set(QUESTIONS) - names == set()
    assert names & _DISGUISES == set()


def test_a_planted_disguise_is_found() -> None:
    assert _DISGUISES & set(asked("if kind.has_height:\n    pass")) == {"has_height"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_answers_agree_with_each_other(kind: VehicleClass) -> None:
    """Hovering is flying, what lands anywhere has a mode for it, and what does not has none that comes down."""
    assert kind.flies or not (kind.hovers or kind.lands_anywhere or kind.has_stall_speed)
    assert not (kind.flies and kind.reverses)
    assert kind.lands_anywhere is (kind.modes.land is not None)
    assert kind.has_stall_speed is (kind.flies and not kind.hovers)
