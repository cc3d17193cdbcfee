"""Mixins of screens that nobody writes, and of rows that the session guard does not know."""
import sqlalchemy as sa
from flask import abort
from flask_appbuilder.forms import DynamicForm

from app.extensions import db
from app.tenancy import SYSTEM, current_scope
from app.views.panel import by_id

SECONDS = "yyyy-MM-dd HH:mm:ss"


class ReadOnly:
    """A list that nobody writes through the screen."""

    base_permissions = ["can_read"]
    exclude_route_methods = {"add", "edit", "delete"}
    add_form = edit_form = DynamicForm
    add_columns = edit_columns = ["id"]


class Unguarded:
    """Rows with a tenant column that the session guard does not know: filtered here, for the list and for one row."""

    def narrow(self):
        scope = current_scope()
        return () if scope == SYSTEM else (self.datamodel.obj.tenant_id == scope,)

    def one(self, pk):
        model = self.datamodel.obj
        return db.session.scalars(sa.select(model).where(by_id(model.id)(pk), *self.narrow())).one_or_none() or abort(404)
