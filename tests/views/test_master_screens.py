"""基础资料管理: products, channels, carrier accounts, number pool, sheet import."""
from decimal import Decimal
from io import BytesIO

import pytest
import sqlalchemy as sa

from app.domain import products
from app.domain.sheets import template
from app.failures import Failure
from app.integrations.types import Field
from app.models import AuditEntry, CarrierAccount, Job, PoolNumber, Product, Run, RunRow, ShippingChannel, SkuMapping
from app.tenancy import as_system
from app.vault import seal, unseal
from app.views import field_forms
from tests import factory

GOOD = {"sku": "CCD007", "name": "Case", "declared_en": "Phone case", "declared_zh": "手机壳", "declared_value": "2.50",
        "declared_currency": "usd",
        "weight_g": "120", "hs_code": "3926.90", "origin": "China", "active": "y"}
GOGO = {"alias": "PH main", "active": "y", "s_name": "Warehouse SZ", "s_country": "China", "p_api_key": "key-7261",
        "p_secret_key": "hush-9911", "p_pickup_name": "Ana",
        "p_pickup_phone": "+639171234567", "p_pickup_street": "1 Rizal", "p_pickup_district": "Ermita", "p_pickup_city": "Manila",
        "p_pickup_state": "Metro Manila",
        "p_service_type": "next_day", "p_packaging": "small-pouch", "p_label_type": "zebra"}


def fetch(world, model, *where):
    with world.app.app_context(), as_system("test") as session:
        return session.scalars(sa.select(model).where(*where).order_by(model.id)).all()


def post(client, path, **data):
    return client.post(path, data=data, follow_redirects=True)


def text(answer):
    return answer.get_data(as_text=True)


# --- products -----------------------------------------------------------------------------------------------------------

def test_a_product_is_added_with_clean_values(world):
    client = factory.login(world.app, "clerk_a")
    assert "Saved." in text(post(client, "/productview/add", **GOOD))
    row = fetch(world, Product)[0]
    assert (row.tenant_id, row.declared_currency, row.hs_code, row.origin) == (world.a, "USD", "392690", "CN")
    assert row.declared_value == Decimal("2.50") and row.weight_g == 120
    assert "2.50 USD · 120 g" in text(client.get("/productview/list/"))


@pytest.mark.parametrize("field, value, said", [
    ("declared_en", "手机壳", "not English"), ("declared_en", "gift", "vague"), ("declared_value", "-1", ""), ("declared_value", "nan", ""),
    ("weight_g", "-5", ""), ("hs_code", "39A6", ""), ("origin", "Atlantis", ""), ("declared_currency", "XYZ", ""),
    ("image_url", "javascript:alert(1)", ""), ("sku", "  ", "")])
def test_a_bad_value_is_refused_and_the_input_kept(world, field, value, said):
    client = factory.login(world.app, "clerk_a")
    page = text(post(client, "/productview/add", **{**GOOD, field: value}))
    assert "help-block error" in page and "Phone case" in page or field == "declared_en"
    assert not fetch(world, Product)


def test_the_same_sku_twice_is_refused_but_another_merchant_may_have_it(world):
    factory.product(world.a, "CCD007")
    assert "exists already" in text(post(factory.login(world.app, "clerk_a"), "/productview/add", **GOOD))
    assert "Saved." in text(post(factory.login(world.app, "clerk_b"), "/productview/add", **GOOD))


def test_used_products_are_switched_off_and_others_deleted(world):
    used, free = factory.product(world.a, "USED"), factory.product(world.a, "FREE")
    factory.mapping(world.a, "P-1", used)
    client = factory.login(world.app, "clerk_a")
    post(client, "/productview/action_post", action="remove", rowid=[str(used), str(free)])
    rows = fetch(world, Product)
    assert [(r.sku, r.active) for r in rows] == [("USED", False)]
    assert {r.code for r in fetch(world, RunRow)} == {"product.deactivated", "product.deleted"}


def test_declaration_of_many_changes_only_what_is_given(world):
    ids = [factory.product(world.a, f"S{n}") for n in range(3)]
    client = factory.login(world.app, "clerk_a")
    post(client, "/productview/action_post", action="set_declaration", rowid=[str(i) for i in ids], p_declared_en="Silk scarf",
         p_declared_value="3.2", p_hs_code="6214.10")
    rows = fetch(world, Product)
    assert {(r.declared_en, r.declared_value, r.hs_code, r.weight_g, r.declared_zh) for r in rows} == {("Silk scarf", Decimal("3.20"),
            "621410", 120, "手机壳")}
    assert len(fetch(world, AuditEntry, AuditEntry.table == "product", AuditEntry.action == "update", AuditEntry.by == "clerk_a")) == 3
    for bad in ({"p_declared_en": "礼物"}, {"p_origin": "Nowhere"}, {}):
        page = text(post(client, "/productview/action_post", action="set_declaration", rowid=str(ids[0]), **bad))
        assert "alert-danger" in page
    assert {r.declared_en for r in fetch(world, Product)} == {"Silk scarf"}


def test_pick_info_of_everything_that_matches(world):
    for sku in ("RED-1", "RED-2", "BLUE"):
        factory.product(world.a, sku)
    factory.product(world.b, "RED-9")
    client = factory.login(world.app, "clerk_a")
    post(client, "/productview/action_post", action="set_pick_info", scope="all", search="sku=RED", p_pick_info="A1 {sku}")
    assert {r.sku: r.pick_info for r in fetch(world, Product)} == {"RED-1": "A1 RED-1", "RED-2": "A1 RED-2", "BLUE": "", "RED-9": ""}


def test_search_and_stock(world):
    product = factory.product(world.a, "CCD007")
    factory.product(world.a, "BARE", declared_en="")
    factory.stock(world.a, world.warehouse, product, 41)
    client = factory.login(world.app, "viewer_a")
    page = text(client.get("/productview/list/?declared=missing"))
    assert "BARE" in page and "CCD007" not in page
    page = text(client.get("/productview/list/?sku=ccd"))
    assert ">41<" in page and "BARE" not in page


def test_sync_collects_the_skus_of_waiting_orders(world):
    account = factory.account(world.a)
    factory.order(world.a, account, [("NEW-1", 1), ("NEW-2", 2)], unmatched=2)
    foreign = factory.account(world.b)
    factory.order(world.b, foreign, [("NEW-9", 1)], unmatched=1)
    client = factory.login(world.app, "clerk_a")
    assert "matched yet: 1" in text(client.get("/productview/sync"))
    post(client, "/productview/sync")
    assert [(r.tenant_id, r.sku) for r in fetch(world, Product)] == [(world.a, "NEW-1"), (world.a, "NEW-2")]
    assert {m.account_id for m in fetch(world, SkuMapping)} == {account}
    assert "No pending order" in text(post(client, "/productview/sync"))


# --- rights and forged ids ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["productview", "shippingchannelview", "carrieraccountview"])
def test_rows_of_others_are_not_found(world, path):
    row = {"productview": lambda: factory.product(world.b, "SECRET-B"),
           "shippingchannelview": lambda: factory.channel(world.b, name="SECRET-B"),
           "carrieraccountview": lambda: factory.add(world.b,
                                                     CarrierAccount(carrier="gogoxpress", alias="SECRET-B",
                                                             secrets=seal_in(world, {"api_key": "k"})))}[path]()
    client = factory.login(world.app, "admin_a")
    assert "SECRET-B" not in text(client.get(f"/{path}/list/"))
    for url in (f"/{path}/show/{row}", f"/{path}/edit/{row}", f"/{path}/edit/999999", f"/{path}/edit/abc"):
        assert client.get(url).status_code == 404
    assert client.post(f"/{path}/edit/{row}", data=GOOD).status_code == 404
    assert client.post(f"/{path}/delete/{row}").status_code == 404
    action = {"productview": "remove", "shippingchannelview": "switch_off", "carrieraccountview": "verify"}[path]
    assert client.post(f"/{path}/action_post", data={"action": action, "rowid": str(row)}).status_code == 404
    assert client.post(f"/{path}/action_post", data={"action": "nonsense", "rowid": str(row)}).status_code == 404


def test_a_viewer_reads_products_and_channels_only(world):
    product = factory.product(world.a, "CCD007")
    client = factory.login(world.app, "viewer_a")
    assert client.get("/productview/list/").status_code == client.get(f"/productview/show/{product}").status_code == 200
    assert "Edit" not in text(client.get("/productview/list/")).split("<tbody>")[1]
    for path in ("/productview/add", f"/productview/edit/{product}", "/productview/import", "/productview/sync", "/shippingchannelview/add",
                 "/carrieraccountview/list/", "/poolnumberview/list/"):
        assert client.get(path).status_code == 403, path
    assert client.post("/productview/action_post", data={"action": "remove", "rowid": str(product)}).status_code == 403
    assert client.post("/productview/sync").status_code == client.post(f"/productview/delete/{product}").status_code == 403


def test_merchants_read_warehouses_and_the_provider_writes_them(world):
    client = factory.login(world.app, "admin_a")
    assert "Shenzhen" in text(client.get("/warehouseview/list/")) and client.get("/warehouseview/add").status_code == 403
    assert client.post(f"/warehouseview/delete/{world.warehouse}").status_code == 403
    boss = factory.login(world.app, "boss")
    assert "Saved." in text(post(boss, "/warehouseview/add", code="mnl", name="Manila", country="Philippines", active="y"))
    assert "MNL" in text(client.get("/warehouseview/list/"))


# --- channels and carrier accounts ----------------------------------------------------------------------------------------

def test_a_channel_keeps_its_carriers_options(world):
    account = factory.add(world.a, CarrierAccount(carrier="gogoxpress", alias="PH"))
    client = factory.login(world.app, "admin_a")
    page = text(client.get("/shippingchannelview/add?carrier=gogoxpress"))
    assert 'name="p_packaging"' in page and "gogoxpress.com/track/{number}" in page
    fields = {"carrier": "gogoxpress", "code": "GOGO", "name": "GoGo Xpress", "carrier_account_id": str(account), "service": "next_day",
              "countries": "ph，Viet Nam", "active": "y",
              "charset": "carrier", "template": "100x150", "tracking_url": "https://x.example/{number}",
              "ship_methods": " GoGo   Xpress \n\nStandard Local", "p_packaging": "large-box"}
    assert "Saved." in text(post(client, "/shippingchannelview/add", **fields))
    row = fetch(world, ShippingChannel)[0]
    assert (row.carrier, row.countries, row.ship_methods, row.options["packaging"]) == ("gogoxpress", "PH, VN",
            "GoGo Xpress\nStandard Local", "large-box")
    assert "large-box" in text(client.get(f"/shippingchannelview/show/{row.id}"))
    for name, value in (("countries", "Atlantis"), ("tracking_url", "https://x.example/"), ("tracking_url", "javascript:{number}"),
                        ("p_packaging", "elephant"), ("charset", "klingon"), ("carrier_account_id", "999")):
        post(client, f"/shippingchannelview/edit/{row.id}", **{**fields, name: value})
    assert fetch(world, ShippingChannel)[0].changed_at == row.changed_at


def test_a_channel_cannot_take_anothers_account(world):
    foreign = factory.add(world.b, CarrierAccount(carrier="gogoxpress", alias="PH"))
    client = factory.login(world.app, "admin_a")
    post(client, "/shippingchannelview/add", carrier="gogoxpress", code="X", name="X", carrier_account_id=str(foreign), charset="carrier",
         template="a4")
    assert not fetch(world, ShippingChannel)
    boss = factory.login(world.app, "boss")
    page = text(post(boss, "/shippingchannelview/add", for_tenant=str(world.a), carrier="gogoxpress", code="X", name="X",
                     carrier_account_id=str(foreign), charset="carrier", template="a4"))
    assert "alert-danger" in page and not fetch(world, ShippingChannel)
    assert client.get("/shippingchannelview/add?carrier=nonsense").status_code == 404


def test_secrets_of_a_carrier_account_are_write_only(world):
    client = factory.login(world.app, "admin_a")
    assert "Saved." in text(post(client, "/carrieraccountview/add", carrier="gogoxpress", **GOGO))
    row = fetch(world, CarrierAccount)[0]
    kept = {"api_key": "key-7261", "secret_key": "hush-9911"}
    with world.app.app_context():
        assert unseal(row.secrets) == kept
    assert row.sender == {"name": "Warehouse SZ", "country": "CN"} and len(row.hook_token) > 30
    for path in ("list/", f"show/{row.id}", f"edit/{row.id}"):
        page = text(client.get(f"/carrieraccountview/{path}"))
        assert "hush-9911" not in page and "key-7261" not in page and row.secrets not in page
    assert f"/api/v1/carrier-push/gogoxpress/{row.hook_token}" in text(client.get(f"/carrieraccountview/show/{row.id}"))
    post(client, f"/carrieraccountview/edit/{row.id}",
         **{**GOGO, "p_api_key": "", "p_secret_key": "", "alias": "PH two", "p_packaging": "big-pouch"})
    later = fetch(world, CarrierAccount)[0]
    assert (later.alias, later.options["packaging"], later.hook_token) == ("PH two", "big-pouch", row.hook_token)
    with world.app.app_context():
        assert unseal(later.secrets) == kept
    trail = str([(e.before, e.after) for e in fetch(world, AuditEntry)])
    assert "hush" not in trail and row.secrets not in trail


def test_a_missing_field_is_named_and_the_input_kept(world):
    client = factory.login(world.app, "admin_a")
    page = text(post(client, "/carrieraccountview/add", carrier="gogoxpress", **{**GOGO, "p_secret_key": ""}))
    assert "alert-danger" in page and 'value="Metro Manila"' in page and "key-7261" not in page
    assert not fetch(world, CarrierAccount)


def test_only_the_provider_sets_addresses_that_our_server_calls(world):
    client = factory.login(world.app, "admin_a")
    post(client, "/carrieraccountview/add", carrier="gogoxpress", base_url="http://169.254.169.254", p_track_base="http://10.0.0.1", **GOGO)
    row = fetch(world, CarrierAccount)[0]
    assert row.base_url == "" and "track_base" not in row.options
    boss = factory.login(world.app, "boss")
    post(boss, f"/carrieraccountview/edit/{row.id}", base_url="http://127.0.0.1:9090/gogoxpress", p_track_base="http://127.0.0.1:9090",
         **GOGO)
    later = fetch(world, CarrierAccount)[0]
    assert (later.base_url, later.options["track_base"], later.tenant_id) == ("http://127.0.0.1:9090/gogoxpress", "http://127.0.0.1:9090",
            world.a)
    post(client, f"/carrieraccountview/edit/{row.id}", **GOGO)
    assert fetch(world, CarrierAccount)[0].base_url == "http://127.0.0.1:9090/gogoxpress"


def test_verify_starts_a_run(world):
    row = factory.add(world.a,
                      CarrierAccount(carrier="gogoxpress", alias="PH", secrets=seal_in(world, {"api_key": "k", "secret_key": "s"})))
    client = factory.login(world.app, "admin_a")
    answer = client.post(f"/carrieraccountview/action/verify/{row}")
    assert answer.status_code == 302 and "/runview/show/" in answer.location
    assert [(r.kind, r.total) for r in fetch(world, Run)] == [("verify_carrier", 1)] and len(fetch(world, Job)) == 1
    assert client.get(f"/carrieraccountview/action/verify/{row}").status_code == 405


def seal_in(world, values):
    with world.app.app_context():
        return seal(values)


# --- number pool and sheets -----------------------------------------------------------------------------------------------

def test_free_and_used_numbers(world):
    channel = factory.channel(world.a, name="PH line")
    free, used = (factory.add(world.a, PoolNumber(channel_id=channel, number=f"PH000{n}", reference=r)) for n, r in ((1, ""), (2, "OD1")))
    other = factory.add(world.b, PoolNumber(channel_id=factory.channel(world.b), number="OTHER1"))
    client = factory.login(world.app, "clerk_a")
    page = text(client.get("/poolnumberview/list/"))
    assert "1 used" in page and "PH0001" in page and "OTHER1" not in page
    assert "PH0002" not in text(client.get("/poolnumberview/list/?used=free"))
    post(client, "/poolnumberview/action_post", action="remove", rowid=[str(free), str(used)])
    assert [n.number for n in fetch(world, PoolNumber)] == ["PH0002", "OTHER1"]
    assert client.post("/poolnumberview/action_post", data={"action": "remove", "rowid": str(other)}).status_code == 404
    assert "Saved." in text(post(client, "/poolnumberview/add", channel_id=str(channel), number="PH0009"))
    for path in (f"/poolnumberview/edit/{used}", f"/poolnumberview/delete/{used}"):
        assert client.post(path, data={"number": "PH1"}).status_code in (404, 405)


@pytest.mark.parametrize("view, kind", [("productview", "products"), ("poolnumberview", "pool_numbers"), ("skumappingview", "mappings")])
def test_a_sheet_becomes_a_run(world, view, kind):
    client = factory.login(world.app, "clerk_a")
    page = text(client.get(f"/{view}/import"))
    assert "Only check" in page and f"/{view}/import-template" in page
    given = client.get(f"/{view}/import-template")
    assert given.status_code == 200 and given.data[:2] == b"PK"
    with world.app.test_request_context():
        sheet = template(kind)
    answer = client.post(f"/{view}/import", data={"sheet": (BytesIO(sheet), "my.xlsx"), "dry_run": "1"}, content_type="multipart/form-data")
    run = fetch(world, Run)[0]
    assert answer.status_code == 302 and f"/runview/show/{run.id}" in answer.location
    assert (run.tenant_id, run.params["dry_run"], run.state) == (world.a, True, "queued") and fetch(world, Job)[0].run_id == run.id


def test_what_is_no_sheet_is_refused_at_once(world):
    client = factory.login(world.app, "clerk_a")
    for data in ({}, {"sheet": (BytesIO(b"%PDF-1.4 no sheet"), "x.xlsx")}):
        answer = client.post("/productview/import", data=data, content_type="multipart/form-data")
        assert answer.status_code == 200 and "alert-danger" in text(answer)
    assert not fetch(world, Run)


def test_provider_staff_name_the_merchant_of_a_sheet(world):
    boss = factory.login(world.app, "boss")
    with world.app.test_request_context():
        sheet = template("products")
    for tenant in ("", "999", "x"):
        boss.post("/productview/import", data={"sheet": (BytesIO(sheet), "my.xlsx"), "for_tenant": tenant},
                  content_type="multipart/form-data")
    assert not fetch(world, Run)
    boss.post("/productview/import", data={"sheet": (BytesIO(sheet), "my.xlsx"), "for_tenant": str(world.b)},
              content_type="multipart/form-data")
    assert [r.tenant_id for r in fetch(world, Run)] == [world.b]


# --- the helpers ----------------------------------------------------------------------------------------------------------

FIELDS = (Field("name", "Name"), Field("key", "Key", "secret"), Field("kind", "Kind", "choice", required=False, choices=("a", "b")),
          Field("size", "Size", "number", required=False))


def test_fields_are_drawn_without_secrets_and_read_back(app):
    with app.test_request_context():
        drawn = {d["name"]: d for d in field_forms.draw(FIELDS, {"name": "N", "key": "never"}, {"key": "never"})}
        assert drawn["key"]["value"] == "" and drawn["key"]["stored"] and drawn["name"]["value"] == "N"
        form = {"p_name": " M ", "p_key": "", "p_kind": "b", "p_size": "12"}
        assert field_forms.read(FIELDS, form, {"own": 1}, {"key": "old"}) == ({"own": 1, "name": "M", "kind": "b", "size": "12"},
                {"key": "old"})
        for change, code in (({"p_name": " "}, "form.field_missing"), ({"p_kind": "c"}, "action.bad_choice"),
                             ({"p_size": "x"}, "action.bad_number"), ({"p_name": "x" * 9000}, "form.too_long")):
            with pytest.raises(Failure) as caught:
                field_forms.read(FIELDS, {**form, **change}, {}, {"key": "old"})
            assert caught.value.code == code
        with pytest.raises(Failure):
            field_forms.read(FIELDS, form, {}, {})


def test_readers_of_a_declaration():
    assert products.read_hs_code("6214.10 00") == "62141000" and products.read_country("Viet Nam") == "VN"
    assert products.read_value("1,5") == Decimal("1.5")
    for reader, bad in ((products.read_hs_code, "12"), (products.read_hs_code, "١٢٣٤٥٦"), (products.read_value, "inf"),
                        (products.read_value, "1e30"), (products.check_declared_name, "123"), (products.check_declared_name, "Gift items")):
        with pytest.raises(Failure):
            reader(bad)
