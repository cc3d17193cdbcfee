"""Codes of carriers: (English sentence, fix)."""
ENTRIES = {}
