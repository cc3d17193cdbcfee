"""All carriers by key. A newcomer adds one file here and one in `sandbox/`."""
from importlib import import_module

MODULES = {"gogoxpress": "GogoXpress", "vnpost": "VNPost", "number_pool": "NumberPool"}


def carrier_class(key):
    """The connector class; KeyError for an unknown key."""
    return getattr(import_module(f"app.integrations.carriers.{key}"), MODULES[key])


def all_carriers():
    return {key: carrier_class(key) for key in MODULES}
