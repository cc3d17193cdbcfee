"""The part of a push that talks to carriers; no transaction is open here and no row is touched."""
import time
from dataclasses import dataclass, field

from app.domain.shipping import claims
from app.failures import Failure, Retry
from app.models.base import utcnow

SETTLE_S = 10           # a call of a dead worker may still be under way; before so many seconds «not found» proves nothing
START_WITHIN_S = 120    # a claim that waited longer for its turn is given back: it could be taken over while we call
LABEL_TRIES, LABEL_PAUSE_S = 3, 1.0


@dataclass(slots=True)
class Parcel:
    """One parcel of a push: plain values, good outside the transaction. `ask`: connector to ask by reference first."""
    waybill_id: int
    claim: str
    reference: str
    shipment: object
    carrier: object
    channel_id: int
    ask: object = None
    asked_channel_id: int | None = None
    asked_since: object = None
    answer: object = None           # Booked or Failure
    label: object = None            # LabelFile or None
    found: bool = False             # by asking, so it lies with `asked_channel_id`
    settled: bool = False           # the question of `ask` was answered


@dataclass(slots=True)
class Request:
    outbound_id: int
    parcels: list = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)


def call_carrier(request):
    """Ask or book every parcel of the Request; answers and label files are left on the parcels. Gives the parcels."""
    try:
        for parcel in request.parcels:
            try:
                parcel.answer = _ask_or_book(parcel, request.began)
                parcel.label = fetch_label(parcel.ask if parcel.found else parcel.carrier, parcel.answer)
            except Failure as failure:
                parcel.answer = failure
    finally:
        for parcel in request.parcels:
            claims.leave(parcel.waybill_id)
    return request.parcels


def _ask_or_book(parcel, began):
    if parcel.ask:
        booked = _find_settled(parcel)
        parcel.settled = True
        if booked:
            parcel.found = True
            return booked
    if time.monotonic() - began > START_WITHIN_S:
        raise Failure("waybill.claim_too_old", retry=Retry.LATER)
    try:
        if hasattr(parcel.carrier, "check"):
            parcel.carrier.check(parcel.shipment)
        return parcel.carrier.book(parcel.shipment)
    except Failure as failure:
        booked = look_once(parcel.carrier, parcel.reference) if failure.retry == Retry.UNKNOWN else None
        if booked is None:
            raise
        parcel.ask, parcel.asked_channel_id, parcel.found = parcel.carrier, parcel.channel_id, True
        return booked


def _find_settled(parcel):
    """What the carrier has under our reference, or None. Any Failure leaves the question open."""
    if not hasattr(parcel.ask, "find"):
        return None         # a number pool: nothing was asked of anybody
    booked = parcel.ask.find(parcel.reference)
    wait = SETTLE_S - (utcnow() - parcel.asked_since).total_seconds() if parcel.asked_since else 0
    if booked is None and wait > 0:
        time.sleep(wait)
        booked = parcel.ask.find(parcel.reference)
    return booked


def look_once(carrier, reference):
    """Ask by reference right after a lost answer; None when it isn't there or can't be told yet."""
    if not hasattr(carrier, "find"):
        return None
    try:
        return carrier.find(reference)
    except Failure:
        return None     # the first, lost answer is the one to report


def fetch_label(carrier, booked):
    """The carrier's LabelFile, or None when it draws none or is not ready yet: a number must never wait for its label."""
    if booked.label is not None or not hasattr(carrier, "fetch_label"):
        return booked.label
    for turn in range(LABEL_TRIES):
        try:
            return carrier.fetch_label(booked)
        except Failure as failure:
            if failure.code != "label.not_ready" or turn == LABEL_TRIES - 1:
                return None
            time.sleep(LABEL_PAUSE_S)
    return None
