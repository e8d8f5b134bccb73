"""Hashes of the source of every stage, recorded beside its version.

A stage's source is its module and the modules of its room that it leans on, without comments, docstrings
and layout. Workers are left out: they have revisions of their own. `python -m tests.versions` records.
"""

from __future__ import annotations

import ast
import importlib
import json
from pathlib import Path

from catalogs.digests import digest
from catalogs.stage import Stage

ROOT = Path(__file__).parents[1]
RECORD = Path(__file__).parent / "versions.json"
ROOMS = ("sources", "filters", "annotators", "verifiers")


def stages() -> list[type[Stage]]:
    """All concrete stages of the four rooms that the graphs use."""
    for graph in ("pipelines.trajectories", "pipelines.scoring.scorers"):
        importlib.import_module(graph)
    found: list[type[Stage]] = []
    todo: list[type[Stage]] = [Stage]
    while todo:
        for cls in todo.pop().__subclasses__():
            todo.append(cls)
            if cls.__module__.split(".")[0] in ROOMS and isinstance(getattr(cls, "name", None), str):
                found.append(cls)
    return sorted(found, key=lambda cls: cls.name)


def current() -> dict[str, dict[str, str]]:
    """Stage name -> its version and the hash of its source, as they are now."""
    return {cls.name: {"version": cls.version, "source": source_of(cls.__module__)} for cls in stages()}


def source_of(module: str) -> str:
    """Hash over a module and, within its room, all that it imports."""
    room, seen, todo = module.split(".")[0], {}, [module]
    while todo:
        name = todo.pop()
        path = _path(name)
        if name in seen or path is None:
            continue
        tree = ast.parse(path.read_text())
        seen[name] = ast.dump(_without_docstrings(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == room:
                todo += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return digest("\n".join(f"{name} {seen[name]}" for name in sorted(seen)))[:16]


def _path(module: str) -> Path | None:
    base = ROOT / module.replace(".", "/")
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.exists()), None)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]  # checked by getattr
                item
                for item in body
                if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
            ]
    return tree


if __name__ == "__main__":
    RECORD.write_text(json.dumps(current(), indent=1) + "\n")
    print(f"recorded {len(current())} stages in {RECORD.name}")
