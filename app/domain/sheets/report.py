"""Sheets about sheets: empty templates, the user's own sheet with its errors, the failures of any run."""
import sqlalchemy as sa
from flask_babel import gettext as _

from app.documents.sheets import CONTENT_TYPE, Column, SheetWriter
from app.domain import runs
from app.domain.runs import Progress
from app.domain.sheets.columns import ERRORS, SAVED
from app.domain.sheets.kinds import KINDS
from app.domain.sheets.reader import Fault
from app.domain.sheets.words import state_word
from app.extensions import db
from app.messages import sentence
from app.models import Run, RunRow

PAGE = 1_000


def paper(column, title=None):
    """The writer's column for a declared one."""
    choices = tuple(column.choices()) if column.choices else ()
    return Column(str(title or column.title), column.width, column.style, str(column.help), column.must, choices)


def template(kind):
    """Bytes of an empty sheet of a kind in the present language: headings with comments, and a second sheet of explanations."""
    known = KINDS[kind]
    book = SheetWriter(known.title, [paper(c) for c in known.entry])
    book.page(_("Explanations"), [Column(_("Column"), 24, "wrap"), Column(_("Required"), 12), Column(_("Example"), 24),
                                  Column(_("What to enter"), 70, "wrap")])
    for column in known.entry:
        book.add([str(column.title), _("Yes") if column.must else _("No"), column.example, str(column.help)])
    return book.finish()


def template_file(kind):
    """(filename, bytes) of the template, for the download link."""
    return f"{KINDS[kind].title}.xlsx", template(kind)


def give_back(task, filename):
    """Generator: when rows failed, store the user's own sheet with the column of errors (file kind "errors")."""
    faults = _faults(task.run_id)
    yield Progress()
    if not faults:
        return
    content = annotated(task, faults)       # outside any transaction: it takes a second for 50,000 rows
    name = f"{filename.rsplit('.', 1)[0][:140]}-{_('errors')}.xlsx"
    runs.store_file(task.run_id, "errors", name, CONTENT_TYPE, content)
    yield Progress()


def _faults(run_id):
    """{row number: [(column name, code, params)]} of the failed rows, read back so that a resumed run knows the earlier ones too."""
    found = {}
    rows = db.session.execute(sa.select(RunRow.code, RunRow.params).where(RunRow.run_id == run_id, RunRow.state == "failed")).all()
    for code, params in rows:
        all_of_row = [(code, params), *((more["code"], more["params"]) for more in params.get("more", ()))]
        found[params["row"]] = [(p.get("field", ""), c, p) for c, p in all_of_row]
    return found


def annotated(task, faults):
    """The sheet as it came, cell by cell, with the errors in the last column and the wrong cells coloured."""
    layout = task.layout
    last = layout.errors if layout.errors is not None else max(len(layout.headings), 1)
    book = SheetWriter(task.sheet.name if task.sheet.name != "csv" else task.kind.title, _widths(task, last), heading=False)
    for number, cells in enumerate(task.sheet.rows(), 1):
        cells = [str(c) if isinstance(c, Fault) else c for c in cells]
        cells += [""] * (last + 1 - len(cells))
        marks, faulty = (), ()
        if number == layout.head + 1:
            cells[last] = ERRORS
        elif number > layout.head + 1:
            wrong = faults.get(number)
            cells[last] = "；".join(sentence(code, params) for _name, code, params in wrong) if wrong else ""
            if not wrong and not task.dry_run and any(c != "" for c in cells):
                cells[last] = SAVED
            marks = {layout.at[name] for name, _code, _params in wrong or () if name in layout.at}
            faulty = (last,) if wrong else ()
        book.add(cells, marks, faulty)
    return book.finish()


def _widths(task, last):
    known = {task.layout.at[c.name]: c for c in task.kind.entry if c.name in task.layout.at}
    return [Column("", 60, "wrap") if n == last else Column("", known[n].width, known[n].style) if n in known else Column("", 16, "plain")
            for n in range(last + 1)]


def failures_sheet(run_id, raw=False):
    """(filename, bytes): failed and skipped rows of any run with their sentences; `raw` adds the other side's answers (provider staff)."""
    run = db.session.get(Run, run_id)
    columns = [Column(_("Row"), 30), Column(_("Status"), 12), Column(_("Code"), 26), Column(_("What happened"), 80, "wrap")]
    book = SheetWriter(_("Failures"), columns + ([Column(_("Raw answer"), 80, "wrap")] if raw else []))
    after = 0
    while rows := _failures(run_id, after):
        for _id, ref, state, code, params, answer in rows:
            texts = [sentence(code, params), *(sentence(more["code"], more["params"]) for more in (params or {}).get("more", ()))]
            book.add([ref, state_word("run_row", state), code, "；".join(texts)] + ([answer] if raw else []))
        after = rows[-1][0]
    book.filter()
    return f"{run.kind}-{run.id}-{_('failures')}.xlsx", book.finish()


def _failures(run_id, after):
    """By id and not by `seq`: rows that a run adds on its way count from nought in each chunk."""
    return db.session.execute(sa.select(RunRow.id, RunRow.ref, RunRow.state, RunRow.code, RunRow.params, RunRow.raw)
                              .where(RunRow.run_id == run_id, RunRow.state.in_(("failed", "skipped")), RunRow.id > after)
                              .order_by(RunRow.id).limit(PAGE)).all()
