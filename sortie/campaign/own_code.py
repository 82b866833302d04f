"""Python of a person's own in a study: judges, a client that flies, a mission executor.

The text of the file is part of the study, so that a worker on another machine has it, and a folder can be flown again
when the file has changed. It may import what is installed where it runs; beside itself it has no files.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

from autopilot.mission.executor import MissionExecutor
from autopilot.modes.mode import VehicleContext
from sortie.campaign.sampling import Value
from sortie.campaign.signals import Array
from sortie.config.errors import UserError, nearest

if TYPE_CHECKING:
    from sortie.api.session import Session

OwnJudge = Callable[[Mapping[str, Array], Mapping[str, Value]], float]
"""Signals and inputs in, robustness out."""
Client = Callable[["Session", Mapping[str, Value]], None]
"""Flies the vehicle; when it returns, its part of the flight is over."""
Executor = Callable[[VehicleContext], MissionExecutor]
PREFIX: Final = "code."
"""A judge that begins so is a function of the study's code."""


def judge_of(name: str, text: str, word: str) -> OwnJudge:
    """The function that a judge names."""
    return cast(OwnJudge, _named(name, text, word))


def client_of(name: str, text: str, word: str) -> Client:
    """The client that the study names."""
    return cast(Client, _named(name, text, word))


def executor_of(name: str, text: str, word: str) -> Executor:
    """Return the executor that the study names, made by its function."""
    return cast(Executor, _named(name, text, word))


def check_code(name: str, text: str) -> None:
    """UserError where it is no Python; nothing is executed."""
    try:
        ast.parse(text, name)
    except (SyntaxError, ValueError) as error:
        raise UserError(f"code: {name}: {error}") from None


def _named(name: str, text: str, word: str) -> object:
    """UserError where there is no such function, or the file raises."""
    try:
        module = _loaded(name, text)
    except (Exception, SystemExit) as error:
        raise UserError(f"code: {name}: raises {type(error).__name__}: {error}; it must load by itself") from error
    found = getattr(module, word, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise UserError(f"code: {name} has no function {word}{nearest(word, known)}")
    return found


@lru_cache(maxsize=16)
def _loaded(name: str, text: str) -> ModuleType:
    """Executed once in a process. Its lines show in tracebacks."""
    module = ModuleType(f"sortie_study_{sha256(text.encode()).hexdigest()[:16]}")
    sys.modules[module.__name__] = module  # dataclasses look there
    linecache.cache[f"<{name}>"] = (len(text), None, text.splitlines(keepends=True), f"<{name}>")
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module
