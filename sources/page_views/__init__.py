"""How often articles are read, from Wikimedia's page view files: popularity for any source."""
