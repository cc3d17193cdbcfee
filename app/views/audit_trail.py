"""用户中心 > 操作日志: who changed what, of the own merchant (provider staff: of all)."""
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.models import AuditEntry
from app.views import labels
from app.views.base import ScreenView
from app.views.interface import Interface
from app.views.lists import lines, user_zone, when
from app.views.panel import Column, Search, between, by_id, equals
from app.views.read_only import SECONDS, ReadOnly, Unguarded

TABLES = {"product": _l("SKU"), "sku_mapping": _l("SKU mapping"), "shop_account": _l("Shop account"), "platform_app": _l("Platform app"),
          "platform_order": _l("Platform order"), "outbound_order": _l("Outbound order"),
          "waybill": _l("Waybill"), "shipping_channel": _l("Shipping channel"), "carrier_account": _l("Carrier account"),
          "ab_user": _l("User")}
ACTIONS = {"insert": _l("Added"), "update": _l("Changed"), "delete": _l("Deleted")}
WORDS = {"product_id": _l("OMS SKU"), "account_id": _l("Shop account"), "carrier_account_id": _l("Carrier account"),
         "channel_id": _l("Shipping channel"), "warehouse_id": _l("Warehouse"),
         "platform_order_id": _l("Platform order"), "outbound_id": _l("Outbound order"), "options": _l("Options"), "sender": _l("Sender"),
         "secrets": _l("Secrets"), "provider": _l("Provider")}
UNSHOWN = {"id", "tenant_id", "hook_token"}     # said elsewhere in the row, or known to the carrier only
MOST = 8


def changes_cell(entry):
    """«field: before → after», a line each; of a group of options only those that differ."""
    found = []
    for name in dict.fromkeys([*entry.before, *entry.after]):
        before, after = entry.before.get(name), entry.after.get(name)
        if name in UNSHOWN or (entry.action != "update" and (before or after) in (None, "", {}, [])):
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            before, after = {k: v for k, v in before.items() if after.get(k) != v}, {k: v for k, v in after.items() if before.get(k) != v}
        label = WORDS.get(name) or labels.COLUMNS.get(name) or name.replace("_", " ")
        texts = (short(name, before), short(name, after)) if entry.action == "update" else (short(name, before or after),)
        found.append(Markup('<span class="cell-label">{}:</span> {}').format(label, " → ".join(texts)))
    more = [_("… %(n)s more", n=len(found) - MOST)] if len(found) > MOST else []
    return lines(*found[:MOST], *more)


def short(name, value):
    """One value on one line; a reference to another row as its number."""
    if value in (None, "", {}, []):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, (dict, list)):
        value = "; ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else ", ".join(map(str, value))
    text = f"#{value}" if name.endswith("_id") and name in WORDS else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


class AuditView(Unguarded, ReadOnly, ScreenView):
    datamodel = Interface(AuditEntry)
    menu_label, menu_icon = _l("Audit trail"), "fa-history"
    exclude_route_methods = {"add", "edit", "delete", "show"}
    panel = (
        Search("table", _l("Object"), "select", lambda v: AuditEntry.table == v, lambda: list(TABLES.items())),
        Search("row", _l("Row no."), apply=by_id(AuditEntry.row_id)),
        Search("by", _l("By"), apply=equals(AuditEntry.by)),
        Search("action", _l("Action"), "select", lambda v: AuditEntry.action == v, lambda: list(ACTIONS.items())),
        Search("at", _l("Time"), "range", between(AuditEntry.at, user_zone)),
    )
    columns = (
        Column("at", _l("Time"), lambda e: when(e.at, SECONDS), css="nowrap"), Column("by", _l("By")),
        Column("table", _l("Object"), lambda e: f"{TABLES.get(e.table, e.table)} #{e.row_id}", css="nowrap"),
        Column("action", _l("Action"), lambda e: ACTIONS.get(e.action, e.action)),
        Column("changes", _l("Changes"), changes_cell, css="wide"),
    )
    notes = (_l("Every change of a business object: who, when, what, before and after. Keys and passwords are never written here."),)
