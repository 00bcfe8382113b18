"""JSON to records and back: the annotations of a record are the rules its JSON must obey.

A field `start_line` is `startLine` in JSON. A field with a default may be left out or null. Members that no
field names are ignored, as LSP has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from .errors import ParamsError
from .text_buffer import well_formed

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class Doc:
    """What a field means, for METHODS.md."""

    text: str


@dataclass(frozen=True, slots=True)
class Between:
    """The least and greatest number, or length of a list, that a field takes."""

    least: int
    greatest: int


def decode(record: type[_Record], raw: object, where: str = "params") -> _Record:
    """Make a record from JSON.

    Args:
        record: A dataclass.
        raw: What JSON gave.
        where: How error messages call it.

    Returns:
        The record.

    Raises:
        ParamsError: A member is missing or of a wrong type or size; names it and what is allowed.
    """
    if not isinstance(raw, Mapping):
        raise _wrong(where, "an object", raw)
    values: dict[str, object] = {}
    for name, (json_name, kind, required) in record_fields(record).items():
        value = raw.get(json_name)
        if value is not None:
            values[name] = _value(kind, value, f"{where}.{json_name}")
        elif required:
            raise ParamsError(f"{where}.{json_name} is missing", f"it must be {in_words(kind)}")
    return record(**values)


def encode(value: object) -> Any:
    """Make JSON from a record, or from what a record holds."""
    return _encoder(type(value))(value)


def record_fields(record: type[Any]) -> dict[str, tuple[str, Any, bool]]:
    """The fields of a record: JSON name, annotation and whether it must be given, by name."""
    return _record_fields(cast("Any", record))


@cache
def _record_fields(record: Any) -> dict[str, tuple[str, Any, bool]]:
    hints = get_type_hints(record, include_extras=True)
    return {
        field.name: (
            camel_case(field.name),
            hints[field.name],
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(record)
    }


# A search answers with hundreds of values, and all sessions wait for the same interpreter: what is known of
# a type is found out once.
_ENCODERS: dict[type, Callable[[Any], Any]] = {}


def _encoder(kind: type) -> Callable[[Any], Any]:
    return _ENCODERS.get(kind) or _ENCODERS.setdefault(kind, _new_encoder(kind))


def _new_encoder(kind: type) -> Callable[[Any], Any]:
    if is_dataclass(kind):
        return _record_encoder(kind)
    if issubclass(kind, Enum):
        return _enum_value
    if issubclass(kind, Mapping):
        return _encoded_mapping
    return _encoded_list if issubclass(kind, list | tuple) else _as_it_is


def _record_encoder(record: Any) -> Callable[[Any], dict[str, Any]]:
    names = [(field.name, camel_case(field.name)) for field in fields(record)]

    def encoded(value: Any) -> dict[str, Any]:
        made = {}
        for name, json_name in names:
            each = getattr(value, name)
            made[json_name] = _encoder(type(each))(each)
        return made

    return encoded


def _enum_value(value: Enum) -> Any:
    return value.value


def _encoded_mapping(value: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: _encoder(type(each))(each) for key, each in value.items()}


def _encoded_list(value: Iterable[Any]) -> list[Any]:
    return [_encoder(type(each))(each) for each in value]


def _as_it_is(value: Any) -> Any:
    return value


def camel_case(name: str) -> str:
    """`start_line` as `startLine`."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def annotation(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type and what it is annotated with; of "T or None", the T."""
    notes: tuple[Any, ...] = ()
    if get_origin(kind) is Annotated:
        kind, *found = get_args(kind)
        notes = tuple(found)
    if get_origin(kind) in {UnionType, Union}:
        known = [each for each in get_args(kind) if each is not type(None)]
        kind = known[0] if len(known) == 1 else Union[tuple(known)]  # noqa: UP007
    return kind, notes


def in_words(kind: Any) -> str:
    """The values that a type allows, for error messages."""
    kind, notes = annotation(kind)
    between = next((note for note in notes if isinstance(note, Between)), None)
    bounds = f" from {between.least:,} to {between.greatest:,}" if between else ""
    origin = get_origin(kind)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, get_args(kind)))
    if origin is Union:
        return " or ".join(in_words(each) for each in get_args(kind))
    if origin is tuple:
        return f"a list, each item {in_words(get_args(kind)[0])}"
    plain = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}
    return plain.get(kind, "an object") + bounds


def _value(kind: Any, raw: object, where: str) -> object:
    bare, notes = annotation(kind)
    origin = get_origin(bare)
    if origin is tuple and isinstance(raw, list):
        item = get_args(bare)[0]
        _check_bounds(len(raw), notes, where, " items")
        return tuple(_value(item, each, f"{where}[{index}]") for index, each in enumerate(raw))
    if origin is Literal and isinstance(raw, str):
        if raw in get_args(bare):
            return raw
        raise ParamsError(f"{where} is {raw[:40]!r}", f"it must be {in_words(kind)}")
    if is_dataclass(bare):
        return decode(cast("type[object]", bare), raw, where)
    for each in get_args(bare) if origin is Union else (bare,):
        if (value := _plain(each, raw)) is not None:
            if not isinstance(value, str | bool):
                _check_bounds(value, notes, where, "")
            return value
    raise _wrong(where, in_words(kind), raw)


def _plain(kind: object, raw: object) -> str | bool | float | None:
    """A value as one of JSON's plain types; None when it is of another."""
    if kind is str and isinstance(raw, str):
        return well_formed(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return raw if kind is bool and isinstance(raw, bool) else None
    if kind is float and math.isfinite(raw):
        return float(raw)
    # Lua and JavaScript have one kind of number, so that 3 may come as 3.0.
    return int(raw) if kind is int and math.isfinite(raw) and raw == int(raw) else None


def _check_bounds(number: float, notes: tuple[Any, ...], where: str, unit: str) -> None:
    for note in notes:
        if isinstance(note, Between) and not note.least <= number <= note.greatest:
            raise ParamsError(
                f"{where} has {number:,}{unit}" if unit else f"{where} is {number:,}",
                f"{note.least:,} to {note.greatest:,} are allowed",
            )


def _wrong(where: str, expected: str, raw: object) -> ParamsError:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    found = "nothing" if raw is None else names.get(type(raw), "an object")
    return ParamsError(f"{where} is {found}", f"it must be {expected}")
