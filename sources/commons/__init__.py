"""Wikimedia Commons: pictures with author, licence and credit line."""
