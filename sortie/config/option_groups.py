"""Options that several commands share are said once, as a dataclass: `spread` makes a command of them for typer.

typer reads a command's options from its signature. A command is written with one parameter for the whole group,
`def serve(given: Run) -> int`; what typer gets is a function with the group's fields in the place of that parameter.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints


def spread(command: Callable[..., int]) -> Callable[..., int]:
    """`command` with each parameter whose type is a dataclass replaced by the dataclass's fields, which must have
    defaults. Names must be unique over all."""
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, type] = {}
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if isinstance(kind, type) and is_dataclass(kind):
            groups[parameter.name] = kind
            parameters += _fields_of(kind)
        else:
            parameters.append(parameter.replace(annotation=kind))

    def spread_out(**given: Any) -> int:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return command(**given)

    keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    spread_out.__signature__ = inspect.Signature(keyword_only, return_annotation=int)  # type: ignore[attr-defined]
    spread_out.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": int}
    spread_out.__name__ = command.__name__
    spread_out.__doc__ = command.__doc__
    return spread_out


def _fields_of(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    assert all(field.default is not MISSING for field in fields(group)), group
    return [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name])
        for one in fields(group)
    ]
