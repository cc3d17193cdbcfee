"""Open API v1: a merchant's own orders (read), products and mappings (read and write). Rights are those of the screens."""
from app.api.base import TenantApi
from app.models import OutboundOrder, PlatformOrder, Product, ShopAccount, SkuMapping, StockLevel, Waybill
from app.views.interface import Interface

READ_ONLY = ("post", "put", "delete")


class OrderApi(TenantApi):
    datamodel = Interface(PlatformOrder)
    resource_name, class_permission_name = "orders", "PlatformOrderView"
    exclude_route_methods = READ_ONLY
    list_columns = show_columns = ["id", "order_no", "platform", "account.alias", "state", "platform_status", "ordered_at", "ship_by", "currency", "cod",
                                   "recipient", "phone", "country", "city", "postcode", "ship_method", "outbound_no", "tracking_no",
                                   "items.platform_sku", "items.quantity"]
    search_columns = ["order_no", "state", "platform", "country", "outbound_no", "tracking_no", "ordered_at"]
    order_columns = ["id", "ordered_at"]


class OutboundApi(TenantApi):
    datamodel = Interface(OutboundOrder)
    resource_name, class_permission_name = "outbound_orders", "OutboundOrderView"
    exclude_route_methods = READ_ONLY
    list_columns = show_columns = ["id", "number", "order_no", "state", "recipient", "country", "remark", "lines.platform_skus", "lines.quantity"]
    search_columns = ["number", "order_no", "state"]
    order_columns = ["id"]


class WaybillApi(TenantApi):
    datamodel = Interface(Waybill)
    resource_name, class_permission_name = "waybills", "PushedWaybillView"
    exclude_route_methods = READ_ONLY
    list_columns = show_columns = ["id", "reference", "tracking_no", "carrier", "state", "order_no", "outbound_no", "country", "error_code"]
    search_columns = ["reference", "tracking_no", "order_no", "state"]
    order_columns = ["id"]


class ProductApi(TenantApi):
    datamodel = Interface(Product)
    resource_name, class_permission_name = "products", "ProductView"
    list_columns = show_columns = add_columns = edit_columns = [
        "sku", "name", "declared_en", "declared_zh", "declared_currency", "weight_g", "hs_code", "origin", "battery", "barcode", "pick_info", "bin", "active"]
    list_columns = show_columns = ["id", *add_columns]
    search_columns = ["sku", "name", "active"]
    order_columns = ["id", "sku"]


class MappingApi(TenantApi):
    datamodel = Interface(SkuMapping)
    resource_name, class_permission_name = "sku_mappings", "SkuMappingView"
    list_columns = show_columns = ["id", "platform_sku", "product.sku", "quantity", "account.alias", "platform"]
    add_columns = edit_columns = ["platform_sku", "product", "quantity", "account", "platform"]
    search_columns = ["platform_sku", "platform"]
    order_columns = ["id"]
    related = {"product": Product, "account": ShopAccount}


class StockApi(TenantApi):
    datamodel = Interface(StockLevel)
    resource_name, class_permission_name = "stock", "StockLevelView"
    exclude_route_methods = READ_ONLY
    list_columns = show_columns = ["id", "product.sku", "warehouse.code", "on_hand", "reserved", "incoming"]
    search_columns = ["id"]
    order_columns = ["id"]


ALL = (OrderApi, OutboundApi, WaybillApi, ProductApi, MappingApi, StockApi)
