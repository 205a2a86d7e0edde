"""What Pulumi's launcher of a plugin tells the engine of an error: its text, whatever the version of the SDK."""

import sys
import traceback
from types import ModuleType, SimpleNamespace

AS_EVER = "Exception calling application: "
"""What gRPC writes before the text of an error that nobody caught, as the launcher of older SDKs leaves it."""


def tell_texts_alone(launcher: ModuleType, kind: type[Exception]) -> None:
    """Keep the launcher from sending where in the code an error of this class was raised.

    Newer ones, as of 3.272, send the traceback: the reader would have to find the text below fifteen lines of paths.
    """
    if hasattr(launcher, "_abort_with_traceback"):
        vars(launcher)["traceback"] = SimpleNamespace(format_exc=lambda: _text(kind))


def _text(kind: type[Exception]) -> str:
    error = sys.exception()
    return f"{AS_EVER}{error}" if isinstance(error, kind) else traceback.format_exc()
