"""打印面单 and 更新轨迹 from a list: inside the click where that is quick, else as a run."""
from io import BytesIO

import sqlalchemy as sa
from flask import flash, redirect, send_file, url_for
from flask_babel import get_locale, ngettext

from app.domain.shipping import channels, printing, tracking
from app.extensions import db
from app.failures import Failure
from app.models import LabelBlob, Waybill
from app.tenancy import SYSTEM, as_tenant, current_actor, current_scope
from app.views.actions import Selection, read_fields, start_run


def answer(chosen):
    """The PDF itself for one merchant's labels up to `printing.INLINE`, all of them here; else the page of a run."""
    values = read_fields(chosen.view.print_labels.fields)
    params = {"template": values["template"], "start_cell": _start_cell(values)}
    ids = db.session.scalars(chosen.query.limit(printing.INLINE + 1)).all()
    if not ids:
        raise Failure("action.nothing_selected")
    tenants = chosen.by_tenant()
    if len(ids) > printing.INLINE or len(tenants) > 1 or must_fetch(ids):
        return start_run(chosen, "print", params, background=True)
    with as_tenant(tenants[0], current_actor()):
        pdf, results = printing.print_pdf(ids, locale=str(get_locale() or "zh")[:2], **params)
        db.session.commit()
    missing = sum(r.state == "failed" for r in results)
    if missing:
        flash(ngettext("%(num)d label could not be printed; the first page of the file says why.",
                       "%(num)d labels could not be printed; the first page of the file says why.", missing), "warning")
    return send_file(BytesIO(pdf), mimetype=printing.PDF, download_name=printing.file_name())


def _start_cell(values):
    from app.documents import TEMPLATES
    places = len(TEMPLATES[values["template"]].cells) if values["template"] in TEMPLATES else 1
    return max(1, min(values["start_cell"] or 1, places))


def must_fetch(ids):
    """Does a carrier still owe one of these labels? Asking it takes the network, so a run does that."""
    rows = db.session.execute(sa.select(Waybill.carrier).outerjoin(LabelBlob, LabelBlob.waybill_id == Waybill.id).where(
        Waybill.id.in_(ids), Waybill.tracking_no != "", Waybill.state.in_(printing.PRINTABLE), LabelBlob.waybill_id.is_(None)).distinct()).scalars()
    return any(not channels.class_of(carrier).needs_own_label for carrier in rows)


def track(chosen):
    """A tracking run per merchant over the selected waybills."""
    ids = db.session.scalars(chosen.query.limit(tracking.MOST + 1)).all()
    if len(ids) > tracking.MOST:
        raise Failure("action.too_many", limit=tracking.MOST)
    tenants, found = chosen.by_tenant() if current_scope() == SYSTEM else [None], None
    for tenant in tenants:
        mine = chosen.query if tenant is None else chosen.query.where(Waybill.tenant_id == tenant)
        part = Selection(chosen.view, mine)
        found = start_run(part, "track", {"ids": list(part.ids())}, background=True)
    return found if len(tenants) == 1 else redirect(url_for("RunView.list"))
