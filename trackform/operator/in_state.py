"""Which channels a stack has, from its state: no service is asked."""

from collections.abc import Mapping
from functools import cache

from trackform.operator.channels import SECTION, ChannelIds
from trackform.preview.steps import ref_of
from trackform.preview.urn import read_urn
from trackform.project.state import read_state
from trackform_core.errors import TrackformError
from trackform_core.lifecycle.pending import is_waiting


def channels_of(stack: str) -> ChannelIds:
    """Read where it is asked for, once."""

    @cache
    def ids() -> Mapping[str, str] | None:
        try:
            resources = read_state(stack).resources
        except TrackformError:
            return None
        there = {ref_of(read_urn(each.urn)): each.object_id for each in resources if not is_waiting(each.object_id)}
        return {ref.name: object_id for ref, object_id in there.items() if ref and ref.section == SECTION}

    return ids
