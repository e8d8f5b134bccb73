"""Features on disk: near ones are found, the same vectors give the same files, a killed build goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from catalogs.digests import digest
from catalogs.errors import StorageError
from sources.search import vectors
from sources.search.folder import DamagedIndexError
from sources.search.vectors import Floats, Found
from tests.disk import file_limit

DIM = 16


def vector_of(data: bytes) -> Floats:
    seed = int(digest(data)[:8], 16)
    drawn = np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)
    return drawn / np.linalg.norm(drawn)


class Model:
    """Counts what it embeds; bytes that begin with ``bad`` are no picture."""

    def __init__(self, most: int = 10**9) -> None:
        self.embedded: list[bytes] = []
        self._most = most

    def __call__(self, encoded: Sequence[bytes]) -> list[Floats | None]:
        if len(self.embedded) + len(encoded) > self._most:
            raise KeyboardInterrupt
        self.embedded += encoded
        return [None if data.startswith(b"bad") else vector_of(data) for data in encoded]


def fetch(url: str) -> bytes | None:
    return None if url.startswith("gone") else url.encode()


def listed(count: int) -> list[tuple[int, str]]:
    return sorted((int(digest(str(n))[:16], 16), f"picture {n}") for n in range(count))


def built(folder: Path, pictures: list[tuple[int, str]], previous: Path | None = None) -> Model:
    folder.mkdir(exist_ok=True)
    model = Model()
    vectors.build(folder, pictures, fetch, model, DIM, previous)
    return model


def test_a_picture_is_nearest_to_itself(tmp_path: Path) -> None:
    pictures = listed(600)
    built(tmp_path, pictures)
    one, url = pictures[123]
    found = vectors.search(tmp_path, vector_of(url.encode()), 5)
    assert found[0] == Found(one, 1.0)
    assert [hit.cosine for hit in found] == sorted((hit.cosine for hit in found), reverse=True)
    truth = sorted(
        (-round(float(vector_of(u.encode()) @ vector_of(url.encode())), 3), i) for i, u in pictures
    )
    assert [hit.id for hit in found] == [i for _, i in truth[:5]]


def test_the_same_pictures_give_the_same_files_also_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.search.vectors._BATCH", 50)
    pictures = listed(300)
    built(tmp_path / "whole", pictures)
    killed, model = tmp_path / "killed", Model(most=120)
    killed.mkdir()
    with pytest.raises(KeyboardInterrupt):
        vectors.build(killed, pictures, fetch, model, DIM, None)
    with (killed / "rows.part").open("ab") as part:
        part.write(b"half a row")
    rest = built(killed, pictures)
    assert len(model.embedded) + len(rest.embedded) == 300
    files = sorted(path.name for path in killed.iterdir())
    assert files == ["graph.usearch", "rows"]
    assert all((killed / name).read_bytes() == (tmp_path / "whole" / name).read_bytes() for name in files)


def test_only_new_contents_are_embedded(tmp_path: Path) -> None:
    built(tmp_path / "first", listed(100))
    moved = [(one ^ 1, url) for one, url in listed(110)]
    second = built(tmp_path / "second", moved, tmp_path / "first")
    assert len(second.embedded) == 10
    assert vectors.count(tmp_path / "second") == 110


def test_what_cannot_be_had_or_read_is_left_out(tmp_path: Path) -> None:
    built(tmp_path, [(1, "gone"), (2, "bad bytes"), (3, "good")])
    assert [hit.id for hit in vectors.search(tmp_path, vector_of(b"good"), 5)] == [3]


def test_an_index_without_pictures_finds_nothing(tmp_path: Path) -> None:
    built(tmp_path, [(1, "gone")])
    assert vectors.search(tmp_path, vector_of(b"good"), 5) == []


@pytest.mark.parametrize("limit", [3_000, 20_000])
def test_a_full_disk_ends_the_build_and_the_next_one_goes_on(tmp_path: Path, limit: int) -> None:
    """Rows of 300 pictures are 14 kB, the graph more: the one or the other does not fit."""
    with file_limit(limit), pytest.raises(StorageError, match="then give the same command again"):
        built(tmp_path, listed(300))
    assert not (tmp_path / "graph.usearch").exists()
    built(tmp_path, listed(300))
    assert vectors.count(tmp_path) == 300


def test_a_damaged_graph_names_the_folder(tmp_path: Path) -> None:
    built(tmp_path, listed(20))
    (tmp_path / "graph.usearch").write_bytes(b"not a graph")
    with pytest.raises(DamagedIndexError, match="delete that folder"):
        vectors.search(tmp_path, vector_of(b"good"), 5)
