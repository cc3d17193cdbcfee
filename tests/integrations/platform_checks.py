"""The four checks of every platform connector: request made, page followed, answer translated, failure classified.

A platform's test class inherits `PlatformChecks`, gives `make(transport)` and fills the four lists; every entry is one test.
"""
from dataclasses import dataclass, field

import pytest

from app.failures import Failure, Retry
from app.integrations.http import FakeTransport


@dataclass
class Asked:
    """`call(connector)` must send `method path` with at least these query and JSON values as its last request."""
    name: str
    call: object
    answers: list
    method: str
    path: str
    query: dict = field(default_factory=dict)
    json: dict | None = None


@dataclass
class Paged:
    """`call(connector)` must yield pages with these order numbers, and send one list request (`path`) per page with `queries`."""
    name: str
    call: object
    answers: object
    path: str
    queries: list
    numbers: list


@dataclass
class Translated:
    """`call(connector)` gives a thing whose attributes (dotted, with list positions) have these values."""
    name: str
    call: object
    answers: object
    expected: dict


@dataclass
class Refused:
    """`call(connector)` raises this Failure."""
    name: str
    call: object
    answers: object
    code: str
    retry: Retry = Retry.NEVER


class PlatformChecks:
    """Base of a platform's test class. Inherit, fill, run."""

    ASKED: list = []
    PAGED: list = []
    TRANSLATED: list = []
    REFUSED: list = []

    def make(self, transport, **more):
        """The connector over `transport`, with tokens that are good for an hour."""
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc):
        kinds = {"asked": self.ASKED, "paged": self.PAGED, "translated": self.TRANSLATED, "refused": self.REFUSED}
        for name, cases in kinds.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, cases, ids=[c.name for c in cases])

    def test_the_request_is_made(self, asked):
        transport = FakeTransport(asked.answers)
        consume(asked.call(self.make(transport)))
        sent = transport.sent[-1]
        assert (sent.method, sent.path) == (asked.method, asked.path)
        assert sent.query | asked.query == sent.query
        if asked.json is not None:
            assert sent.json() == asked.json

    def test_pages_are_followed(self, paged):
        transport = FakeTransport(paged.answers)
        pages = list(paged.call(self.make(transport)))
        assert [[order.number for order in page.orders] for page in pages] == paged.numbers
        listed = [s.query for s in transport.sent if s.path == paged.path]
        assert len(listed) == len(paged.queries)
        for query, wanted in zip(listed, paged.queries, strict=True):
            assert query | wanted == query

    def test_the_answer_is_translated(self, translated):
        found = translated.call(self.make(FakeTransport(translated.answers)))
        assert {path: pick(found, path) for path in translated.expected} == translated.expected

    def test_the_failure_is_classified(self, refused):
        with pytest.raises(Failure) as caught:
            consume(refused.call(self.make(FakeTransport(refused.answers))))
        assert (caught.value.code, caught.value.retry) == (refused.code, refused.retry)


def pick(thing, path):
    """`pick(order, "lines.0.sku")`."""
    for step in path.split("."):
        thing = thing[int(step)] if step.isdigit() else getattr(thing, step)
    return thing


def consume(result):
    """Run a generator to its end; anything else is left as it is."""
    return list(result) if hasattr(result, "__next__") else result
