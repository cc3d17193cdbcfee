"""Base of the open API v1: FAB's REST view with its holes closed once.

JWT (`/api/v1/security/login`) or an API key; a browser cookie alone never writes. Rows of others are 404, a related id
that does not exist or is not ours is 422 (marshmallow-sqlalchemy would build a new related row), a Failure is its sentence.
"""
from flask import request
from flask_appbuilder.api import ModelRestApi

from app.extensions import db
from app.failures import Failure, IllegalMove, NotYours
from app.messages import sentence
from app.tenancy import current_tenant
from app.views.base import own_filters
from app.views.panel import row_id

RIGHTS = {"get": "read", "get_list": "read", "info": "read", "post": "write", "put": "write", "delete": "write"}


@own_filters
class TenantApi(ModelRestApi):
    """Subclasses are declarations: `datamodel`, columns, `class_permission_name` of the screen whose rights apply."""

    method_permission_name = RIGHTS
    base_permissions = ["can_read", "can_write"]
    allow_browser_login = False
    max_page_size = 100
    exclude_route_methods = ("delete",)
    related = {}            # JSON field -> model of the id it takes

    def post_headless(self):
        return self._guarded(super().post_headless)

    def put_headless(self, pk):
        if row_id(pk) is None:
            return self.response_404()
        return self._guarded(super().put_headless, pk)

    def get_headless(self, pk, **kwargs):
        return super().get_headless(pk, **kwargs) if row_id(pk) is not None else self.response_404()

    def _guarded(self, work, *args):
        """Related ids are looked up under the guard before anything is built; a failure rolls back and tells its sentence."""
        if request.is_json and not self._related_exist(request.get_json(silent=True)):
            return self.response_422(message=sentence("tenant.foreign_row"))
        try:
            current_tenant()
            return work(*args)
        except NotYours as failure:
            db.session.rollback()
            return self.response_404() if args else self.response_422(message=sentence(failure.code))
        except Failure as failure:
            db.session.rollback()
            return self.response(409 if isinstance(failure, IllegalMove) else 422, message=sentence(failure.code, failure.params), code=failure.code)

    def _related_exist(self, body):
        if not isinstance(body, dict):
            return True         # FAB answers the wrong shape itself
        for name, model in self.related.items():
            wanted = body.get(name)
            if wanted is not None and (not isinstance(wanted, int) or db.session.get(model, wanted) is None):
                return False
        return True

