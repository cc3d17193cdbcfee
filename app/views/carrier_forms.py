"""What channels and carrier accounts share: the carrier is chosen first and fixed from then on, its class declares the rest of the form."""
from flask import abort, g, request
from flask_appbuilder import expose, has_access

from app.views import choices, form_guard


class CarrierForms:
    """Mixin of a screen whose rows have a `carrier`."""

    add_template = edit_template = "waybridge/carrier_form.html"
    carriers = staticmethod(choices.carriers)

    def carrier_chips(self):
        return self.carriers()

    @staticmethod
    def carrier_name(row):
        return choices.carrier_label(row.carrier)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        known = dict(self.carriers())
        g.carrier = request.values.get("carrier") or next(iter(known))
        if g.carrier not in known:
            abort(404)
        return form_guard.add(self)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        g.carrier = self.one(pk).carrier
        return form_guard.edit(self, pk)
