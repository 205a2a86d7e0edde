"""The language host over real gRPC, as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2

PROMPT_S = 240.0  # far more than it takes: a busy machine is no failure
BAIL = language_pb2.RunResponse(bail=True)
Start = Callable[..., Any]


def waits_for(path: Path) -> str:
    return f"import os, time\nwhile not os.path.exists({str(path)!r}): time.sleep(0.01)\n"


def test_output_reaches_the_reader_while_the_program_runs(start: Start, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    host = start("print('one')\n" + waits_for(go_on) + "import sys\nprint('two', file=sys.stderr)\nprint('three')")
    running = host.run()
    assert host.line() == "one\n"
    assert not running.done()
    go_on.touch()
    assert host.line() == "three\n"
    assert host.process.stderr.readline() == "two\n"
    assert running.result(PROMPT_S) == language_pb2.RunResponse()


@pytest.mark.parametrize(
    ("ending", "answer"),
    [
        ("", language_pb2.RunResponse()),
        ("raise SystemExit(32)", BAIL),
        ("raise SystemExit(7)", language_pb2.RunResponse(error="Program exited with non-zero exit code: 7")),
        ("import os; os.kill(os.getpid(), 9)", language_pb2.RunResponse(error="Program was ended by signal 9")),
    ],
)
def test_exit_status_is_kept(start: Start, ending: str, answer: Any) -> None:
    assert start(ending).run().result(PROMPT_S) == answer


def test_program_gets_what_the_engine_says(start: Start, tmp_path: Path, project: Path) -> None:
    seen = tmp_path / "seen.json"
    host = start(
        "import json, os, sys\n"
        f"json.dump([sys.argv[1:], dict(os.environ), sys.stdin.read()], open({str(seen)!r}, 'w'))",
        PYTHONHOME="",
    )
    host.stub.Handshake(language_pb2.LanguageHandshakeRequest(engine_address="127.0.0.1:5"))
    answer = host.run(
        dryRun=True, organization="o", args=["a"], config={"p:key": "käse"}, configSecretKeys=["p:key"]
    ).result(PROMPT_S)
    assert answer == language_pb2.RunResponse()
    arguments, environment, typed = json.loads(seen.read_text())
    flags = dict(zip(arguments[:-2:2], arguments[1:-2:2], strict=True))
    assert flags == {
        "--project": "p",
        "--root_directory": str(project),
        "--stack": "s",
        "--parallel": "4",
        "--dry_run": "true",
        "--pwd": str(project),
        "--monitor": "127.0.0.1:1",
        "--engine": "127.0.0.1:5",
        "--organization": "o",
    }
    assert arguments[-2:] == [".", "a"]
    assert json.loads(environment["PULUMI_CONFIG"]) == {"p:key": "käse"}
    assert json.loads(environment["PULUMI_CONFIG_SECRET_KEYS"]) == ["p:key"]
    assert environment["PATH"].startswith(f"{sys.prefix}/bin{os.pathsep}")
    assert typed == ""


def test_engine_address_is_the_last_argument(start: Start, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    start(f"import sys; open({str(seen)!r}, 'w').write(' '.join(sys.argv))").run().result(PROMPT_S)
    assert "--engine 127.0.0.1:9 " in seen.read_text()


@pytest.fixture
def endless(tmp_path: Path) -> tuple[str, Path]:
    """A program that names its process id and goes on for ever, whatever interrupts it."""
    named = tmp_path / "process-id"
    return (
        f"import os, time\nopen({str(named)!r}, 'w').write(str(os.getpid()))\nprint('up')\nwhile True: time.sleep(60)",
        named,
    )


def test_interrupt_ends_host_and_program_without_a_word(
    start: Start, endless: tuple[str, Path], ended: Callable[..., bool]
) -> None:
    program, named = endless
    host = start(program)
    running = host.run()
    assert host.line() == "up\n"
    os.killpg(host.process.pid, signal.SIGINT)
    out, err = host.process.communicate(timeout=PROMPT_S)
    assert (out, err, host.process.returncode) == ("", "", 0)
    assert ended(int(named.read_text()))
    # Whichever of the two reaches the CLI first, neither is an error of the program.
    assert isinstance(running.exception(PROMPT_S), grpc.RpcError) or running.result() == BAIL


@pytest.mark.parametrize("way", ["the call is cancelled", "Cancel is called"])
def test_program_ends_with_its_operation(
    start: Start, endless: tuple[str, Path], ended: Callable[..., bool], way: str
) -> None:
    program, named = endless
    host = start(program)
    running = host.run()
    assert host.line() == "up\n"
    if way == "Cancel is called":
        host.stub.Cancel(empty_pb2.Empty())
        assert running.result(PROMPT_S) == BAIL
    else:
        running.cancel()
    assert ended(int(named.read_text()))
    assert host.stub.GetPluginInfo(empty_pb2.Empty()).version


def test_host_and_program_end_with_the_cli(
    tmp_path: Path,
    tools: Path,
    endless: tuple[str, Path],
    ended: Callable[..., bool],
    text_of: Callable[[Path], str],
) -> None:
    program, named = endless
    executor = tmp_path / "executor"
    executor.write_text(program)
    # A stand-in for the CLI: it starts the host, has the program run, and is killed with no chance to clean up.
    cli = f"""
import subprocess, sys, grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc
host = subprocess.Popen([sys.executable, "-I", {str(tools / "host")!r}, "serve", "--executor", {str(executor)!r}],
                        stdout=subprocess.PIPE, text=True, process_group=0)
stub = language_pb2_grpc.LanguageRuntimeStub(grpc.insecure_channel("127.0.0.1:" + host.stdout.readline().strip()))
info = language_pb2.ProgramInfo(root_directory={str(tmp_path)!r}, program_directory={str(tmp_path)!r})
info.options.update({{"virtualenv": sys.prefix}})
print(host.pid, flush=True)
stub.Run(language_pb2.RunRequest(info=info))
"""
    with subprocess.Popen([sys.executable, "-c", cli], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        host_id = int(parent.stdout.readline())
        program_id = int(text_of(named))
        os.kill(host_id, 0)
        parent.kill()
        parent.wait()
        assert ended(host_id, program_id)


def test_about_names_the_projects_python(start: Start) -> None:
    host = start()
    about = host.stub.About(language_pb2.AboutRequest(info=host.info))
    assert about.executable == f"{sys.prefix}/bin/python"
    assert about.version == ".".join(map(str, sys.version_info[:3]))


def test_version_is_the_sdks(start: Start) -> None:
    assert start().stub.GetPluginInfo(empty_pb2.Empty()).version == "3.259.0"


def put_distribution(site: Path, name: str, version: str, requires: Iterable[str] = ()) -> None:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    wanted = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{wanted}")


@pytest.fixture
def installed(project: Path) -> Path:
    """A virtual environment below the project, named by a relative path in Pulumi.yaml."""
    site = project / ".venv" / "lib" / "python3.11" / "site-packages"
    put_distribution(site, "Top", "1.0", ["a_dep (>=1)", 'only.extra ; extra == "x"'])
    put_distribution(site, "a.dep", "2.0")
    put_distribution(site, "only-extra", "3.0")
    put_distribution(site, "pulumi_cloud", "4.0")
    (site / "pulumi_cloud").mkdir()
    (site / "pulumi_cloud" / "pulumi-plugin.json").write_text('{"resource": true, "name": "cloud", "server": "s"}')
    (site / "pulumi_not").mkdir()
    (site / "pulumi_not" / "pulumi-plugin.json").write_text('{"resource": false}')
    return site


@pytest.mark.parametrize(
    ("transitive", "names"),
    [(True, ["a.dep", "only-extra", "pulumi_cloud", "Top"]), (False, ["only-extra", "pulumi_cloud", "Top"])],
)
@pytest.mark.usefixtures("installed")
def test_dependencies(start: Start, transitive: bool, names: list[str]) -> None:
    host = start()
    host.options["virtualenv"] = ".venv"
    asked = language_pb2.GetProgramDependenciesRequest(info=host.info, transitiveDependencies=transitive)
    assert [found.name for found in host.stub.GetProgramDependencies(asked).dependencies] == names


@pytest.mark.usefixtures("installed")
def test_packages_of_the_project(start: Start) -> None:
    host = start()
    host.options["virtualenv"] = ".venv"
    answer = host.stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=host.info))
    assert [(p.name, p.kind, p.version, p.server) for p in answer.packages] == [("cloud", "resource", "v4.0", "s")]


def test_missing_environment_names_the_way_out(start: Start, project: Path) -> None:
    host = start()
    host.options["virtualenv"] = "gone"
    error = host.run().result(PROMPT_S).error
    assert str(project / "gone") in error
    assert "pulumi install" in error
    with pytest.raises(grpc.RpcError, match="pulumi install"):
        host.stub.About(language_pb2.AboutRequest(info=host.info))


def test_other_toolchains_are_refused(start: Start) -> None:
    host = start()
    host.options["toolchain"] = "poetry"
    with pytest.raises(grpc.RpcError, match="knows only 'pip'"):
        host.run().result(PROMPT_S)


def test_install_makes_the_environment_and_streams_pip(
    start: Start, project: Path, tmp_path: Path, stand_in: Callable[[str, str], Path]
) -> None:
    pip = stand_in("pip-python", f'echo "pip: $*"; [ ! -e {tmp_path}/broken ] || {{ echo sorry >&2; exit 3; }}')
    python = stand_in("base-python", f'echo "made $3"; mkdir -p "$3/bin"; cp {pip} "$3/bin/python"')
    (project / "requirements.txt").write_text("")
    host = start(PULUMI_PYTHON_CMD=str(python))
    host.options["virtualenv"] = "made"
    asked = language_pb2.InstallDependenciesRequest(info=host.info)
    printed = b"".join(part.stdout for part in host.stub.InstallDependencies(asked)).decode()
    assert f"made {project / 'made'}\n" in printed
    assert f"pip: -m pip install -r {project / 'requirements.txt'}\n" in printed
    (tmp_path / "broken").touch()
    parts = host.stub.InstallDependencies(asked)
    with pytest.raises(grpc.RpcError, match="status 3"):
        list(parts)


def test_install_without_requirements_says_so(start: Start) -> None:
    host = start()
    parts = host.stub.InstallDependencies(language_pb2.InstallDependenciesRequest(info=host.info))
    assert b"nothing to install" in b"".join(part.stdout for part in parts)
