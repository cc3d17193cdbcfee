"""Orders that are strange but possible: what breaks importers in real life."""

import random

KINDS = ("apostrophes", "emoji", "nul", "500_items", "no_items", "negative_quantity", "unknown_currency", "unknown_fields", "long_note")
ALIASES = {"500 items": "500_items", "no items": "no_items", "negative quantity": "negative_quantity",
           "unknown currency": "unknown_currency", "unknown fields": "unknown_fields",
           "4000-character note": "long_note", "long note": "long_note"}
NAMES = ("Conan O'Neil", "Mary D'Souza", "Seán O’Brien", "Anne \"Annie\" <Lee> & Co; 100%")


def wanted(wish) -> list[str]:
    """Names of oddities: a list, one name, or True / "all". Raises ValueError for an unknown one."""
    if not wish:
        return []
    if wish is True or wish == "all":
        return list(KINDS)
    names = [ALIASES.get(str(name), str(name)) for name in ([wish] if isinstance(wish, str) else wish)]
    strange = [name for name in names if name not in KINDS]
    if strange:
        raise ValueError(f"unknown oddity {strange[0]!r}; one of {', '.join(KINDS)}")
    return names


def apply(name: str, order: dict, rng: random.Random) -> None:
    """Bend the order in place."""
    address, lines = order["recipient_address"], order["item_list"]
    if name == "apostrophes":
        address["name"] = rng.choice(NAMES)
        address["full_address"] = "5 Queen's Road; Apt \"B\" & <C>\\D 50%, " + address["full_address"]
    elif name == "emoji":
        address["name"] += " 🌸👩‍👩‍👧"
        order["message_to_seller"] = "Thank you 🙏🏽 please wrap 🎁"
    elif name == "nul":
        address["full_address"] = "12\x00 Demo\x07 St, " + address["full_address"]
        order["message_to_seller"] = "line one\x00line two"
    elif name == "500_items":
        order["item_list"] = [{**lines[0], "order_item_id": number, "item_id": lines[0]["item_id"] + 10**6 + number,
                               "item_sku": f"BULK-{number:03d}", "model_sku": ""} for number in range(500)]
    elif name == "no_items":
        order["item_list"] = []
    elif name == "negative_quantity":
        lines[0]["model_quantity_purchased"] = -1
    elif name == "unknown_currency":
        order["currency"] = "XQZ"
    elif name == "unknown_fields":
        order.update(brand_new_field={"nested": [1, 2, {"deep": None}]}, order_status_v9="READY")
        lines[0]["some_new_list"] = ["x"]
    elif name == "long_note":
        order["message_to_seller"] = ("Xin hãy giao nhanh giúp mình nhé! " * 130)[:4000]
