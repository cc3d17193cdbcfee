"""A line without an API: tracking numbers are imported by sheet and handed out one by one; we draw the label."""
from app.failures import Failure
from app.integrations.carriers.base import Carrier, Profile
from app.integrations.types import Booked


class NumberPool(Carrier):
    """The domain claims the number under a lock and puts it into `shipment.options["pool_number"]`."""

    key = "number_pool"
    label = "Number pool"
    profile = Profile(forbidden="'\"<>&;\\%", lengths={"name": 35, "city": 35})

    def make_client(self):
        """None: nobody is called."""

    def book(self, shipment):
        """The claimed number. Failure pool.empty when none was left."""
        number = shipment.options.get("pool_number")
        if not number:
            raise Failure("pool.empty")
        return Booked(tracking_no=number)
