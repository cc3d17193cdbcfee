"""The order book of each shop, with indexes by time so that listing 20 000 orders stays cheap.

Keys of an order that start with "_" are the stand-in's own and never leave it.
"""

from bisect import bisect_left, bisect_right, insort

from ..core import world
from .gate import Refusal

TIMES = ("create_time", "update_time")
NOT_FOUND = ("error_not_found", "Wrong parameters, detail: the order is not found.")


def orders(shop_id: int | str) -> dict[str, dict]:
    """order_sn -> order."""
    return world().books(f"shopee.orders.{shop_id}")


def numbers() -> set[str]:
    """All order numbers of all shops, kept up by whoever draws new ones."""
    made = world().scratch.get("shopee.numbers")
    if made is None:
        made = {sn for shop_id in world().books("shopee.shops") for sn in orders(shop_id)}
        world().scratch["shopee.numbers"] = made
    return made


def find(shop_id: int | str, order_sn) -> dict:
    """The order or error_not_found."""
    order = orders(shop_id).get(order_sn) if isinstance(order_sn, str) else None
    if order is None:
        raise Refusal(*NOT_FOUND)
    return order


def index(shop_id: int | str) -> dict:
    """{create_time: [(time, order_sn)…], update_time: […], packages: {package_number: order_sn}}, built once and then kept."""
    made = world().scratch.get(("shopee.index", str(shop_id)))
    if made is None:
        book = orders(shop_id)
        made = {field: sorted((order[field], sn) for sn, order in book.items()) for field in TIMES}
        made["packages"] = {package["package_number"]: sn for sn, order in book.items() for package in order["package_list"]}
        world().scratch[("shopee.index", str(shop_id))] = made
    return made


def drop_index(shop_id: int | str) -> None:
    """After a bulk change: sort again at the next question."""
    world().scratch.pop(("shopee.index", str(shop_id)), None)


def put(shop_id: int | str, made: list[dict]) -> None:
    """Add new orders."""
    book = orders(shop_id)
    for order in made:
        book[order["order_sn"]] = order
    drop_index(shop_id)
    world().touch()


def changed(shop_id: int | str, order: dict) -> None:
    """The order was altered: its update_time becomes now and the index follows."""
    moment = int(world().now())
    lists = index(shop_id)
    if order["update_time"] != moment:
        row = (order["update_time"], order["order_sn"])
        place = bisect_left(lists["update_time"], row)
        if lists["update_time"][place:place + 1] == [row]:
            del lists["update_time"][place]
        order["update_time"] = moment
        insort(lists["update_time"], (moment, order["order_sn"]))
    for package in order["package_list"]:
        lists["packages"][package["package_number"]] = order["order_sn"]
    world().touch()


def between(shop_id: int | str, field: str, start: int, end: int, after: tuple[int, str] | None):
    """Orders with start <= field <= end in order of (time, order_sn), behind the row `after`."""
    rows, book = index(shop_id)[field], orders(shop_id)
    place = max(bisect_left(rows, (start, "")), bisect_right(rows, after) if after else 0)
    for moment, sn in rows[place:bisect_right(rows, (end, "\uffff"))]:
        yield moment, book[sn]


def find_package(shop_id: int | str, number) -> tuple[dict, dict] | None:
    """(order, package) or None."""
    sn = index(shop_id)["packages"].get(number) if isinstance(number, str) else None
    if sn is None:
        return None
    order = orders(shop_id)[sn]
    package = next((row for row in order["package_list"] if row["package_number"] == number), None)
    return (order, package) if package else None
