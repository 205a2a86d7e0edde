"""What waits for a person was never there: that it is missing is no drift, and nothing that `up` would do."""

import json
from typing import Any

from click.testing import CliRunner

from tests.machines import for_machines
from tests.trackform.status.conftest import Stage
from trackform.cli import main

SOURCE = "trackform:awaiting/operator/offer source/digistore24"
OFFER = "trackform:awaiting/another/offer/keto-guide"


def waits(stage: Stage) -> None:
    """The plan of the account takes no offer source, so its offer waits, too."""
    state = stage.folder / "state" / ".pulumi" / "stacks" / "trackform" / "demo.json"
    text = json.loads(state.read_text())
    for each in text["checkpoint"]["latest"]["resources"]:
        if each["urn"].endswith("OfferSource::digistore24"):
            each["id"] = each["outputs"]["object_id"] = SOURCE
            each["outputs"]["status"] = "awaiting operator"
        if each["urn"].endswith("Offer::keto-guide"):
            each["id"] = each["outputs"]["object_id"] = OFFER
            each["inputs"]["offer_source_id"] = SOURCE
            each["outputs"]["status"] = "awaiting offer source 'digistore24'"
    state.write_text(json.dumps(text))
    another = stage.living.make("network", title="another")
    stage.living.make("offer", title="another", url="https://shop.test", program_id=another)
    stage.delete("offer", title="keto-guide")
    stage.delete("network", title="digistore24")


def test_what_waits_is_not_made_yet(stage: Stage) -> None:
    waits(stage)
    done = CliRunner().invoke(main, ["status", "demo", "--json"])
    document: dict[str, Any]
    (document,) = for_machines(done.stdout)
    assert document["unread"] == []
    assert document["drift"] == []
    (offer,) = (row for row in document["rows"] if row["name"] == "keto-guide")
    assert (offer["state"], offer["link"]) == ("not made yet", "")
    told = {ref for refs in document["differs"].values() for ref in refs}
    assert told.isdisjoint({"offers/keto-guide", "offer_sources/digistore24"})
