"""The commands of `tracemill`, a file each; `pipelines.cli` puts them together."""
