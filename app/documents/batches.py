"""A batch to print: own labels and carriers' files in pick order, the missing ones listed on the first page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from pypdf import PdfReader

from app.documents.document import Document, WarningRow
from app.documents.label_data import LabelData, PickLine, Rendered
from app.documents.lists import missing_pages
from app.documents.merge import CarrierFileBroken, Pages, copies, join, open_carrier_file

BROKEN = "label.carrier_file_broken"


@dataclass(frozen=True, slots=True)
class Part:
    """One parcel of a batch: our label (`label`) or the carrier's file (`pdf`), never both."""

    our_no: str
    pick_key: tuple[str, ...] = ()
    pick_lines: tuple[PickLine, ...] = ()
    label: LabelData | None = None
    pdf: bytes | None = None

    @classmethod
    def own(cls, label: LabelData) -> "Part":
        """A parcel whose label we draw."""
        return cls(label.our_no, label.pick_key, label.pick_lines, label=label)

    @classmethod
    def carrier(cls, our_no: str, pdf: bytes, pick_key: tuple[str, ...] = (), pick_lines: tuple[PickLine, ...] = ()) -> "Part":
        """A parcel whose label the carrier drew."""
        return cls(our_no, pick_key, pick_lines, pdf=pdf)


@dataclass(frozen=True, slots=True)
class _Opened:
    part: Part
    pages: Pages | None  # None: drawn by us


def batch(parts: Sequence[Part], missing: Sequence[tuple[str, str]], template: str, texts: Mapping[str, str] | None = None,
          start_cell: int = 1) -> Rendered:
    """All parcels in pick order (stable), a list of the missing ones first when there are any.

    `missing` are (our_no, reason in the reader's language). A carrier's file that cannot be printed joins them, with a warning
    of code `label.carrier_file_broken` (kind). Raises ValueError when there is nothing at all to print.
    """
    opened: list[_Opened] = []
    broken: list[WarningRow] = []
    for part in sorted(parts, key=lambda part: part.pick_key):
        try:
            opened.append(_Opened(part, None if part.label else open_carrier_file(part.pdf or b"")))
        except CarrierFileBroken as damage:
            broken.append((part.our_no, BROKEN, {"kind": damage.kind}))
    try:
        return _assemble(opened, missing, broken, template, texts, start_cell)
    except Exception:
        # A file may read well and still fail on copying; find it, because one bad file must not stop the others.
        bad = [entry for entry in opened if entry.pages and not copies(entry.pages)]
        if not bad:
            raise
        broken += [(entry.part.our_no, BROKEN, {"kind": "damaged"}) for entry in bad]
        good = [entry for entry in opened if entry not in bad]
        return _assemble(good, missing, broken, template, texts, start_cell)


def _assemble(opened: Sequence[_Opened], missing: Sequence[tuple[str, str]], broken: Sequence[WarningRow], template: str,
              texts: Mapping[str, str] | None, start_cell: int) -> Rendered:
    document = Document(template, texts, start_cell)
    rows = [*missing, *((our_no, document.words["carrier_file_broken"]) for our_no, _, _ in broken)]
    if rows:
        picked = [line for entry in opened for line in entry.part.pick_lines]
        for pen in missing_pages(document.inks, rows, picked, document.words, document.template):
            document.add_page(pen)
    own_until = _draw_own(document, opened)
    foreign = [entry.pages for entry in opened if entry.pages]
    if not document.pages and foreign:
        return Rendered(join(foreign), sum(pages.count for pages in foreign), list(broken))
    drawn = document.finish()
    warnings = [*broken, *drawn.warnings]
    if not foreign:
        return Rendered(drawn.pdf, drawn.pages, warnings)
    return Rendered(join(_interleave(drawn, own_until, foreign)), drawn.pages + sum(pages.count for pages in foreign), warnings)


def _draw_own(document: Document, opened: Sequence[_Opened]) -> list[int]:
    """Draws our labels; gives, for each carrier's file, how many of our pages come before it."""
    until: list[int] = []
    for entry in opened:
        if entry.part.label:
            document.add_label(entry.part.label)
        else:
            document.flush()
            until.append(document.pages)
    document.flush()
    return until


def _interleave(drawn: Rendered, own_until: Sequence[int], foreign: Sequence[Pages]) -> list[Pages]:
    reader = PdfReader(BytesIO(drawn.pdf))
    out: list[Pages] = []
    done = 0
    for until, pages in zip(own_until, foreign, strict=True):
        if until > done:
            out.append(Pages(reader, done, until - done))
        out.append(pages)
        done = until
    return [*out, Pages(reader, done, drawn.pages - done)] if done < drawn.pages else out
