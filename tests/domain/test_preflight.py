"""Each finding of the checks before the push: when it comes, whether it stops, where it is mended."""
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.shipping.preflight import preflight
from app.integrations.carriers.base import Carrier, Profile
from app.integrations.carriers.gogoxpress import GogoXpress
from app.integrations.carriers.vnpost import VNPost
from app.integrations.types import Address, DeclaredItem, Shipment

SENDER = Address(name="Shop", phone="+639171234567", country="PH", state="Metro Manila", city="Makati City", street="8F Building A")
ANA = Address(name="Ana Cruz", phone="0917 123 4567", country="PH", state="Pangasinan", city="Mangaldan", district="Poblacion",
              street="12 Mabini St", postcode="2432")
GOOD = Shipment("OD1", "N1", SENDER, ANA, [DeclaredItem("S1", 2, "Red shirt", value=Decimal(700), weight_g=200)], currency="PHP",
                value=Decimal(1400))
ASCII = Profile(ascii=True, forbidden="'")


def found(shipment=GOOD, carrier=GogoXpress, countries=(), profile=None):
    return {f.code: f for f in preflight(shipment, carrier, countries, profile or carrier.profile)}


def to(**changes):
    return replace(GOOD, recipient=replace(ANA, **changes))


def item(**changes):
    return replace(GOOD, items=[replace(GOOD.items[0], **changes)])


def test_a_good_shipment_has_no_findings():
    assert found() == {}


@pytest.mark.parametrize(("shipment", "code", "fix"), [
    (item(name_en=" "), "declaration.name_missing", "sku"), (item(name_en="红色衬衫"), "declaration.name_not_english", "sku"),
    (item(name_en="12345"), "declaration.name_not_english", "sku"), (item(name_en="Red 衬衫"), "declaration.name_not_english", "sku"),
    (item(value=Decimal(0)), "declaration.value_missing", "sku"), (item(value=Decimal(-5)), "declaration.value_missing", "sku"),
    (item(quantity=0), "declaration.quantity", "outbound"), (replace(GOOD, items=[]), "declaration.no_items", "sku"),
    (item(weight_g=0), "weight.missing", "sku"), (to(phone=""), "phone.missing", "outbound"),
    (to(phone="0917****567"), "phone.masked", "outbound"),
    (to(phone="12"), "phone.invalid", "outbound"), (to(name="A*** C***"), "recipient.masked", "outbound"),
    (to(masked=True), "recipient.masked", "outbound"),
    (to(name=""), "recipient.missing", "outbound"), (to(street="'"), "recipient.missing", "outbound"),
    (to(postcode="24321"), "postcode.shape", "outbound"),
    (to(country=""), "country.missing", "outbound"), (to(country="Atlantis"), "country.unknown", "outbound"),
    (to(country="VN", phone="+84912345678", postcode=""), "carrier.not_served", "channel"),
    (to(street="x" * 121), "text.too_long", "outbound"),
    (replace(GOOD, currency="USD"), "carrier.currency", "outbound"), (replace(GOOD, cod=Decimal(0)), "cod.amount", "outbound"),
    (replace(GOOD, cod=Decimal("1.005")), "cod.amount", "outbound"),
    (replace(GOOD, cod=Decimal(5), currency="VND"), "cod.currency", "outbound"),
])
def test_what_stops_the_push(shipment, code, fix):
    finding = found(shipment)[code]
    assert finding.fatal and finding.fix == fix


def test_masked_data_gives_one_finding_instead_of_ten():
    shipment = to(name="A***", phone="****", street="****", postcode="")
    assert [c for c in found(shipment) if not c.startswith("text")] == ["recipient.masked"]


def test_vague_names_stop_at_the_border_and_warn_inside():
    for name in ("Gift", "sample goods", "Other accessories"):
        assert not found(item(name_en=name))["declaration.name_vague"].fatal
        abroad = replace(item(name_en=name), sender=replace(SENDER, country="CN", phone="+8613800000000"))
        assert found(abroad)["declaration.name_vague"].fatal
    assert "declaration.name_vague" not in found(item(name_en="Phone accessories"))


def test_the_channel_narrows_the_carrier():
    assert found(carrier=Carrier, countries=("VN",), profile=Profile())["carrier.not_served"].params == {"place": "PH"}
    assert found(carrier=Carrier, countries=("PH", "VN"), profile=Profile()) == {}


def test_parcel_weight_replaces_item_weights():
    assert found(replace(item(weight_g=0), weight_g=300)) == {}


def test_postcode_with_its_zero_put_back_is_a_warning():
    finding = found(to(postcode="917"))["postcode.padded"]
    assert not finding.fatal and finding.params == {"before": "917", "postcode": "0917"}


def test_postcode_needed_by_the_country():
    shipment = replace(GOOD, recipient=Address(name="Somchai", phone="0812345678", country="TH", city="Bangkok", street="1 Rama IV"))
    assert found(shipment, Carrier, profile=Profile())["postcode.missing"].fatal


def test_characters_are_named_and_cleaning_is_announced():
    finding = found(to(name="Ana O'Neil & \u200bSon"))["text.will_be_cleaned"]
    assert not finding.fatal
    assert finding.params == {"side": "recipient", "field": "name", "characters": "' & U+200B", "after": "Ana ONeil Son"}


def test_characters_that_nobody_cleans_are_risky():
    findings = found(to(street="12 O'Brien St"), profile=Profile())
    assert findings["text.risky"].params["characters"] == "'" and not findings["text.risky"].fatal
    assert "text.will_be_cleaned" not in findings


def test_foreign_script_stops_an_ascii_profile_only():
    shipment = to(street="12 ถนน")
    assert found(shipment, profile=ASCII)["text.script"].fatal
    assert found(shipment) == {}
    assert "text.script" not in found(to(street="12 ngõ Đào"), profile=ASCII)


def test_a_long_name_is_cut_with_a_warning():
    finding = found(to(name="Maria Cristina Concepcion de los Santos Reyes"))["text.will_be_cut"]
    assert not finding.fatal and finding.params["after"] == "Maria Cristina Concepcion de los"


def test_vnd_has_no_cents():
    home = replace(SENDER, country="VN")
    viet = replace(ANA, country="VN", phone="0912345678", postcode="")
    shipment = replace(GOOD, sender=home, recipient=viet, currency="VND")
    assert found(replace(shipment, cod=Decimal("150000")), VNPost) == {}
    assert found(replace(shipment, cod=Decimal("150000.5")), VNPost)["cod.amount"].fatal


def test_fatal_findings_come_first():
    shipment = replace(to(name="O'Neil"), items=[])
    assert [f.fatal for f in preflight(shipment, GogoXpress, (), GogoXpress.profile)] == [True, True, False]


def test_nothing_is_changed():
    shipment = to(name="O'Neil")
    preflight(shipment, GogoXpress, (), GogoXpress.profile)
    assert shipment == to(name="O'Neil")
