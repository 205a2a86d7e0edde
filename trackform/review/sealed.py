"""Which secret a field is declared with, without knowing it: by its encrypted text in the stack's configuration."""

import hashlib
from collections.abc import Mapping
from typing import Any

from trackform.account_file.compose import Composition, Ref
from trackform.account_file.models import SecretRef
from trackform_core.model.pulumi_names import NAMESPACE

LENGTH = 12


def sealed(composition: Composition, stored: Mapping[str, Any]) -> dict[tuple[Ref, str], str]:
    """(object, field) -> a fingerprint of what is encrypted; whoever sets another secret makes another text.

    A secret that stands there in the clear has none: a fingerprint could be tried out.

    Args:
        composition: what the account file declares.
        stored: the stack's configuration as its file has it.
    """
    fingerprints = {}
    for wanted in composition.objects:
        for name, value in wanted.fields.items():
            if isinstance(value, SecretRef):
                kept = stored.get(f"{NAMESPACE}:{value.secret}")
                text = kept.get("secure") if isinstance(kept, Mapping) else None
                if isinstance(text, str):
                    digest = hashlib.sha256(text.encode()).hexdigest()
                    fingerprints[Ref(wanted.section, wanted.name), name] = digest[:LENGTH]
    return fingerprints
