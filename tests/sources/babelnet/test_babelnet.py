"""BabelNet within a quota: it ends cleanly, goes on the next day, and pays for nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from catalogs.categories import CATEGORIES
from catalogs.stage import StopRun
from sources.babelnet.api import KEY, LICENCE, BabelNet, MissingKeyError
from sources.babelnet.encyclopedia import BabelNetEncyclopedia, _table
from sources.babelnet.quota import Quota
from sources.fetching.settings import FetchSettings
from sources.fetching.web import Web
from tests.fakes import serving
from tests.fakes.http import Reply, Request, send
from tests.fakes.routes import png
from tests.fakes.server import Fake

SECRET = "a-secret-key"
WORDS = ("katsudon", "ramen", "udon")


@dataclass
class FakeBabelNet(Fake):
    """Two synsets a word; the key is refused once `granted` requests were answered."""

    granted: int = 1000
    asked: Counter[str] = field(default_factory=Counter)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        await send(writer, self.answer(request))
        return True

    def answer(self, request: Request) -> Reply:
        if request.path.startswith("/pictures/"):
            return Reply(png(request.path), "image/png")
        if not request.path.startswith("/v9/"):
            return Reply(b"", "text/plain", 404)
        self.asked[request.path] += 1
        if request.query.get("key") != SECRET or self.asked.total() > self.granted:
            said = "Your key is not valid or the daily requests limit has been reached."
            return Reply.of({"message": said}, 403)
        if request.path == "/v9/getSynsetIds":
            word = request.query["lemma"]
            return Reply.of(
                [{"id": f"bn:{word}{number}n", "pos": "NOUN", "source": "BABELNET"} for number in "12"]
            )
        return Reply.of(self._synset(request.query["id"]))

    def _synset(self, synset_id: str) -> dict[str, Any]:
        word = synset_id[3:-2].title()
        wiki = {"fullLemma": f"{word}_(dish)", "simpleLemma": word, "language": "EN", "source": "WIKI"}
        senses = [{"properties": wiki}] if synset_id.endswith("1n") else []
        senses.append({"properties": wiki | {"fullLemma": word, "source": "WN"}})
        return {
            "senses": senses,
            "glosses": [{"gloss": f"{word} is eaten hot.", "language": "EN", "source": "WIKI"}],
            "images": [
                {"url": f"{self.address}/gone.png", "name": "gone"},
                {"url": f"{self.address}/pictures/{word}.png", "name": word, "urlSource": "WIKI"},
            ],
            "domains": {"FOOD_DRINK_AND_TASTE": 0.9, "ANIMALS": 0.2, "UNHEARD_OF": 1.0},
        }


def opened(
    fake: FakeBabelNet, folder: Path, daily: int = 1000, day: str = "2026-08-01"
) -> BabelNetEncyclopedia:
    settings = FetchSettings(allowed_hosts=("127.0.0.1",), back_off=0.001, contact="me@test.org", tries=2)
    quota = Quota(str(folder / "quota.json"), daily, lambda: day)
    return BabelNetEncyclopedia(BabelNet(Web(str(folder), settings), quota, f"{fake.address}/v9"), WORDS)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)


def test_synsets_become_entities_with_their_licence(tmp_path: Path) -> None:
    with serving(FakeBabelNet()) as fake:
        source = opened(fake, tmp_path)
        refs = list(source.survey())
        assert [ref.title for ref in refs[:2]] == ["Katsudon (dish)", "Katsudon"]
        found = source.harvest(refs[0])
        assert (found.entity.domain, found.entity.category_rule) == ("food", "babelnet:FOOD_DRINK_AND_TASTE")
        assert found.entity.articles[0].origin.licence == LICENCE
        assert found.entity.names[0].aliases == ["Katsudon"]
        assert found.pictures[0].origin.author == "WIKI"


def test_a_spent_quota_ends_the_run_and_the_next_day_goes_on(tmp_path: Path) -> None:
    with serving(FakeBabelNet()) as fake:
        with pytest.raises(StopRun, match="4 of 4"):
            list(opened(fake, tmp_path, daily=4).survey())
        with pytest.raises(StopRun, match="4 of 4"):
            list(opened(fake, tmp_path, daily=4).survey())
        assert fake.asked.total() == 4, "not one request above the quota"
        refs = list(opened(fake, tmp_path, daily=5, day="2026-08-02").survey())
        assert len(refs) == 6
        assert fake.asked.total() == 9, "three words and six synsets, each asked for once"
        quota = opened(fake, tmp_path, daily=5, day="2026-08-02").babelnet.quota
        assert (quota.spent, quota.left) == (5, 0)


def test_a_key_that_was_spent_elsewhere_ends_the_run_too(tmp_path: Path) -> None:
    with serving(FakeBabelNet(granted=2)) as fake, pytest.raises(StopRun, match=KEY):
        list(opened(fake, tmp_path).survey())


def test_the_key_is_kept_nowhere_and_asked_for_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FakeBabelNet()) as fake:
        list(opened(fake, tmp_path).survey())
        assert not [
            path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
        ]
        monkeypatch.delenv(KEY)
        with pytest.raises(MissingKeyError, match=KEY):
            list(opened(fake, tmp_path / "new").survey())


def test_every_domain_leads_to_a_category() -> None:
    assert set(_table().values()) <= set(CATEGORIES)
