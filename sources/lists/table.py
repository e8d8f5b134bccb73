"""The published CSV: index, name_zh, name_en, country, category, remark. One row an entity."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.categories import FACTIP, UNCATEGORISED
from sources.errors import BrokenTableError

COLUMNS = ("index", "name_zh", "name_en", "country", "category", "remark")


@dataclass(frozen=True)
class ListRow:
    """One entity of a list."""

    index: str
    name_zh: str
    name_en: str
    country: str
    domain: str
    remark: str

    @property
    def title(self) -> str:
        return self.name_en or self.name_zh

    @property
    def language(self) -> str:
        """Of the remark: by its script, as lists mix both."""
        return "zh" if re.search(r"[\u4e00-\u9fff]", self.remark) else "en"


@lru_cache(maxsize=4)
def read_table(path: str) -> tuple[ListRow, ...]:
    """All rows in their order; raises `BrokenTableError` that names line and column."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise BrokenTableError(
                    f"{path} has no column {missing[0]!r}; its first line should say: {','.join(COLUMNS)}"
                )
            rows = tuple(_row(path, reader.line_num, line) for line in reader)
    except UnicodeDecodeError as error:
        raise BrokenTableError(
            f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8"
        ) from None
    except csv.Error as error:
        raise BrokenTableError(f"{path} is no CSV file ({error}): save it as CSV") from None
    if not rows:
        raise BrokenTableError(f"{path} has no row below its first line: give a list with some")
    seen: dict[str, ListRow] = {}
    for row in rows:
        if row.index in seen:
            raise BrokenTableError(f"{path}: the index {row.index!r} stands twice; give each row its own")
        seen[row.index] = row
    return rows


def category_of(words: str) -> str:
    """The domain of a category by its published name or its slug, in any case; else ``uncategorised``."""
    key = re.sub(r"[^a-z]+", "-", words.strip().lower()).strip("-")
    names = {re.sub(r"[^a-z]+", "-", name.lower()): slug for slug, (name, _, _) in FACTIP.items()}
    return key if key in FACTIP else names.get(key, UNCATEGORISED)


def _row(path: str, line: int, cells: dict[str, str]) -> ListRow:
    values = {name: (cells[name] or "").strip() for name in COLUMNS}
    if not values["index"] or not (values["name_zh"] or values["name_en"]):
        raise BrokenTableError(f"{path}, line {line}: a row needs an index and a name")
    domain = category_of(values.pop("category"))
    return ListRow(**values, domain=domain)
