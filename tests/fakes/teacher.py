"""A chat model behind the fake server: it reads the messages as a model would, and answers by rules.

It finds the facts of a task in the wording of the instructions and hands them to the rule-based teacher.
"""

from __future__ import annotations

import json
import re
from typing import Any

from catalogs.categories import FACTIP
from catalogs.digests import digest
from catalogs.trajectory import PUBLISHED, guess_language, parse_reply, render_call
from workers.chat.interface import ChatRequest
from workers.chat.rules import RulesTeacher
from workers.scenes import LIGHTS, NUMBERS, PLACES

_HIT = re.compile(r"^\[(\d+)\] (.*)\nSource: .*\n((?:(?!\[\d+\] ).*\n?)*)", re.M)
_REFERENCE = re.compile(r"^(image_\d): (.*)\nSource: .*\nMain colours: (.*)$", re.M)

Messages = list[dict[str, Any]]


def said(messages: Messages) -> str:
    """The reply to a dialogue in OpenAI's form."""
    texts = [(one["role"], _text(one["content"])) for one in messages]
    for mark, verdict in _VERDICTS.items():
        if mark in texts[-1][1]:
            return verdict
    for _, text in reversed([pair for pair in texts if pair[0] == "user"]):
        for mark, (task, facts) in _TASKS.items():
            if mark in text:
                request = ChatRequest(task=task, messages=(), facts=facts(text, texts))
                return RulesTeacher().complete([request])[0].text
    return "I do not know what is asked of me."


def mischievous(kind: str, text: str, messages: Messages) -> str:
    """A reply of no use."""
    asked = _queries([(one["role"], _text(one["content"])) for one in messages])
    return {
        "empty": "",
        "refusal": "I'm sorry, but I cannot help with that.",
        "malformed": text.replace("{", "(", 1).replace("</recaption>", ""),
        "unknown-tool": render_call("A tool that nobody has.", "crystal_ball", {"q": "x"}),
        "repeated": render_call("Once more.", "text_search", {"q": asked[-1] if asked else ""}),
        "language": "Das ist ein Satz in einer Sprache, die hier niemand von mir verlangt hat.",
    }[kind]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def _line(label: str, text: str) -> str:
    found = re.search(rf"^{label}: (.*)$", text, re.M)
    return found[1].strip() if found else ""


def _queries(texts: list[tuple[str, str]], tool: str = "") -> list[str]:
    calls = [parse_reply(text).tool_call for role, text in texts if role == "assistant"]
    made = [call for call in calls if call and call.name in ((tool,) if tool else PUBLISHED)]
    return [str(call.arguments.get("q", "")) for call in made]


def _prompts(text: str, _: Any) -> dict[str, Any]:
    subject = re.search(r"^Subject: (.*) \(article: (.*), category: (.*)\)$", text, re.M)
    count = re.search(r"^Number of subjects: (\w+)(?:, in these words)?: (.*)$", text, re.M)
    language = _line("Write in this language", text)
    assert subject
    assert count
    return {
        "key": digest(text),
        "language": language,
        "domain": next((key for key, one in FACTIP.items() if one[0] == subject[3]), "toy"),
        "noun": subject[1],
        "gender": "m",
        "phrase": count[2],
        "about": text.partition("says of it:\n")[2].partition("\n\n")[0],
        "form": _line("Form", text).partition(" ")[0],
        "count": 1 if count[1] == "one" else int(count[1]),
        "place": _key(PLACES, text.partition("Place, in exactly these words: ")[2], language),
        "light": _key(LIGHTS, text.partition("Light, in exactly these words: ")[2], language),
    }


def _key(table: dict[str, Any], text: str, language: str) -> str:
    words = text.partition("\n")[0].strip()
    return next(key for key, one in table.items() if one.words[language] == words)


def _gap(text: str, _: Any) -> dict[str, Any]:
    prompt = text.partition("this prompt:\n\n")[2].partition("\n\n")[0]
    subject = _line("The subject is", text)
    return {"language": guess_language(prompt) or "en", "subject": subject, "noun": subject, "text": prompt}


def _opening(texts: list[tuple[str, str]]) -> dict[str, Any]:
    first = texts[0][1]
    subject = _line("Subject", first)
    return {"language": _line("Language of the prompt", first), "subject": subject, "noun": subject}


def _text_query(_: str, texts: list[tuple[str, str]]) -> dict[str, Any]:
    return {**_opening(texts), "unknowns": [], "queries": _queries(texts), "top_k": 5}


def _read(text: str, texts: list[tuple[str, str]]) -> dict[str, Any]:
    shown = text.partition("\n</observation>")[0]
    hits = [
        {"rank": int(rank), "title": title, "text": passage.strip()}
        for rank, title, passage in _HIT.findall(shown)
    ]
    return {**_opening(texts), "queries": _queries(texts), "most": 4, "hits": hits}


def _image_query(text: str, texts: list[tuple[str, str]]) -> dict[str, Any]:
    learned = next((_line("What was learned", one) for _, one in texts if "What was learned" in one), "")
    opening = _opening(texts)
    evidence = [{"title": opening["subject"], "sentence": learned}]
    asked = _queries(texts, "search_image")
    return {**opening, "evidence": evidence, "queries": asked, "reasons": [], "num": 8}


def _recaption(text: str, texts: list[tuple[str, str]]) -> dict[str, Any]:
    opening = _opening(texts)
    language = opening["language"]
    phrase, place, light, *action = _line("Scene to keep", text).split("; ")
    told = text.partition("What the text said:\n")[2].partition("\n\n")[0]
    critique = text.partition("The check said: ")[2].partition("\n")[0]
    counts = [count for count, words in NUMBERS.items() if phrase.startswith(words[language])]
    return {
        **opening,
        "key": digest(texts[0][1]),
        "noun": phrase,
        "phrase": phrase,
        "count": counts[0] if counts else 1,
        "place": _key(PLACES, place, language),
        "light": _key(LIGHTS, light, language),
        "action": "; ".join(action),
        "evidence": [
            {"title": title, "sentence": sentence}
            for sentence, title in re.findall(r"^- (.*) \(([^()]*(?:\([^()]*\))?)\)$", told, re.M)
        ],
        "references": [
            {"label": label, "title": title, "description": colours}
            for label, title, colours in _REFERENCE.findall(text)
        ],
        "attempt": 2 if critique else 1,
        "critique": critique,
        "reasons": [],
        "previous": "",
    }


_VERDICTS = {
    "You judge one of its turns": '{"reasoning": "It fits.", "critique": "Sound.", "score": 0.5}',
    "Grade this picture": '{"identity": 9, "layout": 9, "quality": 9, "obstruction": 10, "reason": "sharp"}',
    "Is the drawing of the same subject": '{"passed": true, "reasons": [], "critique": "alike"}',
    "Judge this candidate reference.": json.dumps(
        dict.fromkeys(("identity", "layout", "quality", "obstruction"), 9)
        | {f"{part}_reason": "fine" for part in ("identity", "layout", "quality", "obstruction")}
    ),
    "Judge this test drawing.": json.dumps(
        {"same_subject": True, "identity": 8, "scene_followed": True, "critique": "nothing is wrong"}
    ),
}
"""Words of a judge's instruction -> what it says of everything."""

_TASKS: dict[str, tuple[str, Any]] = {
    "You write one prompt for an image generator": ("prompts", _prompts),
    "An image generator is given this prompt": ("gap", _gap),
    "Read the passages above": ("read", _read),
    "Now call search_image": ("image-query", _image_query),
    "Try a different query with search_image": ("image-query", _image_query),
    "Write the recaption.": ("recaption", _recaption),
    "You prepare an image generator": ("text-query", _text_query),
    "Call text_search with a different query": ("text-query", _text_query),
}
"""Words of an instruction -> its task, and how its facts are read."""
