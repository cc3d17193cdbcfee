"""Listings with the seller's SKUs, and stock back to them (section 9)."""
from app.failures import Failure, Retry
from app.integrations.paging import by_offset, chunks
from app.integrations.platforms.shopee.gate import response, rows
from app.integrations.platforms.shopee.reading import money, text
from app.integrations.types import Listing, StockResult

ITEMS, BASE, MODELS = "/api/v2/product/get_item_list", "/api/v2/product/get_item_base_info", "/api/v2/product/get_model_list"
STOCK = "/api/v2/product/update_stock"
PAGE, BATCH = 100, 50


def listings(shop):
    """Yield lists of Listing, one per page of items: one entry per model, or per item without models. Listed and unlisted items."""
    def fetch(offset):
        query = [("offset", offset), ("page_size", PAGE), ("item_status", "NORMAL"), ("item_status", "UNLIST")]
        body = shop.gate.get(ITEMS, query)
        found = response(body)
        return rows(body, "item"), found.get("next_offset") if found.get("has_next_page") else None

    for items in by_offset(fetch):
        ids = list(dict.fromkeys(str(i["item_id"]) for i in items if i.get("item_id")))
        yield [listing for batch in chunks(ids, BATCH) for item in base_info(shop, batch) for listing in entries(shop, item)]


def base_info(shop, ids):
    """Items of these ids; those deleted since the list was read are left out."""
    try:
        return rows(shop.gate.get(BASE, {"item_id_list": ",".join(ids)}), "item_list")
    except Failure as failure:
        if failure.code == "sku.listing_gone":
            return []
        raise


def entries(shop, item):
    """Listings of one item; models are asked for only where the item has some."""
    if not item.get("has_model"):
        return [entry(item, item, "0", "")]
    body = shop.gate.get(MODELS, {"item_id": item["item_id"]})
    tiers = rows(body, "tier_variation")
    return [entry(item, model, text(model, "model_id"), variation(tiers, model)) for model in rows(body, "model")]


def entry(item, owner, model_id, variation_name):
    prices = owner.get("price_info") or [{}]
    stock = ((owner.get("stock_info_v2") or {}).get("summary_info") or {}).get("total_available_stock")
    images = (item.get("image") or {}).get("image_url_list") or [""]
    return Listing(
        text(item, "item_id"), model_id, text(owner, "model_sku") or text(item, "item_sku"), text(item, "item_name"), variation_name,
        text(item, "item_status"), stock, money(prices[0], "current_price"), text(prices[0], "currency"), str(images[0]))


def variation(tiers, model):
    """"Blue,500ml" from the positions in the option lists; positions that do not exist are left out."""
    names = []
    for tier, index in zip(tiers, model.get("tier_index") or [], strict=False):
        options = tier.get("option_list") or []
        if isinstance(index, int) and 0 <= index < len(options):
            names.append(str(options[index].get("option") or ""))
    return ",".join(names)


def push_stock(shop, lines):
    """Set absolute stock; one StockResult per StockLine in the given order. At most 50 models of one item go in one call.

    A refusal concerns the call's lines. After a passing fault or a lost authorisation the rest is not tried any more
    (it would fail alike); raised only when nothing was done yet.
    """
    results, stop = {}, None
    for item_id, group in _by_item(lines).items():
        for batch in chunks(group, BATCH):
            try:
                if stop:
                    raise stop
                results |= _push(shop, item_id, batch)
            except Failure as failure:
                if failure.retry != Retry.NEVER:
                    if not results:
                        raise
                    stop = failure
                results |= {_key(s): StockResult(s.item_id, s.model_id, False, failure.code, failure.raw) for s in batch}
    return [results[_key(s)] for s in lines]


def _push(shop, item_id, batch):
    stock = {}
    for one in batch:
        place = {"location_id": one.location_id} if one.location_id else {}
        stock.setdefault(int(one.model_id or 0), []).append(place | {"stock": one.quantity})
    body = {"item_id": int(item_id), "stock_list": [{"model_id": model, "seller_stock": places} for model, places in stock.items()]}
    answer = shop.gate.post(STOCK, body, idempotent=True)
    refused = {str(row.get("model_id") or 0): str(row.get("failed_reason") or "") for row in rows(answer, "failure_list")}
    return {_key(s): _result(s, refused.get(str(s.model_id or 0))) for s in batch}


def _result(line, reason):
    if reason is None:
        return StockResult(line.item_id, line.model_id, True)
    return StockResult(line.item_id, line.model_id, False, "stock.push_refused", reason)


def _by_item(lines):
    groups = {}
    for one in lines:
        groups.setdefault(one.item_id, []).append(one)
    return groups


def _key(line):
    return line.item_id, str(line.model_id or 0), line.location_id
