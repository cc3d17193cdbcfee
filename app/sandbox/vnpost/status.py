"""Status codes, the history of an order, and the signed webhook."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import hooks
from ..core import world
from .base import SERVICE, accounts, local

STATES = {
    0: "Lưu nháp", 1: "Đã tạo", 2: "Bưu tá nhận yêu cầu thu gom", 3: "Chờ xác nhận", 4: "Đang lấy hàng", 5: "Lấy hàng không thành công",
    6: "Đã lấy hàng", 7: "Bưu cục đã nhận hàng", 8: "Lấy hàng thất bại", 9: "Hủy thu gom", 10: "Đang vận chuyển",
    11: "Đã đến bưu cục phát", 12: "Đang giao hàng", 13: "Chuyển tiếp", 14: "Đã giao hàng", 15: "Giao không thành công",
    16: "Chờ để chuyển hoàn", 17: "Đã duyệt hoàn", 18: "Bắt đầu chuyển hoàn", 19: "Trả hàng thành công", 20: "Đã trả hàng một phần",
    21: "Đã trả tiền COD", 22: "Hủy giao hàng", 23: "Giao hàng thành công một phần", 24: "Đang chuyển hoàn",
    28: "Đã trả phí ship", 29: "Đã trả phí hủy đơn hàng",
}
DRAFT, CREATED, CANCELLED = 0, 1, 9
NOT_COLLECTED = (1, 2, 3, 4, 5, 8)
LADDER = (60, 300, 900)  # the carrier publishes no pace of retries; this is ours


def set_status(order: dict, code: int) -> None:
    """Change the state and keep it in the history; the caller holds the lock."""
    here = world()
    moment = here.now()
    order["status"], order["updated"] = code, moment
    order["history"].append({"at": moment, "code": code})
    here.touch()


def view(order: dict) -> dict:
    """An order as CreateOrder, getOrder and the webhook show it: everything sent, and what the carrier added."""
    fee = order["fee"]
    return {
        **order["info"], "orderHdrID": order["orderHdrID"], "originalID": order["originalID"], "itemCode": order["itemCode"],
        "originalItemCode": order["itemCode"], "status": order["status"], "senderCode": order["customerCode"],
        "totalFee": fee["total"], "mainFee": fee["main"], "vasFee": fee["extras"], "codAmount": order["cod"],
        "weight": fee["weight"], "dimWeight": fee["volumetric"], "priceWeight": fee["priced"],
        "createdDate": local(order["created"]), "updatedDate": local(order["updated"]),
    }


def history(order: dict) -> dict:
    """One element of GetStatusHistoryOrder's data, oldest first."""
    return {"itemCode": order["itemCode"], "statusHistory": [
        {"createdDate": local(row["at"], "%d/%m/%Y"), "createHour": local(row["at"], "%H:%M:%S"), "statusCode": row["code"],
         "statusName": STATES[row["code"]]} for row in order["history"]]}


def send_orders(changed: list[dict]) -> list[str]:
    """Tell each account's webhook of its changed orders in one signed message; answers the delivery keys."""
    keys = []
    with world().lock:
        book = accounts()
        for username in dict.fromkeys(order["username"] for order in changed):
            url = book.get(username, {}).get("webhook_url")
            rows = [view(order) for order in changed if order["username"] == username]
            if url:
                keys.append(_send(url, rows))
    return keys


def _send(url: str, rows: list[dict]) -> str:
    moment = local(world().now())
    body = {"data": rows, "sendDate": moment, "signature": sign(f"MYVNP{moment}{rows[0]['itemCode']}{rows[0]['status']}")}
    raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return hooks.deliver(SERVICE, url, raw, {"Content-Type": "application/json"}, ok=lambda status, _: status == 200,
                         ladder=LADDER, label=f"order {rows[0]['itemCode']} {rows[0]['status']}")


def sign(text: str) -> str:
    """Base64 of the RSA-SHA256 (PKCS#1 v1.5) signature with this sandbox's own key."""
    return base64.b64encode(_key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def public_key() -> str:
    """The PEM text that belongs in the account form of a client."""
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    return _key().public_key().public_bytes(serialization.Encoding.PEM, shape).decode()


def _key() -> rsa.RSAPrivateKey:
    here = world()
    with here.lock:
        book = here.books("vnpost.keys")
        if "webhook" not in book:
            fresh = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            book["webhook"] = fresh.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
            here.touch()
        return serialization.load_pem_private_key(book["webhook"].encode(), None)
