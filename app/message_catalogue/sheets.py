"""Codes of sheets: (English sentence, fix)."""
ENTRIES = {}
