"""The screens: one file per menu, all built on views/base.py."""


def all_views():
    """(view class, category or None) in menu order."""
    return []
