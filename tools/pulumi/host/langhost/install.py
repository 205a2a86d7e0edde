"""``pulumi install``: the virtual environment of the project, and its requirements."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from langhost.environment import Environment, UnusableEnvironmentError


def dependencies(environment: Environment, folder: Path) -> Iterator[bytes]:
    """Create the virtual environment when it is missing, install ``requirements.txt``, and yield what is printed.

    pip itself is left as it is: its version is the project's matter. Raises UnusableEnvironmentError when a step fails.
    """
    if environment.venv is not None and not (environment.venv / "bin" / "python").is_file():
        yield f"Creating virtual environment {environment.venv}\n".encode()
        yield from _stream([environment.base_python, "-m", "venv", str(environment.venv)], folder)
    requirements = folder / "requirements.txt"
    if not requirements.is_file():
        yield b"No requirements.txt: nothing to install\n"
        return
    yield b"Installing dependencies from requirements.txt\n"
    yield from _stream([environment.python, "-m", "pip", "install", "-r", str(requirements)], folder)
    yield b"Finished installing dependencies\n"


def _stream(command: list[str], folder: Path) -> Iterator[bytes]:
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as step:  # noqa: S603
        assert step.stdout is not None  # noqa: S101  # asked for just above
        try:
            yield from step.stdout
        except GeneratorExit:
            step.kill()
            raise
    if step.returncode:
        raise UnusableEnvironmentError(f"`{' '.join(command)}` ended with status {step.returncode}")
