from tests.domain.orders.conftest import world  # noqa: F401
