"""Labels to draw, and a printer with a scanner: pages rendered at 203 dpi and read back."""

from datetime import datetime
from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader
import pypdfium2
import pytest
import zxingcpp

from app.documents import DeclaredItem, LabelData, PickLine

_BASE = LabelData(
    our_no="HMKJ-210412-00005", tracking_no="0570-6897-BHWJ", channel_name="GoGo Xpress 菲律宾专线", carrier="GoGo Xpress",
    service="Standard", country_iso="PH", country_zh="菲律宾", country_en="Philippines", zone="3", sort_code="MNL-07",
    sender_lines=("HMKJ Trading", "Shenzhen 518057, China"),
    return_lines=("Waybridge Manila", "Makati 1203"), receiver_name="Maria Clara Dela Cruz", receiver_phone="+639171234567",
    address_lines=("Unit 1405 Tower 2, Grass Residences", "Brgy. Sto. Cristo"), city="Quezon City", state="Metro Manila", postcode="1105",
    reference="OD2104120000512", order_no="210412ABCDEF12", printed_at=datetime(2026, 3, 4, 15, 30), weight_g=420, remark="Fragile 易碎",
    items=(DeclaredItem("Cotton T-shirt", "纯棉T恤", "TS-01", 2, Decimal("3.50"), "USD", 180, "610910"),),
    pick_lines=(PickLine("TS-01-RED-L", 2, "红色 L码", "A-01-03"),),
)


@pytest.fixture
def make_label():
    """A complete label; keywords replace its fields."""
    fields = {name: getattr(_BASE, name) for name in LabelData.__dataclass_fields__}
    return lambda **changes: LabelData(**{**fields, **changes})


@pytest.fixture
def scan():
    """scan(pdf) gives, for each page, the set of (symbology, text) that a scanner finds on its 203 dpi print."""

    def _scan(pdf: bytes) -> list[set[tuple[str, str]]]:
        document = pypdfium2.PdfDocument(pdf)
        out = []
        for page in document:
            # Hard black and white, as a thermal head prints it.
            picture = page.render(scale=203 / 72, grayscale=True).to_pil().point(lambda grey: 255 if grey > 127 else 0)
            found = zxingcpp.read_barcodes(picture, try_downscale=False)
            out.append({("QR" if "QR" in str(code.format) else str(code.format).split(".")[-1], code.text) for code in found})
        document.close()
        return out

    return _scan


@pytest.fixture
def texts_of():
    """texts_of(pdf) gives the text of each page."""
    return lambda pdf: [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
