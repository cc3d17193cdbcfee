"""Calls the GoGo Xpress stand-in as a merchant's system would, with its own token maker."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from pathlib import Path

VECTOR = json.loads((Path(__file__).parent / "vectors" / "gogoxpress.json").read_text())["jwt"]
ADDRESS = {
    "name": "Ana Cruz", "company": "", "phone_number": "", "mobile_number": "+639170000001", "line_1": "12 Mabini St", "line_2": "",
    "district": "Poblacion", "city": "Mangaldan", "state": "Pangasinan", "postal_code": "2432", "country": "PH", "remarks": "call first",
}
ORDER = {
    "currency": "PHP", "total": "3153.25", "payment_method": "cod", "payment_provider": "lbcx", "status": "for_pickup",
    "shipment": "big-pouch", "buyer_name": "Ana Cruz", "reference_id": "SO-2026-0001", "email": "ana@example.com",
    "contact_number": "+639170000001", "metadata": {"our_order": "123"},
    "pickup_address": {**ADDRESS, "name": "Sample Store", "city": "Makati City", "state": "Metro Manila"}, "delivery_address": ADDRESS,
    "items": [
        {"type": "product", "description": "Red Shirt", "amount": 1250, "quantity": 1, "metadata": {"size": "M"}},
        {"type": "product", "description": "Blue Shirt", "amount": 700, "quantity": 2},
        {"type": "tax", "description": "Tax", "amount": 132.50}, {"type": "shipping", "description": "Shipping", "amount": 150},
        {"type": "fee", "description": "Handling", "amount": 20}, {"type": "fee", "description": "Gift wrap", "amount": 50.75},
        {"type": "insurance", "description": "Insurance", "amount": 150},
    ],
}


def token(header=None, secret="demoSecret01", drop=(), **claims):
    header = header or {"alg": "HS256", "typ": "JWT"}
    claims = {"iat": int(time.time()), "jti": str(uuid.uuid4()), "sub": "demoKey01", **claims}
    parts = [_b64(json.dumps(part, separators=(",", ":")).encode())
             for part in (header, {key: value for key, value in claims.items() if key not in drop})]
    return ".".join([*parts, _b64(hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest())])


def _b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def call(client, method, path, body=None, **claims):
    data = body if isinstance(body, bytes | None) else json.dumps(body)
    return client.open("/gogoxpress" + path, method=method, data=data, headers={"Authorization": "Bearer " + token(**claims)})


def create(client, **changes):
    answer = call(client, "POST", "/v2/orders", {**ORDER, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json


def estimate(**address):
    return {"data": {"attributes": {"service_type": "next_day", "by_region": True, "pickup_address": ORDER["pickup_address"],
                                    "delivery_address": {**ADDRESS, **address}}}}


def control(client, path, body=None):
    if body is None:
        return client.get("/gogoxpress/_control" + path)
    return client.post("/gogoxpress/_control" + path, json=body)


def inner(url):
    return url.removeprefix("http://localhost")
