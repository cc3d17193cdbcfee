"""Listings and their stock."""

from flask import request

from ..core import world
from . import view
from .gate import Caller, Refusal, answer, body, shop_api, text_list, whole, wrong

STATUSES = ("NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE")
NO_ITEM = ("product.error_item_not_found", "The item is not found.")


def items(shop_id: int | str) -> dict[str, dict]:
    """item_id as text -> item with its models in `_models`."""
    return world().books(f"shopee.items.{shop_id}")


@shop_api("GET", "/product/get_item_list")
def get_item_list(caller: Caller) -> dict:
    offset = whole(request.args.get("offset", 0), "offset", 0)
    size = whole(request.args.get("page_size"), "page_size", 1, 100)
    wanted = request.args.getlist("item_status")
    if not wanted or set(wanted) - set(STATUSES):
        raise wrong("item_status is invalid.")
    start, end = (whole(request.args.get(name, default), name) for name, default in (("update_time_from", 0), ("update_time_to", 2**40)))
    found = [item for item in items(caller.shop["shop_id"]).values()
             if item["item_status"] in wanted and start <= item["update_time"] <= end]
    page = found[offset:offset + size]
    more = offset + size < len(found)
    rows = [{"item_id": item["item_id"], "item_status": item["item_status"], "update_time": item["update_time"], "tag": {"kit": False}}
            for item in page]
    return answer({"item": rows, "total_count": len(found), "has_next_page": more, "next_offset": offset + size if more else 0})


@shop_api("GET", "/product/get_item_base_info")
def get_item_base_info(caller: Caller) -> dict:
    numbers, mine = text_list(request.args.get("item_id_list"), "item_id_list", 50), items(caller.shop["shop_id"])
    found = [mine[number] for number in dict.fromkeys(numbers) if number in mine]
    if not found:
        raise Refusal(*NO_ITEM)
    return answer({"item_list": [_base(item) for item in found]})


def _base(item: dict) -> dict:
    row = view.public(item)
    if item["has_model"]:
        row.pop("price_info", None)
    row["stock_info_v2"] = stock_info(item["_models"])
    return row


def stock_info(models: list[dict]) -> dict:
    """Their stock object over some models."""
    places: dict[str, int] = {}
    for model in models:
        for place, stock in model["_stock"].items():
            places[place] = places.get(place, 0) + stock
    return {"summary_info": {"total_reserved_stock": 0, "total_available_stock": sum(places.values())},
            "seller_stock": [{"location_id": place, "stock": stock, "if_saleable": True} for place, stock in places.items()],
            "shopee_stock": []}


@shop_api("GET", "/product/get_model_list")
def get_model_list(caller: Caller) -> dict:
    item = items(caller.shop["shop_id"]).get(request.args.get("item_id", ""))
    if item is None:
        raise Refusal(*NO_ITEM)
    models = item["_models"] if item["has_model"] else []
    rows = [{**view.public(model), "stock_info_v2": stock_info([model])} for model in models]
    options = [{"option": model["model_name"], "image": {"image_id": "", "image_url": ""}} for model in models]
    return answer({"tier_variation": [{"name": "Variation", "option_list": options}] if models else [], "model": rows})


@shop_api("GET", "/product/search_item")
def search_item(caller: Caller) -> dict:
    size = whole(request.args.get("page_size"), "page_size", 1, 100)
    offset = whole(request.args.get("offset") or 0, "offset", 0)
    sku, name = request.args.get("item_sku", ""), request.args.get("item_name", "")
    if not sku and not name:
        raise wrong("item_sku or item_name is required.")
    found = [item["item_id"] for item in items(caller.shop["shop_id"]).values()
             if (not sku or sku.lower() in item["item_sku"].lower()) and (not name or name.lower() in item["item_name"].lower())]
    more = offset + size < len(found)
    next_offset = str(offset + size) if more else ""
    return answer({"item_id_list": found[offset:offset + size], "total_count": len(found), "next_offset": next_offset})


@shop_api("POST", "/product/update_stock")
def update_stock(caller: Caller) -> dict:
    data = body()
    item, rows = items(caller.shop["shop_id"]).get(str(data.get("item_id"))), data.get("stock_list")
    if item is None:
        raise Refusal(*NO_ITEM)
    if not isinstance(rows, list) or not 1 <= len(rows) <= 50 or not all(isinstance(row, dict) for row in rows):
        raise wrong("stock_list should hold 1 to 50 models.")
    good, bad = [], []
    for row in rows:
        done, reason = _set_stock(item, row)
        if reason:
            bad.append({"model_id": row.get("model_id"), "failed_reason": reason})
        else:
            good.extend(done)
    item["update_time"] = int(world().now())
    world().touch()
    result = answer({"success_list": good, "failure_list": bad})
    if not good:
        result.update(error="product.error_busi_update_stock_failed", message="Update stock failed.")
    return result


def _set_stock(item: dict, row: dict) -> tuple[list[dict], str]:
    """Rows for success_list, or the reason of the failure."""
    model = next((model for model in item["_models"] if model["model_id"] == row.get("model_id", 0)), None)
    if model is None:
        return [], "model_id is not found in this item."
    entries = row.get("seller_stock")
    if not isinstance(entries, list) or not entries:
        return [], "seller_stock is required."
    done, new = [], {}
    for entry in entries:
        place, stock = entry.get("location_id") or next(iter(model["_stock"])), entry.get("stock")
        if place not in model["_stock"]:
            return [], "location_id is invalid."
        if not isinstance(stock, int) or isinstance(stock, bool) or not 0 <= stock <= 10_000_000:
            return [], "stock is invalid."
        new[place] = stock
        done.append({"model_id": model["model_id"], "location_id": place, "stock": stock})
    model["_stock"].update(new)
    return done, ""
