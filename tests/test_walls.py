"""Walls that must not rot: import directions, who assigns a state, Core only in one module, catalogue completeness, file sizes."""
import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
FILES = sorted(p for p in APP.rglob("*.py") if "migrations" not in p.parts)

# package -> what it may not import (design 2: views, api, jobs -> domain -> models, integrations)
FORBIDDEN = {
    "domain": ("app.views", "app.api", "flask.request"),
    "models": ("app.views", "app.api", "app.domain", "app.jobs", "app.integrations"),
    "integrations": ("app.views", "app.api", "app.domain", "app.jobs", "app.models", "app.extensions", "app.tenancy", "flask", "sqlalchemy"),
    "sandbox": ("app.integrations", "app.domain", "app.models", "app.views", "app.jobs", "app.extensions", "app.tenancy"),
    "documents": ("app.views", "app.api", "app.domain", "app.jobs", "app.models", "app.integrations", "flask", "sqlalchemy"),
    "views": ("app.api", "app.sandbox"),
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_run_one_way(package):
    strays = []
    for path in FILES:
        if APP / package not in path.parents:
            continue
        for name in imports(path):
            if any(name == bad or name.startswith(bad + ".") for bad in FORBIDDEN[package]):
                strays.append(f"{path.relative_to(ROOT)}: {name}")
    assert not strays


def test_only_move_assigns_the_state_of_an_order_or_waybill():
    """Other objects (accounts, runs, jobs) have simple states; the three state machines belong to lifecycle.move()."""
    strays = []
    for path in FILES:
        if path.name == "lifecycle.py" and path.parent.name == "orders":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
            for target in [t for one in targets for t in (one.elts if isinstance(one, ast.Tuple) else [one])]:
                if isinstance(target, ast.Attribute) and target.attr == "state" and isinstance(target.value, ast.Name):
                    if re.search(r"order|outbound|waybill|parcel", target.value.id):
                        strays.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not strays


CORE = re.compile(r"\.__table__|sa\.text\(|bulk_save_objects|bulk_insert_mappings|(?<![a-z_.])sa\.insert\(|[^.\w]insert\(")
# The data module, the trail that writes beside a flush, and places that touch no tenant rows.
CORE_ALLOWED = {"models/bulk.py", "audit.py"}


def test_core_statements_only_in_the_data_module():
    """Core is not guarded by the session: on tenant tables it belongs to models/bulk.py."""
    strays = []
    for path in FILES:
        name = str(path.relative_to(APP))
        if name in CORE_ALLOWED or name.startswith(("sandbox/", "models/")):
            continue
        strays += [f"{name}:{n}: {line.strip()}" for n, line in enumerate(path.read_text().splitlines(), 1)
                   if CORE.search(line) and "core: " not in line and not line.strip().startswith(("#", '"""'))]
    assert not strays


def codes_raised():
    """Every code literal given to Failure(...), Finding(...), Result(..., code) or problem_code in the product."""
    pattern = re.compile(r"""(?:Failure|Finding)\(\s*["']([a-z_]+\.[a-z_]+)["']|code=["']([a-z_]+\.[a-z_]+)["']|["'](?:failed|done|skipped)["'],\s*["']([a-z_]+\.[a-z_]+)["']""")
    for path in FILES:
        if "sandbox" in path.parts:
            continue
        for match in pattern.finditer(path.read_text()):
            yield next(filter(None, match.groups())), path.relative_to(ROOT)


def test_every_code_has_its_sentence():
    from app.message_catalogue import CATALOGUE
    missing = {f"{code} ({path})" for code, path in codes_raised() if code not in CATALOGUE}
    assert not missing


def test_files_stay_readable():
    """A large file is split by subject (house rule 12)."""
    long = {str(p.relative_to(ROOT)): n for p in FILES if (n := len(p.read_text().splitlines())) > 450 and "migrations" not in p.parts}
    assert not long


def test_role_patterns_end():
    """FAB matches prefixes: a pattern without $ grants more than it says."""
    from app.security import ROLES
    assert all(view.endswith("$") and right.endswith("$") for rights in ROLES.values() for view, right in rights)


def test_every_move_has_a_label():
    """The history of an order, waybill or shop is read by people: no raw word of ours in it."""
    from app.domain.orders.lifecycle import OUTBOUND_ORDER, PLATFORM_ORDER, WAYBILL
    from app.views.labels import EVENTS
    moves = set(PLATFORM_ORDER) | set(OUTBOUND_ORDER) | set(WAYBILL)
    for path in (APP / "domain").rglob("*.py"):
        moves |= {a or b for a, b in re.findall(r'add_event\([^,]+,\s*[^,]+,\s*"(\w+)"|"move":\s*"(\w+)"', path.read_text())}
    assert not moves - set(EVENTS)
