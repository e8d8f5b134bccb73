"""Croissant 1.0 metadata (MLCommons) of an export in Parquet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalogs.exports.parts import Parts, totals
from catalogs.exports.rows import IMAGE

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification gives, with the keys that mlcroissant asks for besides."""

_SPDX = re.compile(r"[A-Za-z0-9]+(?:[-.+][A-Za-z0-9]+)*-\d+(?:\.\d+)*\+?")
"""An identifier with its version, such as CC-BY-SA-4.0."""
_FETCHED = re.compile(rb'"fetched":"(\d{4}-\d{2}-\d{2})')

RECORDS = "rows"
_TYPES = {
    pa.string(): "sc:Text",
    pa.int64(): "sc:Integer",
    pa.float64(): "sc:Float",
    pa.bool_(): "sc:Boolean",
}


def croissant_of(
    root: Path, parts: Parts, schema: pa.Schema, descriptions: Mapping[str, str], key: str = "key"
) -> dict[str, Any]:
    """The metadata: every file with its size and SHA-256, and the columns that a reader can extract.

    `root` is the export, with the files of all parts in it. Columns of lists of structures are left to the
    Parquet schema: Croissant 1.0 cannot repeat a structure.

    The specification requires ``url``, ``creator`` and ``datePublished`` as well, which are facts of a
    publication. Until there is one the first is the card beside this file, the second who compiled the data
    (whom to credit for what is inside stands in each row), the third the newest day on which anything inside
    was fetched, and absent where no source tells: no clock is read here.
    """
    files = [(name, digest) for part in parts for name, digest in part.files.items() if _is_data(name)]
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{(root / name).stat().st_size} B",
            "encodingFormat": "application/x-parquet",
            "sha256": digest,
        }
        for name, digest in files
    ]
    together = {
        "@type": "cr:FileSet",
        "@id": "parquet",
        "name": "parquet",
        "encodingFormat": "application/x-parquet",
        "includes": "data/*.parquet",
    }
    fields = [_field(field, descriptions[field.name]) for field in schema]
    newest = _newest_fetch(root, parts)
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "tracemill",
        "description": "World-grounded image generation: trajectories proven by drawing, and a benchmark.",
        "license": [_licence(licence) for licence in totals(parts, "licences")],
        "url": "README.md",
        "creator": {"@type": "sc:Organization", "name": "Tracemill"},
        "citeAs": f"Tracemill {version('tracemill')}, and everybody in the column `credits`",
        **({"datePublished": newest} if newest else {}),
        "version": version("tracemill"),
        "distribution": [*objects, together],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": RECORDS,
                "name": RECORDS,
                "key": {"@id": f"{RECORDS}/{key}"},
                "field": [field for field in fields if field],
            }
        ],
    }


def _licence(licence: str) -> str | dict[str, str]:
    """The address of an SPDX identifier, as the specification recommends, else a work by its name."""
    if _SPDX.fullmatch(licence):
        return f"https://spdx.org/licenses/{licence}.html"
    return {"@type": "sc:CreativeWork", "name": licence or "unknown"}


def _newest_fetch(root: Path, parts: Parts) -> str:
    """The newest day in ``samples/``, as YYYY-MM-DD; empty where none is told."""
    days = {""}
    for part in parts:
        with (root / "samples" / f"{part.name}.jsonl").open("rb") as lines:
            days.update(day.decode() for line in lines for day in _FETCHED.findall(line))
    return max(days)


def _is_data(name: str) -> bool:
    return name.startswith("data/")


def _field(field: pa.Field, description: str) -> dict[str, Any] | None:
    kind, repeated = field.type, pa.types.is_list(field.type)
    if repeated:
        kind = kind.value_type
    extract: dict[str, Any] = {"fileSet": {"@id": "parquet"}, "extract": {"column": field.name}}
    if kind == IMAGE:
        data_type = "sc:ImageObject"
        extract["transform"] = {"jsonPath": "bytes"}
    elif kind in _TYPES:
        data_type = _TYPES[kind]
    else:
        return None
    return {
        "@type": "cr:Field",
        "@id": f"{RECORDS}/{field.name}",
        "name": f"{RECORDS}/{field.name}",
        "description": description,
        "dataType": data_type,
        **({"repeated": True} if repeated else {}),
        "source": extract,
    }
