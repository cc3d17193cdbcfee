"""Provider pages: the job monitor and the webhooks received."""
import json

import sqlalchemy as sa
from flask import flash, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.extensions import db
from app.failures import Failure
from app.integrations.platforms import PLATFORMS
from app.integrations.redact import mask, safe_text
from app.jobs import engine
from app.messages import sentence
from app.models import HookNote, Job, Run, Tenant
from app.tenancy import as_tenant, current_actor
from app.views import choices, labels
from app.views.actions import plain_action
from app.views.base import ScreenView
from app.views.interface import Interface
from app.views.lists import badge, lines, user_zone, when
from app.views.panel import Chips, Column, RowLink, Search, between, equals
from app.views.read_only import SECONDS, ReadOnly, Unguarded
from app.views.runs import kind_label

J = Job


def sooner(job):
    """A job may be tried again at once when it is parked, given up or waiting for its next try."""
    return job.state in ("failed", "cancelled") or (job.state == "queued" and job.attempts > 0)


class JobView(ReadOnly, ScreenView):
    datamodel = Interface(Job)
    show_template = "waybridge/plain_show.html"
    menu_label, menu_icon = _l("Jobs"), "fa-cogs"
    panel = (
        Search("kind", _l("Kind"), apply=equals(J.kind)),
        Search("state", _l("Status"), "select", lambda v: J.state == v,
               lambda: [(k, labels.RUN[k]) for k in ("queued", "running", "done", "failed", "cancelled")]),
        Search("created", _l("Created at"), "range", between(J.created_at, user_zone)),
    )
    columns = (
        Column("id", _l("No."), lambda j: Markup('<a href="{}">#{}</a>').format(url_for("JobView.show", pk=j.id), j.id)),
        Column("kind", _l("Kind"),
               lambda j: lines(g.run_kinds.get(j.run_id, kind_label(j.kind)),
                               Markup('<a href="{}">{} #{}</a>').format(url_for("RunView.show", pk=j.run_id), _("Run"),
                                       j.run_id) if j.run_id else "")),
        Column("state", _l("Status"), lambda j: badge(j.state, labels.RUN)),
        Column("attempts", _l("Tries"), lambda j: f"{j.attempts} / {j.max_attempts}", css="num"),
        Column("error", _l("Error"), lambda j: sentence(j.error_code, j.error_params), css="text problem"),
        Column("lease", _l("Lease until"), lambda j: lines(when(j.lease_until, "MM-dd HH:mm:ss"), j.worker), css="nowrap"),
        Column("times", _l("Times"),
               lambda j: lines(f"{_('Due')}: {when(j.run_after, SECONDS)}",
                               j.finished_at and f"{_('Finished')}: {when(j.finished_at, SECONDS)}"), css="nowrap"),
        Column("actor", _l("By")),
    )
    row_links = (RowLink(_l("Try again"), action="retry", shown=sooner),
                 RowLink(_l("Cancel job"), action="cancel", shown=lambda j: j.state in ("queued", "running"),
                         confirm=_l("Stop this job? What it has done stays done.")))
    notes = (_l("A job that fails for a passing reason is tried again by itself, later and later; "
                "after its last attempt it is parked here as failed."),
             _l("A job whose worker died is taken up again when its lease ends."))

    retry = plain_action("retry", _l("Try again"), "fa-repeat")(lambda self, chosen: self.each(chosen, engine.retry_now))
    cancel = plain_action("cancel", _l("Cancel job"), "fa-ban", _l("Stop the selected jobs? What they have done stays done."))(lambda self,
            chosen: self.each(chosen, engine.cancel))

    def prepare(self, rows):
        kinds = db.session.execute(sa.select(Run.id, Run.kind).where(Run.id.in_({j.run_id for j in rows if j.run_id}))).all()
        g.run_kinds = {run_id: kind_label(kind) for run_id, kind in kinds}

    def each(self, chosen, work):
        """One job after the other, each in its own merchant's session; what cannot be done is named, the others still go through."""
        done, actor = 0, current_actor()
        for job_id, tenant in [(j.id, j.tenant_id) for j in chosen.rows()]:
            try:
                with as_tenant(tenant, actor):
                    work(job_id)
                    db.session.commit()
                done += 1
            except (Failure, sa.exc.IntegrityError) as failure:
                code, params = (failure.code, failure.params) if isinstance(failure, Failure) else ("job.doubled", {})
                flash(f"#{job_id}: {sentence(code, params)}", "warning")
        flash(_("%(n)s changed.", n=done), "success" if done else "info")

    def show_parts(self, j):
        self.prepare([j])
        return [("", [(_("Merchant"), db.session.get(Tenant, j.tenant_id)), (_("Kind"), g.run_kinds.get(j.run_id, kind_label(j.kind))),
                      (_("Status"), badge(j.state, labels.RUN)), (_("Tries"), f"{j.attempts} / {j.max_attempts}"),
                      (_("Error"), sentence(j.error_code, j.error_params)), (_("Lease until"), when(j.lease_until, SECONDS)),
                      (_("Worker"), j.worker),
                      (_("Created at"), when(j.created_at, SECONDS)), (_("Due"), when(j.run_after, SECONDS)),
                      (_("Started at"), when(j.started_at, SECONDS)),
                      (_("Finished at"), when(j.finished_at, SECONDS)), (_("By"), j.actor)])]

    def show_related(self, j):
        return [(_("Data of the job"), [_("Body")], [(pretty(j.payload),)])]


def pretty(value):
    """JSON for people, secrets and personal data covered."""
    return Markup('<pre class="raw">{}</pre>').format(safe_text(json.dumps(mask(value), ensure_ascii=False, indent=1))[:8000])


NOTE_STATES = {"waiting": _l("Waiting"), "done": _l("Done"), "ignored": _l("Ignored"), "failed": _l("Failed")}
NOTE_KINDS = {"order": _l("Order"), "tracking": _l("Tracking number"), "document": _l("Label"), "authorised": _l("Authorised"),
              "revoked": _l("Revoked"), "expiring": _l("Authorisation ends soon"), "other": _l("Other")}


class HookNoteView(Unguarded, ReadOnly, ScreenView):
    datamodel = Interface(HookNote)
    show_template = "waybridge/plain_show.html"
    menu_label, menu_icon = _l("Webhooks received"), "fa-bell-o"
    chips = Chips(_l("Platform"), HookNote.source,
                  lambda: [(key, label, True) for key,
                           label in [*choices.platforms_ready(), *choices.carriers(with_platform=False)] if key != "number_pool"],
                           name="source")
    panel = (
        Search("kind", _l("Kind"), "select", equals(HookNote.kind), lambda: list(NOTE_KINDS.items())),
        Search("state", _l("Status"), "select", equals(HookNote.state), lambda: list(NOTE_STATES.items())),
        Search("shop_id", _l("Shop ID"), apply=equals(HookNote.shop_id)),
        Search("at", _l("Received at"), "range", between(HookNote.at, user_zone)),
    )
    columns = (
        Column("id", _l("No."), lambda n: Markup('<a href="{}">#{}</a>').format(url_for("HookNoteView.show", pk=n.id), n.id)),
        Column("source", _l("Sent by"),
               lambda n: choices.platform_label(n.source) if n.source in PLATFORMS else choices.carrier_label(n.source)),
        Column("kind", _l("Kind"), lambda n: NOTE_KINDS.get(n.kind, n.kind)), Column("shop_id", _l("Shop ID")),
        Column("state", _l("Status"), lambda n: badge(n.state, NOTE_STATES)),
        Column("at", _l("Received at"), lambda n: when(n.at, SECONDS), css="nowrap"),
    )
    notes = (_l("A message is stored and acknowledged at once; a job does the work. "
                "«Ignored»: the shop or parcel is not ours, or nothing was to be done."),
             _l("Messages with a wrong signature are refused and do not appear here."))

    def show_parts(self, n):
        return [("", [(_("Sent by"), n.source), (_("Kind"), NOTE_KINDS.get(n.kind, n.kind)), (_("Shop ID"), n.shop_id),
                      (_("Event number"), n.event_id),
                      (_("Status"), badge(n.state, NOTE_STATES)), (_("Received at"), when(n.at, SECONDS))])]

    def show_related(self, n):
        return [(_("Data of the message"), [_("Body")], [(pretty(n.payload),)])]
