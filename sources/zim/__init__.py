"""Real Wikipedia from a Kiwix ZIM archive: articles, pictures and search, offline."""
