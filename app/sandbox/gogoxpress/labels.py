"""Waybills (AWB): one by one, in bulk with polling, and the signed addresses of their files."""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets

from flask import Response, jsonify, request, url_for
from pypdf import PdfReader, PdfWriter

from .. import places
from ..core import world
from ..pdf import waybill_pdf
from . import checks
from .access import caller
from .base import Refusal, bp, read_object, settings, shipments, whole
from .estimates import day, days_to
from .orders import own_shipment

PRINTERS = {"zebra": (100, 150), "fuji": (210, 297)}  # thermal and laser, width × height in mm
BATCH = 50  # labels in one file of a bulk print
HUBS = {"NCR": "NTH", "South Luzon": "STH", "Central Luzon": "CLH", "North Luzon": "BAG", "Visayas": "CEB", "Mindanao": "DVO"}
EXPIRED = ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>{}</Message></Error>')


@bp.get("/v1/print/awb/<number>")
def print_one(number: str) -> Response:
    """Facts of one waybill and the address of its PDF, which expires after settings.awb_seconds."""
    account, printer = caller(), _printer()
    with world().lock:
        shipment = own_shipment(account, number)
    address = shipment["order"]["delivery_address"]
    message = {
        "tracking_number": shipment["tracking_number"], "date_pickup_at": day(1),
        "estimated_delivery_date": day(1 + days_to(address)), "pickup_hub": "NTH", "pickup_hub_zone": "Z112",
        "delivery_hub": HUBS[places.cluster_ph(address["state"])],
        "awb": _signed(printer, f"AWB-{shipment['tracking_number']}.pdf"),
    }
    return jsonify({"success": True, "message": message})


@bp.post("/v1/print/awb")
def print_many() -> Response:
    """Start a bulk print of the account's tracking numbers; the files are asked for at pollUrl."""
    account, printer = caller(), _printer()
    numbers = read_object().get("tracking_number")
    if not isinstance(numbers, list) or not numbers:
        raise Refusal(422, {"tracking_number": ["The tracking number field is required."]})
    here = world()
    with here.lock:
        book, found = shipments(), {}
        for place, number in enumerate(numbers):
            row = book.get(number) if isinstance(number, str) else None
            if row is None or row["account"] != account["api_key"]:
                found[f"tracking_number.{place}"] = [f"The selected tracking_number.{place} is invalid."]
        if found:
            raise Refusal(422, found)
        key = int(here.now() * 1000) + here.next_id("gogoxpress.print")
        batches = [numbers[start:start + BATCH] for start in range(0, len(numbers), BATCH)]
        here.books("gogoxpress.prints")[str(key)] = {"account": account["api_key"], "printer": printer, "polls": 0, "batches": batches}
        here.touch()
    poll = url_for("gogoxpress.poll", key=key, _external=True)
    return jsonify({"pollUrl": poll, "success": True, "id": key, "numOfBatches": len(batches), "message": None})


@bp.get("/v1/print/awb/poll/<key>")
def poll(key: str) -> Response:
    """State of each batch; «done» comes after settings.polls earlier questions, never at the first."""
    account, here = caller(), world()
    with here.lock:
        job = here.books("gogoxpress.prints").get(key)
        if job is None or job["account"] != account["api_key"]:
            raise Refusal(404)
        job["polls"] += 1
        here.touch()
        done = job["polls"] > max(1, int(settings()["polls"]))
        return jsonify([_batch(key, job, number, done) for number in range(1, len(job["batches"]) + 1)])


def _batch(key: str, job: dict, number: int, done: bool) -> dict:
    name = f"awb-{key}-{number}-of-{len(job['batches'])}.pdf"
    return {
        "batchgroupid": key, "labelType": "awb", "sequence": number, "batchid": f"{key}-{number}-awb", "printer": job["printer"],
        "status": "done" if done else "pending", "file": name if done else None, "url": _signed("batch", name) if done else None,
    }


def _printer() -> str:
    printer = request.args.get("type")
    if printer not in PRINTERS:
        raise Refusal(422, {"type": ["The selected type is invalid."]})
    return printer


def _signed(folder: str, name: str) -> str:
    expires = int(world().now() + float(settings()["awb_seconds"]))
    return url_for("gogoxpress.awb_file", folder=folder, name=name, Expires=expires, Signature=_signature(folder, name, expires),
                   _external=True)


def _signature(folder: str, name: str, expires: int) -> str:
    here = world()
    with here.lock:
        book = here.books("gogoxpress.keys")
        if "awb" not in book:
            book["awb"] = secrets.token_hex(32)
            here.touch()
        key = book["awb"]
    return hmac.new(key.encode(), f"{folder}/{name}/{expires}".encode(), hashlib.sha256).hexdigest()


@bp.get("/awb-files/<folder>/<name>")
def awb_file(folder: str, name: str) -> Response:
    """The PDF behind a signed address; no token is asked. A forged or expired address gets an XML 403, as object stores answer."""
    expires = whole(request.args.get("Expires", "")) or 0
    good = hmac.compare_digest(_signature(folder, name, expires).encode(), request.args.get("Signature", "").encode())
    if not good or expires <= world().now():
        return Response(EXPIRED.format("Request has expired" if good else "Access Denied"), 403, mimetype="application/xml")
    with world().lock:
        pages = _pages(folder, name)
    return Response(pages[0] if len(pages) == 1 else _joined(pages), mimetype="application/pdf")


def _pages(folder: str, name: str) -> list[bytes]:
    if folder == "batch":
        _, key, number, *_ = name.split("-")
        job = world().books("gogoxpress.prints").get(key)
        numbers, printer = (job["batches"][int(number) - 1], job["printer"]) if job else ([], "zebra")
    else:
        numbers, printer = [name.removeprefix("AWB-").removesuffix(".pdf")], folder
    rows = [shipments().get(number) for number in numbers]
    if not rows or None in rows:  # the world was reset since the address was signed
        raise Refusal(404)
    return [_drawn(row, PRINTERS[printer]) for row in rows]


def _drawn(shipment: dict, size: tuple[int, int]) -> bytes:
    order, to = shipment["order"], shipment["order"]["delivery_address"]
    amount = f"{checks.money(order['total']):.2f}"
    lines = [
        "GoGo Xpress", f"Ref: {order.get('reference_id') or '-'}", f"To: {to['name']}  {to['mobile_number']}",
        " ".join(str(to.get(part) or "") for part in ("line_1", "line_2")), f"{to.get('district') or ''} {to['city']}, {to['state']}",
        f"{to.get('postal_code') or ''} PH", f"COD PHP {amount}" if order["payment_method"] == "cod" else "PREPAID", order["shipment"],
        *(f"{item.get('quantity', 1)} x {item.get('description') or ''}" for item in order["items"] if item["type"] == "product"),
    ]
    return waybill_pdf(lines, shipment["tracking_number"], size)


def _joined(pages: list[bytes]) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for page in pages:
        writer.append(PdfReader(io.BytesIO(page)))
    writer.write(out)
    return out.getvalue()
