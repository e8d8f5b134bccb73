"""Whole wikis from their dumps: MediaWiki XML exports, and Enterprise HTML as NDJSON."""
