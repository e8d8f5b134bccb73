"""Search over HTTP: text and pictures from the live web, and the reading of what was found."""
