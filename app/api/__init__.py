"""Open API v1, webhooks in, health."""
from flask import Blueprint, jsonify


def init_api(app, appbuilder):
    from app.api import hooks_in, v1
    for api in v1.ALL:
        appbuilder.add_api(api)
    hooks_in.init_hooks(app)
    app.register_blueprint(_health())


def _health():
    bp = Blueprint("health", __name__)

    @bp.get("/healthz")
    def healthz():
        """The process answers; says nothing about the database."""
        return jsonify(status="ok")

    return bp
