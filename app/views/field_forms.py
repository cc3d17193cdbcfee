"""Forms drawn from a connector's declared fields (integrations.types.Field): account, channel and app settings.

Inputs are named `p_<field>`. Secrets are write-only: they are never drawn, and an empty input keeps the stored one.
"""
from flask_babel import gettext as _

from app.failures import Failure

LONGEST = 8000      # characters of one value; the longest real one is an RSA key


def draw(fields, options, stored=()):
    """What parts.drawn_field needs, a dict per field. `options`: plain values by name; `stored`: names of secrets that exist."""
    return [{"name": f.name, "label": f.label, "kind": f.kind, "required": f.required, "choices": f.choices, "help": f.help,
             "value": "" if f.kind == "secret" else shown(options.get(f.name, f.default)), "stored": f.name in stored} for f in fields]


def shown(value):
    """A stored value as text of an input; lists stand one entry a line."""
    return "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else "" if value is None else str(value)


def read(fields, form, old_options, old_secrets):
    """(options, secrets) after a posted form: the old ones with the posted values put in; keys of no field stay as they are.

    Raises Failure form.field_missing, form.too_long, action.bad_choice, action.bad_number, each with the field's label.
    """
    options, secrets = dict(old_options or {}), dict(old_secrets or {})
    for field in fields:
        text = _text(field, form)
        if field.kind == "secret":
            text = text or secrets.get(field.name, "")
        if field.required and not text:
            raise Failure("form.field_missing", field=_(field.label))
        if field.kind == "secret":
            secrets[field.name] = text
        else:
            options[field.name] = _checked(field, text)
    return options, {name: text for name, text in secrets.items() if text}


def _text(field, form):
    text = form.get(f"p_{field.name}", "").replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > LONGEST:
        raise Failure("form.too_long", field=_(field.label), limit=LONGEST)
    return text


def _checked(field, text):
    if field.kind == "choice" and text and text not in {str(c if isinstance(c, str) else c[0]) for c in field.choices}:
        raise Failure("action.bad_choice", field=_(field.label))
    if field.kind == "number" and text and not (text.isascii() and text.isdigit()):
        raise Failure("action.bad_number", field=_(field.label))
    return text
