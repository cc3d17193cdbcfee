"""Help: guides per platform and for the working day, and the FAQ. Texts are templates per language; what can be generated is:
the moves come from the lifecycle tables, the addresses from the configuration, the answers from the message catalogue."""
from collections import defaultdict

from flask import abort, redirect, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.domain.accounts import apps
from app.domain.orders.lifecycle import BACK, FLOWS
from app.integrations.platforms import PLATFORMS, platform_class
from app.messages import CATALOGUE
from app.views import choices, fixes, labels

GENERAL = {"working-day": _l("The working day"), "states": _l("States and moves"), "sheets": _l("Importing sheets")}
WRITTEN = ("shopee", "aliexpress", "ebay", "wish", "amazon")      # platforms with a guide of their own
SUBJECTS = {"platform_order": _l("Platform order"), "outbound_order": _l("Outbound order"), "waybill": _l("Waybill")}
FIX_ORDER = ("sku", "mapping", "outbound", "channel", "waybill", "carrier", "account", "stock", "order", "app")


def language():
    return "en" if session.get("locale") == "en" else "zh"


def guides():
    """[(heading, [(slug, title, ready)])] of the menu beside every guide; platforms in the seed's order."""
    platforms = [(f"authorise-{key}", choices.platform_label(key), platform_class(key) is not None) for key in PLATFORMS]
    return [(_l("Working with Waybridge"), [(slug, title, True) for slug, title in GENERAL.items()]),
            (_l("Authorisation guides"), platforms)]


def moves():
    """[(subject label, [(move, states it starts from, state it ends in)])] from the tables that move() obeys."""
    found = []
    for subject, flow in FLOWS.values():
        names = labels.STATES[subject]
        rows = [(labels.event_label(move), [(s, names[s]) for s in names if s in starts],
                 None if target is BACK else (target, names[target]))
                for move, (starts, target) in flow.items()]
        found.append((SUBJECTS[subject], rows))
    return found


def answers():
    """[((address, text) of the page that mends it, [(code, sentence)])] of all messages that name such a page; parameters stand as «…»."""
    groups = defaultdict(list)
    for code, (text, fix) in CATALOGUE.items():
        if fix in FIX_ORDER:
            groups[fix].append((code, gettext(text) % defaultdict(lambda: "…")))
    return [(fixes.link(fix), sorted(groups[fix], key=lambda pair: pair[0])) for fix in FIX_ORDER if groups[fix]]


class HelpView(BaseView):
    route_base = "/help"
    default_view = "index"
    menu_label, menu_icon = _l("Guides"), "fa-book"
    base_permissions = ["can_read"]
    method_permission_name = {"index": "read", "page": "read"}

    @expose("/")
    @has_access
    def index(self):
        return redirect(url_for("HelpView.page", slug="working-day"))

    @expose("/<slug>")
    @has_access
    def page(self, slug):
        if slug == "faq":
            return redirect(url_for("FaqView.faq"))
        if slug in PLATFORMS:
            return redirect(url_for("HelpView.page", slug=f"authorise-{slug}"))
        platform = slug.removeprefix("authorise-") if slug.startswith("authorise-") else ""
        if slug not in GENERAL and platform not in PLATFORMS:
            abort(404)
        title = GENERAL.get(slug) or gettext("Authorise %(platform)s", platform=choices.platform_label(platform))
        body = f"guides/{slug if slug in GENERAL or platform in WRITTEN else 'coming'}.{language()}.html"
        return self.render_template(
            "waybridge/guide.html", title=title, body=body, slug=slug, guides=guides(), platform=platform, labels=labels, moves=moves,
            label=choices.platform_label(platform) if platform else "", ready=bool(platform and platform_class(platform)),
            callback=apps.redirect_uri(platform), push=apps.push_url(platform))


class FaqView(BaseView):
    route_base = "/faq"
    default_view = "faq"
    menu_label, menu_icon = _l("FAQ"), "fa-question-circle-o"
    base_permissions = ["can_read"]
    method_permission_name = {"faq": "read"}

    @expose("/")
    @has_access
    def faq(self):
        return self.render_template("waybridge/guide.html", title=gettext("FAQ"), body=f"guides/faq.{language()}.html", slug="faq",
                                    guides=guides(),
                                    platform="", ready=True, labels=labels, answers=answers)
