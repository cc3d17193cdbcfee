"""Channels, checks before the push, text rules, waybills and what follows them."""
