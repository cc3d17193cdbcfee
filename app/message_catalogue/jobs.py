"""Codes of jobs: (English sentence, fix)."""
ENTRIES = {}
