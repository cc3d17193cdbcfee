"""Everything that talks to the outside. Knows neither models nor Flask: dataclasses of `types.py` in and out."""
