"""The shipped list of look-alikes agrees with table and drawings."""

from __future__ import annotations

from sources.sample_world import look_alikes, table


def test_the_shipped_list_is_what_the_drawings_give() -> None:
    assert look_alikes.PATH.read_text(encoding="utf-8") == look_alikes.compute(), (
        "run: python -m sources.sample_world.look_alikes"
    )


def test_look_alikes_are_of_the_same_category_where_it_is_large_enough() -> None:
    rows = table.by_hexcode()
    sizes = {row.domain: sum(other.domain == row.domain for other in rows.values()) for row in rows.values()}
    for hexcode, others in look_alikes.nearest().items():
        assert hexcode not in others
        assert len(set(others)) == look_alikes.NEAREST
        if sizes[rows[hexcode].domain] > look_alikes.NEAREST:
            assert {rows[other].domain for other in others} == {rows[hexcode].domain}
