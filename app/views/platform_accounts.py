"""平台管理 > 平台账号管理, and the browser's way through a platform's authorisation."""
import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, session, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.domain.accounts import authorise, listings, pull, stockpush
from app.domain.accounts.health import health
from app.extensions import db
from app.failures import Failure
from app.integrations.platforms import platform_class
from app.messages import fix_of, sentence
from app.models import ShopAccount
from app.tenancy import as_tenant
from app.views import choices, field_forms, fixes, form_guard, labels
from app.views.actions import plain_action, run_action
from app.views.base import RIGHTS, ScreenView
from app.views.interface import Interface
from app.views.lists import badge, lines, when
from app.views.panel import Chips, Column, RowLink, Search, Tool, contains

A = ShopAccount
LIVE = ("active", "paused", "expired")


def health_cell(account):
    state = g.account_health[account.id]
    parts = [_("Last pull: %(at)s", at=when(state["last_pull_at"], "MM-dd HH:mm") or "–")]
    if state["stuck"]:
        parts.append(Markup('<b class="problem">{}</b>').format(_("Stuck: no good pull for a long time")))
    if state["error_code"]:
        link = fixes.link(fix_of(state["error_code"]))
        more = Markup(' <a href="{}">{}</a>').format(*link) if link and link[0] != url_for("ShopAccountView.list") else ""
        parts.append(Markup('<span class="problem">{}</span>{}').format(sentence(state["error_code"], state["error_params"]), more))
    if state["notes"] or state["jobs"]:
        parts.append(_("Waiting: %(n)s", n=state["notes"] + state["jobs"]))
    return lines(*parts)


def can(ability):
    return lambda account: account.state in LIVE and (cls := platform_class(account.platform)) is not None and cls.can(ability)


def each_in_its_tenant(chosen, work):
    """Do `work(account)` for each chosen account inside its own merchant's session; commit each."""
    done = []
    for account_id, tenant in [(r.id, r.tenant_id) for r in chosen.rows()]:
        with as_tenant(tenant):
            done.append(work(db.session.get(ShopAccount, account_id)))
            db.session.commit()
    return done


class ShopAccountView(ScreenView):
    datamodel = Interface(ShopAccount)
    menu_label, menu_icon = _l("Shop accounts"), "fa-id-card-o"
    exclude_route_methods = {"delete", "show"}
    method_permission_name = {**RIGHTS, "authorise_start": "write", "authorise_again": "write", "callback": "write"}
    chips = Chips(_l("Platform"), A.platform, choices.platform_chips)
    panel = (Search("alias", _l("Short name"), apply=contains(A.alias)),
             Search("state", _l("Status"), "select", lambda v: A.state == v, lambda: list(labels.ACCOUNT.items())))
    narrow = (sa.or_(A.state != "revoked", A.authorised_at.is_not(None)),)
    columns = (
        Column("platform", _l("Platform"), lambda a: choices.platform_label(a.platform)),
        Column("alias", _l("Shop short name"), lambda a: lines(a.alias, Markup('<small class="cell-label">{} {}</small>').format(a.shop_name, a.region)), order=A.alias),
        Column("state", _l("Status"), lambda a: badge(a.state, labels.ACCOUNT)),
        Column("expires_at", _l("Expires"), lambda a: when(a.expires_at, "yyyy-MM-dd"), order=A.expires_at),
        Column("authorised_at", _l("Authorised at"), lambda a: when(a.authorised_at, "yyyy-MM-dd")),
        Column("pull_mode", _l("Pull mode"), lambda a: labels.PULL_MODE.get(a.pull_mode, a.pull_mode)),
        Column("health", _l("Health"), health_cell, css="text"),
    )
    row_links = (
        RowLink(_l("Edit"), lambda a: url_for("ShopAccountView.edit", pk=a.id), right="can_write"),
        RowLink(_l("Authorise"), lambda a: url_for("ShopAccountView.authorise_again", pk=a.id), right="can_write", shown=lambda a: a.state in ("new", "expired", "revoked")),
        RowLink(_l("Pull orders"), action="pull", shown=lambda a: a.state in LIVE),
        RowLink(_l("Stop pulling"), action="pause", shown=lambda a: a.state == "active"),
        RowLink(_l("Resume pulling"), action="resume", shown=lambda a: a.state == "paused"),
        RowLink(_l("Verify authorisation"), action="verify", shown=lambda a: a.state in LIVE),
        RowLink(_l("Revoke"), action="revoke", shown=lambda a: a.state in LIVE,
                confirm=_l("Forget the authorisation of this shop? Orders are no longer pulled until you authorise it again.")),
        RowLink(_l("Guide"), lambda a: url_for("HelpView.page", slug=f"authorise-{a.platform}")),
    )
    tools = (Tool(_l("Add"), lambda args: url_for("ShopAccountView.add", platform=args.get("platform", "")), "fa-plus", primary=True),
             Tool(_l("Authorisation guides"), lambda args: url_for("HelpView.page", slug=f"authorise-{args.get('platform') or 'shopee'}"), "fa-book", right="can_read"))
    notes = (
        _l("There is a guide of its own for authorising each platform."),
        _l("Choose Verify authorisation: when it says verified, the data you entered is right."),
        _l("When you change the account's data on the platform, update it here as well, else no orders are fetched."),
        _l("After the first authorisation fetching is slow, usually more than half an hour; after that it runs smoothly."),
    )
    add_template = edit_template = "waybridge/account_form.html"

    pull = plain_action("pull", _l("Pull orders"), "fa-download")(lambda self, chosen: self.start_runs(chosen, pull.start_pull))
    verify = run_action("verify", _l("Verify authorisation"), "fa-check-circle")
    pull_listings = plain_action("pull_listings", _l("Pull listings"), "fa-list")(lambda self, chosen: self.start_runs(chosen, listings.start_listings))
    push_stock = plain_action("push_stock", _l("Push stock"), "fa-upload")(lambda self, chosen: self.start_runs(chosen, stockpush.start_push_stock))
    pause = plain_action("pause", _l("Stop pulling"), "fa-pause")(lambda self, chosen: self.switch(chosen, authorise.pause, _("Pulling stopped.")))
    resume = plain_action("resume", _l("Resume pulling"), "fa-play")(lambda self, chosen: self.switch(chosen, authorise.resume, _("Pulling resumed.")))
    revoke = plain_action("revoke", _l("Revoke"), "fa-ban", _l("Forget the authorisation of the selected shops?"))(lambda self, chosen: self.forget(chosen))

    def prepare(self, rows):
        g.account_health = {a.id: health(a) for a in rows}

    def start_runs(self, chosen, start):
        made = [run.id if run else None for run in each_in_its_tenant(chosen, start)]
        if len(made) == 1 and made[0]:
            return redirect(url_for("RunView.show", pk=made[0], back=request.form.get("back", "")))
        if None in made:
            flash(_("A shop that is already being worked on was left alone."), "info")
        return redirect(url_for("RunView.list"))

    def switch(self, chosen, verb, text):
        each_in_its_tenant(chosen, verb)
        flash(text, "success")

    def forget(self, chosen):
        pages = [url for url in each_in_its_tenant(chosen, authorise.revoke) if url]
        flash(_("The authorisation was forgotten here."), "success")
        for url in pages[:1]:
            flash(Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, _("Also cancel it on the platform's own page")), "info")

    # --- the form, drawn from the connector's fields ------------------------------------------------------------------

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        platform = request.values.get("platform") or "shopee"
        cls = platform_class(platform) if platform in dict(choices.platforms_ready()) else None
        if cls is None:
            flash(_("This platform has no connector yet."), "warning")
            return redirect(url_for("ShopAccountView.list"))
        if request.method == "POST":
            try:
                return self.authorise_new(platform, cls)
            except Failure as failure:
                db.session.rollback()
                flash(sentence(failure.code, failure.params), "danger")
        return self.account_page(_("Add shop account"), platform, cls, None)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        account = self.one(pk)
        cls = platform_class(account.platform)
        if request.method == "POST":
            try:
                self.save(account, cls)
                flash(_("Saved."), "success")
                return redirect(url_for("ShopAccountView.list"))
            except Failure as failure:
                db.session.rollback()
                flash(sentence(failure.code, failure.params), "danger")
        return self.account_page(_("Edit shop account"), account.platform, cls, account)

    def account_page(self, title, platform, cls, account):
        options = {**(account.options if account else {}), "region": account.region if account else ""}
        return self.render_template(
            self.add_template, title=title, platform=platform, label=choices.platform_label(platform), account=account, view=self, labels=labels,
            fields=field_forms.draw(cls.account_fields, options), platforms=choices.platforms_ready(),
            tenants=form_guard.tenant_choices() if self.sees_all and account is None else None)

    def authorise_new(self, platform, cls):
        options, _secrets = field_forms.read(cls.account_fields, request.form, {}, {})
        region = options.pop("region", "")
        if self.sees_all:
            flash(_("The merchant authorises his own shop: log in as one of his users."), "warning")
            return redirect(url_for("ShopAccountView.list"))
        url, nonce = authorise.start(platform, request.form.get("alias", ""), region, options)
        db.session.commit()
        return self.leave(url, nonce)

    def leave(self, url, nonce):
        session["authorise_nonce"] = nonce
        # A page and no redirect: browsers hold a form's redirects against `form-action 'self'`.
        return self.render_template("waybridge/leave.html", title=_("Authorise"), url=url)

    def save(self, account, cls):
        options, _secrets = field_forms.read(cls.account_fields, request.form, account.options, {})
        alias = request.form.get("alias", "").strip()
        if not alias:
            raise Failure("authorise.alias_missing")
        region = options.pop("region", "")
        account.alias, account.region = alias, account.region or region
        account.pull_mode = "manual" if request.form.get("pull_mode") == "manual" else "auto"
        account.pull_interval_s = max(60, min(request.form.get("pull_interval_s", 300, type=int), 86400))
        account.next_pull_at = None     # a new interval takes effect at once
        authorise.change_options(account, {**options, **self.stock_rules()})
        try:
            db.session.commit()
        except sa.exc.IntegrityError:
            raise Failure("authorise.alias_taken", alias=alias) from None

    @staticmethod
    def stock_rules():
        """Share %, buffer, cap and floor of the stock push; empty = rule off."""
        rules = {}
        for name in ("stock_share", "stock_buffer", "stock_cap", "stock_floor"):
            text = request.form.get(name, "").strip()
            if text and not text.isdigit():
                raise Failure("action.bad_number", field=_("Stock push"))
            rules[name] = int(text) if text else None
        return rules

    # --- authorise ------------------------------------------------------------------------------------------------------

    @expose("/authorise/<pk>", methods=["GET"])
    @has_access
    def authorise_again(self, pk):
        return self.render_template("waybridge/authorise.html", title=_("Authorise"), account=self.one(pk), platform_label=choices.platform_label)

    @expose("/authorise/<pk>", methods=["POST"])
    @has_access
    def authorise_start(self, pk):
        account = self.one(pk)
        if self.sees_all:
            flash(_("The merchant authorises his own shop: log in as one of his users."), "warning")
            return redirect(url_for("ShopAccountView.list"))
        url, nonce = authorise.start(account.platform, account.alias, account=account)
        db.session.commit()
        return self.leave(url, nonce)

    def finish(self, platform, state=""):
        """The platform's call-back, with the signed-in merchant's browser."""
        query = request.args.to_dict()
        try:
            accounts = authorise.finish(platform, query, query.get("state") or state, session.pop("authorise_nonce", ""))
        except Failure as failure:
            flash(sentence(failure.code, failure.params), "danger")
            return redirect(url_for("ShopAccountView.list"))
        flash(_("Authorised: %(shops)s. The first pull has begun.", shops=", ".join(a.alias for a in accounts)), "success")
        return redirect(url_for("ShopAccountView.list"))


class OauthView(ScreenView):
    """The fixed call-back address that is registered with the platforms: /oauth/<platform>/callback."""
    datamodel = Interface(ShopAccount)
    menu_label = _l("Shop accounts")
    route_base = "/oauth"
    class_permission_name = "ShopAccountView"
    base_permissions = ["can_write"]
    exclude_route_methods = {"list", "add", "edit", "delete", "show", "action", "action_post"}
    method_permission_name = {"callback": "write"}

    @expose("/<platform>/callback")
    @expose("/<platform>/callback/<state>")      # the old signed link carries our state in the path
    @has_access
    def callback(self, platform, state=""):
        if platform not in dict(choices.platforms_ready()):
            abort(404)
        g.writing = True        # a GET by the platform's rules, but it stores tokens
        return ShopAccountView.finish(self, platform, state)
