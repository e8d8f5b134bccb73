"""Wikidata: items by class, with names in all languages, pictures and sitelinks."""
