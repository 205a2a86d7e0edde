"""What a stack's state tells about its accounts: no service is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from trackform.operator.channels import SECTION
from trackform.preview.steps import ACCOUNT, ref_of
from trackform.preview.urn import read_urn
from trackform.project.state import State, read_state
from trackform_core.errors import TrackformError


@dataclass(frozen=True)
class KnownOf:
    """What the state of a stack tells; it is read once, where something is asked for."""

    stack: str

    @cached_property
    def _state(self) -> State | None:
        try:
            return read_state(self.stack)
        except TrackformError:
            return None

    def channels(self) -> Mapping[str, str] | None:
        """Name -> id of each channel; ``None`` where the state cannot be read here."""
        if self._state is None:
            return None
        there = {ref_of(read_urn(each.urn)): each.object_id for each in self._state.resources}
        return {ref.name: object_id for ref, object_id in there.items() if ref and ref.section == SECTION}

    def accounts(self) -> Mapping[str, str]:
        """Pin -> id of the account that the first `pulumi up` found behind each key."""
        resources = self._state.resources if self._state else ()
        of_account = next((each for each in resources if read_urn(each.urn).type == ACCOUNT), None)
        recorded = of_account.outputs.get("recorded") if of_account else None
        return {str(pin): str(account) for pin, account in (recorded or {}).items()}
