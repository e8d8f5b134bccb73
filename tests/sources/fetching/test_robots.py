"""robots.txt by the examples and rules of RFC 9309."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.fetching.robots import opt_outs, parse_robots


@pytest.mark.parametrize(
    ("robots", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /a", "/abc", False),
        ("User-agent: *\nDisallow: /a\nAllow: /ab", "/abc", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.gif$", "/x/y.gif", False),
        ("User-agent: *\nDisallow: /*.gif$", "/x/y.gif?z", True),
        ("User-agent: *\nDisallow: /a*b*c", "/a-c-b-c", False),
        ("User-agent: *\nDisallow: /a*b*c", "/a-c-b", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Tracemill\nAllow: /", "/a", True),
        ("User-agent: other\nUser-agent: tracemill\nDisallow: /a", "/a", False),
        ("User-agent: tracemill\nDisallow: /a\nUser-agent: tracemill\nDisallow: /b", "/b", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /%7Ejoe # home", "/~joe/a.jpg", False),
        ("Disallow: /", "/a", True),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: Tracemill/1.0\nDisallow: /a", "/a", False),
        ("User-agent: * # everybody\nDisallow: /a", "/a", False),
        ("User-agent: tracemill-other\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /a", "/caf\udce9", True),
        ("<html>no robots here</html>", "/a", True),
    ],
)
def test_the_longest_rule_of_our_group_decides(robots: str, path: str, allowed: bool) -> None:
    assert parse_robots(robots, "tracemill").allows(path) is allowed


@given(st.text(), st.text())
def test_any_text_is_a_robots_txt_and_any_text_a_path(robots: str, path: str) -> None:
    assert parse_robots(f"User-agent: *\nDisallow: {robots}", "tracemill").allows(path) in (True, False)


def test_opt_outs_are_listed_for_us_alone() -> None:
    assert opt_outs(["NoAI, noimageai", "googlebot: noindex"], "tracemill") == ["noai", "noimageai"]
    assert opt_outs(["none"], "tracemill") == ["none"]
    assert opt_outs([], "tracemill") == []


def test_directives_with_values_name_no_agent() -> None:
    """``unavailable_after`` has a date with commas and colons in it; what follows is for everybody."""
    assert opt_outs(["max-image-preview:large, noimageindex"], "tracemill") == ["noimageindex"]
    dated = "unavailable_after: Friday, 25-Jun-10 15:00:00 GMT, noai"
    assert opt_outs([dated], "tracemill") == ["noai"]
    assert opt_outs(["googlebot: max-snippet: 5, noindex"], "tracemill") == []
    assert opt_outs(["otherbot: noindex, tracemill: noai"], "tracemill") == ["noai"]
