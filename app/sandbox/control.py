"""The control API and its page: clock, settings, faults, calls, hook deliveries. Services add their own routes to `bp`."""

from flask import Blueprint, jsonify, render_template, request

from . import faults
from .core import PANELS, register_panel, world

__all__ = ["bp", "register_panel"]
bp = Blueprint("control", __name__)


class Refused(Exception):
    """The control call makes no sense; the text goes to the caller as {"error": text} with 400 (or the given status)."""

    def __init__(self, text: str, status: int = 400):
        super().__init__(text)
        self.status = status


@bp.errorhandler(Refused)
def _refused(error: Refused):
    return jsonify(error=str(error)), error.status


def given() -> dict:
    """The JSON object of the request; an empty body counts as {}."""
    data = request.get_json(force=True, silent=True) if request.get_data(cache=True) else {}
    if not isinstance(data, dict):
        raise Refused("the body must be a JSON object")
    return data


@bp.get("/")
def page():
    here = world()
    with here.lock:
        panels = [{**panel, "table": panel["rows"]()} for panel in PANELS]
        deliveries = list(here.books("hooks.log").values())[-100:][::-1]
        view = render_template(
            "sandbox/control.html", panels=panels, deliveries=deliveries, calls=list(here.calls)[-150:][::-1], kinds=faults.KINDS,
            faults=list(here.books("faults").values()), settings=here.settings, now=here.now(), offset=here.store.data["offset"],
        )
    return view


@bp.post("/reset")
def reset():
    world().reset()
    return jsonify(ok=True)


@bp.get("/state")
def state():
    """Everything kept, for a look from a test; secrets included, as this server has only invented ones."""
    here = world()
    with here.lock:
        counts = {name: len(book) for name, book in here.store.data["books"].items()}
        books = request.args.getlist("book")
        return jsonify(now=here.now(), offset=here.store.data["offset"], settings=here.settings, counts=counts,
                       books={name: here.books(name) for name in books})


@bp.get("/log")
def log():
    """The last calls, oldest first; ?service= and ?path= (part of the path) narrow them."""
    service, path = request.args.get("service"), request.args.get("path", "")
    calls = [call for call in list(world().calls) if (not service or call["service"] == service) and path in call["path"]]
    return jsonify(calls=calls)


@bp.get("/hooks")
def hooks():
    here = world()
    with here.lock:
        return jsonify(deliveries=list(here.books("hooks.log").values()))


@bp.post("/clock")
def clock():
    """{"offset": seconds} sets the clock apart from real time; {"add": seconds} moves it further."""
    here, data = world(), given()
    try:
        offset = float(data["offset"]) if "offset" in data else here.store.data["offset"] + float(data.get("add", 0))
    except (TypeError, ValueError) as error:
        raise Refused("offset must be a number of seconds") from error
    here.set_offset(offset)
    return jsonify(offset=offset, now=here.now())


@bp.post("/settings")
def settings():
    """{service: {key: value}} or {"speed": number}."""
    here = world()
    with here.lock:
        for service, values in given().items():
            if service == "speed":
                here.settings["speed"] = float(values)
            elif isinstance(values, dict):
                here.settings.setdefault(service, {}).update(values)
            else:
                raise Refused(f"settings of {service} must be an object")
        here.touch()
        return jsonify(here.settings)


@bp.get("/faults")
def list_faults():
    here = world()
    with here.lock:
        return jsonify(faults=list(here.books("faults").values()))


@bp.post("/faults")
def add_fault():
    known = ("service", "kind", "path", "times", "rate", "after_effect", "delay", "params")
    data = given()
    try:
        return jsonify(faults.add(**{key: data[key] for key in known if key in data})), 201
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from error


@bp.delete("/faults")
@bp.delete("/faults/<number>")
@bp.post("/faults/clear")
@bp.post("/faults/<number>/clear")
def clear_faults(number: str | None = None):
    """Switch one fault off, or all."""
    here = world()
    with here.lock:
        book = here.books("faults")
        gone = [book.pop(number, None)] if number else [book.clear()]
        here.touch()
    if number and gone == [None]:
        raise Refused("no such fault", 404)
    return jsonify(ok=True)
