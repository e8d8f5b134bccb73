"""Wikidata's JSON dump: one entity a line, plain or compressed, read once into an index of items."""
