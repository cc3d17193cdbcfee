"""Carriers' PDFs among our own pages: copied as they are, never re-encoded (a JPEG-ed barcode does not scan)."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from pypdf import PdfReader, PdfWriter

_KINDS = (
    (b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"PK\x03\x04", "zip"), (b"^XA", "zpl"),
    (b"<", "html"), (b"{", "json"),
)


class CarrierFileBroken(Exception):
    """The bytes are no PDF that can be printed. `kind`: empty, encrypted, damaged, no_pages, or what they are instead."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Pages:
    """`count` pages of `reader` from `first` on, counted from 0."""

    reader: PdfReader
    first: int
    count: int


def open_carrier_file(data: bytes) -> Pages:
    """All pages of a carrier's PDF. Raises CarrierFileBroken.

    Encrypted files are refused even where an empty password opens them: the copy would have to be stored decrypted.
    """
    if not data:
        raise CarrierFileBroken("empty")
    if b"%PDF-" not in data[:1024]:
        start = data.lstrip()[:8]
        raise CarrierFileBroken(next((kind for magic, kind in _KINDS if start.startswith(magic)), "not_pdf"))
    try:
        reader = PdfReader(BytesIO(data))
        encrypted, pages = reader.is_encrypted, 0
        if not encrypted:
            pages = len(reader.pages)
            for page in reader.pages:
                _look_at(page)
    except Exception as damage:  # pypdf meets damaged files with whatever its parser stumbles over, from KeyError to RecursionError
        raise CarrierFileBroken("damaged") from damage
    if encrypted:
        raise CarrierFileBroken("encrypted")
    if not pages:
        raise CarrierFileBroken("no_pages")
    return Pages(reader, 0, pages)


def _look_at(page) -> None:
    """Raises on a page whose size or content cannot be read: it would print as a blank sheet without anybody noticing."""
    if page.mediabox.width <= 0 or page.mediabox.height <= 0:
        raise ValueError("page without area")
    content = page.get_contents()
    if content is None or not content.get_data().strip():
        raise ValueError("page without content")


def copies(pages: Pages) -> bool:
    """Whether the pages survive being copied and written, tried on their own."""
    try:
        join([pages])
    except Exception:  # see open_carrier_file
        return False
    return True


def join(parts: Sequence[Pages]) -> bytes:
    """One PDF of the parts in order. What several pages of one reader share (fonts) is written once."""
    writer = PdfWriter()
    for part in parts:
        for number in range(part.first, part.first + part.count):
            writer.add_page(part.reader.pages[number])
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
