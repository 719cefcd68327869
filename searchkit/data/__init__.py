"""Vocabularies and word lists, in TOML."""
