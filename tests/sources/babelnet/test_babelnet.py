"""BabelNet within a quota: it ends cleanly, goes on the next day, and pays for nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.categories import CATEGORIES
from catalogs.stage import StopRun
from sources.babelnet.api import KEY, LICENCE, MissingKeyError
from sources.babelnet.categories import category_of, table
from sources.babelnet.opening import open_babelnet
from sources.babelnet.quota import Quota, QuotaSpentError
from sources.errors import UnknownSourceError
from sources.interface import Unusable
from tests.fakes import Faults, serving
from tests.sources.babelnet.fake import SECRET, FakeBabelNet, opened


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
        assert found.entity.category_conflicts == ["animal-plant by babelnet:ANIMALS"]
        assert found.entity.articles[0].origin.licence == LICENCE
        assert found.entity.articles[0].origin.author == "BabelNet, WIKI"
        (name,) = found.entity.names
        assert (name.title, name.noun, name.aliases) == ("Katsudon (dish)", "Katsudon", ["Katsudon bowl"])
        (picture,) = found.pictures
        assert (picture.origin.licence, picture.origin.author) == (LICENCE, "BabelNet, WIKICOMMONS")


def test_a_synset_says_which_page_and_item_it_is(tmp_path: Path) -> None:
    """So that it is one entity with what other sources hold of it."""
    with serving(FakeBabelNet()) as fake:
        source = opened(fake, tmp_path, languages=("fr",))
        page, lone = list(source.survey())[:2]
        assert page.identifiers == {
            "babelnet": "bn:katsudon1n",
            "wikidata": "Q8",
            "enwiki": "Katsudon (dish)",
            "frwiki": "Katsudon fr (dish)",
        }
        assert lone.identifiers == {"babelnet": "bn:katsudon2n"}
        assert source.harvest(page).entity.identifiers == page.identifiers
        assert page.languages == ["fr"]
        english = next(opened(fake, tmp_path / "en").survey())
        assert english.entity_id == page.entity_id, "whatever language its text was asked for in"


def test_names_and_glosses_come_in_many_languages_three_a_request(tmp_path: Path) -> None:
    with serving(FakeBabelNet()) as fake:
        source = opened(fake, tmp_path, languages=("en", "fr", "ja", "zh"))
        ref = next(source.survey())
        entity = source.harvest(ref).entity
        assert [name.language for name in entity.names] == ["en", "fr", "ja", "zh"]
        assert [one.language for one in entity.articles] == ["en", "fr", "ja"], "no gloss in Chinese"
        assert entity.articles[1].text == "Katsudon is eaten hot, says FR."
        assert not [name for name in entity.names if "machine" in " ".join([name.title, *name.aliases])]
        assert [passage.title for passage in source.documents("fr")][:1] == ["Katsudon fr (dish)"]
        assert fake.asked == {"getSynsetIds": 3, "getSynset": 12}, "nothing is asked for twice"


def test_kinds_of_what_the_words_mean_are_taken_in(tmp_path: Path) -> None:
    with serving(FakeBabelNet()) as fake:
        found = [ref.locator for ref in opened(fake, tmp_path, kinds=2).survey()]
        assert found[6:] == ["bn:katsudon-don2n", "bn:ramen-don2n", "bn:udon-don2n"]
        assert fake.asked["getOutgoingEdges"] == 9, "of every synset once"


def test_senses_of_a_word_name_their_synsets(tmp_path: Path) -> None:
    with serving(FakeBabelNet()) as fake:
        senses = opened(fake, tmp_path).babelnet.senses("udon", "fr")
        assert {one.properties.synsetID.id for one in senses if one.properties.synsetID} == {
            "bn:udon1n",
            "bn:udon2n",
        }
        assert ("Udon fr (dish)", "Udon fr", "fr") in [(one.title, one.noun, one.language) for one in senses]


def test_no_request_is_spent_on_synsets_that_the_sources_asked_for_do_not_name(tmp_path: Path) -> None:
    with serving(FakeBabelNet()) as fake:
        everything = opened(fake, tmp_path / "all")
        assert len(list(everything.survey())) == 6
        assert fake.asked == {"getSynsetIds": 3, "getSynset": 6}
        fake.asked.clear()
        named = opened(fake, tmp_path / "named", named_by=("WIKI", "WIKIDATA"))
        assert [ref.locator for ref in named.survey()] == ["bn:katsudon1n", "bn:ramen1n", "bn:udon1n"]
        assert fake.asked == {"getSenses": 3, "getSynset": 3}, (
            "two requests an entity with a page, and not three"
        )
        assert named.revision != everything.revision


def test_a_source_is_written_with_what_may_follow_the_path(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("katsudon\n")
    place = opened(FakeBabelNet(), tmp_path).babelnet
    spec = f"{words}/languages=en,fr/kinds=1/named-by=WIKIDATA,WIKI"
    source = open_babelnet(spec, place.web, place.quota)
    assert (source.languages, source.kinds, source.named_by) == (("en", "fr"), 1, ("WIKI", "WIKIDATA"))
    assert open_babelnet(str(words), place.web, place.quota).named_by == ()
    with pytest.raises(UnknownSourceError, match="named-by=WIKI"):
        open_babelnet(f"{words}/named-by=", place.web, place.quota)
    for content, said in ((b"\n \n", "no word"), ("Käse".encode("latin-1"), "UTF-8")):
        words.write_bytes(content)
        with pytest.raises(UnknownSourceError, match=said):
            open_babelnet(str(words), place.web, place.quota)


def test_a_spent_quota_ends_the_run_and_the_next_day_goes_on(tmp_path: Path) -> None:
    with serving(FakeBabelNet()) as fake:
        for _ in range(2):
            with pytest.raises(StopRun, match="4 of 4"):
                list(opened(fake, tmp_path, daily=4).survey())
        assert fake.asked.total() == 4, "not one request above the quota"
        refs = list(opened(fake, tmp_path, daily=5, day="2026-08-02").survey())
        assert len(refs) == 6
        assert fake.asked.total() == 9, "three words and six synsets, each asked for once"
        quota = opened(fake, tmp_path, daily=5, day="2026-08-02").babelnet.quota
        assert (quota.spent, quota.left) == (5, 0)
        assert str(quota) == "BabelNet on 2026-08-02 (UTC): 5 of 5 requests spent, 0 left"


def test_a_key_that_was_spent_elsewhere_ends_the_run_too(tmp_path: Path) -> None:
    with serving(FakeBabelNet(granted=2)) as fake, pytest.raises(StopRun, match=KEY):
        list(opened(fake, tmp_path).survey())


def test_one_fault_in_five_loses_nothing_and_every_try_is_counted(tmp_path: Path) -> None:
    faults = Faults(rate=0.2, seed=3)
    with serving(FakeBabelNet()) as whole, serving(FakeBabelNet(faults=faults)) as broken:
        source, shaken = opened(whole, tmp_path / "whole"), opened(broken, tmp_path / "broken")
        refs = list(source.survey())
        assert list(shaken.survey()) == refs
        for ref in refs:
            assert shaken.harvest(ref).pictures[0].data == source.harvest(ref).pictures[0].data
        assert len(faults.made) > 1
        assert broken.asked == whole.asked
        assert shaken.babelnet.quota.spent > broken.asked.total(), "what a fault took may have been counted"


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


def test_a_synset_without_a_name_is_rejected(tmp_path: Path) -> None:
    with serving(FakeBabelNet(nameless="zz")) as fake:
        source = opened(fake, tmp_path, languages=("zz",))
        with pytest.raises(Unusable, match="no-name"):
            source.harvest(next(source.survey()))


def test_the_heaviest_label_decides_and_every_label_leads_to_a_category() -> None:
    assert set(table().values()) <= set(CATEGORIES)
    assert category_of({"MEDIA_AND_PRESS": 1.0}).domain == "uncategorised"
    assert category_of({"BIOLOGY": 0.5, "FOOD_DRINK_AND_TASTE": 0.5}).domain == "animal-plant"


def test_a_request_at_midnight_counts_for_one_day(tmp_path: Path) -> None:
    """The clock may strike between naming the day and counting what is left of it."""
    days = iter(["2026-05-01", "2026-05-01", "2026-05-02", "2026-05-02", "2026-05-02"])
    full = Quota(str(tmp_path), 1, day=lambda: "2026-05-01")
    full.spend("getSynset")
    with pytest.raises(QuotaSpentError):
        Quota(str(tmp_path), 1, day=lambda: next(days, "2026-05-02")).spend("getSynset")
    assert (tmp_path / "2026-05-01.jsonl").read_bytes().count(b"\n") == 1
