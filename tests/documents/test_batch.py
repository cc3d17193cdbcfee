"""A batch: pick order, missing ones first, carriers' pages untouched, bad files not fatal."""

from io import BytesIO

from pypdf import PdfReader, PdfWriter
import pytest
from reportlab.pdfgen.canvas import Canvas

from app.documents import Part, PickLine, batch, batches, merge, order_for_picking
from app.documents.merge import CarrierFileBroken, open_carrier_file


def carrier_pdf(*texts: str, size=(288, 432)) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=size, pageCompression=1)
    for text in texts:
        canvas.drawString(20, 200, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _own(make_label, number: int, place: str, **changes):
    lines = (PickLine(f"SKU-{number}", number, "", place),)
    return Part.own(make_label(our_no=f"OWN-{number}", tracking_no=f"RR47312482{number}CN", pick_lines=lines,
                               pick_key=order_for_picking(lines, f"OWN-{number}"), **changes))


def _carrier(name: str, place: str, pdf: bytes) -> Part:
    lines = (PickLine("SKU-" + name, 1, "", place),)
    return Part.carrier(name, pdf, order_for_picking(lines, name), lines)


def test_pages_lie_in_pick_order_every_parcel_once(make_label, texts_of):
    parts = [
        _own(make_label, 3, "B-10"), _carrier("CAR-1", "A-10", carrier_pdf("CAR-1 p1", "CAR-1 p2")),
        _own(make_label, 1, "A-2", sequence=1, sequence_total=2), _own(make_label, 4, "A-2", sequence=2, sequence_total=2),
        _carrier("CAR-2", "B-9", carrier_pdf("CAR-2")),
        _own(make_label, 2, "C-1"),
    ]
    rendered = batch(parts, [], "100x100")
    pages = texts_of(rendered.pdf)
    expected = ["OWN-1", "OWN-4", "CAR-1 p1", "CAR-1 p2", "CAR-2", "OWN-3", "OWN-2"]
    assert rendered.pages == len(pages) == len(expected) and rendered.warnings == []
    assert all(name in page for name, page in zip(expected, pages))
    for name in expected:
        assert sum(name in page for page in pages) == 1


def test_equal_keys_keep_the_order_given(make_label, texts_of):
    parts = [Part.own(make_label(our_no=f"N-{n}", tracking_no="RR473124829CN")) for n in (3, 1, 2)]
    pages = texts_of(batch(parts, [], "100x150").pdf)
    assert [next(name for name in ("N-1", "N-2", "N-3") if name in page) for page in pages] == ["N-3", "N-1", "N-2"]


def test_first_page_lists_the_missing_and_what_to_pick(make_label, texts_of):
    parts = [_own(make_label, 1, "A-1"), _own(make_label, 2, "A-2"), _own(make_label, 2, "A-2")]
    missing = [("HMKJ-9", "运单未推送"), ("HMKJ-10", "Phone number is not valid for the Philippines")]
    rendered = batch(parts, missing, "100x100", {"missing": "缺失面单"})
    pages = texts_of(rendered.pdf)
    assert rendered.pages == 4
    for expected in ("缺失面单: 2", "HMKJ-9", "运单未推送", "HMKJ-10", "Phone number is not valid", "1 × SKU-1", "4 × SKU-2", "[A-2]",
                     "2 SKU, 5 pcs"):
        assert expected in pages[0]


def test_long_lists_go_on_the_next_page(make_label, texts_of):
    rendered = batch([_own(make_label, 1, "A-1")], [(f"HMKJ-{n:04d}", "reason") for n in range(60)], "100x100")
    pages = texts_of(rendered.pdf)
    assert all(sum(f"HMKJ-{n:04d}" in page for page in pages) == 1 for n in range(60))
    assert "1/" in pages[0] and "OWN-1" in pages[-1]


def test_carrier_pages_are_copied_unchanged(make_label):
    source = carrier_pdf("CAR one", "CAR two", size=(283, 425))
    rendered = batch([_own(make_label, 1, "A-1"), _carrier("CAR", "A-2", source), _own(make_label, 2, "A-3")], [("X", "reason")], "100x100")
    before, after = PdfReader(BytesIO(source)), PdfReader(BytesIO(rendered.pdf))
    for number in (0, 1):
        was, now = before.pages[number], after.pages[2 + number]
        assert now.mediabox == was.mediabox
        assert now["/Contents"].get_object()._data == was["/Contents"].get_object()._data
        assert now["/Contents"]["/Filter"] == was["/Contents"]["/Filter"]


def test_own_fonts_are_in_the_merged_file_once(make_label):
    parts = []
    for number in range(1, 9):
        parts += [_own(make_label, number, f"A-{number}"), _carrier(f"C{number}", f"A-{number}", carrier_pdf("carrier"))]
    reader = PdfReader(BytesIO(batch(parts, [], "100x100").pdf))
    own = [page for page in reader.pages if "OWN-" in page.extract_text()]
    programs = [page["/Resources"]["/Font"]["/F1+0"]["/FontDescriptor"].raw_get("/FontFile2").idnum for page in own]
    assert len(programs) == 8 and len(set(programs)) == 1


def _encrypted() -> bytes:
    writer = PdfWriter(clone_from=BytesIO(carrier_pdf("secret")))
    writer.encrypt("password", algorithm="AES-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


BAD_FILES = {
    "empty": lambda: b"", "png": lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "zip": lambda: b"PK\x03\x04" + b"\0" * 50,
    "html": lambda: b"<html>error</html>",
    "json": lambda: b'{"code": 500}', "zpl": lambda: b"^XA^FO50,50^XZ", "not_pdf": lambda: b"hello there", "encrypted": _encrypted,
    "damaged": lambda: b"%PDF-1.4\n" + b"garbage" * 30, "no_pages": lambda: _pageless(),
}


def _pageless() -> bytes:
    out = BytesIO()
    PdfWriter().write(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_carrier_file_becomes_a_missing_row(kind, make_label, texts_of):
    parts = [_own(make_label, 1, "A-1"), _carrier("BAD-7", "A-0", BAD_FILES[kind]()), _carrier("GOOD", "A-3", carrier_pdf("fine"))]
    rendered = batch(parts, [], "100x150")
    pages = texts_of(rendered.pdf)
    assert rendered.warnings == [("BAD-7", "label.carrier_file_broken", {"kind": kind})]
    assert len(pages) == 3 and "BAD-7" in pages[0] and "cannot be read" in pages[0] and "SKU-BAD-7" not in pages[0]
    assert "OWN-1" in pages[1] and "fine" in pages[2]


def test_damaged_content_is_found_before_it_prints_blank():
    source = carrier_pdf("content")
    start = source.index(b"stream", source.index(b"/FlateDecode")) + 8
    with pytest.raises(CarrierFileBroken):
        open_carrier_file(source[:start] + b"\0" * 12 + source[start + 12:])
    with pytest.raises(CarrierFileBroken):
        open_carrier_file(source[:len(source) // 3])


def test_a_file_that_breaks_while_copied_does_not_stop_the_others(make_label, texts_of, monkeypatch):
    join, real_open, bad = merge.join, merge.open_carrier_file, carrier_pdf("bad one")
    poisoned = []

    def open_file(data):
        pages = real_open(data)
        if data == bad:
            poisoned.append(pages)
        return pages

    def breaking(parts):
        if any(part in poisoned for part in parts):
            raise KeyError("/Resources")
        return join(parts)

    monkeypatch.setattr(batches, "open_carrier_file", open_file)
    monkeypatch.setattr(batches, "join", breaking)
    monkeypatch.setattr(merge, "join", breaking)
    rendered = batch([_carrier("BAD", "A-1", bad), _carrier("GOOD", "A-2", carrier_pdf("fine"))], [], "100x100")
    assert rendered.warnings == [("BAD", "label.carrier_file_broken", {"kind": "damaged"})]
    assert "BAD" in texts_of(rendered.pdf)[0] and "fine" in texts_of(rendered.pdf)[1]


def test_only_carrier_files_need_no_page_of_ours(texts_of):
    rendered = batch([_carrier("B", "B-1", carrier_pdf("second")), _carrier("A", "A-1", carrier_pdf("first"))], [], "a4")
    assert [text.strip() for text in texts_of(rendered.pdf)] == ["first", "second"] and rendered.pages == 2


def test_nothing_at_all_is_refused_but_only_missing_prints(texts_of):
    with pytest.raises(ValueError):
        batch([], [], "100x100")
    rendered = batch([], [("HMKJ-1", "no tracking number")], "a4")
    assert rendered.pages == 1 and "no tracking number" in texts_of(rendered.pdf)[0]


def test_natural_pick_order():
    keys = [order_for_picking((PickLine("S", 1, "", place),), "N") for place in ("A-10", "A-2", "B-1")]
    assert sorted(keys) == [keys[1], keys[0], keys[2]]
    numbers = [order_for_picking((), f"HMKJ-210412-{n}") for n in (10, 9)]
    assert sorted(numbers) == [numbers[1], numbers[0]]
