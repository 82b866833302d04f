"""`dataclass` of the standard library, with methods that are compiled at their first call.

The standard library writes `__init__`, `__eq__`, `__hash__` and `__repr__` as source and compiles them when the class
is made. This takes 0.8 ms for a class, and a service has 170 classes. A start makes objects of a quarter of them, and
compares or prints a handful. Here a class takes 0.1 ms. All else is the standard library's: `field`, `fields`,
`replace`, `asdict`, slots, keyword-only fields, `__post_init__`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import FrozenInstanceError, field, fields
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "field"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(
        cls: type | None = None, /, *, eq: bool = True, frozen: bool = False, slots: bool = False, kw_only: bool = False
    ) -> Any:
        """Make a dataclass as `dataclasses.dataclass` does, with the options that are used here."""

        def make(plain: type) -> type:
            plain.__doc__ = plain.__doc__ or plain.__name__  # otherwise the standard library computes one, in 0.1 ms
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(plain)
            _add(made, "__init__", lambda: _init(made, frozen))
            if "__repr__" not in vars(made):
                made.__repr__ = _repr
            if eq:
                if vars(made).get("__hash__") is None:
                    made.__hash__ = None
                    if frozen:
                        _Late(made, "__hash__", lambda: _hash(made))
                _add(made, "__eq__", lambda: _eq(made))
            if frozen:
                _freeze(made, slots)
            return made

        return make if cls is None else make(cls)


class _Late:
    """Placeholder for a method of a class, which makes it at the first access."""

    __slots__ = ("_make", "_name", "_owner")

    def __init__(self, owner: type, name: str, make: Callable[[], Any]) -> None:
        self._owner, self._name, self._make = owner, name, make
        setattr(owner, name, self)

    def __get__(self, instance: object | None, kind: type) -> Any:
        method = self._make()
        method.__qualname__ = f"{self._owner.__qualname__}.{self._name}"
        setattr(self._owner, self._name, method)
        return method.__get__(instance, kind)


def _add(owner: type, name: str, make: Callable[[], Any]) -> None:
    """Add a method to the class, unless it has its own."""
    if name not in vars(owner):
        _Late(owner, name, make)


def _compile(source: str, names: dict[str, Any]) -> Any:
    exec(source, names)
    return names["method"]


def _init(owner: type, frozen: bool) -> Any:
    """Make `__init__`: parameters in the order of the fields, keyword-only ones last."""
    names: dict[str, Any] = {"_put_": object.__setattr__, "_missing_": dataclasses.MISSING}
    slots = {each.name: getattr(owner, each.name, None) for each in fields(owner)}
    positional: list[str] = []
    by_keyword: list[str] = []
    body: list[str] = []
    for at, each in enumerate(fields(owner)):
        default, value = "", each.name
        if each.default is not dataclasses.MISSING:
            names[f"_default{at}_"], default = each.default, f"=_default{at}_"
            value = each.name if each.init else f"_default{at}_"
        elif each.default_factory is not dataclasses.MISSING:
            names[f"_make{at}_"], default = each.default_factory, "=_missing_"
            value = f"_make{at}_() if {each.name} is _missing_ else {each.name}" if each.init else f"_make{at}_()"
        elif not each.init:
            continue
        if each.init:
            (by_keyword if each.kw_only else positional).append(each.name + default)
        slot = slots[each.name]
        if not frozen:
            body.append(f" self.{each.name} = {value}")
        elif isinstance(slot, MemberDescriptorType):  # takes two thirds of the time
            names[f"_put{at}_"] = slot.__set__
            body.append(f" _put{at}_(self, {value})")
        else:
            body.append(f" _put_(self, {each.name!r}, {value})")
    if hasattr(owner, "__post_init__"):
        body.append(" self.__post_init__()")
    parameters = ", ".join(("self", *positional, *(("*", *by_keyword) if by_keyword else ())))
    return _compile("\n".join((f"def method({parameters}):", *(body or [" pass"]))), names)


def _tuple(owner: type, name: str, compared: bool) -> str:
    """Tuple of all fields of `name` that are compared, or hashed."""
    chosen = [each.name for each in fields(owner) if (each.compare if compared or each.hash is None else each.hash)]
    return f"({''.join(f'{name}.{field_name}, ' for field_name in chosen)})"


def _eq(owner: type) -> Any:
    same = f"{_tuple(owner, 'self', True)} == {_tuple(owner, 'other', True)}"
    return _compile(
        f"def method(self, other):\n return {same} if other.__class__ is self.__class__ else no", {"no": NotImplemented}
    )


def _hash(owner: type) -> Any:
    return _compile(f"def method(self):\n return hash({_tuple(owner, 'self', False)})", {})


def _repr(self: Any) -> str:
    values = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({values})"


def _freeze(owner: Any, slots: bool) -> None:
    """Make objects of the class immutable. Objects with slots are pickled and copied by their fields, which bypasses
    the refusal."""
    names = {each.name for each in fields(owner)}

    def refuse(self: Any, name: str, *value: object) -> None:
        if type(self) is owner or name in names:
            raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")
        (super(owner, self).__setattr__ if value else super(owner, self).__delattr__)(name, *value)

    for name in ("__setattr__", "__delattr__"):
        setattr(owner, name, refuse)
    if slots:
        for name, method in (("__getstate__", _state), ("__setstate__", _restore)):
            if name not in vars(owner):
                setattr(owner, name, method)


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
