"""A vendor's product in the answers of listProducts and getProduct."""

from trackform.sandbox.digistore24.catalog import MarketProduct
from trackform.sandbox.store import Row

YES_OR_NO = (
    "is_quantity_editable_before_purchase", "is_quantity_editable_after_purchase", "is_address_input_mandatory",
    "is_phone_no_input_shown", "is_phone_no_mandatory", "is_title_input_shown", "is_name_shown_on_bank_statement",
    "is_affiliation_auto_accepted", "is_addon_thankyou_url_enabled", "has_addr_salutation", "is_vat_shown",
    "add_order_data_to_thankyou_page_url", "add_order_data_to_upsell_thankyou_page_url",
    "redirect_to_custom_upsell_thankyou_page", "is_free_upsell_enabled", "is_free_upsell_started",
    "is_free_upsell_stopped", "is_upsell_double_purchase_prevented", "is_optin_checkbox_shown",
    "is_search_engine_allowed", "is_deleted",
)  # fmt: skip
TEXTS = (
    "image_url", "image_id", "thankyou_url", "name_intern", "note", "tag", "description", "description_thankyou_page",
    "salespage_url", "upsell_salespage_url", "upsell_thankyou_page_url", "upsell_freeflow_thankyou_url",
    "add_order_data_to_upsell_sales_page_url", "stop_sales_at", "encrypt_order_data_of_thankyou_page_url",
    "encrypt_order_data_of_upsell_thankyou_page_url", "optin_text", "country", "notify_payment_emails",
    "notify_refund_emails", "notify_chargeback_emails", "notify_missed_payment_emails",
    "notify_rebilling_start_stop_emails", "notify_rebilling_payment_emails", "notify_addons_for",
    "approval_status_msg", "product_group_name",
)  # fmt: skip


def listed(product: MarketProduct) -> Row:
    """A row of listProducts (published)."""
    return {
        "id": int(product.id),
        "name": product.name,
        "note": None,
        "tag": None,
        "language": product.language,
        "product_group_id": None,
        "product_group_name": None,
        "units_left": "infinite",
        "created_at": product.created_at,
        "modified_at": product.created_at,
    }


def whole(product: MarketProduct) -> Row:
    """What getProduct shows. Its fields are not published; their names were seen in client code, numbers as texts."""
    return {
        **dict.fromkeys(YES_OR_NO, "N"),
        **dict.fromkeys(TEXTS, ""),
        "id": product.id,
        "user_id": product.vendor,
        "owner_id": product.vendor,
        "owner_name": product.vendor_name,
        "name": product.name,
        "language": product.language,
        "currency": product.currency,
        "affiliate_commission": product.commission_percent,
        "affiliate_commission_fix": "0.00",
        "affiliate_commission_cur": product.currency,
        "is_active": "Y",
        "buyer_type": "consumer",
        "product_type_id": "1",
        "product_group_id": None,
        "orderform_id": "0",
        "max_quantity": "1",
        "units_left": "infinite",
        "pay_methods": "creditcard,paypal",
        "approval_status": "approved",
        "created_at": product.created_at,
        "modified_at": product.created_at,
    }
