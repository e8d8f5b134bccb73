"""What a harvest takes: surveys of a source, and samples of them."""
