"""The catalogue of codes, split by subject; `messages.py` turns an entry into a sentence."""
from app.message_catalogue import carriers, general, jobs, masterdata, orders, platforms, sheets, shipping

# The carriers come first: their first entries are the seed's FAQ, and the FAQ page keeps this order.
CATALOGUE = {}
for _part in (carriers, platforms, orders, shipping, sheets, masterdata, jobs, general):
    for _code, _entry in _part.ENTRIES.items():
        CATALOGUE.setdefault(_code, _entry)
