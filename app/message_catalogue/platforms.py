"""Codes of platforms: (English sentence, fix)."""
ENTRIES = {}
