"""Names that Pulumi gives to things of ours in its files and output: for readers of those, who need not load its SDK.

That takes longer than most verbs need for all their work.
"""

from typing import Any

from trackform_core.model.kind import Kind

NAMESPACE = "trackform"
"""Of the settings in a stack's configuration: ``trackform:redtrackUrl``."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands in a preview for a value that only `pulumi up` will find out: the SDK's ``rpc.UNKNOWN``."""


def resource_type(kind: Kind[Any]) -> str:
    """The type of the resources of a kind: the vendor, and the resource class, which is called as the kind's is."""
    return f"pulumi-python:dynamic/{kind.service.whose.endpoint.name}:{type(kind).__name__.removesuffix('Kind')}"
