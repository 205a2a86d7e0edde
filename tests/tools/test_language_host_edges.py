"""What the language host does at its edges: no Python, a call that is gone, a program that does not want to end."""

import importlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)

Start = Callable[..., Any]


def langhost(tools: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> ModuleType:
    monkeypatch.syspath_prepend(str(tools / "host"))
    return importlib.import_module(f"langhost.{name}")


def test_without_an_environment_the_python_on_path_is_meant(start: Start) -> None:
    host = start(PATH=f"{sys.prefix}/bin", PULUMI_PYTHON_CMD="python")
    host.options["virtualenv"] = ""
    about = host.stub.About(language_pb2.AboutRequest(info=host.info))
    assert about.executable == f"{sys.prefix}/bin/python"
    asked = language_pb2.GetProgramDependenciesRequest(info=host.info, transitiveDependencies=True)
    assert "pulumi" in {found.name for found in host.stub.GetProgramDependencies(asked).dependencies}


def test_no_python_at_all_is_told_with_what_to_install(start: Start, tmp_path: Path) -> None:
    host = start(PATH=str(tmp_path), PULUMI_PYTHON_CMD="python3.99")
    host.options["virtualenv"] = ""
    with pytest.raises(grpc.RpcError, match=r"no 'python3\.99' on PATH: install Python 3\.11 or later"):
        host.stub.About(language_pb2.AboutRequest(info=host.info))


def test_no_plugins_are_required_beside_the_packages(start: Start) -> None:
    host = start()
    asked = language_pb2.GetRequiredPluginsRequest(info=host.info)
    assert list(host.stub.GetRequiredPlugins(asked).plugins) == []


def test_a_package_may_be_made_for_parameters(start: Start, project: Path) -> None:
    package = project / ".venv" / "lib" / "python3.11" / "site-packages" / "pulumi_made"
    package.mkdir(parents=True)
    parameters = '{"name": "made", "version": "1.2.3", "value": "eyJhIjoxfQ=="}'
    (package / "pulumi-plugin.json").write_text(
        f'{{"resource": true, "name": "base", "version": "4.5.6", "parameterization": {parameters}}}'
    )
    host = start()
    host.options["virtualenv"] = ".venv"
    (found,) = host.stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=host.info)).packages
    assert (found.name, found.version) == ("base", "v4.5.6")
    parameterization = found.parameterization
    assert (parameterization.name, parameterization.version, parameterization.value) == ("made", "1.2.3", b'{"a":1}')


def test_an_installation_that_nobody_waits_for_any_more_ends(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install = langhost(tools, monkeypatch, "install")
    lines = install._stream([sys.executable, "-uc", "import time; print('up'); time.sleep(600)"], tmp_path)
    assert next(lines) == b"up\n"
    lines.close()  # returns: the step was killed, and waited for


def test_a_program_that_does_not_end_when_told_is_killed(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = langhost(tools, monkeypatch, "program")
    monkeypatch.setattr(program, "GRACE_S", 0.1)
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True) as stubborn:
        assert stubborn.stdout is not None
        assert stubborn.stdout.readline() == "up\n"
        program.end(stubborn)
        assert stubborn.returncode == -signal.SIGKILL


def test_a_host_that_is_about_to_end_starts_nothing(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = langhost(tools, monkeypatch, "service")
    programs = langhost(tools, monkeypatch, "program").Programs()
    programs.end_all(close=True)
    host = service.LanguageHost(tmp_path / "executor", "127.0.0.1:9", programs)
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path))
    assert host.Run(language_pb2.RunRequest(info=info), None).bail
    assert host.Cancel(empty_pb2.Empty(), None) == empty_pb2.Empty()


class Gone:
    """The context of a call that ended before anybody could ask to be told of it."""

    def add_callback(self, _callback: Callable[[], None]) -> bool:
        return False


def test_a_call_that_ended_already_ends_its_program(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = langhost(tools, monkeypatch, "service")
    monkeypatch.setattr(langhost(tools, monkeypatch, "program"), "GRACE_S", 240.0)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as running:
        assert service._wait(running, Gone()) == -signal.SIGTERM


def test_the_end_of_the_parent_is_told_once(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    langhost(tools, monkeypatch, "parent").watch(-1, told.set)
    assert told.wait(240)
