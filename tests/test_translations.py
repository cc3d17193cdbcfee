"""Every sentence a person may see is in both catalogues, with the same parameters."""
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.translate import source_messages

ROOT = Path(__file__).resolve().parent.parent
PARAMETER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def wanted():
    found = source_messages()
    assert len(found) > 500, "the scan itself is broken"
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_catalogue_is_complete(wanted, language):
    with (ROOT / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    missing, different = [], []
    for key in wanted:
        message = catalogue.get(key if isinstance(key, str) else key[0])
        texts = [message.string] if message and isinstance(message.string, str) else list(message.string) if message else []
        if not texts or not all(texts) or message.fuzzy:
            missing.append(key)
            continue
        source = set(PARAMETER.findall(key if isinstance(key, str) else key[0]))
        if any(set(PARAMETER.findall(text)) != source for text in texts[:1]):
            different.append(key)
    assert not missing
    assert not different


def test_chinese_is_chinese(wanted):
    """A translation that repeats the English is allowed for brand names and formats only."""
    with (ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="zh")
    same = [m.id for m in catalogue if isinstance(m.id, str) and m.id and m.string == m.id and re.search(r"[a-z]{3,} [a-z]{3,}", m.id)]
    assert not same
