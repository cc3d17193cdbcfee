"""Codes of shipping: (English sentence, fix)."""
ENTRIES = {}
