"""Code of a stage cannot change under the same version: old results would be reused for new code."""

from __future__ import annotations

import json

import pytest

from tests.versions import RECORD, current, stages

RECORDED = json.loads(RECORD.read_text()) if RECORD.exists() else {}


@pytest.mark.parametrize("name", sorted({cls.name for cls in stages()} | set(RECORDED)))
def test_recorded_source_belongs_to_the_version(name: str) -> None:
    now, then = current().get(name), RECORDED.get(name)
    assert now is not None, f"stage {name} is gone: run `python -m tests.versions`"
    assert then is not None, f"stage {name} is new: run `python -m tests.versions`"
    if now["source"] != then["source"]:
        assert now["version"] != then["version"], (
            f"the source of stage {name} changed: raise its version (results would be reused otherwise), "
            "or record the hash with `python -m tests.versions` if no result can differ"
        )
        pytest.fail(f"stage {name} has a new version: record it with `python -m tests.versions`")
