"""Provider pages: merchants, platform apps, jobs, webhooks; the audit trail that merchants see of their own rows only."""
import pytest
import sqlalchemy as sa

from app.extensions import db
from app.jobs import engine
from app.models import AuditEntry, HookNote, Job, PlatformApp, Tenant
from app.models.base import utcnow
from app.tenancy import as_system, as_tenant
from app.vault import unseal
from tests import factory

PAGES = ("tenantview", "platformappview", "jobview", "hooknoteview")
APP = {"platform": "shopee", "p_partner_id": "2099001", "p_partner_key": "shpk-very-secret", "p_environment": "test",
       "p_legacy_auth_link": "no", "p_push_body_only": "no"}


def text(answer):
    return answer.get_data(as_text=True)


def post(client, path, **data):
    return client.post(path, data=data, follow_redirects=True)


def job(world, tenant, **values):
    with world.app.app_context(), as_tenant(tenant, "test"):
        job_id = engine.defer("verify")
        row = db.session.get(Job, job_id)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()
        return job_id


def state(world, job_id):
    with world.app.app_context(), as_system("test"):
        row = db.session.get(Job, job_id)
        return row.state, row.attempts


@pytest.mark.parametrize("who", ["admin_a", "clerk_a", "viewer_a"])
def test_merchants_have_no_provider_pages(world, who):
    client = factory.login(world.app, who)
    own = job(world, world.a, state="failed")
    for page in PAGES:
        assert client.get(f"/{page}/list/").status_code == 403, page
    for page in ("tenantview", "platformappview"):
        assert client.get(f"/{page}/add").status_code == client.post(f"/{page}/add", data=APP).status_code == 403
    assert client.post("/jobview/action_post", data={"action": "retry", "rowid": str(own)}).status_code == 403
    assert client.get(f"/jobview/show/{own}").status_code == 403
    assert state(world, own)[0] == "failed"


def test_service_staff_read_jobs_and_merchants_only(world):
    client = factory.login(world.app, "service")
    own = job(world, world.a, state="failed")
    assert client.get("/jobview/list/").status_code == client.get("/tenantview/list/").status_code == 200
    assert client.get("/platformappview/list/").status_code == client.get("/tenantview/add").status_code == 403
    assert client.post("/jobview/action_post", data={"action": "retry", "rowid": str(own)}).status_code == 403


def test_merchants_are_added_and_their_code_stays(world):
    boss = factory.login(world.app, "boss")
    fields = {"name": "Gamma Trading", "timezone": "Asia/Manila", "contact_phone": "+63917", "active": "y"}
    for bad in ("1AB", "A", "TOO-LONG", "HMKJ", ""):
        assert "Saved." not in text(post(boss, "/tenantview/add", **fields, code=bad))
    with world.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Tenant)) == 2
    assert "Saved." in text(post(boss, "/tenantview/add", **fields, code="gamma"))
    with world.app.app_context():
        row = db.session.scalars(sa.select(Tenant).where(Tenant.code == "GAMMA")).one()
        row_id = row.id
    post(boss, f"/tenantview/edit/{row_id}", **{**fields, "name": "Gamma 2"}, code="OTHER")
    with world.app.app_context():
        row = db.session.get(Tenant, row_id)
        assert (row.code, row.name, row.timezone) == ("GAMMA", "Gamma 2", "Asia/Manila")
    assert boss.post(f"/tenantview/delete/{row_id}").status_code == 404


def test_secrets_of_an_app_are_write_only(world):
    boss = factory.login(world.app, "boss")
    page = text(boss.get("/platformappview/add"))
    assert "/oauth/shopee/callback" in page and "/api/v1/push/shopee" in page and "Partner key" in page
    assert "Saved." in text(post(boss, "/platformappview/add", **APP))
    with world.app.app_context():
        row = db.session.scalars(sa.select(PlatformApp)).one()
        row_id, sealed = row.id, row.secrets
        assert unseal(sealed) == {"partner_key": "shpk-very-secret"} and row.options["partner_id"] == "2099001"
    for path in ("list/", f"edit/{row_id}"):
        page = text(boss.get(f"/platformappview/{path}"))
        assert "shpk-very-secret" not in page and sealed not in page
    post(boss, f"/platformappview/edit/{row_id}", **{**APP, "p_partner_key": "", "p_partner_id": "77"})
    with world.app.app_context():
        row = db.session.get(PlatformApp, row_id)
        assert unseal(row.secrets) == {"partner_key": "shpk-very-secret"} and row.options["partner_id"] == "77"
        assert "shpk" not in str([(e.before, e.after) for e in db.session.scalars(sa.select(AuditEntry))])
    assert "has its app already" in text(post(boss, "/platformappview/add", **APP))
    for bad in ({"p_partner_id": "12x"}, {"p_partner_id": ""}, {"p_environment": "moon"}, {"base_url": "file:///etc/passwd"},
                {"p_environment": "local"}):
        post(boss, f"/platformappview/edit/{row_id}", **{**APP, **bad})
    with world.app.app_context():
        assert db.session.get(PlatformApp, row_id).options["partner_id"] == "77"


def test_an_app_without_its_secret_is_refused(world):
    boss = factory.login(world.app, "boss")
    assert "Saved." not in text(post(boss, "/platformappview/add", **{**APP, "p_partner_key": ""}))
    assert boss.get("/platformappview/add?platform=wish").status_code == boss.get("/platformappview/add?platform=nope").status_code == 404


def test_jobs_are_tried_again_and_cancelled(world):
    boss = factory.login(world.app, "boss")
    parked = job(world, world.a, state="failed", attempts=5, error_code="job.lost", error_params={"attempts": 5}, finished_at=utcnow())
    waiting, ended = job(world, world.b), job(world, world.b, state="done")
    page = text(boss.get("/jobview/list/"))
    assert "HMKJ" in page and "BETA" in page and "5 / 5" in page
    assert f"#{parked}" not in text(boss.get("/jobview/list/?state=queued"))
    assert boss.get(f"/jobview/show/{parked}").status_code == 200
    post(boss, "/jobview/action_post", action="retry", rowid=str(parked))
    assert state(world, parked) == ("queued", 0)
    page = text(post(boss, "/jobview/action_post", action="cancel", rowid=[str(waiting), str(ended)]))
    assert state(world, waiting)[0] == "cancelled" and state(world, ended)[0] == "done" and f"#{ended}:" in page
    assert boss.post("/jobview/action_post", data={"action": "cancel", "rowid": "99999"}).status_code == 404
    for path in ("add", f"edit/{parked}", f"delete/{parked}"):
        assert boss.post(f"/jobview/{path}").status_code == 404


def test_webhooks_are_shown_with_people_masked(world):
    with world.app.app_context(), as_system("test") as session:
        session.add(HookNote(source="shopee", event_id="E-1", kind="order", shop_id="700123", tenant_id=world.a,
                             payload={"ordersn": "2611A", "access_token": "tok-555", "name": "Nguyen"}))
        session.add(HookNote(source="gogoxpress", event_id="E-2", kind="tracking", payload=[{"tracking_number": "0001"}], state="done"))
        session.commit()
    boss = factory.login(world.app, "boss")
    page = text(boss.get("/hooknoteview/list/?source=shopee"))
    assert "700123" in page and "GoGo Xpress</td>" not in page
    with world.app.app_context():
        first = db.session.scalar(sa.select(HookNote.id).where(HookNote.event_id == "E-1"))
    page = text(boss.get(f"/hooknoteview/show/{first}"))
    assert "2611A" in page and "tok-555" not in page
    assert boss.post(f"/hooknoteview/delete/{first}").status_code == 404


def test_the_audit_trail_is_ones_own(world):
    factory.product(world.a, "MINE-1")
    factory.product(world.b, "OTHER-1")
    client = factory.login(world.app, "admin_a")
    page = text(client.get("/auditview/list/"))
    assert "MINE-1" in page and "OTHER-1" not in page
    assert "OTHER-1" not in text(client.get(f"/auditview/list/?tenant={world.b}"))
    boss = text(factory.login(world.app, "boss").get("/auditview/list/"))
    assert "MINE-1" in boss and "OTHER-1" in boss and "BETA" in boss
    with world.app.app_context():
        entry = db.session.scalar(sa.select(AuditEntry.id))
    for who in ("admin_a", "boss"):
        client = factory.login(world.app, who)
        for path in (f"delete/{entry}", f"edit/{entry}", "add"):
            assert client.post(f"/auditview/{path}").status_code == 404
    assert factory.login(world.app, "viewer_a").get("/auditview/list/").status_code == 403
