"""Texts of four scripts come out whole; what no font has is shown as a box and reported."""

from io import BytesIO
import re
import unicodedata

from pypdf import PdfReader
import pytest

from app.documents import TEMPLATES, PickLine, render
from app.documents.fonts import FOLDER, clean, width_of
from app.documents.layout import ELLIPSIS, shorten, wrap


@pytest.mark.parametrize("template", TEMPLATES)
def test_text_reads_back_in_every_script(template, make_label, texts_of):
    lines = ("99/15 หมู่บ้านผู้ใหญ่ลี ที่อยู่", "广东省深圳市南山区", "Số 25 đường Ngọc Lâm")
    label = make_label(receiver_name="Nguyễn Thị Phương Thảo", address_lines=lines)
    rendered = render([label], template)
    text = texts_of(rendered.pdf)[0]
    for expected in ("Nguyễn Thị Phương Thảo", "หมู่บ้านผู้ใหญ่ลี ที่อยู่", "广东省深圳市南山区", "Số 25 đường Ngọc Lâm", "菲律宾", "纯棉T恤"):
        assert expected in text
    assert rendered.warnings == []


def test_decomposed_text_prints_like_composed(make_label, texts_of):
    name = "văn việt Phương"
    pdf = render([make_label(receiver_name=unicodedata.normalize("NFD", name))], "100x100").pdf
    assert name in texts_of(pdf)[0]


def test_missing_glyphs_become_boxes_and_a_warning(make_label, texts_of):
    rendered = render([make_label(receiver_name="王𠀀 Ann 😀 한")], "100x100")
    assert "王□ Ann □ □" in texts_of(rendered.pdf)[0]
    assert rendered.warnings == [("HMKJ-210412-00005", "label.glyph_missing", {"characters": "한😀𠀀"})]


def test_missing_glyphs_on_the_pick_page_are_reported_too(make_label):
    lines = tuple(PickLine(f"SKU-{n:03d}-LONG-NAME", 1, "😀" if n == 30 else "红色", "A-01") for n in range(31))
    rendered = render([make_label(pick_lines=lines)], "100x100")
    assert ("HMKJ-210412-00005", "label.glyph_missing", {"characters": "😀"}) in rendered.warnings


def test_invisible_and_control_characters_vanish_without_a_warning():
    assert clean("A\u200bB\u00a0C\tD\ufe0f\x00E ") == ("AB C D E", "")
    assert clean("ＡＢ，O’Neil") == ("ＡＢ，O’Neil", "")


def test_thai_marks_are_placed(make_label):
    """ที่: the tone mark has to be moved above the vowel, so the line is drawn with offsets, not as one plain string."""
    content = PdfReader(BytesIO(render([make_label(receiver_name="ที่ น้ำ ผู้")], "100x100").pdf)).pages[0].get_contents().get_data()
    line = next(line for line in content.split(b"\n") if b"TJ" in line)
    assert len(re.findall(rb"\[-?\d+ <[0-9a-f]{2}> -?\d+\] TJ", line)) >= 2


def test_all_fonts_of_the_file_are_embedded_subsets(make_label):
    reader = PdfReader(BytesIO(render([make_label(receiver_name="王 ที่")], "100x100").pdf))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    assert {font["/BaseFont"].split("+")[1] for font in fonts} == {"NotoSansSC-Regular", "NotoSansThai-Regular"}
    assert all(font["/Subtype"] == "/TrueType" and "/FontFile2" in font["/FontDescriptor"] for font in fonts)


def test_font_licences_ship_with_the_fonts():
    for name in ("OFL-NotoSansSC.txt", "OFL-NotoSansThai.txt"):
        assert "SIL Open Font License, Version 1.1" in (FOLDER / name).read_text("utf-8")


def test_lines_fit_and_lose_nothing():
    text = "广东省深圳市南山区，科技园 Grass Residences 99/15 หมู่บ้านผู้ใหญ่ลีซอยรามคำแหง " + "X" * 60
    for width in (40, 90, 170):
        lines = wrap(text, width, 8)
        assert all(width_of(line, 8) <= width for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not any(unicodedata.combining(line[0]) or 0x0E34 <= ord(line[0]) <= 0x0E3A for line in lines)


def test_cut_text_ends_with_dots_inside_its_place():
    cut = shorten("Grass Residences, Nueva Viscaya", 80, 8)
    assert cut.endswith(ELLIPSIS) and width_of(cut, 8) <= 80 and cut.startswith("Grass")
    assert shorten("X" * 99, 30, 8).startswith("XX")
