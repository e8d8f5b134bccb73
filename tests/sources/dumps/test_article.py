"""Wikitext of any edition taken apart as a reader would; no markup in the text, whatever comes."""

from __future__ import annotations

import re

import mwparserfromhell
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.dumps.article import ARTICLE, DISAMBIGUATION, LIST, REDIRECT, PageImage, read_article
from sources.dumps.site import Site

SITE = Site(base="https://ru.wikipedia.org/wiki/X", namespaces={6: "Файл", 14: "Категория"})
MARKUP = re.compile(r"\[\[|\]\]|\{\{|\}\}|\{\||\|\}|-\{|\}-|''|</?[a-zA-Z][^<>]*>|[\x00-\x08]")


def lead(text: str) -> str:
    return read_article("T", text, SITE).lead


PAGE = """{{Short description|x}}<!-- not shown -->
{{Infobox bridge
| name = '''Old''' Bridge<ref>{{cite|a=b|c}}</ref>
| image = Old_bridge.jpg
| caption = The bridge in [[May]]
| coordinates = {{coord|50|30|N|4|15|W}}
}}
The '''Old Bridge''' ({{lang-fr|Pont}}) crosses the [[River Exe|Exe]].<ref name="a|b">{{cite web}}</ref>

[[File:Side view.JPG|thumb|upright=1.2|left|alt=Words|Seen from the [[quay (river)|]]]]
== History ==
{| class="wikitable"
| [[cell]] || {{x}}
|}
It was built in 1450.<ref/> [https://example.org A page] tells more.
* one {{nowrap|point}}
== References ==
Not running text.
[[Category:Bridges in Kent|Old]][[ru:Мост]]
"""


def test_a_page_as_a_reader_takes_it_apart() -> None:
    page = read_article("Old Bridge", PAGE, SITE)
    assert page.lead == "The Old Bridge (Pont) crosses the Exe."
    assert page.sections == (("History", "It was built in 1450. A page tells more. one point"),)
    assert page.infobox == "infobox bridge"
    assert page.fields == {"name": "Old Bridge", "image": "Old_bridge.jpg", "caption": "The bridge in May"}
    assert page.images == (
        PageImage("Old bridge.jpg", "The bridge in May", leading=True),
        PageImage("Side view.JPG", "Seen from the quay", leading=True),
    )
    assert page.categories == ("Bridges in Kent",)
    assert page.links == ("River Exe",)
    assert page.languages == {"ru": "Мост"}
    assert page.coordinates == (50.5, -4.25)


@pytest.mark.parametrize(
    ("link", "caption"),
    [
        ("[[Файл:A.jpg|мини|справа|250пкс|Мост]]", "Мост"),
        ("[[Датотека:A.jpg|мини|Мост]]", "Мост"),
        ("[[ملف:A.jpg|تصغير|يسار|250بك|الجسر]]", "الجسر"),
        ("[[चित्र:A.jpg|अंगूठाकार|दाएँ|पुल]]", "पुल"),
        ("[[文件:A.jpg|缩略图|右|250像素|一座-{zh-hans:桥;zh-hant:橋}-]]", "一座桥"),
        ("[[Image:A.jpg|thumb|[[File:B.png|20px]] a {{small|bridge}}]]", "a bridge"),
    ],
)
def test_pictures_in_the_words_of_any_edition(link: str, caption: str) -> None:
    page = read_article("T", f"before {link} after", SITE)
    assert page.lead == "before after"
    assert page.images[0] == PageImage("A.jpg", caption, leading=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a __NOTOC__ b __БЕЗ_ОГЛ__ c", "a b c"),
        ("-{zh-hans:软件; zh-hant:軟體}-很好-{H|zh:x}-", "软件很好"),
        ("a <nowiki>{{b}}</nowiki> c", "a b}} c".replace("}}", "")),
        ("a{{b|{{c|{{d}}}}}}e", "ae"),
        ("first {{unclosed | x = 1\n\nsecond", "first second"),
        ("first\n{| class=x\n| cell\nstill cell\n== H ==\n", "first"),
        ("a [[b", "a b"),
        ("a &lt;b&gt; &amp;nbsp; c<sub>d</sub>", "a &nbsp; cd"),
        ("a<br>b<br />c</p><p>d", "a b c d"),
        ("बाघ __अनुक्रम_नहीं__ पशु __TOC__", "बाघ पशु"),
        ("built {{circa|1450}}{{snd}}by {{ill|Hans Meier|de}}", "built c. 1450 – by Hans Meier"),
        ("у {{нп5|Мост|Bridge|en}}", "у Мост"),
        ("{{nowrap|[[River Exe|Exe]] and {{lang|fr|Pont}}}}", "Exe and Pont"),
        ("[[Категория:X]]a[[category:Y]]", "a"),
        ("[[:Category:X]] and [[:en:Y|y]]", "Category:X and y"),
        ("a<!-- never closed", "a"),
        ("a <math>\\frac{1}{2}</math> b <gallery>File:X.jpg|c</gallery>", "a b"),
        ("a <score lang='lilypond'>\\relative { c' }</score> b <math>\\{{x}\\}</math>", "a b"),
        ("__KEIN_INHALTSVERZEICHNIS__a __لا_تحرير_القسم__ b ＿＿目次非表示＿＿ c", "a b c"),
        ("الجسر\u061c (\u202bx\u202c) ب\u00adت\ufeff", "الجسر (x) بت"),
        ("a <tvar|x>y</> b", "a y b"),
    ],
)
def test_what_readers_do_not_see_is_not_there(text: str, shown: str) -> None:
    assert lead(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a {{{param|x}}} b", "a x b"),
        ("a {{{param}}} b", "a b"),
        ("a {{{p|{{lang|fr|x}}}}} b", "a x b"),
        ("a {{{{{1}}}|x}} b", "a b"),
        ("a {{t|{{{1|}}}}} b", "a b"),
        ("a {{{1|[[Link|l]]}}} b", "a l b"),
        ("a {{{1|x|y}}} b", "a x b"),
        ("a {{{x}} b", "a { b"),
        ("{{t|x={{{a|{{{b|c}}}}}}}}d", "d"),
        ("{{{!}}\n{{!}} cell\n{{!}}}\nafter", "after"),
        ("a\n{{(!}} class=x\n{{!}} cell\n{{!)}}\nb", "a b"),
        ("{{t|\n{|\n| cell\n|}}} a", "a"),
        ("{{t|\n| x = 1\n|}} a", "a"),
    ],
)
def test_braces_are_counted_as_mediawiki_counts_them(text: str, shown: str) -> None:
    assert lead(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{lang|fr|text=le pain}}", "le pain"),
        ("{{lang|1=fr|2=le pain}}", "le pain"),
        ("{{lang-de|Brücke|links=no}}", "Brücke"),
        ("{{仮リンク|橋|en|Bridge}}は{{読み仮名|長い|ながい}}", "橋は長い"),
        ("{{tsl|en|Bridge|桥}}很长", "桥很长"),
        ("{{nowrap|1=a = b}}", "a = b"),
        ("{{convert|5|to|6|km|mi}} long", "5 to 6 km long"),
        ("{{unité|5|km}}", "5 km"),
        ('{{"|Brücke}} heißt {{lang|en|bridge}}', "Brücke heißt bridge"),
        ("{{hlist|a|[[b]]}}", "a, b"),
    ],
)
def test_templates_of_many_editions_show_their_words(text: str, shown: str) -> None:
    assert lead(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-{zh-hans:a&nbsp;b;zh-hant:c}-", "a b"),
        ('-{zh-hans:<span style="a:b;c:d">软</span>;zh-hant:軟}-件', "软件"),
        ("-{软件=>zh-tw:軟體;}-", "軟體"),
        ("-{zh;zh-hans;zh-hant|桥}-", "桥"),
        ("[[桥|-{zh-hans:桥;zh-hant:橋}-]]-{T|zh-hans:x;zh-hant:y}-", "桥"),
        ("-{zh-hans:-{软}-件;zh-hant:軟體;}-", "软件"),
        ("-{sr-ec:мост;sr-el:most}-", "мост"),
    ],
)
def test_a_variant_ends_where_the_next_begins(text: str, shown: str) -> None:
    assert lead(text) == shown


@pytest.mark.parametrize("name", ["Зображення", "Fişier", "تصویر", "చిత్రం", "Grafik", "Soubor"])
@pytest.mark.parametrize("end", ["jpg", "svg", "ogg", "webm"])
def test_a_file_is_one_by_any_name_of_its_namespace(name: str, end: str) -> None:
    """Siteinfo tells one of the names that a wiki has for it."""
    page = read_article("T", f"a [[{name}:B c.{end}|thumb|{{{{t|x}}}} -{{zh|y|z}}-]] b", SITE)
    assert page.lead == "a b"
    assert [image.file for image in page.images] == (["B c.jpg"] if end == "jpg" else [])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("l'''amour'' est", "l'amour est"),
        ("l''''amour''' est", "l'amour est"),
        ("'''''a''' b''", "a b"),
        ("''l'homme''", "l'homme"),
        ("un '''mot''' et l'''amour'''", "un mot et lamour"),
    ],
)
def test_an_apostrophe_before_emphasis_stays(text: str, shown: str) -> None:
    assert lead(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("'''!!!''' (Chk Chk Chk) is a band.", "!!! (Chk Chk Chk) is a band."),
        ("'''#1''' is an album.", "#1 is an album."),
        ("!Kung is a language.", "!Kung is a language."),
        ("{{table start}}\n! head\n| cell\n! a !! b\n{{table end}}\nText.", "Text."),
    ],
)
def test_a_line_may_begin_with_a_sign_that_is_no_markup(text: str, shown: str) -> None:
    assert lead(text) == shown


def test_addresses_are_not_text() -> None:
    assert lead("see [http://x.org a [b] c], [[http://x.org d]], [tel:+49 e]") == "see a [b c], d, e"


def test_lists_in_an_infobox_are_set_apart_by_commas() -> None:
    box = "{{Infobox x|a=* [[b]]\n* c<br>d|e={{plainlist|\n* f\n* g}}|h={{ubl|i|{{{j|k}}}}}|l={{{m}}}}}"
    assert read_article("T", box, SITE).fields == {"a": "b, c d", "e": "f, g", "h": "i, k"}


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("Big Ben (London) .jpg", "Big Ben (London) .jpg"),
        ("o''Brien , 1_.jpg", "O''Brien , 1 .jpg"),
        ("Tom &amp; Jerry.jpg", "Tom & Jerry.jpg"),
        ("\u200eTiger.jpg", "Tiger.jpg"),
    ],
)
def test_a_file_is_called_as_its_wiki_calls_it(written: str, file: str) -> None:
    boxed = f"{{{{Infobox x|a=b|image={written}}}}}"
    for text in (f"[[File:{written}|thumb|x]]", boxed, f"<gallery>\n{written}\n</gallery>"):
        assert [image.file for image in read_article("T", text, SITE).images] == [file]


@pytest.mark.parametrize("size", ["250px", "250пкс", "250بك", "250像素", "250पिक्सेल", "x100px"])
def test_a_size_in_any_script_is_no_caption(size: str) -> None:
    page = read_article("T", f"[[File:A.jpg|{size}]]", SITE)
    assert page.images == (PageImage("A.jpg", "", leading=True),)


def test_an_article_in_which_a_link_is_ambiguous_is_an_article() -> None:
    text = "A '''tiger''' is a [[cat]].{{Disambiguation needed|date=May 2020}} It hunts."
    assert read_article("Tiger", text, SITE).kind == ARTICLE


def test_pages_that_are_no_articles() -> None:
    assert read_article("T", "#अनुप्रेषित [[पुल]]", SITE).target == "पुल"
    assert read_article("T", "#REDIRECT [[old_bridge &amp; quay]]", SITE).target == "Old bridge & quay"
    assert read_article("T", "#ПЕРЕНАПРАВЛЕНИЕ [[Мост#Опоры]]", SITE).target == "Мост#Опоры"
    assert read_article("T", "#重定向 [[桥]]", SITE).kind == REDIRECT
    assert read_article("T", "a {{Hndis|x}}", SITE).kind == DISAMBIGUATION
    assert read_article("T", "a {{неоднозначность}}", SITE).kind == DISAMBIGUATION
    assert read_article("List of bridges", "a", SITE).kind == LIST
    assert read_article("桥梁列表", "a", SITE).kind == LIST


MARKS = """[[ ]] {{ }} {{{ }}} {{!}} {{!}}} {{(!}} {{lang| {{hlist| -{zh: </> {| |} | == ''' '' <ref> </ref>
<!-- --> -{ }- <nowiki> </nowiki> <br> __TOC__ File: Файл: a.jpg &#91; &#0; \x00 ; : * zh-hans: thumb word
[http://x ] { } [ < > # &lt; Infobox a=b"""
PIECES = st.sampled_from([*MARKS.split(), "\n", " "])


@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_markup_is_left_whatever_the_page(text: str) -> None:
    page = read_article("T", text, SITE)
    told = (page.lead, *(part for section in page.sections for part in section), *page.fields.values())
    for said in (*told, *(image.caption for image in page.images)):
        assert not MARKUP.search(said), said


WORDS = st.lists(st.sampled_from(["alpha", "beta", "гамма", "دال", "桥", "पुल"]), min_size=1, max_size=5).map(
    " ".join
)


@st.composite
def sound_wikitext(draw: st.DrawFn) -> str:
    """Paragraphs as MediaWiki has no doubt about."""
    patterns = (
        "{}",
        "[[{}]]",
        "[[target|{}]]",
        "'''{}'''",
        "''{}''",
        "{{{{t|{}}}}}",
        "<ref>{}</ref>",
        "<!--{}-->",
    )
    parts = draw(st.lists(st.tuples(st.sampled_from(patterns), WORDS), max_size=8))
    return " ".join(pattern.format(words) for pattern, words in parts)


@given(sound_wikitext())
def test_sound_wikitext_reads_as_the_reference_parser_reads_it(text: str) -> None:
    parsed = mwparserfromhell.parse(text)
    for tag in parsed.filter_tags(matches=lambda node: node.tag == "ref"):
        parsed.remove(tag)
    assert lead("." + text) == " ".join(f".{parsed.strip_code()}".split())


Nested = tuple[str, str]
"""Wikitext, and what readers see of it."""

WRAPPED = {
    "{{{{lang|fr|{}}}}}": "{}",
    "{{{{nowrap|1={}}}}}": "{}",
    "{{{{{{p|{}}}}}}}": "{}",
    "{{{{lang-de|{}|links=no}}}}": "{}",
    "{{{{unknown|x={}}}}}": "",
    "{{{{unknown|{{{{{{1|{}}}}}}}}}}}": "",
    "-{{zh-hans:{};zh-hant:x}}-": "{}",
    '<span lang="ar" dir=rtl>{}</span>': "{}",
    '<ref name="a" group=注>{}</ref>': "",
    "[[File:A.ogg|thumb|{}]]": "",
    "[[Файл:A.svg|мини|alt={{{{t|x}}}}|{}]]": "",
    "{{{{t|\n{{|\n|{}\n|}}\n}}}}": "",
    "<!-- {} -->": "",
    "\u200f{}\u200e": "{}",
    "<gallery mode=packed>\nA.jpg|{}\n</gallery>": "",
}


def wrapped(inner: st.SearchStrategy[Nested]) -> st.SearchStrategy[Nested]:
    one = st.tuples(st.sampled_from(sorted(WRAPPED)), inner).map(
        lambda drawn: (drawn[0].format(drawn[1][0]), WRAPPED[drawn[0]].format(drawn[1][1]))
    )
    return st.lists(one, min_size=1, max_size=3).map(
        lambda parts: (" ".join(part for part, _ in parts), " ".join(shown for _, shown in parts))
    )


LEAVES = st.sampled_from(
    [("alpha", "alpha"), ("[[a b|гамма]]", "гамма"), ("''دال''", "دال"), ("'''桥'''", "桥"), ("{{t}}", "")]
)


INNER = st.recursive(LEAVES, wrapped, max_leaves=6)
TABLE = INNER.map(lambda inner: (f"\n{{|class=x\n|-\n! a !! b\n|{inner[0]}\n|}}\n", ""))
"""Its pipes are those of a template around it, so it stands in none that shows anything."""


@given(st.lists(INNER | TABLE, max_size=3).map(lambda parts: tuple(map(" ".join, zip(*parts, strict=True)))))
def test_markup_inside_markup_shows_its_words_and_nothing_else(page: Nested) -> None:
    text, shown = page or ("", "")
    if any(text.count(mark) > 1 for mark in ("<!--", "<ref", "<gallery")):
        return  # elements of one kind do not nest
    assert lead(f". {text}").split() == [".", *shown.split()]


@pytest.mark.parametrize(
    "text",
    [
        "{{{" * 70_000, "{{{a|" * 60_000 + "}}}" * 60_000, "{{{[[" * 50_000 + "}}" * 100_000,
        "-{zh:;" * 100_000, "l'''a'' " * 100_000, "{{" * 100_000, "{{a|" * 100_000 + "}}" * 100_000,
        "[[File:a.jpg|" * 50_000 + "]]" * 50_000, "[{" * 100_000, "<ref>" * 100_000,
        "{{Infobox x|a=b|c=" + "{{y|" * 50_000 + "}}" * 50_000, "-{" * 100_000 + "}-" * 100_000,
        "\n{|" * 100_000, "'" * 1_000_000, "( " * 200_000, "[http://x " * 100_000, "=" * 1_000_000,
        "a\n" * 500_000,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_hostile_pages_end(text: str) -> None:
    """Quadratic time would take hours here; the limit is that of the test runner."""
    assert not MARKUP.search(read_article("T", text, SITE).lead)


def test_a_page_of_ten_megabytes() -> None:
    text = PAGE * (10_000_000 // len(PAGE))
    assert read_article("T", text, SITE).lead.startswith("The Old Bridge")
