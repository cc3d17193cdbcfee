"""Export of waybills (运单管理)."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain.sheets.columns import SheetColumn as Column
from app.domain.sheets.columns import SheetKind
from app.domain.sheets.words import state_word
from app.extensions import db
from app.messages import sentence
from app.models import ShippingChannel, Waybill

TIMES = ("pushed_at", "printed_at", "marked_at", "written_back_at", "tracked_at")


def fetch(ids, clock):
    bill = Waybill
    rows = db.session.execute(
        sa.select(bill.id, bill.reference, bill.tracking_no, bill.carrier, ShippingChannel.name.label("channel"), bill.state, bill.order_no,
                  bill.outbound_no, bill.package_number, bill.carrier_ref, bill.recipient, bill.country, bill.fee, bill.fee_currency,
                  bill.print_count, *(getattr(bill, n) for n in TIMES), bill.track_status, bill.error_code, bill.error_params,
                  bill.void_reason)
        .outerjoin(ShippingChannel, ShippingChannel.id == bill.channel_id).where(bill.id.in_(ids)))
    return {r.id: (
        r.reference, r.tracking_no, r.channel, r.carrier, state_word("waybill", r.state), r.order_no, r.outbound_no, r.package_number,
        r.carrier_ref, r.recipient, r.country, r.fee, r.fee_currency, r.print_count, *(clock.wall(getattr(r, n)) for n in TIMES),
        r.track_status, sentence(r.error_code, r.error_params), r.void_reason) for r in rows}


KIND = SheetKind("waybills", _l("Waybills"), (
    Column("reference", _l("Reference no."), width=20), Column("tracking_no", _l("Tracking no."), width=22),
    Column("channel", _l("Shipping channel"), width=20), Column("carrier", _l("Carrier"), width=14),
    Column("state", _l("Status"), width=14),
    Column("order_no", _l("Platform order no."), width=20), Column("outbound_no", _l("Outbound order no."), width=22),
    Column("package_number", _l("Parcel no."), width=20), Column("carrier_ref", _l("Carrier's order no."), width=22),
    Column("recipient", _l("Recipient"), width=20), Column("country", _l("Country"), width=9),
    Column("fee", _l("Fee"), style="money", width=10),
    Column("fee_currency", _l("Currency"), width=9), Column("print_count", _l("Times printed"), style="number", width=9),
    Column("pushed_at", _l("Pushed at"), style="time", width=18), Column("printed_at", _l("Printed at"), style="time", width=18),
    Column("marked_at", _l("Marked at"), style="time", width=18), Column("written_back_at", _l("Written back at"), style="time", width=18),
    Column("tracked_at", _l("Last tracked at"), style="time", width=18), Column("track_status", _l("Tracking status"), width=20),
    Column("error", _l("Error"), width=50), Column("void_reason", _l("Void reason"), width=24),
), Waybill, fetch)
