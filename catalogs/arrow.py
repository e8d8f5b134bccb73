"""Arrow from records: the schema of a table is derived from the record that its rows are.

    str -> string         int -> int64      float -> float64     bool -> bool      bytes -> large_binary
    list[T] -> list       dict[str, T] -> map<string, T>         Record -> struct  T | None -> nullable T

`bytes` become `large_binary` because plain `binary` overflows at 2 GiB a chunk. Fields that a record does not
write while they have their default (`omit_defaults`) are nullable: null stands for the default.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

import msgspec
import pyarrow as pa
from msgspec import inspect

R = TypeVar("R", bound=msgspec.Struct)

_SCALARS: dict[type[inspect.Type], pa.DataType] = {
    inspect.StrType: pa.string(),
    inspect.IntType: pa.int64(),
    inspect.FloatType: pa.float64(),
    inspect.BoolType: pa.bool_(),
    inspect.BytesType: pa.large_binary(),
}


@cache
def schema_of(record: type[msgspec.Struct]) -> pa.Schema:
    """Schema of a table with one row a record; raises TypeError for a field that has no Arrow type."""
    return pa.schema(_fields(_struct(record)))


def type_of(annotation: Any) -> pa.DataType:
    """Arrow type of a record, a list of records, or any other annotation in the table above."""
    return _arrow(inspect.type_info(annotation))


def to_table(records: Iterable[R], record: type[R]) -> pa.Table:
    """One row a record, in order; mappings sorted by key, so that equal records give equal bytes."""
    rows = msgspec.to_builtins(list(records), builtin_types=(bytes,), order="deterministic")
    return pa.Table.from_pylist(rows, schema=schema_of(record))


def from_table(table: pa.Table, record: type[R]) -> list[R]:
    """The records back; raises `msgspec.ValidationError` where the table does not fit them."""
    rows = table.to_pylist(maps_as_pydicts="strict")
    return [msgspec.convert(row, record) for row in rows]


def _struct(record: type[msgspec.Struct]) -> inspect.StructType:
    info = inspect.type_info(record)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{record!r} is no record")
    return info


def _fields(info: inspect.StructType) -> list[pa.Field]:
    fields = []
    omits = info.cls.__struct_config__.omit_defaults
    for field in info.fields:
        inner = _without_none(field.type)
        nullable = inner is not field.type or (omits and not field.required)
        fields.append(pa.field(field.encode_name, _arrow(inner), nullable=nullable))
    return fields


def _arrow(info: inspect.Type) -> pa.DataType:
    if scalar := _SCALARS.get(type(info)):
        return scalar
    if isinstance(info, inspect.ListType):
        return pa.list_(_arrow(info.item_type))
    if isinstance(info, inspect.DictType) and isinstance(info.key_type, inspect.StrType):
        return pa.map_(pa.string(), _arrow(info.value_type))
    if isinstance(info, inspect.StructType):
        return pa.struct(_fields(info))
    raise TypeError(f"no Arrow type for {info}: see the table in {__name__}")


def _without_none(info: inspect.Type) -> inspect.Type:
    """T of ``T | None``; any other type as it is."""
    if isinstance(info, inspect.UnionType):
        others = [member for member in info.types if not isinstance(member, inspect.NoneType)]
        if len(others) == 1:
            return others[0]
    return info
