"""Printed documents. Plain records in, bytes out: knows neither Flask nor the models nor the connectors."""

from app.documents.batches import Part, batch
from app.documents.document import render
from app.documents.label_data import LABEL_TEXTS, DeclaredItem, LabelData, PickLine, Rendered, order_for_picking
from app.documents.templates import TEMPLATES

__all__ = ["LABEL_TEXTS", "TEMPLATES", "DeclaredItem", "LabelData", "Part", "PickLine", "Rendered", "batch", "order_for_picking", "render"]
