"""Python code of a study: judges, a client that flies, a mission executor.

The file's text is part of the study, so workers on other machines have it, and a folder can be flown again after the
file has changed. It may import installed packages, but no other files of its folder.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from types import ModuleType
from typing import Final, cast

from autopilot.mission.executor import MissionExecutor
from autopilot.modes.mode import VehicleContext
from sortie.api.session import Session
from sortie.campaign.sampling import Value
from sortie.campaign.signals import Array
from sortie.config.errors import UserError, nearest

JudgeFunction = Callable[[Mapping[str, Array], Mapping[str, Value]], float]
"""Signals and inputs in, robustness out."""
Client = Callable[["Session", Mapping[str, Value]], None]
"""Client that flies the vehicle; its return ends its part of the flight."""
Executor = Callable[[VehicleContext], MissionExecutor]
_PREFIX: Final = "code."


def function_of(judge: str) -> str | None:
    """Return the name of the function that judges; None: the judge is a formula."""
    return judge.removeprefix(_PREFIX) if judge.startswith(_PREFIX) else None


def judge_of(name: str, text: str, word: str) -> JudgeFunction:
    return cast(JudgeFunction, _named(name, text, word))


def client_of(name: str, text: str, word: str) -> Client:
    return cast(Client, _named(name, text, word))


def executor_of(name: str, text: str, word: str) -> Executor:
    return cast(Executor, _named(name, text, word))


def check_code(name: str, text: str) -> None:
    """Raise UserError for invalid Python. The code is not executed."""
    try:
        ast.parse(text, name)
    except (SyntaxError, ValueError) as error:
        raise UserError(f"code: {name}: {error}") from None


def _named(name: str, text: str, word: str) -> object:
    """Return a function of the code. UserError when it does not exist or the code raises."""
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
    """Execute the code, once in a process. Tracebacks show its lines."""
    module = ModuleType(f"sortie_study_{sha256(text.encode()).hexdigest()[:16]}")
    sys.modules[module.__name__] = module  # dataclasses need it there
    linecache.cache[f"<{name}>"] = (len(text), None, text.splitlines(keepends=True), f"<{name}>")
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module
