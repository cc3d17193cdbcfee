"""The export of rows as a run: ids from the run's rows, values by column selects, written as they come.

The rows of the run are closed in one update together with the file, so a run that is taken up again starts afresh.
"""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.documents.sheets import CONTENT_TYPE, SheetWriter
from app.domain import runs
from app.domain.runs import Progress
from app.domain.sheets.kinds import KINDS
from app.domain.sheets.report import paper
from app.domain.sheets.words import Clock
from app.extensions import db
from app.models import OutboundOrder, PlatformOrder, Product, Run, RunRow, SkuMapping, StockLevel, Waybill
from app.models.base import utcnow

CHUNK = 1_000


def export_sheet(kind, run_id, _params):
    """Generator of Progress; stores the sheet as the run's file "result". Rows deleted meanwhile are skipped by name."""
    clock = Clock()
    book = SheetWriter(kind.title, [paper(c, f"{c.title} ({clock.name})" if c.style == "time" else None) for c in kind.columns])
    gone, after = [], 0
    while wanted := _wanted(run_id, after):
        found = kind.fetch([subject for _seq, subject in wanted], clock)
        after = wanted[-1][0]
        yield Progress()                # the write lock of SQLite is not held while the sheet is written
        for _seq, subject in wanted:
            if subject in found:
                book.add(found[subject])
            else:
                gone.append(subject)
    book.filter()
    content = book.finish()
    stamp = clock.wall(utcnow()).strftime("%Y%m%d-%H%M")
    runs.store_file(run_id, "result", f"{kind.title}-{stamp}.xlsx", CONTENT_TYPE, content)
    _close(run_id, gone)
    yield Progress()


def _wanted(run_id, after):
    return db.session.execute(sa.select(RunRow.seq, RunRow.subject_id).where(RunRow.run_id == run_id, RunRow.seq > after)
                              .order_by(RunRow.seq).limit(CHUNK)).all()


def _close(run_id, gone):
    """One update for the rows that are in the file, one for those that had gone, one for the counters."""
    waiting = sa.update(RunRow).where(RunRow.run_id == run_id, RunRow.state == "waiting").execution_options(synchronize_session=False)
    skipped = 0
    for n in range(0, len(gone), CHUNK):
        skipped += db.session.execute(waiting.where(RunRow.subject_id.in_(gone[n:n + CHUNK])).values(state="skipped",
                                                                                                     code="sheet.row_gone")).rowcount
    done = db.session.execute(waiting.values(state="done")).rowcount
    db.session.execute(sa.update(Run).where(Run.id == run_id).values(done=Run.done + done, skipped=Run.skipped + skipped)
                       .execution_options(synchronize_session="fetch"))


@runs.verb("export_orders", _l("Export platform orders"), PlatformOrder, ref="order_no", shape="whole")
def export_orders(run_id, params):
    yield from export_sheet(KINDS["orders"], run_id, params)


@runs.verb("export_outbound", _l("Export outbound orders"), OutboundOrder, ref="number", shape="whole")
def export_outbound(run_id, params):
    yield from export_sheet(KINDS["outbound"], run_id, params)


@runs.verb("export_waybills", _l("Export waybills"), Waybill, ref="reference", shape="whole")
def export_waybills(run_id, params):
    yield from export_sheet(KINDS["waybills"], run_id, params)


@runs.verb("export_mappings", _l("Export SKU mappings"), SkuMapping, ref="platform_sku", shape="whole")
def export_mappings(run_id, params):
    yield from export_sheet(KINDS["mappings"], run_id, params)


@runs.verb("export_products", _l("Export products"), Product, ref="sku", shape="whole")
def export_products(run_id, params):
    yield from export_sheet(KINDS["products"], run_id, params)


@runs.verb("export_stock", _l("Export stock"), StockLevel, shape="whole")
def export_stock(run_id, params):
    yield from export_sheet(KINDS["stock"], run_id, params)


EXPORTS = {"orders": "export_orders", "outbound": "export_outbound", "waybills": "export_waybills", "mappings": "export_mappings",
           "products": "export_products", "stock": "export_stock"}
