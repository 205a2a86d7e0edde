"""The Pulumi program: see stacks/ for what it declares."""

from pathlib import Path

from trackform.program import run

run(Path(__file__).parent)
