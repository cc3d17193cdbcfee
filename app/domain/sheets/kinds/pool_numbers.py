"""Tracking numbers of a line without an API: channel and number. A number goes in once and is never changed."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain.sheets.cells import text
from app.domain.sheets.columns import SheetColumn, SheetKind
from app.extensions import db
from app.models import PoolNumber, ShippingChannel, bulk


class PoolNumberImport:
    names = ("number",)

    def __init__(self, task):
        rows = db.session.execute(sa.select(ShippingChannel.id, ShippingChannel.code, ShippingChannel.name, ShippingChannel.carrier)).all()
        # The code wins over a name that looks like another channel's code.
        self._channels = {name.strip().casefold(): (id_, carrier) for id_, _code, name, carrier in rows}
        self._channels.update({code.strip().casefold(): (id_, carrier) for id_, code, _name, carrier in rows})

    def resolve(self, rows):
        for row in rows:
            channel_id, carrier = self._channels.get(row.values["channel"].casefold(), (None, ""))
            if channel_id is None:
                row.refuse("channel", "sheet.unknown_channel")
            elif carrier != "number_pool":
                row.refuse("channel", "sheet.channel_without_pool")
            row.values["channel_id"] = channel_id

    def identity(self, row):
        return row.values["channel_id"], row.values["number"]

    def save(self, rows, dry_run):
        table = PoolNumber
        found = db.session.execute(sa.select(table.channel_id, table.number, table.id, table.reference)
                                   .where(table.number.in_({r.values["number"] for r in rows})))
        known = {(channel, number): (id_, reference) for channel, number, id_, reference in found}
        fresh = []
        for row in rows:
            if (there := known.get(self.identity(row))) is None:
                row.code = "sheet.would_add" if dry_run else "sheet.added"
                fresh.append({"channel_id": row.values["channel_id"], "number": row.values["number"]})
                continue
            row.subject_id = there[0]
            row.skip("sheet.number_used" if there[1] else "sheet.unchanged", reference=there[1])
        if not dry_run:
            bulk.insert_uncounted(PoolNumber, fresh)


KIND = SheetKind("pool_numbers", _l("Tracking numbers"), (
    SheetColumn("channel", _l("Channel code"), text(120), must=True, also=("渠道代码", "物流渠道", "渠道", "Shipping channel", "Channel"), width=22,
                example="PH-LINE", help=_l("Code or name of a shipping channel whose carrier is a number pool.")),
    SheetColumn("number", _l("Tracking no."), text(64, r"[A-Za-z0-9][A-Za-z0-9 /_.-]{3,63}", "sheet.tracking_form"), must=True,
                also=("跟踪号", "运单号", "单号", "Number", "Tracking number"), width=28, example="PH0012345678",
                help=_l("Each number once. Format the column as text, so that Excel keeps all digits.")),
), PoolNumber, None, PoolNumberImport)
