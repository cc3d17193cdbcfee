"""平台物流: the platform itself is the carrier. Booking is arranging the shipment; the platform issues the number and the label."""
from app.failures import Failure, Retry
from app.integrations.carriers.base import Profile
from app.integrations.types import Booked


class PlatformCarrier:
    """The verbs of a carrier over a shop's connector, for one package of one order. `parcel`: integrations.types.Parcel."""

    key, label = "platform", "Platform logistics"
    countries, services, account_fields, channel_fields = (), (), (), ()
    profile = Profile()
    tracking_url = ""
    needs_own_label = False

    def __init__(self, shop, parcel):
        self.shop, self.parcel = shop, parcel

    @classmethod
    def can(cls, ability):
        return callable(getattr(cls, ability, None))

    def book(self, shipment):
        """Arrange the shipment; already arranged is fine. Failure waybill.number_pending (later) while there is no number yet."""
        return self._booked(self.shop.arrange(self.parcel))

    def find(self, reference):
        """Has it been arranged? None when not; the platform knows its own order number, not our reference."""
        arranged = self.shop.arranged(self.parcel)
        return self._booked(arranged) if arranged else None

    def fetch_label(self, booked):
        self.parcel.tracking_no = booked.tracking_no
        return self.shop.fetch_label(self.parcel)

    def _booked(self, arranged):
        if not arranged.tracking_no:
            raise Failure("waybill.number_pending", retry=Retry.LATER, wait=300, number=self.parcel.order_no)
        return Booked(arranged.tracking_no, self.parcel.package_number, status=arranged.state)
