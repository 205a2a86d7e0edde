"""What a command writes for machines: one document, set out so that people can read it as well."""

import json
from typing import Any


def for_machines(text: str) -> Any:
    """The document; its layout is looked at too, which somebody's diff may depend on."""
    document = json.loads(text)
    assert text == json.dumps(document, indent=2, ensure_ascii=text.isascii()) + "\n"
    return document
