"""The only place that knows how a screen is built: a FAB model view whose list is data on the class.

Closes once, for every screen: forged or unknown rows and actions (404), POST only, page-size and order clamping,
FAB's process-wide filter object, automatic English titles and labels, lost form input on an error.
"""
from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import ModelView, expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.tenancy import SYSTEM, current_scope
from app.views import actions, form_guard, lists
from app.views.labels import COLUMNS
from app.views.panel import row_id

RIGHTS = {"list": "read", "show": "read", "add": "write", "edit": "write", "delete": "write"}


def own_filters(cls):
    """FAB keeps ONE Filters object per process and refills it on each request: keep one per request instead."""
    def get(self):
        prototype = self.__dict__.get("_filters_prototype")
        if prototype is None or not g:
            return prototype
        kept = g.setdefault("_fab_filters", {})
        if id(self) not in kept:
            kept[id(self)] = self.datamodel.get_filters(list(prototype.get_search_filters()))
        return kept[id(self)]

    def keep(self, value):
        self.__dict__["_filters_prototype"] = value

    cls._filters = property(get, keep)
    return cls


@own_filters
class ScreenView(ModelView):
    """Base of all screens. Subclasses are declarations; a method longer than ten lines means a domain function is missing."""

    menu_label = ""
    menu_icon = ""
    chips = None            # panel.Chips
    panel = ()              # panel.Search
    tabs = None             # panel.Tabs
    columns = ()            # panel.Column
    row_links = ()          # panel.RowLink
    tools = ()              # panel.Tool
    notes = ()              # lazy sentences (注意事项)
    load = ()               # loader options of the list
    narrow = ()             # fixed conditions of this screen
    page_sizes = (25, 50, 100)
    list_template = "waybridge/list.html"
    add_template = edit_template = "waybridge/form.html"
    show_template = "waybridge/show.html"
    base_permissions = ["can_read", "can_write"]
    method_permission_name = RIGHTS
    add_row_message = _l("Saved.")
    edit_row_message = _l("Saved.")
    delete_row_message = _l("Deleted.")

    def _init_titles(self):
        name = self.menu_label
        self.list_title = self.list_title or name
        self.add_title = self.add_title or _l("Add: %(name)s", name=name)
        self.edit_title = self.edit_title or _l("Edit: %(name)s", name=name)
        self.show_title = self.show_title or _l("Details: %(name)s", name=name)
        self.title = self.list_title

    def _gen_labels_columns(self, list_columns):
        for column in list_columns:
            if not self.label_columns.get(column):
                self.label_columns[column] = COLUMNS.get(column) or self._prettify_column(column)

    def _init_properties(self):
        # FAB builds its search form from all columns; ours is `panel`.
        self.search_columns = self.search_columns or ["id"]
        self.list_columns = self.list_columns or ["id"]
        super()._init_properties()

    # --- list -------------------------------------------------------------------------------------------------

    @expose("/list/")
    @has_access
    def list(self):
        self.update_redirect()
        return self.render_template(self.list_template, title=self.list_title, screen=lists.build(self, request.args))

    def standing(self):
        """Conditions that hold on this screen whatever is searched."""
        return list(self.narrow() if callable(self.narrow) else self.narrow)

    def conditions(self, args):
        return lists.conditions(self, args)

    def prepare(self, rows):
        """Hook: load what the cells of this page need in one go, into `flask.g`."""

    def may(self, right):
        return self.appbuilder.sm.has_access(right, self.class_permission_name)

    @property
    def sees_all(self):
        """Provider staff see a merchant column and filter."""
        return current_scope() == SYSTEM

    # --- actions ----------------------------------------------------------------------------------------------

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name, pk):
        return self.do_action(name, [pk])

    @expose("/action_post", methods=["POST"])
    def action_post(self):
        return self.do_action(request.form.get("action", ""), request.form.getlist("rowid"))

    def do_action(self, name, pks):
        """Run an action on rows that all exist and are ours, or on everything that matches the list's search."""
        item = self.actions.get(name)
        if item is None:
            abort(404)
        if not self.may(self.get_action_permission_name(name)):
            abort(403)
        if request.form.get("scope") == "all":
            chosen = actions.Selection.matching(self, request.form.get("search", ""))
        else:
            chosen = actions.Selection.of(self, pks)
        try:
            answer = item.func(chosen)
        except Failure as failure:
            db.session.rollback()
            flash(sentence(failure.code, failure.params), "danger")
            answer = None
        return answer or redirect(self.back_url())

    def back_url(self):
        """The list as it was: our own relative address only."""
        back = request.form.get("back", "")
        return back if back.startswith("/") and not back.startswith("//") else url_for(f"{self.endpoint}.list")

    # --- forms: input is kept when something is refused ----------------------------------------------------------

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        return form_guard.add(self)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        return form_guard.edit(self, pk)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk):
        item = self.one(pk)
        self.update_redirect()
        return self.render_template(self.show_template, title=self.show_title, item=item, view=self, pk=pk,
                                    parts_list=self.show_parts(item), related=self.show_related(item))

    def one(self, pk):
        """The row, or 404: also for text that is no number and for rows of others."""
        key = row_id(pk)
        return (self.datamodel.get(key, self._base_filters) if key is not None else None) or abort(404)

    def show_parts(self, item):
        """[(heading, [(label, value)])] of the detail page."""
        return [("", [(self.label_columns.get(c, c), self.show_value(item, c)) for c in self.show_columns])]

    def show_value(self, item, name):
        value = getattr(item, name)
        value = value() if callable(value) else value
        return lists.plain(value)

    def show_related(self, item):
        """[(heading, [column heads], [rows])] tables below the details."""
        return []

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk):
        item = self.one(pk)
        try:
            self.pre_delete(item)
            db.session.delete(item)
            db.session.commit()
            flash(self.delete_row_message, "success")
        except IntegrityError:
            db.session.rollback()
            flash(_("It is used by other rows and cannot be deleted."), "danger")
        except Failure as failure:
            db.session.rollback()
            flash(sentence(failure.code, failure.params), "danger")
        return redirect(self.back_url())

    # Files go through row look-ups; FAB's download checks no row.
    download = None
