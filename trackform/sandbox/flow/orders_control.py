"""``/_control`` for order events, the marketplace and deliveries."""

from http import HTTPStatus
from typing import Annotated, Any

from flask import Blueprint, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from trackform.sandbox.digistore24 import users
from trackform.sandbox.digistore24.catalog import Catalog, Status
from trackform.sandbox.digistore24.ledger import purchase_view, transaction_view
from trackform.sandbox.flow.firing import shown
from trackform.sandbox.flow.order_event import OrderEvent
from trackform.sandbox.flow.orders import OrderRefusedError
from trackform.sandbox.flow.play import Play, paid_account
from trackform.sandbox.words import problems
from trackform.sandbox.world import world

blueprint = Blueprint("orders_control", __name__)

Answer = tuple[Any, int]


def _ids(value: Any) -> Any:
    if value == "all":
        return ["all"]
    return [str(item) for item in value] if isinstance(value, list) else value


class Partnership(BaseModel):
    """The status of an affiliate's partnership for some products, or for ``all``."""

    model_config = ConfigDict(extra="forbid")

    affiliate: str
    product_ids: Annotated[list[str], BeforeValidator(_ids)]
    status: Status


class Affiliate(BaseModel):
    """The name of an account: the affiliate in its promolinks."""

    model_config = ConfigDict(extra="forbid")

    name: str
    account: str | None = None
    key: str | None = None


@blueprint.errorhandler(ValidationError)
def invalid(error: ValidationError) -> Answer:
    return {"error": problems(error)}, HTTPStatus.BAD_REQUEST


@blueprint.errorhandler(OrderRefusedError)
def refused(error: OrderRefusedError) -> Answer:
    return {"error": str(error)}, HTTPStatus.CONFLICT


@blueprint.errorhandler(ValueError)
def wrong(error: ValueError) -> Answer:
    return {"error": str(error)}, HTTPStatus.BAD_REQUEST


@blueprint.post("/orders")
def order() -> Answer:
    """Play one order event (see ``OrderEvent``); answers what was booked, and every delivery it caused."""
    sandbox = world()
    outcome = Play(sandbox).run(OrderEvent.model_validate(request.get_json()))
    return {
        "account": outcome.account,
        "order_id": outcome.purchase["id"],
        "transaction_id": outcome.transaction_id,
        "purchase": purchase_view(
            outcome.purchase, sandbox.store.belonging(outcome.account, "transaction", outcome.purchase["id"])
        ),
        "transactions": [transaction_view(row, outcome.purchase) for row in outcome.transactions],
        "deliveries": [shown(row) for row in outcome.deliveries],
    }, HTTPStatus.CREATED


@blueprint.get("/deliveries")
def deliveries() -> Any:
    """Every delivery to a connection, oldest first; ``account`` and ``order_id`` narrow it down."""
    rows = [shown(row) for _, row in world().store.everywhere("delivery")]
    return [row for row in rows if all(row[name] == value for name, value in _narrowed("account", "order_id"))]


@blueprint.get("/products")
def products() -> Any:
    return [product.model_dump() for product in Catalog(world().store).products()]


@blueprint.post("/products")
def change_product() -> Answer:
    """Add a product, change the given fields of one, or ``{"id": …, "remove": true}``."""
    catalog = Catalog(world().store)
    body = dict(request.get_json())
    if body.pop("remove", False):
        gone = catalog.remove(str(body.get("id", "")))
        return {"removed": gone}, HTTPStatus.OK if gone else HTTPStatus.NOT_FOUND
    return catalog.put(body).model_dump(), HTTPStatus.OK


@blueprint.post("/partnerships")
def change_partnership() -> Answer:
    """Set the status of a partnership: ``{affiliate, product_ids: [ids] | "all", status}``."""
    wanted = Partnership.model_validate(request.get_json())
    Catalog(world().store).set_status(wanted.affiliate, wanted.product_ids, wanted.status)
    return wanted.model_dump(), HTTPStatus.OK


@blueprint.post("/affiliates")
def change_affiliate() -> Answer:
    """Name an account: ``{account | key, name}``; getUserInfo shows it, and sales without a promolink carry it."""
    sandbox = world()
    wanted = Affiliate.model_validate(request.get_json())
    account = paid_account(sandbox, wanted.account, wanted.key)
    users.rename(sandbox.store, account, wanted.name)
    return {"account": account, "name": wanted.name}, HTTPStatus.OK


def _narrowed(*names: str) -> list[tuple[str, str]]:
    return [(name, request.args[name]) for name in names if name in request.args]
