"""What the sheet tests share: making files, running a whole verb as the worker does, reading what came out."""
import csv
import io
from types import SimpleNamespace

import pytest
import python_calamine
import sqlalchemy as sa
import xlsxwriter
from flask_babel import force_locale

from app.domain import runs, sheets
from app.extensions import db
from app.failures import Failure
from app.models import Run, RunFile, RunRow
from app.tenancy import as_tenant


def xlsx(*rows, fill=None):
    """Bytes of a workbook; numbers stay numbers, texts texts. `fill(book, sheet)` may add more."""
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"constant_memory": fill is None})
    sheet = book.add_worksheet("Data")
    for n, row in enumerate(rows):
        for m, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(n, m, cell)
            elif cell is not None:
                sheet.write(n, m, cell)
    if fill:
        fill(book, sheet)
    book.close()
    return sink.getvalue()


def csv_bytes(*rows, encoding="utf-8"):
    sink = io.StringIO()
    csv.writer(sink).writerows(rows)
    return sink.getvalue().encode(encoding)


def cells(content, sheet=0):
    return python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def drive(run_id, stop_after=None):
    """Run a whole verb the way the worker does: begin, a commit at each yield with the results, finish."""
    run = db.session.get(Run, run_id)
    runs.begin(run)
    kind, params, locale = run.kind, dict(run.params), run.locale
    db.session.commit()
    failure = None
    with force_locale(locale):
        steps = runs.VERBS[kind].whole(run_id, params)
        try:
            for n, progress in enumerate(steps, 1):
                runs.record(run_id, progress.results, total=progress.total)
                db.session.commit()
                if n == stop_after:
                    steps.close()
                    return
        except Failure as caught:
            db.session.rollback()
            failure = caught
    runs.finish(db.session.get(Run, run_id), failure)
    db.session.commit()


def outcome(run_id):
    """What a run left: state, counters, rows in order, files by kind."""
    db.session.expire_all()
    run = db.session.get(Run, run_id)
    rows = db.session.execute(sa.select(RunRow.state, RunRow.code, RunRow.params,
                                        RunRow.ref).where(RunRow.run_id == run_id).order_by(RunRow.id)).all()
    files = {f.kind: SimpleNamespace(name=f.filename,
                                     content=f.content) for f in db.session.scalars(sa.select(RunFile).where(RunFile.run_id == run_id))}
    return SimpleNamespace(id=run.id, state=run.state, code=run.error_code, params=run.error_params, done=run.done, failed=run.failed,
                           skipped=run.skipped, total=run.total, rows=rows, codes=[r.code for r in rows], files=files, notes=run.params)


@pytest.fixture
def desk(world):
    """`desk.take(kind, content)` imports as merchant a in English, `desk.give(kind)` exports everything; both give the outcome."""
    def take(kind, content, filename="sheet.xlsx", dry_run=False, locale="en", stop_after=None, tenant=None):
        with world.app.app_context(), as_tenant(tenant or world.a, "clerk"), force_locale(locale):
            run = sheets.start_import(kind, filename, content, dry_run)
            run.locale = locale
            run_id = run.id
            db.session.commit()
            drive(run_id, stop_after)
            return outcome(run_id)

    def give(kind, locale="en", tenant=None):
        verb = sheets.EXPORTS[kind]
        with world.app.app_context(), as_tenant(tenant or world.a, "clerk"), force_locale(locale):
            run = runs.start(verb, query=sa.select(runs.VERBS[verb].model.id))
            run.locale = locale
            run_id = run.id
            db.session.commit()
            drive(run_id)
            return outcome(run_id)

    def resume(run_id):
        with world.app.app_context(), as_tenant(world.a, "clerk"):
            drive(run_id)
            return outcome(run_id)

    def ask(statement, tenant=None):
        with world.app.app_context(), as_tenant(tenant or world.a):
            return db.session.execute(statement).all()

    return SimpleNamespace(take=take, give=give, resume=resume, ask=ask, world=world)
