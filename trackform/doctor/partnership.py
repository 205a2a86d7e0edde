"""Checks of affiliate partnerships by Digistore24's `validateAffiliate`, which is limited per IP address."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackform.account_file.models import Product, ReadAccount
from trackform.doctor.accounts import refused
from trackform.doctor.check_result import CheckResult, ok, wrong
from trackform.documents.problems import dotted
from trackform.documents.yaml_document import Document
from trackform_core.http.service_error import ServiceError
from trackform_core.model.wire import Row
from trackform_core.no_api import atomic
from trackform_core.session.session import Session
from trackform_core.text import files
from trackform_digistore24.service import DIGISTORE24

DAY_S = 24 * 60 * 60
KEPT_S = {"approved": 7 * DAY_S}
"""Seconds for which an answer is believed; one that says no only for `SHORT_S`, since somebody will act on it."""
SHORT_S = 60 * 60


@dataclass
class PartnershipCache:
    """A file cache of Digistore24's answers between runs. Holds no secret: names and product ids."""

    path: Path
    now: Callable[[], float] = time.time

    def get(self, question: str) -> Row | None:
        kept = self._all().get(question)
        if not isinstance(kept, dict) or not isinstance(kept.get("answer"), dict):
            return None
        age = self.now() - float(kept.get("at", 0))
        limit = KEPT_S.get(str(kept["answer"].get("affiliation_status")), SHORT_S)
        answer: Row = kept["answer"]
        return answer if 0 <= age < limit else None

    def put(self, question: str, answer: Row) -> None:
        kept = {**self._all(), question: {"at": self.now(), "answer": answer}}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(self.path, json.dumps(kept, indent=1).encode())

    def _all(self) -> dict[str, Any]:
        try:
            kept = files.read_json(self.path)
        except (OSError, files.UnreadableError):
            # It is only a cache: asking again is the repair.
            return {}
        return kept if isinstance(kept, dict) else {}


def partnerships(
    session: Session, account: ReadAccount, answers: PartnershipCache, *, again: bool = False
) -> Iterator[CheckResult]:
    """Check each product that is offered, together with its upsells: they are the same vendor's."""
    file = account.file
    if file.digistore24 is None or not session.settings.key(DIGISTORE24).is_whole:
        return
    affiliate = file.digistore24.affiliate
    named = {entry.product or name for name, entry in file.offers.items() if entry.url is None}
    for name in sorted(named & set(file.products)):
        product = file.products[name]
        ids = ",".join([product.id, *product.upsells])
        topic = f"partnership {name}"
        question = f"{session.settings.url(DIGISTORE24)} {affiliate} {ids}"
        answer = None if again else answers.get(question)
        age = " (an earlier answer: --again asks anew)" if answer else ""
        if answer is None:
            try:
                answer = session.client(DIGISTORE24).ask("validateAffiliate", affiliate_name=affiliate, product_ids=ids)
            except ServiceError as error:
                yield refused(topic, error, session.account)
                continue
            if not isinstance(answer, dict):
                yield wrong(topic, "Digistore24 gave no answer that can be read", "try again later", session.account)
                continue
            answers.put(question, answer)
        yield _line(_Asked(topic, affiliate, age, account.document, name, product), answer, session.account)


@dataclass(frozen=True)
class _Asked:
    """What was asked about, and where the file has it."""

    topic: str
    affiliate: str
    age: str
    document: Document
    name: str
    product: Product

    def where(self, invalid: str) -> str:
        """The entries of these ids, each with its line; that of the product where none of them is said."""
        wrong_ids = {each.strip() for each in invalid.split(",")}
        product = ("products", self.name)
        upsells = [(*product, "upsells", at) for at, upsell in enumerate(self.product.upsells) if upsell in wrong_ids]
        paths = [*([(*product, "id")] if self.product.id in wrong_ids or not upsells else []), *upsells]
        return "; ".join(self._with_line(path) for path in paths)

    def _with_line(self, path: tuple[str | int, ...]) -> str:
        return f"{dotted(path)} ({self.document.problem(path, '').place})"


def _line(asked: _Asked, answer: Row, stack: str) -> CheckResult:
    topic, affiliate, age = asked.topic, asked.affiliate, asked.age
    status = str(answer.get("affiliation_status") or "")
    invite = str(answer.get("invite_url") or "")
    apply_here = f"apply here: {invite}" if invite else "apply for the partnership in Digistore24's marketplace"
    invalid = str(answer.get("invalid_product_ids") or "")
    if answer.get("invalid_affiliate_name") in (True, "Y", 1, "1", "true"):
        return wrong(topic, f"'{affiliate}' is no Digistore24 name{age}", "correct digistore24.affiliate", stack)
    if status == "approved" and not invalid:
        return ok(topic, f"{affiliate} may promote it{age}", stack)
    if status == "approved":
        return wrong(
            topic, f"approved, but not for product ids {invalid}{age}", f"correct {asked.where(invalid)}", stack,
        )  # fmt: skip
    if status == "wait_for_approval":
        return wrong(
            topic, f"the vendor has not approved {affiliate} yet{age}",
            "wait, or write to the vendor; no sale earns before", stack,
        )  # fmt: skip
    if status == "no_valid_products":
        said = f"Digistore24 has no such product: {invalid}{age}"
        return wrong(topic, said, f"correct {asked.where(invalid)}", stack)
    return wrong(topic, f"{affiliate} is not the vendor's affiliate ({status or 'no status'}){age}", apply_here, stack)
