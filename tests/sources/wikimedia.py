"""A fake Wikimedia: a wiki, Wikidata, its query service, Commons, all as their interfaces speak."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from sources.fetching.settings import FetchSettings
from sources.fetching.web import Web
from sources.wikidata.sites import Sites
from tests.fakes.http import Reply, Request, send, send_broken
from tests.fakes.routes import MAXLAG, png
from tests.fakes.server import Fake

DISHES = {
    # title: (item, class, file, licence)
    "Katsudon": ("Q1", "Q746549", "Katsudon.jpg", "CC BY-SA 4.0"),
    "Oyakodon": ("Q2", "Q746549", "Oyakodon 01.jpg", "CC BY-NC 2.0"),
    "Sakana-kun": ("Q3", "Q5", "Sakana.jpg", "Public domain"),
    "Tendon": ("Q4", "", "", ""),
}


@dataclass
class Wikimedia(Fake):
    """Answers under one address; two results a page, so that everything has to be continued."""

    asked: Counter[str] = field(default_factory=Counter)
    has_extracts: bool = True
    """Whether the wiki has the TextExtracts extension."""

    def sites(self, folder: str) -> Sites:
        settings = FetchSettings(
            allowed_hosts=("127.0.0.1",), back_off=0.001, contact="me@test.org", api_seconds=0.6, seconds=0.6
        )
        api = f"{self.address}/w/api.php"
        return Sites(Web(folder, settings), api, api, api, f"{self.address}/sparql")

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        fault = self.faults.next(request.identity)
        is_api = request.path == "/w/api.php"
        self._at_work += is_api
        self.most_at_once = max(self.most_at_once, self._at_work)
        await asyncio.sleep(self.latency.get("search", 0.0) if is_api else 0.0)
        self._at_work -= is_api
        reply = self.answer(request)
        if fault:
            return await send_broken(writer, reply, fault, "0.001")
        await send(writer, reply)
        return True

    def answer(self, request: Request) -> Reply:
        query = request.query
        if request.path == "/sparql":
            return Reply.of(self._sparql(query["query"]))
        if request.path.startswith("/pictures/"):
            return Reply(png(request.path), "image/png")
        if request.path.startswith("/w/rest.php/v1/page/"):
            return self._html(request.path)
        if request.path != "/w/api.php":
            return Reply(b"", "text/plain", 404)
        if self.lagging:
            self.lagging -= 1
            return MAXLAG
        what = query.get("list") or query.get("generator") or query.get("prop", query["action"]).split("|")[0]
        self.asked[what] += 1
        return Reply.of(getattr(self, f"_{query['action'] if query['action'] != 'query' else what}")(query))

    def _html(self, path: str) -> Reply:
        title = unquote(path.removeprefix("/w/rest.php/v1/page/").removesuffix("/html")).replace("_", " ")
        self.asked["html"] += 1
        if title not in DISHES:
            return Reply.of({"errorKey": "rest-nonexistent-title", "httpCode": 404}, 404)
        body = (
            '<!DOCTYPE html><html prefix="dc: http://purl.org/dc/terms/ mw: http://mediawiki.org/rdf/">'
            f"<body><section><p><b>{title}</b> is a dish<sup class='reference'>[1]</sup> of rice.</p>"
            "</section>"
            "<section><h2>History</h2><p>It is old.</p></section></body></html>"
        )
        return Reply(body.encode(), "text/html; charset=utf-8")

    def _categorymembers(self, query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("cmcontinue", "0"))
        rows = [{"ns": 0, "title": title} for title in DISHES]
        more = (
            {"continue": {"cmcontinue": str(start + 2), "continue": "-||"}} if start + 2 < len(rows) else {}
        )
        return {"query": {"categorymembers": rows[start : start + 2]}, **more}

    def _extracts(self, query: dict[str, str]) -> dict[str, Any]:
        pages = []
        assert len(query["titles"].split("|")) <= 50, "a wiki takes fifty titles from anybody"
        for title in query["titles"].split("|"):
            item, _, file, _ = DISHES.get(title, ("", "", "", ""))
            if not item:
                pages.append({"title": title, "missing": True})
            elif "rdcontinue" in query:
                pages.append({"title": title, "redirects": [{"title": f"{title} (dish)"}]})
            else:
                page = {
                    "title": title,
                    "fullurl": f"https://en.wikipedia.org/wiki/{title}",
                    "lastrevid": 7,
                    "extract": f"{title} is a thing\nof its own.",
                    "pageprops": {"wikibase_item": item},
                    "langlinks": [{"lang": "ja", "title": "丼"}],
                    "pageviews": {"2026-08-01": 5, "2026-08-02": None},
                }
                if not self.has_extracts:
                    del page["extract"]
                pages.append(page | ({"pageimage": file.replace(" ", "_")} if file else {}))
        more = {} if "rdcontinue" in query else {"continue": {"rdcontinue": "1|2", "continue": "||"}}
        return {"query": {"pages": pages}, **more}

    def _imageinfo(self, query: dict[str, str]) -> dict[str, Any]:
        known = {f"File:{file}": licence for _, _, file, licence in DISHES.values() if file}
        known["File:Cover.jpg"] = "CC BY-SA 4.0"
        return {"query": {"pages": [self._file(t, known.get(t)) for t in query["titles"].split("|")]}}

    def _search(self, query: dict[str, str]) -> dict[str, Any]:
        files = [(file, licence) for _, _, file, licence in DISHES.values() if file]
        pages = [self._file(f"File:{f}", licence) | {"index": 9 - n} for n, (f, licence) in enumerate(files)]
        return {"query": {"pages": pages}}

    def _file(self, title: str, licence: str | None) -> dict[str, Any]:
        if licence is None:
            return {"title": title, "missing": True}
        said = {"LicenseShortName": licence, "Artist": "<a href='x'>Aki &amp; Co</a>", "Credit": "Own work"}
        if title == "File:Cover.jpg":
            said["NonFree"] = "true"
        info = {
            "url": f"{self.address}/pictures/{title[5:]}?original",
            "thumburl": f"{self.address}/pictures/{title[5:].replace(' ', '_')}",
            "thumbwidth": 1280,
            "thumbheight": 960,
            "descriptionurl": f"https://commons.wikimedia.org/wiki/{title}",
            "mime": "image/jpeg",
            "width": 4000,
            "height": 3000,
            "sha1": "ab" * 20,
            "extmetadata": {name: {"value": value} for name, value in said.items()},
        }
        return {"title": title, "imageinfo": [info]}

    def _wbgetentities(self, query: dict[str, str]) -> dict[str, Any]:
        by_item = {item: (title, cls, file) for title, (item, cls, file, _) in DISHES.items()}
        entities: dict[str, Any] = {}
        for qid in query["ids"].split("|"):
            if qid not in by_item:
                entities[qid] = {"id": qid, "missing": ""}
                continue
            title, cls, file = by_item[qid]
            claims = {"P31": [claim({"id": cls})] if cls else [], "P18": [claim(file)] if file else []}
            claims["P17"] = [
                claim({"id": "Q38"}, "deprecated"),
                claim({"id": "Q148"}),
                claim({"id": "Q17"}, "preferred"),
            ]
            entities[qid] = {
                "id": qid,
                "lastrevid": 12,
                "labels": {
                    "en": {"language": "en", "value": title},
                    "fr": {"language": "fr", "value": title.lower()},
                },
                "aliases": {"en": [{"language": "en", "value": f"{title} bowl"}]},
                "claims": claims,
                "sitelinks": {"enwiki": {"title": title}, "commonswiki": {"title": "Category:X"}},
            }
        return {"entities": entities}

    def _sparql(self, query: str) -> dict[str, Any]:
        self.asked["sparql"] += 1
        rows = []
        for item, cls, _, _ in DISHES.values():
            if "VALUES ?item" in query and f"wd:{item} " in query and cls:
                rows.append({"item": entity(item), "class": entity(cls)})
            elif "VALUES" not in query and cls and f"wd:{cls} " in query:
                rows.append({"item": entity(item)})
        return {"head": {"vars": ["item"]}, "results": {"bindings": rows}}


def claim(value: object, rank: str = "normal") -> dict[str, Any]:
    return {"mainsnak": {"snaktype": "value", "datavalue": {"value": value}}, "rank": rank}


def entity(qid: str) -> dict[str, str]:
    return {"type": "uri", "value": f"http://www.wikidata.org/entity/{qid}"}
