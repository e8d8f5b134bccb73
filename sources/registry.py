"""All sources by name, and how to open one: ``sample``, ``zim:PATH``, ``list:PATH``, ``wikidata:Q746549``.

A new source is a module with an `Encyclopedia`, a text search and a picture search, and a line in `SOURCES`.
``pageviews:PATH`` is none by itself: it counts for the others how often their articles are read.
An opener makes the encyclopedia alone; indexes are made when a search is asked for (`Opened`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sources.babelnet.opening import open_babelnet
from sources.babelnet.quota import quota_of
from sources.commons.search import CommonsImages
from sources.dumps.world import open_dump
from sources.entities.opening import merged, merged_encyclopedia, specs_of
from sources.errors import UnknownSourceError
from sources.fetching.settings import DEFAULTS, FetchSettings
from sources.fetching.web import Web
from sources.interface import Encyclopedia, Opened, World
from sources.lists.encyclopedia import ListEncyclopedia
from sources.lists.images import ListPictures
from sources.mediawiki.opening import open_mediawiki
from sources.no_pictures import NoPictures
from sources.page_views.encyclopedia import NAME as PAGE_VIEWS
from sources.page_views.encyclopedia import counted
from sources.sample_world.encyclopedia import SampleEncyclopedia
from sources.sample_world.web import SampleWeb
from sources.search.pictures import PictureIndex, build_picture_index
from sources.text_index import build_text_index
from sources.wikidata.dump.opening import open_wikidata_dump
from sources.wikidata.encyclopedia import WikidataEncyclopedia
from sources.wikidata.sites import Sites
from sources.zim.archive import open_archive
from sources.zim.encyclopedia import ZimEncyclopedia
from sources.zim.parts import whole_path
from sources.zim.pictures import ZimPictures
from sources.zim.search import ZimSearch
from workers.image_text.handle import ImageTextWorker


@dataclass(frozen=True)
class Place:
    """What an opener is given besides the argument."""

    seed: int
    index_root: Path
    fetching: FetchSettings

    @property
    def web(self) -> Web:
        """Answers of live sources are kept beside the indexes made from them."""
        return Web(str(self.index_root.absolute() / "web"), self.fetching)


def open_world(
    source: str | Sequence[str],
    *,
    seed: int,
    index_root: Path,
    image_text: ImageTextWorker | None = None,
    fetching: FetchSettings = DEFAULTS,
) -> World:
    """Open a source, or several as one; builds their indexes under `index_root` the first time.

    A source is a name of `SOURCES`, with an argument after a colon where it takes one; several are a list, or
    stand in one text with `` + `` between them. `seed` is for worlds that are made up: it changes what the
    sample web holds. With `image_text`, pictures that are indexed here are found by what they show as well.
    `fetching` holds for what is live. Raises `SourceError`.
    """
    place = Place(seed, index_root, fetching)
    specs, views = _parted(source)
    opened = [_open(spec, place) for spec in specs]
    worlds = [_seeing(one.world(), index_root, image_text) for one in opened]
    world = worlds[0] if len(worlds) == 1 else merged(worlds)
    return dataclasses.replace(world, encyclopedia=_counted(world.encyclopedia, views, place))


def open_encyclopedia(
    source: str | Sequence[str], *, seed: int, index_root: Path, fetching: FetchSettings = DEFAULTS
) -> Encyclopedia:
    """The encyclopedia of `open_world`, without the indexes that search needs. Raises `SourceError`."""
    place = Place(seed, index_root, fetching)
    specs, views = _parted(source)
    encyclopedias = [_open(spec, place).encyclopedia for spec in specs]
    whole = encyclopedias[0] if len(encyclopedias) == 1 else merged_encyclopedia(encyclopedias)
    return _counted(whole, views, place)


def _parted(source: str | Sequence[str]) -> tuple[list[str], list[str]]:
    """The sources, and the paths of page views beside them."""
    specs = specs_of(source)
    paths = [path for name, _, path in (spec.partition(":") for spec in specs) if name == PAGE_VIEWS]
    others = [spec for spec in specs if spec.partition(":")[0] != PAGE_VIEWS]
    if not others or not all(paths):
        raise UnknownSourceError(
            f"page views are counted for another source; write: dump:PATH + {PAGE_VIEWS}:PATH"
        )
    return others, paths


def _counted(encyclopedia: Encyclopedia, paths: Sequence[str], place: Place) -> Encyclopedia:
    for path in paths:
        encyclopedia = counted(encyclopedia, Path(path), place.index_root)
    return encyclopedia


def _open(spec: str, place: Place) -> Opened:
    name, _, argument = spec.partition(":")
    opener = SOURCES.get(name)
    if opener is None:
        raise UnknownSourceError(f"no source is called {name!r}; known are: {', '.join(SYNTAX)}")
    return opener(argument, place)


def _seeing(world: World, index_root: Path, image_text: ImageTextWorker | None) -> World:
    """The world with features beside the captions of its own picture index, where it has one."""
    if image_text is None or not isinstance(world.image_search, PictureIndex):
        return world
    search = build_picture_index(index_root, world.image_search.source, image_text)
    return dataclasses.replace(world, image_search=search)


def _open_sample(argument: str, place: Place) -> Opened:
    if argument:
        raise UnknownSourceError(
            f"the source 'sample' takes no argument, and was given {argument!r}; write: sample"
        )
    encyclopedia = SampleEncyclopedia()
    return Opened(
        name="sample",
        encyclopedia=encyclopedia,
        text_search=partial(build_text_index, place.index_root, encyclopedia),
        image_search=partial(SampleWeb, place.seed),
    )


def _open_zim(argument: str, place: Place) -> Opened:
    if not argument:
        raise UnknownSourceError("the source 'zim' needs the path of an archive; write: zim:PATH")
    path = str(whole_path(Path(argument).expanduser().absolute()))
    archive = open_archive(path)
    encyclopedia = ZimEncyclopedia(path)
    return Opened(
        name=f"zim:{Path(path).stem}",
        encyclopedia=encyclopedia,
        text_search=(
            partial(ZimSearch, path)
            if archive.searchable
            else partial(build_text_index, place.index_root, encyclopedia)
        ),
        image_search=partial(build_picture_index, place.index_root, ZimPictures(path)),
    )


def _open_dump(argument: str, place: Place) -> Opened:
    return open_dump(argument, place.index_root, Sites(place.web))


def _open_list(argument: str, place: Place) -> Opened:
    path = Path(argument).expanduser().absolute()
    if not argument or not path.exists():
        raise UnknownSourceError(f"there is no CSV file or folder at {argument!r}; write: list:PATH")
    encyclopedia = ListEncyclopedia(str(path))
    return Opened(
        name=f"list:{path.stem}",
        encyclopedia=encyclopedia,
        text_search=partial(build_text_index, place.index_root, encyclopedia),
        image_search=partial(build_picture_index, place.index_root, ListPictures(encyclopedia)),
    )


def _open_mediawiki(argument: str, place: Place) -> Opened:
    return _live(argument, open_mediawiki(argument, place.web), place)


def _open_wikidata(argument: str, place: Place) -> Opened:
    classes = tuple(part.strip() for part in argument.split(",") if part.strip())
    if not all(part[:1] == "Q" and part[1:].isdigit() for part in classes):
        raise UnknownSourceError(
            f"the source 'wikidata' was given {argument!r}; write classes, such as: wikidata:Q746549,Q40050"
        )
    return _live(argument, WikidataEncyclopedia(Sites(place.web), classes), place)


def _open_wikidata_dump(argument: str, place: Place) -> Opened:
    encyclopedia = open_wikidata_dump(argument, place.index_root, place.web)
    return Opened(
        name=f"wikidata-dump:{Path(encyclopedia.path).stem}",
        encyclopedia=encyclopedia,
        text_search=partial(build_text_index, place.index_root, encyclopedia),
        image_search=partial(CommonsImages, encyclopedia.web) if encyclopedia.web else NoPictures,
    )


def _open_babelnet(argument: str, place: Place) -> Opened:
    quota = quota_of(place.index_root, place.fetching.babelnet_daily)
    return _live(argument, open_babelnet(argument, place.web, quota), place)


def _live(argument: str, encyclopedia: Encyclopedia, place: Place) -> Opened:
    """A world over the network: its articles are indexed, pictures are searched for on Commons."""
    return Opened(
        name=f"{encyclopedia.name}:{argument}",
        encyclopedia=encyclopedia,
        text_search=partial(build_text_index, place.index_root, encyclopedia),
        image_search=partial(CommonsImages, place.web),
    )


SOURCES: dict[str, Callable[[str, Place], Opened]] = {
    "sample": _open_sample,
    "zim": _open_zim,
    "dump": _open_dump,
    "list": _open_list,
    "mediawiki": _open_mediawiki,
    "wikidata": _open_wikidata,
    "wikidata-dump": _open_wikidata_dump,
    "babelnet": _open_babelnet,
}
"""Name -> opener."""

SYNTAX = (
    "sample", "zim:PATH", "dump:PATH", "list:PATH", "mediawiki:LANGUAGE:CATEGORY", "wikidata:CLASS,CLASS",
    "wikidata-dump:PATH", "babelnet:PATH", "pageviews:PATH",
)  # fmt: skip
"""How each source is written on the command line."""
