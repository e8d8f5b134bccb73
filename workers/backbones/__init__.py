"""Image backbones whose features score reconstructions: the four of Unified-Bench, and the embedded ones."""
