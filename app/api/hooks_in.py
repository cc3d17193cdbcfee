"""Webhooks in: platforms and carriers call here. Checked, stored and acknowledged at once; a job does the rest."""
import logging

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.domain.accounts import hooks
from app.extensions import csrf, db
from app.failures import Failure

log = logging.getLogger(__name__)
bp = Blueprint("hooks_in", __name__, url_prefix="/api/v1")
LARGEST = 512 * 1024        # bytes of one push


def init_hooks(app):
    """Register the endpoints; they prove their origin by signature, so they carry no CSRF token."""
    app.register_blueprint(bp)
    csrf.exempt(bp)


@bp.post("/push/<platform>")
def platform_push(platform):
    """A platform's push. Answer: 200 with an empty body (Shopee counts anything else as failed); 403 when it is not theirs."""
    return _take(lambda body: hooks.store_platform(platform, request.headers, body))


@bp.post("/carrier-push/<carrier>/<hook_token>")
def carrier_push(carrier, hook_token):
    """A carrier's push to the address of one carrier account."""
    return _take(lambda body: hooks.store_carrier(carrier, hook_token, request.headers, body, request.args.to_dict()))


def _take(keep):
    try:
        keep(_body())
        db.session.commit()
    except RequestEntityTooLarge:
        return Response(status=413)
    except Failure as failure:
        db.session.rollback()
        # Nothing about why goes out: a stranger learns no more than that he is one.
        log.warning("push refused: %s", failure.code)
        return Response(status=400 if failure.code in ("push.unreadable", "push.bad_body") else 403)
    return Response(status=200)


def _body():
    request.max_content_length = LARGEST
    return request.get_data(cache=False)
