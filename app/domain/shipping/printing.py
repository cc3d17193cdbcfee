"""Print labels (打印面单): one PDF in picking order, our own labels and the carriers' files, what is missing listed first."""
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload, undefer

from app.documents import LABEL_TEXTS, TEMPLATES, Part, batch, order_for_picking
from app.domain import runs
from app.domain.orders.lifecycle import add_event
from app.domain.shipping import build, calling, channels
from app.domain.shipping.booking import store_label
from app.domain.shipping.parcels import parcel_connector
from app.extensions import db
from app.failures import Failure
from app.integrations.types import Booked
from app.messages import sentence
from app.models import LabelBlob, OutboundLine, OutboundOrder, Run, ShippingChannel, Tenant, Waybill
from app.models.base import utcnow
from app.web import lock_rows

INLINE = 300            # up to so many are printed inside the click
READ = 500
MOST = 2000             # labels in one file
PDF = "application/pdf"
PRINTABLE = ("forecast", "dispatched", "in_transit", "exception")
WORDS = {key: _l(text) for key, text in LABEL_TEXTS.items()}


def words():
    """The label's words in the present language."""
    return {key: str(text) for key, text in WORDS.items()}


def print_pdf(ids, template="", locale="zh", start_cell=1):
    """(PDF bytes, [Result per id]) inside the caller's transaction, which also stores who printed; no network.

    `template`: a key of documents.TEMPLATES, "" = the template of the first waybill's channel. Raises Failure print.nothing,
    print.too_many, print.unknown_template.
    """
    ids = list(dict.fromkeys(ids))
    if len(ids) > MOST:
        raise Failure("print.too_many", count=len(ids), most=MOST)
    waybills = _read(ids)
    template = template or next((w.channel.template for w in waybills), "100x150")
    if template not in TEMPLATES:
        raise Failure("print.unknown_template", template=template)
    with force_locale(locale):
        parts, missing, results = _parts(waybills)
        results += [runs.Result(i, "failed", "waybill.gone") for i in set(ids) - {w.id for w in waybills}]
        if not parts and not missing:
            raise Failure("print.nothing")
        rendered = batch(parts, [(number, sentence(code, params)) for number, code, params in missing], template, words(), start_cell)
    _mark(waybills, results, rendered.warnings)
    return rendered.pdf, results


def _read(ids):
    """Waybills with all that a label needs, in few statements, locked because they are marked as printed."""
    found = []
    for start in range(0, len(ids), READ):
        statement = sa.select(Waybill).where(Waybill.id.in_(ids[start:start + READ])).order_by(Waybill.id).options(
            selectinload(Waybill.channel).selectinload(ShippingChannel.carrier_account), selectinload(Waybill.outbound).options(
                selectinload(OutboundOrder.platform_order), selectinload(OutboundOrder.lines).selectinload(OutboundLine.product)))
        found += db.session.scalars(lock_rows(statement).execution_options(populate_existing=True)).all()
    return found


def _parts(waybills):
    """(Parts, [(our number, code, params) of the missing ones], results)."""
    blobs = _blobs([w.id for w in waybills])
    zone = ZoneInfo(db.session.get(Tenant, waybills[0].tenant_id).timezone) if waybills else None
    parts, missing, results = [], [], []
    for waybill in waybills:
        fault = _fault(waybill, waybill.id in blobs)
        if fault:
            missing.append((waybill.outbound_no, *fault))
            results.append(runs.Result(waybill.id, "failed", *fault, ref=waybill.reference))
            continue
        parts.append(_part(waybill, blobs.get(waybill.id), utcnow().astimezone(zone)))
        results.append(runs.Result(waybill.id, "done", "print.printed", {"number": waybill.outbound_no}, ref=waybill.reference))
    return parts, missing, results


def _fault(waybill, has_file):
    """(code, params) of why this one can't be printed, or None."""
    about = {"number": waybill.outbound_no, "state": waybill.state}
    if waybill.state not in PRINTABLE or not waybill.tracking_no:
        code = "print.no_number" if waybill.state == "unconfirmed" else "waybill.wrong_state"
        return code, {**about, "reference": waybill.reference}
    if not has_file and not channels.class_of(waybill.carrier).needs_own_label:
        return "label.not_ready", about
    order = waybill.outbound.platform_order
    if order is not None and order.state in ("frozen", "void"):
        return "waybill.order_stopped", {**about, "state": order.state}
    return None


def _part(waybill, file, printed_at):
    if file is None:
        return Part.own(build.label_of(waybill, printed_at))
    picks = build.pick_lines(build.parts_of(waybill.outbound, waybill.outbound.lines, waybill.package_number))
    return Part.carrier(waybill.outbound_no, file, order_for_picking(picks, waybill.outbound_no), picks)


def _blobs(ids):
    rows = db.session.scalars(sa.select(LabelBlob).where(LabelBlob.waybill_id.in_(ids)).options(undefer(LabelBlob.content)))
    return {row.waybill_id: row.content for row in rows}


def _mark(waybills, results, warnings):
    """Who printed what; a carrier's file that can't be printed turns its row into a failed one, other warnings are told on it."""
    told = {}
    for our_no, code, params in warnings:
        told.setdefault(our_no, (code, params))
    by_id = {w.id: w for w in waybills}
    for result in (r for r in results if r.state == "done"):
        waybill = by_id[result.subject_id]
        code, params = told.get(waybill.outbound_no, ("", {}))
        if code:
            result.code, result.params = code, {**params, "number": waybill.outbound_no}
        if code == "label.carrier_file_broken":
            result.state = "failed"
            continue
        waybill.printed_at, waybill.print_count = utcnow(), (waybill.print_count or 0) + 1
        add_event("waybill", waybill, "print", code=code)


@runs.verb("print", _l("Print labels"), Waybill, ref="reference", shape="whole")
def print_labels(run_id, params):
    """Whole verb; params {template, start_cell}. Labels that a carrier did not give yet are fetched first."""
    rows = runs.waiting(run_id, MOST + 1)
    ids = [r.subject_id for r in rows]
    locale = db.session.get(Run, run_id).locale
    absent = _absent(ids)
    yield runs.Progress()
    for waybill_id, connector, booked in absent:
        file = calling.fetch_label(connector, booked)
        if file is not None:
            store_label(db.session.get(Waybill, waybill_id), file)
            yield runs.Progress()
    pdf, results = print_pdf(ids, params.get("template") or "", locale, int(params.get("start_cell") or 1))
    runs.store_file(run_id, "result", f"labels-{run_id}.pdf", PDF, pdf)
    yield runs.Progress(results)


def _absent(ids):
    """[(waybill id, connector, Booked)] of carriers' labels that are not here yet."""
    found = []
    have = set(db.session.scalars(sa.select(LabelBlob.waybill_id).where(LabelBlob.waybill_id.in_(ids))))
    wanted = sa.select(Waybill).where(Waybill.id.in_(ids), Waybill.tracking_no != "", Waybill.state.in_(PRINTABLE))
    for waybill in db.session.scalars(wanted):
        if waybill.id in have or channels.class_of(waybill.carrier).needs_own_label:
            continue
        try:
            connector = parcel_connector(waybill.outbound, waybill.channel, waybill.package_number)
        except Failure:
            continue        # its row will say that the label is missing
        found.append((waybill.id, connector, Booked(waybill.tracking_no, waybill.carrier_ref)))
    return found


def file_name():
    """Name of a file printed inside the click."""
    return gettext("labels") + f"-{utcnow():%Y%m%d-%H%M%S}.pdf"
