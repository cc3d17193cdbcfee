"""All kinds of sheets by key. A newcomer adds a file here."""
from app.domain.sheets.kinds import mappings, orders, outbound, pool_numbers, products, stock, waybills

KINDS = {k.key: k for k in (mappings.KIND, products.KIND, pool_numbers.KIND, stock.ADJUST, stock.LEVELS, orders.KIND, outbound.KIND,
                            waybills.KIND)}
