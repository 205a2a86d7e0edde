"""Books a postback as a row of the conversion log.

From RedTrack's help center: types are matched by case, an unknown one falls to the default conversion; negative amounts
count as they are; a type's duplicate mode beats the offer source's; conversions of an expired click are ignored. What
the service answers beside success and "empty clickid value" is not known; the other messages are ours.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from trackform.sandbox.accounts import REDTRACK, remember
from trackform.sandbox.clock import moment, stamp
from trackform.sandbox.rates import UNITS_PER_USD, convert
from trackform.sandbox.redtrack.links import SUB_COUNT
from trackform.sandbox.store import Row, object_id
from trackform.sandbox.world import Sandbox

BOOKED: Row = {"status": 1}
DEFAULT_SLOT = "default_type"
DEFAULT_NAME = "default"
STATUSES = ("approved", "pending", "declined")
ERROR = "error"


def refused(message: str) -> Row:
    return {"status": 0, "message": message}


def book(sandbox: Sandbox, query: Mapping[str, str], *, sender: str = "", at: str = "", trusted: bool = False) -> Row:
    """Book one postback and answer it. The parameters are those of RedTrack's postback URL.

    ``at`` dates the conversion (now without it); ``trusted`` is an upload by the account itself, without ``ptoken``.

    ``click_expiration`` of the offer source is read in the unit of the switch; 0 or less never expires.
    """
    click_id = query.get("clickid", "")
    if not click_id:
        return refused("empty clickid value")
    with sandbox.store.atomic():
        owned = sandbox.store.find("click", click_id)
        if owned is None:
            return refused("click not found")
        account, click = owned
        network = sandbox.store.get(account, "network", click["network_id"]) or {}
        # Where none was said, RedTrack has made one that nobody here knows.
        token = network.get("postback_token") or None
        if network.get("postback_protected") and not trusted and query.get("ptoken", "") != token:
            return refused("wrong token")
        lasts = int(network.get("click_expiration") or 0)
        age = sandbox.clock.now() - moment(click["created_at"])
        if lasts > 0 and age > timedelta(**{sandbox.switches.expiration_unit: lasts}):
            return refused("click expired")
        amount = _amount(sandbox, query.get("sum"), account, click)
        if amount < 0 and sandbox.switches.negative_sum == "ignored":
            return refused("negative sum")
        kind = conversion_type(sandbox, account, query.get("type", ""))
        row = _row(sandbox, account, click, network, kind, query, amount=amount)
        row |= {"postback_ip": sender} | ({"created_at": at, "conv_time": at} if at else {})
        return _keep(sandbox, account, row, network, kind)


def _amount(sandbox: Sandbox, text: str | None, account: str, click: Row) -> Decimal:
    """The sum, in the offer source's currency. Something that is no number counts as missing (ours)."""
    try:
        amount = Decimal(text or "")
        if amount.is_finite() and (amount or sandbox.switches.zero_sum == "booked"):
            return amount
    except InvalidOperation:
        pass
    if sandbox.switches.missing_sum == "zero":
        return Decimal(0)
    offer = sandbox.store.get(account, "offer", click["offer_id"]) or {}
    return Decimal(str((offer.get("payment") or {}).get("amount") or 0))


def conversion_type(sandbox: Sandbox, account: str, name: str) -> Row | None:
    """The account's conversion type of exactly this name; None is the default conversion."""
    types = sandbox.store.rows(account, "conversion_type")
    return next((row for row in types if name and row["name"] == name), None)


def _row(
    sandbox: Sandbox,
    account: str,
    click: Row,
    network: Row,
    kind: Row | None,
    query: Mapping[str, str],
    *,
    amount: Decimal,
) -> Row:
    """A row of the conversion log, with the names it shows and the slot it counts in."""
    store = sandbox.store
    now = stamp(sandbox.clock.now())
    slot = kind["id"] if kind else DEFAULT_SLOT
    home = remember(store, REDTRACK, account, sandbox.clock.now())["currency"]
    currency = query.get("currency") or network.get("currency") or home
    # Without a rate the amount is kept as it came: losing it would hide the mistake.
    payout = convert(amount, currency, home) if {currency, home} <= set(UNITS_PER_USD) else amount
    of_click = {
        name: store.get(account, name, str(click[f"{name}_id"])) or {} for name in ("campaign", "offer", "source")
    }
    titles = {name: row.get("title", "") for name, row in of_click.items()}
    offer = of_click["offer"]
    status = query.get("status") or offer.get("default_conversion_status") or STATUSES[0]
    subs = {f"p_sub{n}": query[f"sub{n}"] for n in range(1, SUB_COUNT + 1) if query.get(f"sub{n}")}
    return {
        "id": object_id(), "clickid": click["id"], **titles, "network": network.get("title", ""),
        "campaign_id": click["campaign_id"], "offer_id": click["offer_id"], "program_id": click["network_id"],
        "source_id": click["source_id"], "type": kind["name"] if kind else DEFAULT_NAME,
        "event": query.get("type", ""), DEFAULT_SLOT: 0, slot: 1,
        # A status that does not exist, such as a type put there by mistake, makes it an error, in silence.
        "status": status if status in STATUSES else ERROR,
        "payout": float(payout), "payout_default": float(payout), "payout_network": float(amount),
        "currency": currency, "cost": click["cost"], "ref_id": click["ref_id"],
        "deduplicate_token": query.get("rdtk_event_id", ""), "duplicate_status": 0, "is_transaction": 0,
        "created_at": now, "conv_time": now, "track_time": click["created_at"], **click["subs"], **subs,
    }  # fmt: skip


def _keep(sandbox: Sandbox, account: str, row: Row, network: Row, kind: Row | None) -> Row:
    """Store the row, or what its duplicate mode makes of it. A duplicate that is ignored is still answered with 1."""
    mode = (kind or {}).get("duplicates") or network.get("postback_mode") or "create_new"
    of_click = sandbox.store.belonging(account, "conversion", row["clickid"])
    if mode == "by_event_id":
        across = sandbox.switches.event_ids == "across_types"
        token = row["deduplicate_token"]
        if token and any(c["deduplicate_token"] == token and (across or c["type"] == row["type"]) for c in of_click):
            return BOOKED
        sandbox.store.put(account, "conversion", row)
        return BOOKED
    by_type = sandbox.switches.duplicates == "per_click_and_type"
    earlier = [c for c in of_click if not by_type or c["type"] == row["type"]]
    if earlier and mode == "ignore":
        return BOOKED
    if earlier and mode == "edit":
        row |= {name: earlier[-1][name] for name in ("id", "created_at")}
    elif earlier and mode == "increment":
        total = earlier[-1]
        for name in ("payout", "payout_default", "payout_network"):
            total[name] = float(Decimal(str(total[name])) + Decimal(str(row[name])))
        row = total
    elif earlier and mode == "new_repeated":
        row["duplicate_status"] = 1
    sandbox.store.put(account, "conversion", row)
    return BOOKED
