"""Archives to test with: a real one where it lies beside the checkout, and a tiny new-style one made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sources.interface import World
from sources.registry import open_world
from tests.sources.fakes import png

ROOT = Path(__file__).resolve().parents[3]
RAY_CHARLES = ROOT.parent / "shared" / "data" / "wikipedia_en_ray_charles_2015-06.zim"


@pytest.fixture(scope="session")
def old_archive() -> Path:
    """A Wikipedia archive of 2015: 85 articles, old path scheme."""
    if not RAY_CHARLES.is_file():
        pytest.skip(f"needs {RAY_CHARLES.name} in shared/data beside the checkout")
    return RAY_CHARLES


@pytest.fixture(scope="session")
def old_world(old_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    return open_world(f"zim:{old_archive}", seed=1, index_root=tmp_path_factory.mktemp("old-index"))


HTML = """<html><body><div class="mw-parser-output"><section>
<table class="infobox hrecipe"><tr><th>Crêpe</th></tr>
<tr><td><img src="./_assets_/cr%C3%AApe.png" width="300"><div>A plain crêpe</div></td></tr></table>
<p><b>Crêpe</b> is a thin dish of batter<sup class="reference">[1]</sup>, see
<a href="Pancake">pancake</a>.</p></section>
<section><h2>Making</h2><p>It is baked on one side.</p>
<figure><img src="./_assets_/pan.png" width="200"><figcaption>A pan for crêpes</figcaption></figure>
<img src="./_assets_/Flag_of_France.svg.png" width="200"></section>
<section><h2>References</h2><p>None.</p></section></div></body></html>"""


@pytest.fixture(scope="session")
def new_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive without namespaces: two articles, a redirect, three pictures."""
    from libzim.writer import Creator, Hint, Item, StringProvider

    class Entry(Item):  # type: ignore[misc]
        def __init__(self, path: str, title: str, media_type: str, content: bytes | str) -> None:
            super().__init__()
            self.path, self.title, self.media_type, self.content = path, title, media_type, content

        def get_path(self) -> str:
            return self.path

        def get_title(self) -> str:
            return self.title

        def get_mimetype(self) -> str:
            return self.media_type

        def get_contentprovider(self) -> Any:
            return StringProvider(self.content)

        def get_hints(self) -> dict[Any, int]:
            return {Hint.FRONT_ARTICLE: self.media_type == "text/html"}

    path = tmp_path_factory.mktemp("archive") / "tiny.zim"
    with Creator(str(path)).config_indexing(False, "eng") as creator:
        for key, value in {
            "Language": "eng",
            "Creator": "Wikipedia",
            "Date": "2024-05-01",
            "Title": "Tiny",
        }.items():
            creator.add_metadata(key, value)
        creator.add_item(Entry("Crêpe", "Crêpe", "text/html", HTML))
        creator.add_item(Entry("Pancake", "Pancake", "text/html", "<p>A pancake is a flat cake.</p>"))
        creator.add_item(Entry("_assets_/crêpe.png", "", "image/png", png(300, 200)))
        creator.add_item(Entry("_assets_/pan.png", "", "image/png", png(200, 180)))
        creator.add_item(Entry("_assets_/Flag_of_France.svg.png", "", "image/png", png(200, 120)))
        creator.add_redirection("Crepe", "Crepe (crêpe)", "Crêpe", {})
    return path


@pytest.fixture(scope="session")
def new_world(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    return open_world(f"zim:{new_archive}", seed=1, index_root=tmp_path_factory.mktemp("new-index"))
