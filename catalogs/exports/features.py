"""The schema of a Parquet file in the words of `datasets`, which it reads from the metadata of the file."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from catalogs.exports.rows import IMAGE


def with_features(schema: pa.Schema) -> pa.Schema:
    """The schema with its features; pictures become `datasets.Image`."""
    features = {field.name: _feature(field.type) for field in schema}
    return schema.with_metadata({"huggingface": msgspec.json.encode({"info": {"features": features}})})


def _feature(kind: pa.DataType) -> Any:
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": str(kind).replace("double", "float64"), "_type": "Value"}
