"""用户中心: own profile and password, the merchant's people; who may make whom what."""
import pytest
import sqlalchemy as sa

from app.extensions import db
from app.models import AuditEntry, Member
from app.security import MERCHANT_ROLES, PROVIDER_ROLES
from tests import factory

FRESH = "Fresh-Pass-2026!"
NEW = {"username": "anna", "first_name": "Anna", "last_name": "Li", "email": "anna@example.com", "role": "MerchantClerk", "active": "y",
       "password": FRESH, "locale": "zh", "timezone": ""}


def text(answer):
    return answer.get_data(as_text=True)


def post(client, path, **data):
    return client.post(path, data=data, follow_redirects=True)


def member(world, **where):
    """(tenant, provider, role, active, e-mail) of one user, or None."""
    with world.app.app_context():
        row = db.session.scalars(sa.select(Member).filter_by(**where)).one_or_none()
        return row and (row.tenant_id, row.provider, ",".join(r.name for r in row.roles), row.active, row.email)


def edit(world, client, user_id, **change):
    fields = {"first_name": "X", "last_name": "Y", "email": f"u{user_id}@example.com", "role": "MerchantClerk", "active": "y",
              "locale": "en", "timezone": "", **change}
    return post(client, f"/merchantuserview/edit/{user_id}", **{k: v for k, v in fields.items() if v is not None})


# --- the merchant's people ------------------------------------------------------------------------------------------------

def test_an_administrator_adds_his_people_who_can_log_in(world):
    client = factory.login(world.app, "admin_a")
    assert "Saved." in text(post(client, "/merchantuserview/add", **NEW))
    assert member(world, username="anna") == (world.a, False, "MerchantClerk", True, "anna@example.com")
    answer = world.app.test_client().post("/login/", data={"username": "anna", "password": FRESH})
    assert answer.status_code == 302 and "/login" not in answer.location
    page = text(client.get("/merchantuserview/list/"))
    assert "anna" in page and FRESH not in page and "scrypt" not in page and "clerk_b" not in page and "boss" not in page


def test_a_merchant_cannot_make_provider_staff_or_users_of_another(world):
    client = factory.login(world.app, "admin_a")
    for role in (*PROVIDER_ROLES, "Admin", "Public", ""):
        assert "Saved." not in text(post(client, "/merchantuserview/add", **{**NEW, "role": role}))
    assert member(world, username="anna") is None
    post(client, "/merchantuserview/add", **NEW, tenant_id=str(world.b), provider="1", roles="ProviderAdmin", is_admin="1")
    assert member(world, username="anna") == (world.a, False, "MerchantClerk", True, "anna@example.com")
    for role in PROVIDER_ROLES:
        edit(world, client, world.clerk_a, role=role)
    assert member(world, username="clerk_a")[2] == "MerchantClerk"


def test_people_of_others_are_not_found(world):
    client = factory.login(world.app, "admin_a")
    for user in (world.clerk_b, world.boss, 999999):
        for verb in ("edit", "password"):
            assert client.get(f"/merchantuserview/{verb}/{user}").status_code == 404
        assert client.post(f"/merchantuserview/edit/{user}", data=NEW).status_code == 404
        assert client.post(f"/merchantuserview/password/{user}", data={"new": FRESH, "again": FRESH}).status_code == 404
        assert client.post("/merchantuserview/action_post", data={"action": "lock", "rowid": [str(user)]}).status_code == 404
        assert client.post("/merchantuserview/action_post",
                           data={"action": "lock", "rowid": [str(world.clerk_a), str(user)]}).status_code == 404
        for verb in ("show", "delete"):
            assert client.post(f"/merchantuserview/{verb}/{user}").status_code in (404, 405)
    client.post("/merchantuserview/action_post", data={"action": "lock", "scope": "all", "search": "role=MerchantClerk"})
    assert (member(world, username="clerk_a")[3], member(world, username="clerk_b")[3]) == (False, True)


@pytest.mark.parametrize("who", ["clerk_a", "viewer_a", "service"])
def test_only_administrators_manage_users(world, who):
    client = factory.login(world.app, who)
    assert client.get("/merchantuserview/list/").status_code == client.get("/merchantuserview/add").status_code == 403
    assert client.post("/merchantuserview/add", data=NEW).status_code == client.post(f"/merchantuserview/password/{world.admin_a}",
            data={"new": FRESH, "again": FRESH}).status_code == 403
    assert client.post("/merchantuserview/action_post", data={"action": "lock", "rowid": str(world.admin_a)}).status_code == 403
    assert member(world, username="anna") is None and member(world, username="admin_a")[3]


def test_nobody_changes_his_own_role_and_one_administrator_stays(world):
    client = factory.login(world.app, "admin_a")
    post(client, "/merchantuserview/add", **{**NEW, "role": "MerchantAdmin"})
    for change in ({"role": "MerchantViewer"}, {"active": None}):
        edit(world, client, world.admin_a, **{"role": "MerchantAdmin", **change})
    post(client, "/merchantuserview/action_post", action="lock", rowid=str(world.admin_a))
    assert member(world, username="admin_a")[2:4] == ("MerchantAdmin", True)
    edit(world, client, world.admin_a, role="MerchantAdmin")
    assert member(world, username="admin_a")[4] == f"u{world.admin_a}@example.com"

    boss = factory.login(world.app, "boss")
    assert "Saved." in text(edit(world, boss, world.admin_a, role="MerchantClerk"))
    with world.app.app_context():
        anna = db.session.scalar(sa.select(Member.id).where(Member.username == "anna"))
    for change in ({"role": "MerchantViewer"}, {"role": "MerchantAdmin", "active": None}):
        assert "Saved." not in text(edit(world, boss, anna, **change))
    post(boss, "/merchantuserview/action_post", action="lock", rowid=str(anna))
    assert member(world, username="anna")[2:4] == ("MerchantAdmin", True)


def test_the_last_provider_administrator_stays(world):
    boss = factory.login(world.app, "boss")
    post(boss, "/merchantuserview/add", **{**NEW, "role": "ProviderAdmin"}, tenant_id="")
    assert member(world, username="anna")[:3] == (None, True, "ProviderAdmin")
    anna = world.app.test_client()
    anna.post("/login/", data={"username": "anna", "password": FRESH})
    post(anna, "/merchantuserview/action_post", action="lock", rowid=str(world.boss))
    assert not member(world, username="boss")[3]
    with world.app.app_context():
        own = db.session.scalar(sa.select(Member.id).where(Member.username == "anna"))
    post(anna, "/merchantuserview/action_post", action="lock", rowid=str(own))
    assert member(world, username="anna")[3]


def test_the_provider_sees_all_and_roles_fit_the_merchant(world):
    boss = factory.login(world.app, "boss")
    page = text(boss.get("/merchantuserview/list/"))
    assert "clerk_a" in page and "clerk_b" in page and "service" in page and "HMKJ" in page
    assert "clerk_b" not in text(boss.get(f"/merchantuserview/list/?tenant={world.a}"))
    assert "Saved." not in text(post(boss, "/merchantuserview/add", **{**NEW, "role": "ProviderService"}, tenant_id=str(world.a)))
    assert "Saved." not in text(post(boss, "/merchantuserview/add", **{**NEW, "role": "MerchantAdmin"}, tenant_id=""))
    assert "Saved." not in text(post(boss, "/merchantuserview/add", **NEW, tenant_id="999"))
    assert "Saved." in text(post(boss, "/merchantuserview/add", **{**NEW, "role": "MerchantAdmin"}, tenant_id=str(world.b)))
    assert member(world, username="anna")[:3] == (world.b, False, "MerchantAdmin")
    for role in PROVIDER_ROLES:
        edit(world, boss, world.clerk_b, role=role)
    assert member(world, username="clerk_b")[2] in MERCHANT_ROLES


def test_locking_out_ends_the_session_at_once(world):
    clerk, admin = factory.login(world.app, "clerk_a"), factory.login(world.app, "admin_a")
    post(admin, "/merchantuserview/action_post", action="lock", rowid=str(world.clerk_a))
    assert clerk.get("/productview/list/").status_code == 302
    post(admin, "/merchantuserview/action_post", action="unlock", rowid=str(world.clerk_a))
    assert clerk.get("/productview/list/").status_code == 200


@pytest.mark.parametrize("change",
                         [{"password": "short"}, {"password": "alllowercase123!"}, {"email": "nonsense"}, {"username": "a b"},
                          {"username": "CLERK_B"}, {"email": "Clerk_B@example.com"},
                                    {"timezone": "Mars/Base"}, {"locale": "xx"}, {"first_name": " "}])
def test_a_bad_user_is_refused(world, change):
    client = factory.login(world.app, "admin_a")
    page = text(post(client, "/merchantuserview/add", **{**NEW, **change}))
    assert ("help-block error" in page or "alert-danger" in page) and FRESH not in page
    assert member(world, username="anna") is None


def test_changes_of_users_are_audited_without_passwords(world):
    client = factory.login(world.app, "admin_a")
    edit(world, client, world.clerk_a, role="MerchantViewer", first_name="Zhou")
    post(client, f"/merchantuserview/password/{world.clerk_a}", new=FRESH, again=FRESH)
    with world.app.app_context():
        rows = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.table == "ab_user", AuditEntry.row_id == world.clerk_a,
                AuditEntry.by == "admin_a")).all()
        kept = [(r.before, r.after) for r in rows]
        assert {r.tenant_id for r in rows} == {world.a}
    assert ({"role": "MerchantClerk"}, {"role": "MerchantViewer"}) in kept and any(a.get("first_name") == "Zhou" for _b, a in kept)
    assert "scrypt" not in str(kept) and FRESH not in str(kept)
    page = text(client.get("/auditview/list/?table=ab_user"))
    assert "Zhou" in page and "MerchantViewer" in page and "scrypt" not in page


# --- oneself --------------------------------------------------------------------------------------------------------------

def test_own_profile(world):
    client = factory.login(world.app, "clerk_a", "en")
    page = text(post(client, "/profile/", first_name="Wei", last_name="Chen", email="wei@example.com", locale="zh", timezone="Asia/Manila",
                     role="MerchantAdmin", active="", tenant_id="2"))
    assert 'lang="zh-CN"' in page
    assert member(world, username="clerk_a") == (world.a, False, "MerchantClerk", True, "wei@example.com")
    with world.app.app_context():
        row = db.session.get(Member, world.clerk_a)
        assert (row.locale, row.timezone, row.first_name) == ("zh", "Asia/Manila", "Wei")
    for bad in ({"email": "clerk_b@example.com"}, {"timezone": "Nowhere"}, {"locale": "fr"}):
        post(client, "/profile/",
             **{"first_name": "No", "last_name": "Chen", "email": "wei@example.com", "locale": "zh", "timezone": "", **bad})
    with world.app.app_context():
        assert db.session.get(Member, world.clerk_a).first_name == "Wei"


def test_own_password_needs_the_old_one_and_the_rule(world):
    client = factory.login(world.app, "clerk_a")
    for old, new, again in (("wrong", FRESH, FRESH), (factory.PASSWORD, "weak", "weak"), (factory.PASSWORD, FRESH, FRESH + "x"),
                            ("", FRESH, FRESH)):
        page = text(post(client, "/profile/password", old=old, new=new, again=again))
        assert "help-block error" in page and FRESH not in page
    factory.login(world.app, "clerk_a")
    assert "was changed" in text(post(client, "/profile/password", old=factory.PASSWORD, new=FRESH, again=FRESH))
    fresh = world.app.test_client()
    assert "/login" not in fresh.post("/login/", data={"username": "clerk_a", "password": FRESH}).location


def test_a_viewer_may_change_his_password_and_an_admin_uses_the_profile_for_his_own(world):
    assert "was changed" in text(post(factory.login(world.app, "viewer_a"), "/profile/password", old=factory.PASSWORD, new=FRESH,
                                      again=FRESH))
    client = factory.login(world.app, "admin_a")
    answer = client.post(f"/merchantuserview/password/{world.admin_a}", data={"new": FRESH, "again": FRESH})
    assert answer.status_code == 302 and answer.location.endswith("/profile/")
    factory.login(world.app, "admin_a")


def test_signing_out_is_a_post(world):
    client = factory.login(world.app, "clerk_a")
    assert client.get("/profile/sign-out").status_code == 405 and client.get("/profile/").status_code == 200
    assert client.post("/profile/sign-out").status_code == 302
    assert "/login" in client.get("/profile/").location
