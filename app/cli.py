"""Commands of run.py that work on the database."""
import click
from flask import current_app
from flask_migrate import upgrade as migrate_up

from app.extensions import appbuilder, db
from app.security import ROLES
from app.tenancy import as_system


def register(app):
    app.cli.add_command(upgrade_command)


@click.command("upgrade")
def upgrade_command():
    upgrade()


def upgrade():
    """Bring the database to this version: migrations, permissions, roles. Repeatable; safe on a live installation."""
    migrate_up(directory=current_app.extensions["migrate"].directory)
    with as_system("upgrade"):
        # Roles are patterns in configuration: only their names live in the database, permissions need no rows.
        for name in (*ROLES, appbuilder.sm.auth_role_public):
            appbuilder.sm.add_role(name)
        db.session.commit()
