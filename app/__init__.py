"""Waybridge 运桥: back office of a cross-border logistics company and of the merchants it serves."""


def create_app(**overrides):
    """The web application, also used by jobs and the command line. `overrides` replace settings (tests)."""
    from flask import Flask

    from app import audit, security, tenancy, web
    from app.domain import runs
    from app.extensions import appbuilder, db
    from config import Config, check

    app = Flask(__name__)
    app.config.from_object(Config)
    app.config.update(overrides)
    check(app.config)
    web.init_config(app)
    security.init_roles(app)
    web.init_database(app)
    tenancy.init_tenancy(app)
    audit.init_audit(app)
    runs.load_verbs()
    with app.app_context():
        appbuilder_for(app, appbuilder, db)
    web.init_web(app)
    return app


def appbuilder_for(app, appbuilder, db):
    """FAB keeps one builder per process; tests make several apps, so each gets its lists afresh."""
    from app import api, menu
    appbuilder.__init__(update_perms=False)
    appbuilder.init_app(app, db.session)
    menu.init_menu(appbuilder)
    api.init_api(app, appbuilder)
