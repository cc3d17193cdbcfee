"""The authorise and cancel pages: Form A (unsigned, with state) and Form B (signed link of the API host)."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import jsonify, redirect, render_template, request

from ..core import world
from . import push, tokens
from .gate import PREFIX, Refusal, bp, check_sign, check_timestamp, known_app

DURATIONS = (7, 30, 90, 180, 365)
WRONG_DOMAIN = "The domain of redirect_uri is not consistent with the Redirect URL Domain declared in console."


class BadPage(Exception):
    """A refusal of the authorise pages: JSON with code 1."""

    def __init__(self, error: str, message: str):
        super().__init__(error)
        self.error, self.message = error, message


@bp.errorhandler(BadPage)
def _bad_page(error: BadPage):
    return jsonify(code=1, error=error.error, msg=error.message, debug_message=""), 400


def _form_a() -> tuple[dict, str]:
    """App and redirect address of a Form A link."""
    if request.args.get("response_type", "code") != "code":
        raise BadPage("error_param", "response_type should be code.")
    if request.args.get("auth_type", "seller") not in ("seller", "supplier", "user"):
        raise BadPage("error_param", "auth_type is invalid.")
    try:
        app = known_app()
    except Refusal as refusal:
        raise BadPage(refusal.error, refusal.message) from refusal
    return app, checked(app, request.args.get("redirect_uri", ""))


def _form_b() -> tuple[dict, str]:
    """The same for a signed link, dead five minutes after its timestamp."""
    app = known_app()
    check_timestamp()
    if not request.args.get("sign"):
        raise Refusal("error_param", "There is no sign in query.")
    check_sign(app, request.args["sign"])
    return app, checked(app, request.args.get("redirect", ""))


def checked(app: dict, target: str) -> str:
    """The redirect address, if its domain is the declared one (a declared port must match too)."""
    parts = urlsplit(target)
    declared = urlsplit(app["redirect_domain"] if "//" in app["redirect_domain"] else "//" + app["redirect_domain"])
    same = parts.hostname == declared.hostname and (declared.port is None or parts.port == declared.port)
    if parts.scheme not in ("http", "https") or not parts.hostname or not same:
        raise BadPage("error_param", WRONG_DOMAIN)
    return target


def back(target: str, **more) -> str:
    """The redirect address with our parameters and the client's state unchanged."""
    parts = urlsplit(target)
    query = parse_qsl(parts.query, keep_blank_values=True) + [(key, str(value)) for key, value in more.items()]
    if "state" in request.args:
        query.append(("state", request.args["state"]))
    return urlunsplit(parts._replace(query=urlencode(query)))


@bp.get("/auth")
def auth_page():
    app, target = _form_a()
    if request.args.get("auto") == "1":
        return _agree(app, target, request.args)
    return _page("sandbox/shopee_auth.html", app)


@bp.post("/auth")
def auth_agreed():
    app, target = _form_a()
    return _agree(app, target, request.form)


@bp.get(PREFIX + "/shop/auth_partner")
def auth_partner():
    app, _ = _form_b()
    return _page("sandbox/shopee_auth.html", app)


@bp.post(PREFIX + "/shop/auth_partner")
def auth_partner_agreed():
    app, target = _form_b()
    return _agree(app, target, request.form)


def _page(template: str, app: dict, shops: list[dict] | None = None):
    here = world()
    with here.lock:
        rows = list(here.books("shopee.shops").values()) if shops is None else shops
        accounts = sorted({shop["main_account"] for shop in rows if shop["main_account"]})
        return render_template(template, app=app, shops=rows, accounts=accounts, durations=DURATIONS)


def _agree(app: dict, target: str, choice):
    """The seller's consent: link, push code 1, back with a code."""
    here = world()
    with here.lock:
        shops, account = _chosen(choice)
        days = choice.get("days", 365, type=float)
        if not 0 < days <= 365:
            raise BadPage("error_param", "The duration should be at most 365 days.")
        for shop in shops:
            tokens.link(app, shop, days)
            push.send_app(app, 1, {"shop_id": shop["shop_id"], "success": 1, "authorize_type": "shop authorization by user", "extra": ""})
        subjects = [f"shop:{shop['shop_id']}" for shop in shops]
        if account:
            subjects += [f"merchant:{number}" for number in sorted({shop["merchant_id"] for shop in shops if shop["merchant_id"]})]
            code = tokens.new_code(app, subjects, f"main_account_id:{account}")
            return redirect(back(target, code=code, main_account_id=account))
        code = tokens.new_code(app, subjects, f"shop_id:{shops[0]['shop_id']}")
        return redirect(back(target, code=code, shop_id=shops[0]["shop_id"]))


def _chosen(choice) -> tuple[list[dict], int | None]:
    """The shops of the choice («shop_id» or «main_account_id», on the page one field «who» for both)."""
    who = choice.get("who", "")
    account = choice.get("main_account_id") or (who.partition("account:")[2] if who.startswith("account:") else "")
    shop_id = choice.get("shop_id") or who
    book = world().books("shopee.shops")
    if account:
        shops = [shop for shop in book.values() if str(shop["main_account"]) == account]
        if shops:
            return shops, int(account)
    elif shop_id in book:
        return [book[shop_id]], None
    raise BadPage("error_param", "Please choose a shop.")


@bp.route("/cancel_auth", methods=["GET", "POST"])
def cancel_page():
    return _cancel(*_form_a())


@bp.route(PREFIX + "/shop/cancel_auth_partner", methods=["GET", "POST"])
def cancel_auth_partner():
    return _cancel(*_form_b())


def _cancel(app: dict, target: str):
    shop_id = request.form.get("shop_id") or (request.args.get("shop_id") if request.args.get("auto") == "1" else None)
    here = world()
    with here.lock:
        book = here.books("shopee.shops")
        linked = [book[str(row["shop_id"])] for row in tokens.linked_shops(app["partner_id"])]
        if not shop_id:
            return _page("sandbox/shopee_cancel.html", app, linked)
        if shop_id not in [str(shop["shop_id"]) for shop in linked]:
            raise BadPage("error_param", "Partner and shop has no linked.")
        unlink(app, int(shop_id))
    return redirect(back(target, shop_id=shop_id))


def unlink(app: dict, shop_id: int) -> None:
    """The link ends; push code 2. Tokens stay known, so that calls answer shop_no_linked."""
    if world().books("shopee.links").pop(f"{app['partner_id']}:{shop_id}", None):
        world().touch()
        push.send_app(app, 2, {"shop_id": shop_id, "success": 1, "authorize_type": "user cancel shop authorization", "extra": ""})
