"""Which FactIP category an article belongs to: a table of rules over its infobox and its first sentence.

The first rule that fits decides, and its name is recorded with the entity. A first sentence is read as
"TITLE is a HEAD of/by/from ...": only the head counts, so that an album recorded *at a festival* is an album.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from catalogs.categories import UNCATEGORISED
from sources.zim.page import Page


@dataclass(frozen=True)
class Rule:
    """Fits when the infobox has one of `classes`, a label matches `label`, or the head matches `head`."""

    name: str
    category: str
    head: str
    classes: frozenset[str] = frozenset()
    label: str = ""
    noun: str = "{title}"
    """What the ground-truth picture of such an entity shows, as a phrase."""

    @cached_property
    def head_pattern(self) -> re.Pattern[str]:
        return re.compile(self.head, re.I)

    @cached_property
    def label_pattern(self) -> re.Pattern[str]:
        return re.compile(self.label, re.I)


RULES: tuple[Rule, ...] = (
    # Lists and titles about works rather than things carry no picture of their own.
    Rule("list", UNCATEGORISED, r"\b(list|discography|filmography|bibliography|disambiguation)\b"),
    # A birth decides before any word does: "television producer" is neither television nor a programme.
    Rule("person", "celebrity", r"(?!)", label=r"^(born|birth name)$"),
    Rule("animated-work", "animation", r"\b(animated|anime|cartoon)\b"),
    Rule(
        "film-or-broadcast", UNCATEGORISED, r"\b(film|sitcom|television|tv series|documentary)\b",
        label=r"^directed by$",
    ),
    Rule(
        "record", "cultural-relic-art", r"\b(album|single|compilation|box set|extended play)s?\b",
        classes=frozenset({"haudio"}),
        label=r"^(.* )?(album|single|ep|box set|compilation|soundtrack) by ",
        noun="the cover of “{title}”",
    ),
    Rule(
        "song", "cultural-relic-art", r"\b(song|ballad|standard|recording|anthem|hymn)s?\b",
        label=r"^(.* )?song( by .*)?$",
    ),
    Rule("comic-character", "comic", r"\b(comic|comics|manga|superhero|supervillain|graphic novel)\b"),
    Rule("game", "game", r"\b(video game|board game|card game|role-playing game|sport)\b"),
    Rule("mascot", "mascot", r"\bmascot\b"),
    Rule("myth", "mythology", r"\b(god|goddess|deity|mytholog\w+|legendary creature|mythical|monster)\b"),
    Rule("toy", "toy", r"\b(toy|doll|puppet|action figure)s?\b"),
    Rule(
        "food", "food",
        r"\b(dish|dessert|bread|cake|cheese|soup|sauce|sandwich|beverage|drink|fruit|vegetable|pasta|pastry|stew"
        r"|confection|sausage|cocktail|condiment|food)s?\b",
        classes=frozenset({"hrecipe"}),
    ),
    Rule(
        "living-thing", "animal-plant",
        r"\b(species|genus|subspecies|breed|cultivar|family of (plants|birds|insects|fish))\b",
        classes=frozenset({"biota"}),
    ),
    Rule("festival", "festival", r"\b(festival|holiday|carnival|celebration|feast day|parade)\b"),
    Rule(
        "people", "celebrity",
        r"\b(singer|songwriter|musician|composer|pianist|saxophonist|trumpeter|guitarist|drummer|bassist|actor|actress"
        r"|comedian|rapper|dancer|model|footballer|athlete|politician|president|writer|author|director|producer"
        r"|conductor|arranger|entertainer|businessman|band|group|duo|trio|orchestra)s?\b",
        label=r"^years active$",
    ),
    Rule(
        "place", "landmark",
        r"\b(building|church|cathedral|temple|mosque|castle|palace|bridge|tower|museum|theatre|theater|stadium|arena"
        r"|monument|memorial|park|mountain|lake|river|island|city|town|village|capital|house|hotel|university|street)\b",
        classes=frozenset({"geography", "ib-settlement"}),
    ),
    Rule(
        "work-of-art", "cultural-relic-art",
        r"\b(painting|sculpture|statue|fresco|mural|tapestry|manuscript|artifact|artefact|relic|instrument|novel|book"
        r"|opera|ballet|magazine|poem)\b",
    ),
)  # fmt: skip

NO_RULE = Rule("none", UNCATEGORISED, r"(?!)")
"""Fits nothing: stands for articles that no rule fits."""

_COPULA = re.compile(r"\b(?:is|was|are|were)\b\s+(?:also\s+)?(?:an?|the|one of)?\s*", re.I)
_HEAD_ENDS = re.compile(
    r"\b(?:by|from|that|which|who|whose|written|performed|composed|recorded|released|directed|located|in|at|on|for"
    r"|with|about|based|made)\b|(?<!species )(?<!genus )(?<!breed )(?<!family )\bof\b|[.;]",
    re.I,
)


def rule_for(title: str, page: Page) -> Rule:
    """The first rule that fits. `page` may be the parse of an article's opening alone."""
    if re.match(r"list of |lists of |index of ", title, re.I):
        return RULES[0]
    head = head_of(page.lead)
    return next((rule for rule in RULES if _fits(rule, head, page)), NO_RULE)


def head_of(lead: str) -> str:
    """What the first sentence says that the subject is: ``American singer, songwriter and composer``.

    Brackets are left out first: they hold dates and pronunciations. Empty where no "is a" is found.
    """
    start = re.sub(r"\([^()]*\)", "", lead[:1500])
    copula = _COPULA.search(start)
    if copula is None:
        return ""
    rest = start[copula.end() : copula.end() + 200]
    end = _HEAD_ENDS.search(rest)
    return rest[: end.start()].strip(" ,") if end else rest


def _fits(rule: Rule, head: str, page: Page) -> bool:
    if rule.classes & page.infobox_classes:
        return True
    if rule.label and any(rule.label_pattern.search(label.strip()) for label in page.infobox_labels):
        return True
    return rule.head_pattern.search(head) is not None
