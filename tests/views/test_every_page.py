"""Every page opens for the people it belongs to, in both languages, with rows to show; none of them shows a raw code."""
import re

import pytest

from app.extensions import appbuilder
from tests import factory
from tests.isolation_rows import furnish
from tests.test_isolation import routes, values

FALSE_FRIENDS = re.compile(r"&lt;app\.models|object at 0x|Error [a-z]+\.[a-z_]+|错误 ?[a-z]+\.[a-z_]+|%\(\w+\)s|None</(td|dd)>")


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("person", ["admin_a", "clerk_a", "viewer_a", "boss", "service"])
def test_every_page_opens(world, person, locale):
    rows = furnish(world)
    client = factory.login(world.app, person, locale)
    adapter = world.app.url_map.bind("localhost")
    tables = {v.endpoint: v.datamodel.obj.__tablename__ for v in appbuilder.baseviews if hasattr(v, "datamodel")}
    opened, broken, strange = 0, [], []
    for rule in routes(world.app):
        if "GET" not in rule.methods or rule.rule.startswith("/lang"):
            continue
        pk = (rows.get(tables.get(rule.endpoint.split(".")[0], "")) or [1])[0]
        url = adapter.build(rule.endpoint, values(rule, pk, world))
        answer = client.get(url)
        opened += answer.status_code == 200
        if answer.status_code >= 500:
            broken.append(url)
        elif answer.mimetype == "text/html" and (found := FALSE_FRIENDS.search(answer.get_data(as_text=True))):
            strange.append(f"{url}: {found[0]}")
    assert not broken
    assert not strange
    assert opened > 15
