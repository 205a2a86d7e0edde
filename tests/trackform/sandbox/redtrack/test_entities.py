"""What is particular to one entity."""

from typing import Any

import httpx
import pytest

from trackform.sandbox.redtrack.links import tracking_link


def post(redtrack: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = redtrack.post(path, json=body)
    assert answer.is_success, answer.text
    row: dict[str, Any] = answer.json()
    return row


class TestOffers:
    def test_need_a_title_not_a_name(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        body = {"name": "x", "title": "x", "url": "https://shop.test", "program_id": funnel["network"]}
        assert redtrack.post("/offers", json=body).status_code == 400

    def test_need_an_existing_offer_source(self, redtrack: httpx.Client) -> None:
        body = {"title": "x", "url": "https://shop.test", "program_id": "0" * 24}
        assert redtrack.post("/offers", json=body).json() == {"error": "program_id: network not found"}

    def test_show_their_offer_source(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        assert redtrack.get(f"/offers/{funnel['offer']}").json()["network_title"] == "digistore24"
        assert redtrack.get(f"/networks/{funnel['network']}").json()["offer_count"] == 1

    def test_filters(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        network = post(redtrack, "/networks", title="another")["id"]
        body = {"url": "https://shop.test", "country_codes": ["DE", "AT"], "tags": ["summer"]}
        other = post(redtrack, "/offers", title="trading", program_id=network, **body)["id"]
        for query in (
            {"title": "TRAD"}, {"ids": other}, {"networks": network}, {"countries": "FR,DE"}, {"tags": "summer"},
        ):  # fmt: skip
            assert [row["id"] for row in redtrack.get("/offers", params=query).json()] == [other], query
        both = redtrack.get("/offers", params={"ids": f"{other},{funnel['offer']}"}).json()
        assert {row["id"] for row in both} == {other, funnel["offer"]}


class TestOfferSources:
    def test_the_postback_url_is_made_of_domain_and_macros(self, redtrack: httpx.Client) -> None:
        row = post(redtrack, "/networks", title="empty")
        dedicated = f"https://{row['user_id'][:5]}.ttrk.io"
        assert row["postback_url"] == f"{dedicated}/postback?clickid={{replace_me}}&sum={{replace_or_remove}}"
        post(redtrack, "/domains", url="track.acme.test")
        row = redtrack.put(
            f"/networks/{row['id']}", json={"clickid": "{cid}", "sum": "{amount_affiliate}", "sub2": "{order_id}"}
        ).json()
        expected = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&sub2={order_id}"
        assert row["postback_url"] == expected


class TestCampaigns:
    def test_are_not_found_by_the_first_update_after_their_creation(
        self, redtrack: httpx.Client, http: httpx.Client, funnel: dict[str, str]
    ) -> None:
        path = f"/campaigns/{funnel['campaign']}"
        early = redtrack.put(path, json={"cpc": 0.3})
        assert (early.status_code, early.json()) == (404, {"error": "Campaign not found"})
        assert redtrack.put(path, json={"cpc": 0.3}).json()["cpc"] == 0.3
        late = post(redtrack, "/campaigns", title="late", source_id=funnel["source"])["id"]
        http.post("/_control/clock", json={"advance_seconds": 1})
        assert redtrack.put(f"/campaigns/{late}", json={"cpc": 0.3}).status_code == 201

    def test_fail_when_a_stream_is_nested_in_a_new_one(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        streams = [{"weight": 100, "stream": {"title": "x"}}]
        body = {"title": "x", "source_id": funnel["source"], "streams": streams}
        assert redtrack.post("/campaigns", json=body).status_code == 500

    def test_ignore_changes_of_a_nested_stream(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        path = f"/campaigns/{funnel['campaign']}"
        redtrack.put(path, json={})
        row = redtrack.get(path).json()
        row["streams"][0]["stream"]["title"] = "changed"
        assert redtrack.put(path, json=row).json()["streams"][0]["stream"]["title"] == "keto"

    def test_copy_the_funnel_of_another(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        body = {"title": "copy", "source_id": funnel["source"]}
        copy = post(redtrack, "/campaigns", **body, copy_from=funnel["campaign"])
        stream = copy["streams"][0]["stream"]
        assert stream["id"] != funnel["stream"]
        assert stream["offers"] == [{"id": funnel["offer"], "weight": 100}]
        assert redtrack.put(f"/streams/{stream['id']}", json={"title": "x"}).status_code == 404
        assert redtrack.post("/campaigns", json=body | {"copy_from": "0" * 24}).status_code == 400
        templates = redtrack.get("/streams", params={"template": "true"}).json()
        assert [row["id"] for row in templates["items"]] == [funnel["stream"]]

    def test_need_an_existing_channel(self, redtrack: httpx.Client) -> None:
        assert redtrack.post("/campaigns", json={"title": "x", "source_id": "0" * 24}).status_code == 400

    def test_carry_their_tracking_link(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        row = redtrack.get(f"/campaigns/{funnel['campaign']}").json()
        query = "sub1={{ad.id}}&utm_source=facebook&fbclid={{fbclid}}"
        assert row["trackback_url"] == f"https://track.acme.test/{row['id']}?{query}"
        assert row["source_title"] == "facebook"

    def test_second_listing(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        answer = redtrack.get("/campaigns/v2").json()
        assert [row["id"] for row in answer["items"]] == [funnel["campaign"]]
        empty = redtrack.get("/campaigns/v2", params={"api_key": "another"}).json()
        assert empty == {"items": None, "total": {}}


def test_a_link_without_subs_has_no_query() -> None:
    assert tracking_link("t.test", "c1", {}) == "https://t.test/c1"
    assert tracking_link("t.test", "c1", {"cost_id": "{cost}"}) == "https://t.test/c1?cost={cost}"


class TestChannels:
    def test_the_update_of_the_published_spec_does_not_exist(self, redtrack: httpx.Client) -> None:
        answer = redtrack.put("/sources", params={"id": "x"}, json={"title": "x"})
        assert (answer.status_code, answer.json()) == (404, {"error": "Source not found"})

    def test_are_cloned(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        answer = redtrack.post("/sources/clone", json={"source_id": funnel["source"]})
        clone, original = answer.json(), redtrack.get(f"/sources/{funnel['source']}").json()
        assert answer.status_code == 201
        assert clone["id"] != original["id"]
        assert clone["subs"] == original["subs"]
        assert redtrack.post("/sources/clone", json={"source_id": "0" * 24}).status_code == 404

    def test_a_preset_id_fills_nothing(self, redtrack: httpx.Client) -> None:
        preset = redtrack.get("/source_presets").json()[0]
        assert (preset["title"], preset["id"]) == ("Taboola", "5b2781722c822c00013beb61")
        assert post(redtrack, "/sources", title="Taboola", preset_id=preset["id"])["subs"] == []
        assert redtrack.get("/source_presets", params={"page": 2}).json() is None

    def test_extra_fields_of_the_model_are_kept_and_others_are_not(self, redtrack: httpx.Client) -> None:
        integrations = {"source_name": "facebook", "params": {"a": "b"}, "fraudscore": True}
        row = post(redtrack, "/sources", title="x", integrations=integrations, formats=["push"], invented="x")
        assert (row["integrations"], row["formats"]) == (integrations, ["push"])
        assert "invented" not in row


class TestDomains:
    @pytest.mark.usefixtures("funnel")
    @pytest.mark.parametrize(
        ("body", "status", "error"),
        [
            ({"url": "nocname.acme.test"}, 400, "we can't check your CNAME record"),
            ({"url": "a.acme.test", "type": "tracker"}, 400, "domain type is not defined"),
            ({"url": "track.acme.test"}, 409, "domain already exists"),
        ],
    )
    def test_refusals(self, redtrack: httpx.Client, body: dict[str, str], status: int, error: str) -> None:
        answer = redtrack.post("/domains", json=body)
        assert (answer.status_code, answer.json()) == (status, {"error": error})

    def test_free_certificate(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        path = f"/domains/regenerated_free_ssl/{funnel['domain']}"
        assert redtrack.post(path).status_code == 204
        redtrack.put(f"/domains/{funnel['domain']}", json={"ssl": {"active": True, "crt": "c", "key": "k"}})
        assert "choose one of them" in redtrack.post(path).json()["error"]

    def test_one_domain_cannot_be_read_alone(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        answer = redtrack.get(f"/domains/{funnel['domain']}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


class TestLandings:
    def test_a_create_takes_short_types_and_lists_mix_them(self, redtrack: httpx.Client) -> None:
        for kind in ("l", "p"):
            for n in range(2):
                post(redtrack, "/landings", title=f"{kind}{n}", url="https://shop.test", type=kind)
        rows = redtrack.get("/landings").json()
        assert [row["type"] for row in rows] == ["l", "landing", "p", "prelanding"]
        assert redtrack.get(f"/landings/{rows[1]['id']}").json()["type"] == "l"
        only = redtrack.get("/landings", params={"type": "prelanding"}).json()
        assert [row["title"] for row in only] == ["p0", "p1"]
        body = {"title": "x", "url": "https://shop.test", "type": "landing"}
        assert redtrack.post("/landings", json=body).status_code == 400

    def test_an_update_of_the_title_leaves_the_type(self, redtrack: httpx.Client) -> None:
        row = post(redtrack, "/landings", title="x", url="https://shop.test", type="p")
        assert redtrack.put(f"/landings/{row['id']}", json={"title": "y"}).json()["type"] == "p"
        assert redtrack.put(f"/landings/{row['id']}", json={"type": "landing"}).json()["type"] == "l"


class TestStreams:
    def test_one_stream_cannot_be_read_alone(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        assert "<html" in redtrack.get(f"/streams/{funnel['stream']}").text

    def test_optimization(self, redtrack: httpx.Client, funnel: dict[str, str]) -> None:
        path = f"/streams/{funnel['stream']}/optimization"
        row = redtrack.get(path).json()
        assert (row["stream"]["id"], row["optimization"]) == (funnel["stream"], {"is_enabled": False})
        assert redtrack.get(f"{path}/paths").json() is None
        assert redtrack.delete(path).status_code == 204


def test_settings_name_the_user(redtrack: httpx.Client) -> None:
    row = redtrack.get("/me/settings").json()[0]
    columns = [column["id"] for column in row["table_campaigns_report"]["templates"][0]["columns"]]
    assert columns[-1] == "convtype20"
    changed = redtrack.put("/me/settings", json={"table_offers": {"templates": []}, "user_id": "x"}).json()
    assert changed["user_id"] == row["user_id"]
    assert redtrack.get("/me/settings").json()[0]["table_offers"] == {"templates": []}


def test_dictionaries_need_no_key(http: httpx.Client) -> None:
    for name in ("countries", "currencies", "timezones", "os"):
        answer = http.get(f"/redtrack/{name}")
        assert answer.status_code == 200
        assert answer.json()
    nowhere = http.get("/redtrack/nowhere")
    assert (nowhere.status_code, nowhere.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert http.get("/redtrack/offers").status_code == 401
    assert http.get("/_control/accounts").json() == []
