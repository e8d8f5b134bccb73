"""Exports: training shards in the formats that published trainers read."""

from catalogs.exports.check import check_export
from catalogs.exports.errors import ExportError
from catalogs.exports.formats import FORMATS, format_of
from catalogs.exports.interface import Problem, Settings
from catalogs.exports.samples import training
from catalogs.exports.writer import Index, read_index, write_export

__all__ = [
    "FORMATS",
    "ExportError",
    "Index",
    "Problem",
    "Settings",
    "check_export",
    "format_of",
    "read_index",
    "training",
    "write_export",
]
