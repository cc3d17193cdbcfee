"""Add and edit for all screens: validates, saves, and on refusal shows the sentence beside the kept input."""
import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import Tenant
from app.tenancy import SYSTEM, current_scope
from app.views.panel import row_id


def add(view):
    form = view.add_form.refresh()
    if request.method == "POST" and form.validate():
        item = view.datamodel.obj()
        if _saved(view, form, item, fresh=True):
            return redirect(_after(view, item))
    return _page(view, form, view.add_title, view.add_columns)


def edit(view, pk):
    item = view.one(pk)
    if request.method == "POST":
        form = view.edit_form.refresh(request.form)
        form._id = item.id      # FAB's Unique validator leaves this row out
        if form.validate() and _saved(view, form, item, fresh=False):
            return redirect(_after(view, item))
    else:
        form = view.edit_form.refresh(obj=item)
        view.prefill_form(form, pk)
    return _page(view, form, view.edit_title, view.edit_columns, item)


def _after(view, item):
    return view.after_save_url(item) if hasattr(view, "after_save_url") else url_for(f"{view.endpoint}.list")


def _saved(view, form, item, fresh):
    try:
        view.process_form(form, fresh)
        form.populate_obj(item)
        if fresh and hasattr(item, "tenant_id") and item.tenant_id is None and current_scope() == SYSTEM:
            item.tenant_id = named_tenant()
        (view.pre_add if fresh else view.pre_update)(item)
        if fresh:
            db.session.add(item)
        db.session.commit()
    except Failure as failure:
        db.session.rollback()
        flash(sentence(failure.code, failure.params), "danger")
        return False
    except IntegrityError:
        db.session.rollback()
        flash(_("Such a row exists already, or a row it refers to is missing. Change the marked key fields."), "danger")
        return False
    (view.post_add if fresh else view.post_update)(item)
    flash(view.add_row_message if fresh else view.edit_row_message, "success")
    return True


def named_tenant():
    """The merchant that provider staff chose in the form. Raises Failure("tenant.name_one")."""
    key = row_id(request.form.get("for_tenant", ""))
    tenant = db.session.get(Tenant, key) if key is not None else None
    if tenant is None:
        raise Failure("tenant.name_one")
    return tenant.id


def _page(view, form, title, columns, item=None):
    view.update_redirect()
    ask = item is None and current_scope() == SYSTEM and hasattr(view.datamodel.obj, "tenant_id")
    return view.render_template(view.add_template, title=title, form=form, columns=columns, view=view, item=item,
                                tenants=tenant_choices() if ask else None)


def tenant_choices():
    return [(t.id, f"{t.code} {t.name}") for t in db.session.scalars(sa.select(Tenant).where(Tenant.active).order_by(Tenant.code))]
