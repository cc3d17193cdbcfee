"""Printing: one file in picking order, what is missing named first, who printed kept."""
from io import BytesIO

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from app.domain.shipping import printing
from app.failures import Failure
from app.models import LabelBlob, PoolNumber, RunFile, Waybill
from app.tenancy import as_tenant
from tests import factory
from tests.integration_flow import support


@pytest.fixture
def pool(sandbox, world):
    channel = support.carrier_channel(sandbox, world.a, "number_pool")
    for n in range(1, 6):
        factory.add(world.a, PoolNumber(channel_id=channel, number=f"RR{n:09d}CN"))
    return channel


def pushed(world, channel, **values):
    outbound = support.outbound(world.a, channel, **values)
    assert support.steps(world.a, "push", outbound).state == "done"
    return support.waybills(world.a, outbound)[-1].id


def pages(pdf):
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def test_own_labels_lie_in_picking_order_and_carry_the_number(world, sandbox, pool):
    from app.models import Product
    first, second = pushed(world, pool, sku="ZCUP"), pushed(world, pool, sku="CUP")
    support.change(world.a, Product, support.with_product(world.a, "ZCUP"), bin="Z-09")
    with as_tenant(world.a, "clerk") as session:
        pdf, results = printing.print_pdf([first, second], "100x150", "en")
        session.commit()
    texts = pages(pdf)
    assert len(texts) == 2 and "A-01" in texts[0] and "Z-09" in texts[1]
    assert {r.state for r in results} == {"done"}
    assert support.one(world.a, Waybill, first, "print_count") == 1 and support.one(world.a, Waybill, first, "printed_at")


def test_missing_ones_come_first_with_their_reason(world, sandbox, pool):
    good = pushed(world, pool)
    outbound = support.outbound(world.a, pool, phone="123")
    support.steps(world.a, "push", outbound)
    bad = support.waybills(world.a, outbound)[0].id
    run, rows = support.whole(world.a, "print", ids=[good, bad], template="100x150")
    assert {r.subject_id: (r.state, r.code) for r in rows} == {good: ("done", "print.printed"), bad: ("failed", "print.no_number")}
    with as_tenant(world.a, "test") as session:
        pdf = session.scalar(sa.select(RunFile.content).where(RunFile.run_id == run))
        number = session.get(Waybill, bad).outbound_no
    texts = pages(pdf)
    assert len(texts) == 2 and number in texts[0]


def test_a_carriers_label_is_fetched_when_it_was_not_there(world, sandbox):
    channel = support.carrier_channel(sandbox, world.a, "gogoxpress")
    waybill = pushed(world, channel)
    with as_tenant(world.a, "test") as session:
        session.delete(session.get(LabelBlob, waybill))
        session.commit()
        (result,) = printing.print_pdf([waybill])[1]
        session.rollback()
    assert (result.state, result.code) == ("failed", "label.not_ready")
    _run, (row,) = support.whole(world.a, "print", ids=[waybill])
    assert row.state == "done"
    with as_tenant(world.a, "test") as session:
        assert session.get(LabelBlob, waybill) is not None


def test_a_broken_file_of_the_carrier_costs_its_own_row_only(world, sandbox, pool):
    channel = support.carrier_channel(sandbox, world.a, "gogoxpress")
    broken, good = pushed(world, channel), pushed(world, pool)
    with as_tenant(world.a, "test") as session:
        session.get(LabelBlob, broken).content = b"<html>not a label</html>"
        session.commit()
    _run, rows = support.whole(world.a, "print", ids=[broken, good])
    found = {r.subject_id: (r.state, r.code) for r in rows}
    assert found == {broken: ("failed", "label.carrier_file_broken"), good: ("done", "print.printed")}


def test_foreign_and_unknown_ids_and_templates(world, sandbox, pool):
    waybill = pushed(world, pool)
    with as_tenant(world.b, "test"), pytest.raises(Failure) as caught:
        printing.print_pdf([waybill])
    assert caught.value.code == "print.nothing"
    with as_tenant(world.a, "test"), pytest.raises(Failure) as caught:
        printing.print_pdf([waybill], "b5")
    assert caught.value.code == "print.unknown_template"
