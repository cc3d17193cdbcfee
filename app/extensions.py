"""The few objects that all parts share. `db.metadata` is Flask-AppBuilder's own, so one migration knows all tables."""
from flask_appbuilder import AppBuilder, Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

db = SQLA(model_class=Model)
appbuilder = AppBuilder()
csrf = CSRFProtect()
migrate = Migrate()
