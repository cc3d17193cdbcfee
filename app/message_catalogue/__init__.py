"""The catalogue of codes, split by subject; `messages.py` turns an entry into a sentence."""
from app.message_catalogue import carriers, general, orders, platforms

CATALOGUE = {**general.ENTRIES, **platforms.ENTRIES, **carriers.ENTRIES, **orders.ENTRIES}
