"""BabelNet, through its HTTP API, within the daily quota of a key."""
