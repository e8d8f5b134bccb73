"""Judges of benchmark scorers: a question with pictures goes in, an answer in JSON comes out."""
