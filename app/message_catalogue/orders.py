"""Codes of orders: (English sentence, fix)."""
ENTRIES = {}
