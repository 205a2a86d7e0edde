"""Each line that the doctor can say, without a sandbox: what was found, and the way out of it."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.trackform.export.living import composed
from trackform.account_file.models import AccountFile, ReadAccount
from trackform.doctor import CheckOptions, accounts, partnership, shared_lines, specs
from trackform.doctor.check_result import CheckResult, ok, unknown, wrong
from trackform.doctor.partnership import PartnershipCache
from trackform.doctor.tools import tools
from trackform.documents.yaml_document import Document
from trackform.project.pulumi_cli import LONGEST_S
from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.service_error import ServiceError
from trackform_core.session import session as sessions
from trackform_core.session import settings
from trackform_core.session.session import Session, session_of
from trackform_core.text.counted import first_few

DS24: dict[str, Any] = {"affiliate": "acme", "currency": "USD"}
PRODUCT = {"keto": {"id": "1", "upsells": ["2", "3"]}}
MACHINE = import_module("trackform.doctor.tools")


class DoctorServices:
    """Digistore24 and RedTrack, answering what a test says; what they were asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[httpx.Request] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        function = request.url.path.rpartition("/")[2]
        said = self.answers.get(function)
        if isinstance(said, int):
            return httpx.Response(said, text="no")
        if "redtrack" in request.url.path:
            return httpx.Response(200, json=said)
        return httpx.Response(200, json={"result": "success", "data": said})


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> DoctorServices:
    found = DoctorServices()
    transport = httpx.MockTransport(found.answer)
    monkeypatch.setattr(http, "NETWORK", Network(lambda _url: transport, base_wait=0.0, sleep=lambda _: None))
    return found


@pytest.fixture
def session(services: DoctorServices) -> Iterator[Session]:
    sessions.forget_everything()
    sessions.use_config({
        "redtrackUrl": "http://127.0.0.1/redtrack", "redtrackApiKey": "canary-redtrack",
        "digistore24Url": "http://localhost/api/call", "digistore24ApiKey": "1-canary",
    })  # fmt: skip
    yield session_of("default")
    sessions.forget_everything()


def file(**sections: Any) -> AccountFile:
    return AccountFile.model_validate({"digistore24": DS24, "account": {"currency": "USD"}, **sections})


def read(said: AccountFile) -> ReadAccount:
    return ReadAccount(said, Document({}, "stacks/acme.yaml"))


def offering(**digistore24: Any) -> ReadAccount:
    said = file(digistore24={**DS24, **digistore24}, products=PRODUCT, offers={"keto": {}})
    origins = {
        ("products", "keto", "id"): ("stacks/shared/catalog.yaml", 7),
        ("products", "keto", "upsells", 0): ("stacks/acme.yaml", 9),
    }
    return ReadAccount(said, Document({}, "stacks/acme.yaml", origins))


def test_a_line_says_whose_it_is_and_what_to_do() -> None:
    assert str(ok("a", "b")) == "ok      a: b"
    assert str(wrong("a", "b", "c", "demo")) == "FIX     demo: a: b\n        -> c"
    assert str(unknown("a", "b", "c")) == "unknown a: b\n        -> c"
    assert ok("a", "b", "demo").row() == {"topic": "a", "state": "ok", "said": "b", "fix": "", "stack": "demo"}


def test_a_key_that_is_not_needed(session: Session) -> None:
    session.settings = settings.settings_of("default", {"redtrackApiKey": "canary"})
    one, other = accounts.keys(session, AccountFile())
    assert (one.topic, one.state) == ("RedTrack key", "ok")
    assert (other.state, other.said) == ("ok", "not needed: the file has no digistore24 section")
    _, other = accounts.keys(session, file())
    assert (other.state, other.said) == ("fix", "there is none")
    assert other.fix == (
        "set DIGISTORE24_API_KEY__DEFAULT, or DIGISTORE24_API_KEY where all stacks have the same; or run `pulumi "
        "config set --secret trackform:digistore24ApiKey` and `pulumi up --run-program` once"
    )


@pytest.mark.parametrize("text", ["", "config:", "config: {}", None])
def test_a_configuration_that_says_nothing(tmp_path: Path, text: str | None) -> None:
    config = tmp_path / "Pulumi.demo.yaml"
    if text is not None:
        config.write_text(text)
    assert list(accounts.configuration(composed(own=""), "demo", config)) == []
    own = "offer_sources: {shop: {postback_token: {secret: tok}}}\n"
    (line,) = accounts.configuration(composed(own=own), "demo", config)
    assert (line.state, line.said) == ("fix", "the file names the secret tok, and there is none")


def test_payouts_without_a_currency(session: Session, services: DoctorServices) -> None:
    one, other = accounts.currencies(session, file(digistore24={"affiliate": "acme"}, account={}))
    assert (one.said, one.state) == ("the file does not say which currency payouts arrive in", "fix")
    assert (other.said, other.state) == ("the file does not say it, and no API tells it", "fix")
    (only,) = accounts.currencies(session, AccountFile(account={"currency": "EUR"}))
    assert (only.topic, only.state) == ("RedTrack currency", "unknown")
    assert services.asked == []


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ([{"code": "USD"}, {"code": "CHF"}], "ok", "USD, which Digistore24 knows"),
        ([{"code": "EUR"}, {"name": "odd"}, 7, {"code": ""}], "fix", "Digistore24 has no currency USD"),
        ([], "fix", "Digistore24 gave no answer that can be read"),
        (None, "fix", "Digistore24 gave no answer that can be read"),
        (500, "fix", "Digistore24: "),
    ],
)
def test_the_currencies_that_digistore24_knows(
    session: Session, services: DoctorServices, answer: Any, state: str, said: str
) -> None:
    services.answers["listCurrencies"] = answer
    line = next(accounts.currencies(session, file()))
    assert (line.state, line.said[: len(said)]) == (state, said)
    if isinstance(answer, list) and state == "fix":
        assert line.fix == ("digistore24.currency: EUR" if answer else "try again later")
    assert "canary" not in str(line)


@pytest.mark.parametrize(
    ("own", "state", "said"),
    [
        ("offer_sources: {shop: {}}", "unknown", "shop would be created, which"),
        ("offer_sources: {shop: {}, b: {}, c: {title: there}}", "unknown", "shop, b would be created, which"),
        ("offer_sources: {x: {existing: elsewhere}, c: {title: there}}", "ok", "every offer source of the file exists"),
        ("", "ok", "every offer source"),
    ],
)
def test_offer_sources_that_would_be_created(
    session: Session, services: DoctorServices, own: str, state: str, said: str
) -> None:
    services.answers["networks"] = {"items": [{"id": "n", "title": "there"}], "total": 1}
    (line,) = accounts.plan(session, composed(own=own))
    assert (line.state, line.said[: len(said)]) == (state, said)


def test_the_hosts_that_a_file_names() -> None:
    own = "domains: {b: b.test, a: {existing: a.test}, again: {url: b.test, id: x}}"
    assert accounts.hosts(composed(own=own.replace(", again: {url: b.test, id: x}", ""))) == ["a.test", "b.test"]


def asked(session: Session, answers: PartnershipCache, **digistore24: Any) -> CheckResult:
    (line,) = partnership.partnerships(session, offering(**digistore24), answers)
    return line


@pytest.mark.parametrize(
    ("answer", "state", "said", "fix"),
    [
        ({"affiliation_status": "approved"}, "ok", "acme may promote it", ""),
        (
            {"affiliation_status": "approved", "invalid_product_ids": "2"},
            "fix", "approved, but not for product ids 2", "correct products.keto.upsells[0] (stacks/acme.yaml:9)",
        ),
        ({"affiliation_status": "wait_for_approval"}, "fix", "the vendor has not approved acme yet",
         "wait, or write to the vendor; no sale earns before"),
        ({"affiliation_status": "no_valid_products", "invalid_product_ids": "1,2"}, "fix",
         "Digistore24 has no such product: 1,2",
         "correct products.keto.id (stacks/shared/catalog.yaml:7); products.keto.upsells[0] (stacks/acme.yaml:9)"),
        ({"affiliation_status": "no_valid_products"}, "fix", "Digistore24 has no such product: ",
         "correct products.keto.id (stacks/shared/catalog.yaml:7)"),
        ({"affiliation_status": "approved", "invalid_affiliate_name": "Y"}, "fix", "'acme' is no Digistore24 name",
         "correct digistore24.affiliate"),
        ({"affiliation_status": "approved", "invalid_affiliate_name": "N"}, "ok", "acme may promote it", ""),
        ({}, "fix", "acme is not the vendor's affiliate (no status)",
         "apply for the partnership in Digistore24's marketplace"),
        ({"affiliation_status": "rejected", "invite_url": "https://i.test/"}, "fix",
         "acme is not the vendor's affiliate (rejected)", "apply here: https://i.test/"),
        ([], "fix", "Digistore24 gave no answer that can be read", "try again later"),
        (None, "fix", "Digistore24 gave no answer that can be read", "try again later"),
        (500, "fix", "Digistore24: ", None),
    ],
)  # fmt: skip
def test_what_digistore24_says_of_a_partnership(
    session: Session, services: DoctorServices, tmp_path: Path, answer: Any, state: str, said: str, fix: str | None
) -> None:
    services.answers["validateAffiliate"] = answer
    kept = PartnershipCache(tmp_path / "kept.json")
    line = asked(session, kept)
    assert (line.topic, line.state, line.said[: len(said)]) == ("partnership keto", state, said)
    assert fix is None or line.fix == fix
    assert kept.path.exists() is isinstance(answer, dict), "what could not be read is no answer"


@pytest.mark.parametrize(
    ("status", "age", "kept"),
    [
        ("approved", 7 * 86_400 - 1, True), ("approved", 7 * 86_400, False), ("approved", -1, False),
        ("rejected", 0, True), ("rejected", 3_599, True), ("rejected", 3_600, False),
    ],
)  # fmt: skip
def test_how_long_an_answer_is_believed(tmp_path: Path, status: str, age: float, kept: bool) -> None:
    answers = PartnershipCache(tmp_path / "a" / "kept.json", now=lambda: 1000.0)
    answers.put("q", {"affiliation_status": status})
    answers.now = lambda: 1000.0 + age
    assert answers.get("q") == ({"affiliation_status": status} if kept else None)
    assert answers.get("another") is None
    answers.put("another", {"affiliation_status": "approved"})
    assert set(json.loads(answers.path.read_text())) == {"q", "another"}


@pytest.mark.parametrize("text", ["{", "[]", '{"q": 7}', '{"q": {"answer": 7}}', '{"q": {"at": 0}}'])
def test_a_cache_of_another_form_is_none(tmp_path: Path, text: str) -> None:
    answers = PartnershipCache(tmp_path / "kept.json", now=lambda: 0.0)
    answers.path.write_text(text)
    assert answers.get("q") is None


def test_only_products_whose_link_is_ours_are_asked_for(
    session: Session, services: DoctorServices, tmp_path: Path
) -> None:
    services.answers["validateAffiliate"] = {"affiliation_status": "approved"}
    products = {name: {"id": str(at)} for at, name in enumerate("abcd", 1)}
    offers = {"x": {"product": "b"}, "y": {"url": "https://x.test/", "product": "c"}, "a": {}, "z": {"product": "q"}}
    found = partnership.partnerships(
        session, read(file(products=products, offers=offers)), PartnershipCache(tmp_path / "kept.json")
    )
    assert [line.topic for line in found] == ["partnership a", "partnership b"]
    assert list(partnership.partnerships(session, read(AccountFile()), PartnershipCache(tmp_path / "kept.json"))) == []


@pytest.mark.parametrize(("newer", "state", "fix"), [(-1, "ok", ""), (0, "ok", ""), (1, "fix", "make setup PYTHON=")])
def test_which_python(monkeypatch: pytest.MonkeyPatch, newer: int, state: str, fix: str) -> None:
    major, minor = sys.version_info[:2]
    monkeypatch.setattr(MACHINE, "OLDEST_PYTHON", (major, minor + newer))
    line, _ = MACHINE.tools(None)
    assert (line.state, line.fix[: len(fix)] if fix else line.fix) == (state, fix)
    assert line.said.startswith(f"{major}.{minor}")


def test_a_cli_that_hangs_or_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(MACHINE.tools(tmp_path / "nothing"))[-1].said.endswith("nothing does not tell its version")

    def hangs(*_: Any, timeout: float, **__: Any) -> Any:
        assert timeout == LONGEST_S
        raise subprocess.TimeoutExpired("pulumi", timeout)

    monkeypatch.setattr(subprocess, "run", hangs)
    assert list(MACHINE.tools(Path(sys.executable)))[-1].state == "fix"


def test_the_vendors_descriptions_are_looked_at_on_request(
    services: DoctorServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trackform.doctor.fetched", lambda: iter([ok("fetched", "")]))
    assert [line.topic for line in shared_lines(None, CheckOptions())] == ["Python", "Pulumi CLI"]
    read = list(shared_lines(None, CheckOptions(specs=tmp_path)))
    assert [line.state for line in read[2:]] == ["fix", "fix"], "nothing is in the folder"
    assert [line.topic for line in shared_lines(None, CheckOptions(fetch_specs=True))][2:] == ["fetched"]
    assert services.asked == []


@pytest.mark.parametrize("count", [5, 6, 7])
def test_how_many_fields_are_named(count: int) -> None:
    names = [f"f{at}" for at in range(count)]
    said = first_few(names, specs.LONG)
    assert said.startswith(", ".join(names[:6]))
    assert said.endswith(" and 1 more") is (count > 6)


def test_parameters_stand_in_the_query_or_in_a_form() -> None:
    form: dict[str, Any] = {"content": {"application/json": {"schema": {"properties": {"a": {}}}}, "text/plain": {}}}
    assert specs._parameters({"parameters": [{"name": "b[x]"}], "requestBody": form}) == {"a", "b"}
    assert specs._parameters({}) == set()


def test_one_partnership_that_cannot_be_asked_for_does_not_end_it(
    session: Session, services: DoctorServices, tmp_path: Path
) -> None:
    both = read(file(products={"a": {"id": "1"}, "b": {"id": "2"}}, offers={"a": {}, "b": {}}))
    for answer in (500, None):
        services.answers["validateAffiliate"] = answer
        found = list(partnership.partnerships(session, both, PartnershipCache(tmp_path / "kept.json")))
        assert [(line.topic, line.state) for line in found] == [("partnership a", "fix"), ("partnership b", "fix")]


def test_the_oldest_python_is_that_of_the_package() -> None:
    project = Path(__file__).parents[3] / "pyproject.toml"
    wanted = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["requires-python"]
    assert wanted == ">=" + ".".join(map(str, MACHINE.OLDEST_PYTHON))


def test_whose_plan_it_is_where_the_service_does_not_say() -> None:
    def not_now(_: object) -> str:
        raise ServiceError("RedTrack", "busy", "not now")

    silent: Any = SimpleNamespace(owner=not_now)
    assert accounts._account(silent) == ""


def test_unless_told_so_the_doctor_asks_nobody_else() -> None:
    options = CheckOptions()
    assert (options.dns, options.again, options.specs, options.fetch_specs, options.seen) == (
        False,
        False,
        None,
        False,
        {},
    )
    assert {line.topic for line in shared_lines(None, options)} == {line.topic for line in tools(None)}
