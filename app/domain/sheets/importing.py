"""The import of a sheet as a run: good rows are saved chunk by chunk, bad ones come back in the user's own sheet.

Every chunk is one transaction together with its results, so a run that is taken up again goes on behind the last
chunk, and a cancelled one keeps what it saved. Checks are set-based: a few queries a chunk, none a row.
"""
import itertools
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.runs import Progress, Result
from app.domain.sheets import limits, reader, report
from app.domain.sheets.cells import CellError, blank, shown
from app.domain.sheets.columns import SAVED, find_layout
from app.domain.sheets.kinds import KINDS
from app.extensions import db
from app.failures import Failure
from app.models import Run, RunFile, RunRow

CHUNK = 2_000


@dataclass(slots=True)
class SheetRow:
    """One row on its way in. `number` as in Excel; `values` by column name; `errors`: [(column name or "", code, params)]."""
    number: int
    cells: list
    values: dict = field(default_factory=dict)
    errors: list = field(default_factory=list)
    state: str = "done"
    code: str = ""
    params: dict = field(default_factory=dict)
    subject_id: int | None = None

    def refuse(self, column, code, **params):
        self.errors.append((column, code, params))

    def skip(self, code, **params):
        self.state, self.code, self.params = "skipped", code, params


@dataclass(slots=True)
class Task:
    """One import at work: what an importer needs to know."""
    run_id: int
    kind: object
    sheet: object
    layout: object
    dry_run: bool
    seen: dict = field(default_factory=dict)    # identity of a row -> number of the first row that has it

    def has(self, name):
        return name in self.layout.at


def start_import(kind, filename, content, dry_run=False):
    """Store an uploaded sheet and start its run (`kind`: mappings, products, pool_numbers, stock_adjust); the caller defers it.

    Raises Failure at once for what is no sheet at all or too large, so that nothing is queued in vain.
    """
    reader.kind_of(content)
    run = runs.start(IMPORTS[kind], params={"dry_run": bool(dry_run)})
    name = filename.replace("\\", "/").rsplit("/", 1)[-1][-160:] or "sheet"
    file_id = runs.store_file(run.id, "input", name, "application/octet-stream", content)
    run.params = {**run.params, "file_id": file_id}
    db.session.flush()
    return run


def import_sheet(kind, run_id, params):
    """Generator of Progress for one input file. Raises Failure when the sheet as a whole cannot be read."""
    content, filename = _load(params["file_id"])
    yield Progress()
    task, total = _open(kind, run_id, content, bool(params.get("dry_run")))
    importer, recorded = _begin(task)
    for rows in _chunks(task):
        _check(task, importer, rows)
        if recorded >= len(rows):       # saved before a restart; only its identities are needed
            recorded -= len(rows)
            continue
        importer.save([r for r in rows if not r.errors and r.state == "done"], task.dry_run)
        results = [_result(task, r) for r in rows]
        yield Progress(results, total)
    yield from report.give_back(task, filename)


def _load(file_id):
    row = db.session.execute(sa.select(RunFile.content, RunFile.filename).where(RunFile.id == file_id, RunFile.kind == "input")).first()
    if row is None:
        raise Failure("sheet.file_gone")
    return row


def _open(kind, run_id, content, dry_run):
    """Read, find the columns, count the rows; nothing here touches the database."""
    sheet, layout = find_layout(kind, reader.read(content))
    task = Task(run_id, kind, sheet, layout, dry_run)
    total = sum(1 for _row in data_rows(task))
    limits.refuse_rows(total)
    if not total:
        raise Failure("sheet.no_rows")
    return task, total


def _begin(task):
    """Note ignored columns for the page; give the importer and how many rows an earlier attempt recorded."""
    run = db.session.get(Run, task.run_id)
    run.params = {**run.params, "ignored": task.layout.ignored[:20]}
    recorded = db.session.scalar(sa.select(sa.func.count()).select_from(RunRow).where(RunRow.run_id == task.run_id))
    return task.kind.importer(task), recorded


def data_rows(task):
    """(row number, cells) below the heading, empty rows left out; the column of errors does not count as content."""
    spare = task.layout.errors
    for number, cells in enumerate(task.sheet.rows(), 1):
        if number > task.layout.head + 1 and not all(blank(c) for n, c in enumerate(cells) if n != spare):
            yield number, cells


def _chunks(task):
    source = data_rows(task)
    while rows := [SheetRow(number, cells) for number, cells in itertools.islice(source, CHUNK)]:
        for row in rows:
            _parse(task, row)
        yield rows


def _parse(task, row):
    """Cells to values; every wrong cell of a row is named, not only the first."""
    for column in task.kind.entry:
        index = task.layout.at.get(column.name)
        if index is None:
            continue
        cell = row.cells[index] if index < len(row.cells) else ""
        if blank(cell):
            row.values[column.name] = column.blank
            if column.must:
                row.refuse(column.name, "sheet.required")
            continue
        try:
            row.values[column.name] = column.parse(cell)
        except CellError as fault:
            row.refuse(column.name, fault.code, **fault.params)
    spare = task.layout.errors
    if task.kind.once and spare is not None and spare < len(row.cells) and row.cells[spare] == SAVED:
        row.skip("sheet.saved_before")


def _check(task, importer, rows):
    """Look up what rows refer to, then refuse a second row for the same thing. A row that was saved before counts as the first."""
    clear = [r for r in rows if not r.errors]
    importer.resolve(clear)
    for row in clear:
        if not row.errors:
            first = task.seen.setdefault(importer.identity(row), row.number)
            if first != row.number and row.state == "done":
                row.refuse(importer.names[0], "sheet.duplicate", first=first)
        elif row.state == "skipped":
            row.errors.clear()      # what a saved row refers to may have gone since


def _result(task, row):
    """The row's outcome for the run: the first error is the row's code, further ones travel in `more`."""
    ref = f"{row.number} · {_key_text(task, row)}"
    if not row.errors:
        return Result(row.subject_id, row.state, row.code, {"row": row.number, **row.params}, ref=ref)
    faults = [{"code": code, "params": {"row": row.number, "field": name, **_cell_params(task, row, name), **params}}
              for name, code, params in row.errors]
    first = {**faults[0]["params"], **({"more": faults[1:]} if faults[1:] else {})}
    return Result(None, "failed", faults[0]["code"], first, ref=ref)


def _cell_params(task, row, name):
    index = task.layout.at.get(name)
    if index is None:
        title = next((str(c.title) for c in task.kind.entry if c.name == name), "")
        return {"column": title, "value": ""}
    return {"column": task.layout.headings[index], "value": shown(row.cells[index]) if index < len(row.cells) else ""}


def _key_text(task, row):
    first = task.layout.at.get(task.kind.importer.names[0])
    return shown(row.cells[first]) if first is not None and first < len(row.cells) else ""


@runs.verb("import_mappings", _l("Import SKU mappings"), shape="whole")
def import_mappings(run_id, params):
    yield from import_sheet(KINDS["mappings"], run_id, params)


@runs.verb("import_products", _l("Import products"), shape="whole")
def import_products(run_id, params):
    yield from import_sheet(KINDS["products"], run_id, params)


@runs.verb("import_pool_numbers", _l("Import tracking numbers"), shape="whole")
def import_pool_numbers(run_id, params):
    yield from import_sheet(KINDS["pool_numbers"], run_id, params)


@runs.verb("import_stock", _l("Import stock changes"), shape="whole")
def import_stock(run_id, params):
    yield from import_sheet(KINDS["stock_adjust"], run_id, params)


IMPORTS = {"mappings": "import_mappings", "products": "import_products", "pool_numbers": "import_pool_numbers",
           "stock_adjust": "import_stock"}
