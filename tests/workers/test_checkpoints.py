"""Where a checkpoint is, whether it is whole, which it is, how large: told from files alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from workers import devices
from workers.checkpoints import check_whole, checkpoint_digest, find_checkpoint, weights_gib
from workers.errors import ModelLoadError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_file({"weight": np.ones((256, 1024), np.float32)}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    return tmp_path


def test_a_folder_is_taken_as_it_is(folder: Path) -> None:
    assert find_checkpoint(str(folder)) == folder
    check_whole(folder)


def test_what_is_not_here_says_how_to_fetch_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelLoadError, match="hf download owner/model --revision main"):
        find_checkpoint("owner/model", "main")
    with pytest.raises(ModelLoadError, match="give an existing folder"):
        find_checkpoint("/no/such/folder")


def test_damage_is_found_before_anything_is_loaded(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-100])
    with pytest.raises(ModelLoadError, match="damaged"):
        check_whole(folder)
    (folder / "model.safetensors").write_bytes(b"<html>")
    with pytest.raises(ModelLoadError, match="damaged"):
        check_whole(folder)
    (folder / "model.safetensors").write_bytes(whole)
    index = '{"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}'
    (folder / "model.safetensors.index.json").write_text(index, encoding="utf-8")
    with pytest.raises(ModelLoadError, match=r"model-2\.safetensors is missing"):
        check_whole(folder)


def test_a_folder_without_weights_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="holds no weights"):
        check_whole(tmp_path)


def test_the_digest_follows_the_content_not_the_place(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for file in ("model.safetensors", "config.json"):
        (moved / file).write_bytes((folder / file).read_bytes())
    (moved / "README.md").write_text("hello", encoding="utf-8")
    first = checkpoint_digest(moved)
    checkpoint_digest.cache_clear()
    (moved / "config.json").write_text('{"layers": 2}', encoding="utf-8")
    assert first != checkpoint_digest(moved)


def test_size_is_that_of_the_loaded_type(folder: Path) -> None:
    assert weights_gib(folder, "float32") == 2 * weights_gib(folder, "bfloat16") == 2**20 / 2**30


def test_what_does_not_fit_says_what_to_do() -> None:
    devices.check_fits("small", 0.001, "cpu")
    with pytest.raises(ModelLoadError, match="use a smaller model"):
        devices.check_fits("huge", 1e6, "cpu")
