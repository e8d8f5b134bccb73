"""What was pushed is whole in the store, whatever happens, and goes on on another machine."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow.parquet as pq
import pytest

from catalogs.check import check_output
from catalogs.digests import sha256, sha256_of
from catalogs.errors import CatalogError, FolderError, StoreError
from catalogs.manifest import ShardEntry, read_manifest
from catalogs.shard_set import ShardSet
from catalogs.store import Store
from pipelines.engine.holder import Holder, this_process
from pipelines.folder import OutputFolder
from pipelines.mirror import lease, pull, push
from pipelines.profile import load_profile
from pipelines.run import Summary, run
from pipelines.upkeep.of_profile import forget_source
from tests.fakes.object_store import fresh_bucket, s3_server
from tests.pipelines.slices import DOMAINS, LIMIT, PROFILE, begun, files_of

pytestmark = pytest.mark.slow

KEPT = ("blobs", "ledger", "current", "shards", "splits", "surveys", "runs")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, indexed: Path) -> Path:
    """A finished folder of one domain: each file is flushed to disk, or is a request to a server that takes
    20 ms for it."""
    out = begun(tmp_path_factory.mktemp("small") / "out", indexed)
    run(PROFILE, out, domains=DOMAINS[1:2], runner="local", observe=lambda *_: None)
    return out


@pytest.fixture
def out(small: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(small, tmp_path / "out"))


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    return fresh_bucket(server, monkeypatch)


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store with nothing in it: a folder, or a bucket of a real S3 server."""
    if request.param == "s3":
        return f"{request.getfixturevalue('bucket')}/kept"
    return f"file://{tmp_path}/kept"


@pytest.fixture(scope="module")
def changed(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, brought up again with a stricter proof."""
    out = Path(shutil.copytree(small, tmp_path_factory.mktemp("changed") / "out"))
    be_stricter(out)
    return out


def be_stricter(out: Path) -> None:
    """Run with a threshold that the weakest proof does not pass any more."""
    with duckdb.connect(str(out / "catalog.duckdb"), read_only=True) as database:
        margins = database.execute("SELECT min(margin) FROM proofs GROUP BY key ORDER BY 1").fetchall()
    profile = load_profile("embedded", {"gallery": 0, "limit": LIMIT, "proof.margin": margins[1][0]})
    run(profile, out, domains=domains_of(out), runner="local", observe=lambda *_: None)


def again(out: Path) -> Summary:
    return run(PROFILE, out, domains=domains_of(out), runner="local", observe=lambda *_: None)


def domains_of(out: Path) -> list[str]:
    manifest = read_manifest(out)
    assert manifest is not None
    return sorted({entry.domain for entry in manifest.shardlist})


def contents(out: Path) -> dict[str, str]:
    """Everything that is kept, by digest: neither locks nor indexes nor what is known of stores."""
    files = {f"{area}/{name}": digest for area in KEPT for name, digest in files_of(out / area).items()}
    singles = ("manifest.json", "catalog.duckdb", "tracemill.json", "tombstones.jsonl", "report.json")
    return files | {name: sha256_of(out / name) for name in singles if (out / name).exists()}


def watch(monkeypatch: pytest.MonkeyPatch, before: Callable[[str, str], None]) -> None:
    """Be told of every write to any store, just before it."""
    for operation in ("write", "create", "remove"):
        do = getattr(Store, operation)

        def watched(self: Store, what: Any, *rest: Any, do: Any = do, operation: str = operation) -> Any:
            before(operation, what if isinstance(what, str) else what[0])
            return do(self, what, *rest)

        monkeypatch.setattr(Store, operation, watched)


def test_a_fresh_machine_pulls_and_computes_nothing(out: Path, url: str, tmp_path: Path) -> None:
    first = push(out, url)
    assert first.files >= len(contents(out))
    second = push(out, url)
    assert (second.files, second.removed) == (0, 0)

    new = tmp_path / "another machine" / "out"
    pulled = pull(new, url)
    assert pulled.files == first.files
    assert contents(new) == contents(out)
    assert check_output(new) == []
    assert again(new).computed == 0
    assert contents(new) == contents(out)
    assert pull(new, url).files == 0
    assert push(new, url).files == 0


def test_only_what_changed_is_sent_and_the_old_is_removed(
    out: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(out, url)
    before = contents(out)
    new = tmp_path / "new"
    pull(new, url)
    be_stricter(new)
    after = contents(new)
    assert before != after
    sent: list[str] = []
    watch(monkeypatch, lambda operation, name: sent.append(name) if operation == "write" else None)
    done = push(new, url)
    differing = {name for name, digest in after.items() if before.get(name) != digest}
    assert set(sent) - {"store.json", "report.html"} == differing
    assert sent.index("manifest.json") == len(sent) - 2, "only the index comes after the manifest"
    gone = before.keys() - after.keys()
    assert done.removed == len(gone) > 0
    assert not gone & Store(url).names().keys()


def test_a_run_may_be_at_work_while_its_folder_is_pushed(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It folds a journal that was listed already, and puts a picture after the pictures were sent."""
    url = f"file://{tmp_path}/kept"
    table = sorted((out / "ledger" / "recaption").glob("*/*/*.parquet"))[0]
    journal = table.with_suffix(".journal")
    journal.write_bytes(b"half a frame")
    put: list[str] = []

    def goes_on(operation: str, name: str) -> None:
        if name.endswith("stage.json") and not put:
            put.append(OutputFolder(out).blobs.put(b"a picture that was found just now"))
            journal.unlink(missing_ok=True)  # several transfers may come here at once

    with monkeypatch.context() as patched:
        watch(patched, goes_on)
        push(out, url)
    names = Store(url).names()
    assert f"blobs/{put[0][:2]}/{put[0]}" in names
    assert journal.relative_to(out).as_posix() not in names
    pull(tmp_path / "new", url)
    assert contents(tmp_path / "new") == contents(out)


class Killed(BaseException):
    """Nothing that follows is done any more, as after SIGKILL."""


def kill_at(monkeypatch: pytest.MonkeyPatch, number: int) -> list[str]:
    """Die at the n-th write, as a process that nobody will find alive; the writes that were done by then."""
    done: list[str] = []
    lock = threading.Lock()

    def before(operation: str, name: str) -> None:
        with lock:
            if len(done) >= number:
                raise Killed
            done.append(name)

    watch(monkeypatch, before)
    monkeypatch.setattr(
        lease, "this_process", lambda: msgspec.structs.replace(this_process(), pid=2**22 + 1, since="then")
    )
    return done


def trajectories(url: str) -> int:
    """Read everything that the manifest of a store names; how many trajectories that is."""
    store, shards = Store(url), ShardSet(url)
    for entry in shards.manifest.shardlist:
        assert sha256(store.read(entry.url)) == entry.sha256
        assert sha256(store.read(entry.sidecar)) == entry.sidecar_sha256
    return sum(len(keys_of(store, entry)) for entry in shards.manifest.shardlist)


def keys_of(store: Store, entry: ShardEntry) -> list[str]:
    return list(pq.read_table(io.BytesIO(store.read(entry.sidecar)), columns=["key"])["key"].to_pylist())


def kept_files(kept: Path) -> dict[str, str]:
    """What is in a store on this disk, the notes of pushes aside."""
    return {name: digest for name, digest in files_of(kept).items() if name != "store.json"}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 0.7, 0.85, 0.92, 0.95, 0.99])
def test_a_push_that_is_killed_leaves_the_previous_set_and_the_next_goes_on(
    out: Path, changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    url, kept = f"file://{tmp_path}/kept", tmp_path / "kept"
    push(out, url)
    old = Store(url).read("manifest.json")
    count = trajectories(url)
    shutil.copytree(kept, tmp_path / "first")
    new = Path(shutil.copytree(changed, tmp_path / "new"))
    shutil.copytree(out / "stores", new / "stores")
    with monkeypatch.context() as patched:
        writes = kill_at(patched, 10**9)
        push(new, url)
    uninterrupted = kept_files(kept)

    for folder, before in ((kept, tmp_path / "first"), (new / "stores", out / "stores")):
        shutil.rmtree(folder)
        shutil.copytree(before, folder)
    with monkeypatch.context() as patched:
        done = kill_at(patched, int(share * len(writes)))
        with pytest.raises(Killed):
            push(new, url)
    moved = "manifest.json" in done
    assert (Store(url).read("manifest.json") == old) is not moved
    assert moved or trajectories(url) == count
    pull(tmp_path / "pulled", url)
    if share in (0.4, 0.92):
        assert again(tmp_path / "pulled").computed == 0, "whichever results have come, a run works with them"
    with monkeypatch.context() as patched:
        rest = kill_at(patched, 10**9)
        push(new, url)
    assert {n for n in done if n.startswith(("blobs/", "shards/"))} & set(rest) == set()
    assert kept_files(kept) == uninterrupted


@pytest.mark.parametrize("number", [1, 5, 15])
def test_a_pull_that_is_killed_leaves_the_previous_set_and_the_next_goes_on(
    out: Path, changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    url, new = str(tmp_path / "kept"), tmp_path / "new"
    push(out, url)
    pull(new, url)
    other = Path(shutil.copytree(changed, tmp_path / "other"))
    push(other, url, replace=True)
    reads: list[str] = []
    read_range = Store.read_range

    def killing(self: Store, name: str, start: int, size: int) -> bytes:
        reads.append(name)
        if len(reads) > number:
            raise Killed
        return read_range(self, name, start, size)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "read_range", killing)
        with pytest.raises(Killed):
            pull(new, url)
    assert read_manifest(new) == read_manifest(out)
    trajectories(str(new))
    pull(new, url)
    assert contents(new) == contents(other)


@pytest.mark.parametrize("number", [3, 40])
def test_a_first_push_to_s3_that_is_killed_is_finished_by_the_next(
    out: Path, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patched:
        kill_at(patched, number)
        with pytest.raises(Killed):
            push(out, bucket)
    with pytest.raises(StoreError, match="holds no output folder"):
        pull(tmp_path / "new", bucket)
    push(out, bucket)
    pull(tmp_path / "new", bucket)
    assert contents(tmp_path / "new") == contents(out)


@pytest.mark.parametrize(
    "pattern", ["blobs/*/*", "ledger/*/*/*/*.parquet", "shards/*.tar", "shards/*.parquet", "manifest.json"]
)
def test_damage_in_the_store_is_found_by_digest(out: Path, tmp_path: Path, pattern: str) -> None:
    kept = tmp_path / "kept"
    push(out, str(kept))
    victim = sorted(kept.glob(pattern))[0]
    whole = victim.read_bytes()
    victim.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    name = victim.relative_to(kept).as_posix()
    with pytest.raises(StoreError, match=f"{name} is not what its digest says"):
        pull(tmp_path / "new", str(kept))
    assert not (tmp_path / "new" / "manifest.json").exists()
    victim.unlink()
    if not name.startswith("blobs/"):
        with pytest.raises(StoreError, match=f"{name} is missing"):
            pull(tmp_path / "new", str(kept))
    assert push(out, str(kept)).files == 1, "what was deleted is sent again"
    pull(tmp_path / "new", str(kept))
    assert contents(tmp_path / "new") == contents(out)


def test_what_was_forgotten_leaves_the_store_and_does_not_come_back(
    out: Path, url: str, tmp_path: Path
) -> None:
    push(out, url)
    stale = tmp_path / "stale"
    pull(stale, url)
    shards = ShardSet(f"file://{out}")
    picture = shards.row(keys_of(Store(str(out)), shards.manifest.shardlist[0])[0]).pictures[0].sha256
    forget_source(PROFILE, out, "sha256", picture, "asked to")
    push(out, url)
    assert f"blobs/{picture[:2]}/{picture}" not in Store(url).names()
    with pytest.raises(StoreError, match="since this folder last met it"):
        push(stale, url)
    with pytest.raises(StoreError, match=f"tracemill forget --sha256 '{picture}'"):
        push(stale, url, replace=True)
    pull(stale, url)
    assert contents(stale) == contents(out)
    assert not (stale / "blobs" / picture[:2] / picture).exists()


def test_one_push_at_a_time(out: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(url)
    elsewhere = Holder(host="another-host", pid=7, started=1.0, since="2026-01-01T00:00:00+00:00")
    store.create(lease.FILE, msgspec.json.encode(elsewhere))
    with pytest.raises(StoreError, match=r"process 7 on another-host since 2026-01-01.*--take-over"):
        push(out, url)
    assert store.size("manifest.json") is None
    push(out, url, take_over=True)
    assert store.size(lease.FILE) is None


def test_a_push_that_was_taken_over_leaves_the_manifest_alone(out: Path, url: str) -> None:
    store = Store(url)
    with lease.leased(store) as still_ours:
        still_ours()
        with lease.leased(store, take_over=True):
            pass
        with pytest.raises(StoreError, match="another push took"):
            still_ours()


def test_nobody_pushes_over_what_another_folder_has_pushed(out: Path, changed: Path, tmp_path: Path) -> None:
    url = str(tmp_path / "kept")
    push(out, url)
    other = Path(shutil.copytree(changed, tmp_path / "other"))
    with pytest.raises(StoreError, match="by another folder"):
        push(other, url)
    push(other, url, replace=True)
    pull(tmp_path / "new", url)
    assert contents(tmp_path / "new") == contents(other)


def test_a_pull_overwrites_nothing_that_is_in_the_folder_alone(
    out: Path, changed: Path, tmp_path: Path
) -> None:
    url = str(tmp_path / "kept")
    push(out, url)
    other = Path(shutil.copytree(changed, tmp_path / "other"))
    before = files_of(other)
    with pytest.raises(FolderError, match="files that were never in"):
        pull(other, url)
    assert {name: d for name, d in files_of(other).items() if not name.startswith("locks/")} == {
        name: d for name, d in before.items() if not name.startswith("locks/")
    }


def test_what_cannot_be_pushed_or_pulled_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no output folder: push one"):
        pull(tmp_path / "out", str(tmp_path / "nothing"))
    assert not (tmp_path / "out").exists()
    with pytest.raises(CatalogError, match="is no output folder"):
        push(tmp_path / "out", str(tmp_path / "kept"))


def test_one_picture_is_read_from_s3_by_its_key(
    out: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest, one sidecar and one range of one tar: no tar is read through, however long it is."""
    from s3fs import S3FileSystem

    push(out, f"{bucket}/kept")
    manifest = read_manifest(out)
    assert manifest is not None
    asked: list[tuple[str, str, str]] = []
    call = S3FileSystem._call_s3

    async def counted(self: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        asked.append((method, kwargs.get("Key", ""), kwargs.get("Range", "")))
        return await call(self, method, *args, **kwargs)

    monkeypatch.setattr(S3FileSystem, "_call_s3", counted)
    shards = ShardSet(f"{bucket}/kept", skip_instance_cache=True)
    key = keys_of(Store(str(out)), manifest.shardlist[0])[0]
    data = shards.picture(key, "target")
    (picture,) = (p for p in shards.row(key).pictures if p.role == "target")
    assert len(data) == picture.size
    tars = [request for request in asked if request[1].endswith(".tar")]
    assert [(method, span) for method, _, span in tars] == [
        ("get_object", f"bytes={picture.offset}-{picture.offset + picture.size - 1}")
    ]
    assert len([request for request in asked if request[0] == "get_object"]) <= 2 + len(DOMAINS)
