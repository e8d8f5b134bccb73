"""A profile takes known fields with sensible values, and says which those are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalogs.digests import digest_of
from pipelines.profile import FOLDER, ProfileError, load_profile
from sources.fetching.settings import limits_of


def test_any_field_can_be_replaced_by_its_dotted_name() -> None:
    profile = load_profile("embedded", {"limit": 3, "proof.margin": 0.1, "pictures.grade": 7})
    assert (profile.limit, profile.proof.margin, profile.pictures.grade) == (3, 0.1, 7.0)
    assert profile.proof.similarity == load_profile("embedded").proof.similarity


def test_a_threshold_set_to_what_it_is_changes_no_fingerprint() -> None:
    default = load_profile("embedded")
    same = {"pictures.percentile": default.pictures.percentile, "proof.margin": default.proof.margin}
    set_by_hand = load_profile("embedded", same)
    assert digest_of(set_by_hand.pictures) == digest_of(default.pictures)
    assert digest_of(set_by_hand.proof) == digest_of(default.proof)


def test_how_things_are_fetched_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        (FOLDER / "embedded.toml").read_text()
        + """
[fetching]
contact = "me@example.org"
allowed_hosts = ["images.internal"]
robots = "ignore-on-allowed-hosts"
[[fetching.hosts]]
name = "upload.wikimedia.org"
at_once = 1
"""
    )
    fetching = load_profile(str(path), {"fetching.per_host": 4}).fetching
    assert (fetching.contact, fetching.allowed_hosts, fetching.per_host) == (
        "me@example.org",
        ("images.internal",),
        4,
    )
    assert limits_of(fetching, "upload.wikimedia.org").at_once == 1
    assert limits_of(fetching, "elsewhere.test").at_once == 4


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("sorce", "sample", "no field sorce: there are source, seed"),
        ("proof.margim", 0.1, "no field proof.margim: there are similarity, margin"),
        ("fetching.hosts", [{"nam": "x"}], "no field fetching.hosts.nam: there are name"),
        ("judge", {"vote": 3}, "no field judge.vote: there are"),
        ("pictures.grad", 7, "no field pictures.grad: there are shortest"),
        ("source.path", "x", "source is a value"),
        ("proof.margin", "wide", "float"),
        ("pictures", 3, "pictures"),
        ("limit", -1, "limit"),
        ("fetching.robots", "ignore", "robots"),
        ("fetching.retries", 9, "retries"),
        ("bucket_size", 0, "bucket_size"),
        ("image_hits", 0, "image_hits"),
        ("benchmark_share", 1.5, "benchmark_share"),
    ],
)
def test_a_field_that_cannot_be_is_named(name: str, value: Any, words: str) -> None:
    with pytest.raises(ProfileError, match=words):
        load_profile("embedded", {name: value})


def test_a_file_that_is_no_profile_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'source = "\xe9"')
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "cut.toml").write_text("source = ")
    for name in ("latin", "folder", "cut"):
        with pytest.raises(ProfileError, match=rf"{name}\.toml is no profile"):
            load_profile(str(tmp_path / f"{name}.toml"))
    with pytest.raises(ProfileError, match="there are cluster, embedded, endpoint"):
        load_profile(str(tmp_path / "none.toml"))
