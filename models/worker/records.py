"""Plain records as JSON objects and back, checked against the types of their fields."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

R = TypeVar("R")


def to_plain(record: Any) -> dict[str, Any]:
    """What JSON can say of a record: records inside it are objects, paths are texts.

    Args:
        record: A dataclass of texts, numbers, booleans, paths, tuples and such records.
    """
    return asdict(record, dict_factory=_without_paths)


def from_plain(kind: type[R], plain: Any) -> R:
    """The record that `to_plain` made this of.

    Args:
        kind: The record's class.
        plain: An object as JSON gives it.

    Raises:
        TypeError: A field is missing, unknown, or of another type.
        ValueError: A field has a value that is not allowed.
    """
    if not isinstance(plain, dict):
        raise TypeError(f"{kind.__name__} is no object")
    types = _types(kind)  # type: ignore[arg-type]  # a class is hashable
    if unknown := plain.keys() - types.keys():
        raise TypeError(f"{kind.__name__} has no {min(unknown)!r}")
    for field in fields(kind):  # type: ignore[arg-type]  # it is a dataclass
        if field.name not in plain and field.default is field.default_factory is MISSING:
            raise TypeError(f"{kind.__name__} lacks {field.name!r}")
    return kind(**{name: _value(types[name], value) for name, value in plain.items()})


def _without_paths(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in items}


@cache
def _types(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, value: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        inner = next(each for each in arguments if each is not type(None))
        return None if value is None else _value(inner, value)
    if origin is Literal:
        return _one_of(arguments, value)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], each) for each in value)
    if isinstance(kind, type) and is_dataclass(kind):
        return from_plain(kind, value)
    return _scalar(kind, value)


def _one_of(allowed: tuple[Any, ...], value: Any) -> Any:
    if value not in allowed:
        raise ValueError(f"{str(value)[:40]!r} is none of {', '.join(map(str, allowed))}")
    return value


def _scalar(kind: Any, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{str(value)[:40]!r} is not of type {getattr(kind, '__name__', kind)}")
    return value
