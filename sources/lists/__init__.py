"""Lists of entities in files: a CSV table, or a folder of pictures."""
