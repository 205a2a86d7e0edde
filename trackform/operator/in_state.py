"""What a stack's state tells about its accounts: no service is asked."""

from trackform.operator.channels import SECTION, StackKnowledge
from trackform.preview.steps import ACCOUNT, ref_of
from trackform.preview.urn import read_urn
from trackform.project.state import State, read_state
from trackform_core.errors import TrackformError


def known_in(state: State) -> StackKnowledge:
    """What a state tells."""
    there = {ref_of(read_urn(each.urn)): each.object_id for each in state.resources}
    of_account = next((each for each in state.resources if read_urn(each.urn).type == ACCOUNT), None)
    recorded = of_account.outputs.get("recorded") if of_account else None
    return StackKnowledge(
        channels={ref.name: object_id for ref, object_id in there.items() if ref and ref.section == SECTION},
        accounts={str(pin): str(account) for pin, account in (recorded or {}).items()},
    )


def known_of(stack: str) -> StackKnowledge:
    """What the state of a stack tells, as far as it can be read here."""
    try:
        return known_in(read_state(stack))
    except TrackformError as error:
        return StackKnowledge(unread=str(error).partition("\n")[0])
