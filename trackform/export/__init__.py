"""Exporting a live account as an account file, and listing what no file mentions. Reads only; knows no HTTP."""

from trackform.export.proof import Export, export
from trackform.export.snapshot import Snapshot, take

__all__ = ["Export", "Snapshot", "export", "take"]
