"""Pages of one waybill: details with the copy that was sent, the label files, and the edit page of the carrier copy."""
from dataclasses import asdict
from io import BytesIO
from types import SimpleNamespace

import sqlalchemy as sa
from flask import abort, flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import undefer

from app.documents import Part, batch
from app.domain.shipping import build, channels, printing, push
from app.domain.shipping.handover import lock_waybills
from app.domain.shipping.preflight import preflight
from app.domain.shipping.sanitise import sanitise
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import LabelBlob, Waybill
from app.tenancy import as_tenant, current_actor
from app.views import labels
from app.views import outbound_cells
from app.views import waybill_cells as cells
from app.views.actions import Selection, start_run
from app.views.lists import lines, when
from app.views.platform_orders import history

EDITABLE = ("name", "phone", "street", "town", "district", "city", "state", "postcode")
WORD = {"name": "recipient", "state": "province"}       # Address field -> key of labels.COLUMNS


class ShowPage:
    """Details, the carrier's file and a preview of our own label; all by row look-up under the guard."""

    def show_parts(self, w):
        g_label = db.session.scalar(sa.select(LabelBlob.waybill_id).where(LabelBlob.waybill_id == w.id))
        profile = cells.profile_of(w)
        sent = w.sent or asdict(build.recipient_of(w.outbound, w.edited))
        shown = (lambda text: text) if w.sent else (lambda text: cells.marked(text, profile))
        return [
            ("", [(_("Status"), cells.state_cell(w)), (_("Operation message"), cells.error_cell(w) if w.error_code else ""), (_("Tracking no."), cells.tracking_cell(w)),
                  (_("Reference no."), w.reference), (_("Numbers"), cells.orders_cell(w)), (_("Carrier"), cells.carrier_cell(w)),
                  (_("Carrier's own number"), w.carrier_ref), (_("Package"), w.package_number), (_("Fee"), cells.fee_cell(w)), (_("Label"), label_links(w, g_label)),
                  (_("Pushed at"), when(w.pushed_at)), (_("Printed at"), cells.printed_cell(w)), (_("Shipped"), cells.shipped_cell(w)),
                  (_("Last tracked at"), when(w.tracked_at)), (_("Void reason"), w.void_reason)]),
            (_("Recipient as sent to the carrier") if w.pushed_at else _("Recipient for the carrier"),
             [(labels.COLUMNS[WORD.get(name, name)], shown(sent.get(name) or "")) for name in EDITABLE] + [(_("Country"), sent.get("country") or w.country)]),
        ]

    def show_related(self, w):
        changes = [(cells.field_label(c["field"]), c["before"], c["after"], cells.reasons(c.get("reason", ""))) for c in w.changes or ()]
        related = [(_("Cleaned for the carrier"), [_("Field"), _("Order"), _("Carrier copy"), _("What was done")], changes)] if changes else []
        related.append((_("History"), [_("Time"), _("By"), _("Event"), _("Remark")], history("waybill", w.id)))
        if self.sees_all and w.error_raw:
            related.append((_("Raw answer"), [_("Body")], [(Markup('<pre class="raw">{}</pre>').format(w.error_raw),)]))
        return related

    @expose("/label/<pk>", methods=["GET"])
    @has_access
    def label(self, pk):
        """The carrier's file as it was stored."""
        waybill = self.one(pk)
        blob = db.session.scalar(sa.select(LabelBlob).where(LabelBlob.waybill_id == waybill.id).options(undefer(LabelBlob.content)))
        if blob is None:
            abort(404)
        safe = blob.content_type in cells.FILE_TYPES
        ending = blob.content_type.rsplit("/", 1)[-1] if safe else "bin"
        return send_file(BytesIO(blob.content), mimetype=blob.content_type if safe else "application/octet-stream", as_attachment=not safe,
                         download_name=f"{waybill.tracking_no or waybill.reference}.{ending}")

    @expose("/preview/<pk>", methods=["GET"])
    @has_access
    def preview(self, pk):
        """Our own label as it would be printed now; looking does not count as printing."""
        waybill = self.one(pk)
        if not waybill.tracking_no:
            raise Failure("print.no_number", number=waybill.outbound_no, state=waybill.state)
        made = batch([Part.own(build.label_of(waybill))], [], waybill.channel.template or "100x150", printing.words())
        return send_file(BytesIO(made.pdf), mimetype=printing.PDF, download_name=f"{waybill.tracking_no}.pdf")


def label_links(waybill, stored):
    link = Markup('<a href="{}" target="_blank" rel="noopener">{}</a>')
    return lines(link.format(url_for("ForecastWaybillView.label", pk=waybill.id), _("Carrier's label")) if stored else "",
                 link.format(url_for("ForecastWaybillView.preview", pk=waybill.id), _("Our label")) if waybill.tracking_no else "")


class EditPage:
    """编辑 of an unconfirmed waybill: the carrier copy of the recipient; the order keeps the platform's words."""

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        waybill, error = self.one(pk), ""
        action = request.form.get("do", "")
        if request.method == "POST" and action in ("save", "push"):
            error = save(waybill)
            if not error:
                return self._after(waybill, action)
        return self._edit_page(waybill, error, clean=action == "clean")

    def _after(self, waybill, action):
        if action == "push":
            chosen = Selection(self, sa.select(Waybill.id).where(Waybill.id == waybill.id))
            try:
                return start_run(chosen, "push", resolve=lambda query: sa.select(Waybill.outbound_id).where(Waybill.id.in_(query))) or redirect(cells.details(waybill))
            except Failure as failure:
                flash(sentence(failure.code, failure.params), "danger")
        else:
            flash(_("Saved. Push the waybill again when all is mended."), "success")
        return redirect(cells.details(waybill))

    def _edit_page(self, waybill, error, clean):
        page = page_of(waybill, clean)
        answer = self.render_template("waybridge/waybill_edit.html", title=_("Edit the carrier copy"), waybill=waybill, page=page, error=error,
                                      view=self, cells=cells)
        return (answer, 422) if error else answer


def save(waybill):
    """Keep what differs from the present copy; gives the sentence of a refusal or ""."""
    typed = {name: request.form[name].strip() for name in EDITABLE if name in request.form}
    waybill_id, tenant = waybill.id, waybill.tenant_id
    with as_tenant(tenant, current_actor()):
        try:
            locked = next(iter(lock_waybills([waybill_id])), None) or abort(404)
            present = build.recipient_of(locked.outbound, locked.edited)
            changed = {name: text for name, text in typed.items() if text != getattr(present, name)}
            if changed:
                push.edit(locked, changed)
            db.session.commit()
        except Failure as failure:
            db.session.rollback()
            return sentence(failure.code, failure.params)
    return ""


def page_of(waybill, clean=False):
    """Inputs with their original texts, what cleaning would change, and what the checks say about the copy as it stands."""
    outbound, profile = waybill.outbound, cells.profile_of(waybill)
    original, copy = build.recipient_of(outbound), build.recipient_of(outbound, waybill.edited)
    for name in EDITABLE:
        if name in request.form:
            setattr(copy, name, request.form[name])
    cleaned, changes = sanitise(copy, profile)
    fields = [SimpleNamespace(name=name, label=labels.COLUMNS[WORD.get(name, name)], value=getattr(cleaned if clean else copy, name), limit=profile.lengths.get(name),
                              marked=cells.marked(getattr(copy, name), profile), bad=bool(cells.offending(getattr(copy, name), profile)),
                              original=getattr(original, name) if getattr(original, name) != getattr(copy, name) else "") for name in EDITABLE]
    changes = [(cells.field_label(c.field), c.before, c.after, cells.reasons(c.reason)) for c in changes]
    return SimpleNamespace(fields=fields, changes=changes, cleaned=clean, platform=(outbound.channel or waybill.channel).carrier == channels.PLATFORM,
                           findings=findings_of(outbound, waybill, cleaned if clean else copy, profile))


def findings_of(outbound, waybill, copy, profile):
    """The checks of the next push over the copy as typed: lines of sentences with links."""
    channel = outbound.channel or waybill.channel
    if channel.carrier == channels.PLATFORM:
        return ""
    try:
        shipment = build.shipment_of(outbound, outbound.lines, channel, channel.carrier_account, waybill.package_number, edited=asdict(copy))
        found = preflight(shipment, channels.class_of(channel.carrier), channels.countries_of(channel), profile)
    except Failure as failure:
        return Markup('<ul class="findings"><li class="problem">{}</li></ul>').format(sentence(failure.code, failure.params))
    rows = [outbound_cells.finding_line(outbound, asdict(f)) for f in found if f.fatal or f.params.get("side") != "sender"]
    return Markup('<ul class="findings">{}</ul>').format(Markup("").join(rows)) if rows else ""
