"""The menus as one ordered list: the only place that registers views. Menus without function yet are left out."""
from flask_babel import lazy_gettext as _l

# (category key, label, icon); the key is the permission name, the label is translated when shown.
CATEGORIES = [
    ("Platform", _l("Platform management"), "fa-plug"),
    ("Outbound", _l("Outbound orders"), "fa-truck"),
    ("Stock", _l("Stock management"), "fa-cubes"),
    ("MasterData", _l("Master data"), "fa-database"),
    ("UserCentre", _l("User centre"), "fa-user"),
    ("Provider", _l("Provider"), "fa-building"),
    ("Help", _l("Help"), "fa-question-circle"),
]


def screens():
    """(view class, category key or None) in menu order. A view's name in menus and rights is its class name."""
    from app.views import all_views
    return all_views()


def init_menu(appbuilder):
    labels = {key: (label, icon) for key, label, icon in CATEGORIES}
    for view, category in screens():
        if category is None:
            appbuilder.add_view_no_menu(view)
            continue
        label, icon = labels[category]
        appbuilder.add_view(view, view.__name__, label=view.menu_label, icon=view.menu_icon, category=category,
                            category_label=label, category_icon=icon)
