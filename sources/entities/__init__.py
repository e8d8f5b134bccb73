"""One entity from many sources: united by what they call it, described by all of them."""
