"""Commands of run.py that work on the database."""
import click
from flask import current_app
from flask_migrate import upgrade as migrate_up

from app.extensions import appbuilder, db
from app.security import ROLES
from app.tenancy import as_system
from app.web import refresh_statistics


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
        refresh_statistics()
        db.session.commit()


def rotate_keys():
    """Seal every stored secret with the newest key; gives their number."""
    import sqlalchemy as sa

    from app.models import CarrierAccount, PlatformApp, ShopAccount
    from app.vault import reseal
    count = 0
    with as_system("rotate-keys"):
        for model in (PlatformApp, ShopAccount, CarrierAccount):
            for row in db.session.scalars(sa.select(model).where(model.secrets != "")):
                row.secrets, count = reseal(row.secrets), count + 1
        db.session.commit()
    return count
