"""`catalog.duckdb`: its tables, views and comments."""
