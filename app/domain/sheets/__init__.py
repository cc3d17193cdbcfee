"""Import and export of spreadsheets. Importing this package registers the verbs import_… and export_… in domain.runs."""
from app.domain.sheets.exporting import EXPORTS
from app.domain.sheets.importing import IMPORTS, start_import
from app.domain.sheets.kinds import KINDS
from app.domain.sheets.report import failures_sheet, template, template_file

__all__ = ["EXPORTS", "IMPORTS", "KINDS", "failures_sheet", "start_import", "template", "template_file"]
