"""All tables. Importing this package fills the metadata that migrations compare with."""
from app.models.account import PlatformApp, ShopAccount
from app.models.channel import CarrierAccount, PoolNumber, ShippingChannel
from app.models.job import HookNote, Job, Outbox
from app.models.order import OrderItem, OrderRaw, PlatformOrder
from app.models.outbound import OutboundLine, OutboundOrder
from app.models.product import Listing, Product, SkuMapping
from app.models.run import Run, RunFile, RunRow
from app.models.stock import StockLevel, StockMove, Warehouse
from app.models.tenant import Member, Tenant
from app.models.trail import AuditEntry, Counter, Event
from app.models.waybill import LabelBlob, Waybill

__all__ = ["AuditEntry", "CarrierAccount", "Counter", "Event", "HookNote", "Job", "LabelBlob", "Listing", "OrderItem", "OrderRaw",
           "OutboundLine", "OutboundOrder", "Outbox", "PlatformApp", "PlatformOrder", "PoolNumber", "Product", "Run", "RunFile",
           "RunRow", "ShippingChannel", "ShopAccount", "SkuMapping", "StockLevel", "StockMove", "Member", "Tenant", "Waybill", "Warehouse"]
