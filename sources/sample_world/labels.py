"""The truth about the sample web, for measuring quality. No stage may import this; a test holds that."""

from __future__ import annotations

from dataclasses import dataclass

from sources.sample_world import look_alikes as lists
from sources.sample_world import table
from sources.sample_world.slots import HTML, address, by_address, slots_of


@dataclass(frozen=True)
class Label:
    """What an address really holds."""

    entity_id: str | None
    """The entity that the picture shows (among others, for a collage); None for what is no picture."""
    fault: str | None
    """One of `sources.sample_world.slots.FAULTS`, or None for a good view."""


def label(seed: int, image_url: str) -> Label:
    """The truth about one address of the web with this seed; KeyError for an address that is not in it."""
    slot = by_address(seed)[image_url]
    shown = None if slot.fault == HTML else table.by_hexcode()[slot.shown].entity_id
    return Label(entity_id=shown, fault=slot.fault)


def look_alikes(entity_id: str) -> list[str]:
    """Ids of the six entities whose drawings are nearest, nearest first; KeyError for an unknown one."""
    rows = table.by_hexcode()
    return [rows[hexcode].entity_id for hexcode in lists.nearest()[table.by_entity()[entity_id].hexcode]]


def good_views(seed: int, entity_id: str) -> list[str]:
    """Addresses of all pictures that show the entity and carry no fault, in the order of a search."""
    owner = table.by_entity()[entity_id].hexcode
    return [address(slot) for slot in slots_of(seed, owner) if slot.fault is None]
