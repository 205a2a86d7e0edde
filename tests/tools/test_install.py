"""Which Pulumi CLI the set-up takes, with stand-ins for the executables it finds on PATH."""

import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.conftest import BUNDLE, PROMPT_S, Downloads, archived, eventually

StandIn = Callable[[str, str], Path]
Install = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def module() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools" / "pulumi" / "install.py"
    spec = importlib.util.spec_from_file_location("pulumi_cli_install", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def environment(tmp_path: Path, downloads: Downloads) -> dict[str, str]:
    return {
        "TRACKFORM_PULUMI_MIRROR": f"{downloads.address}/",
        "PATH": str(tmp_path / "bin"),
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "LOG": str(tmp_path / "log"),
        "PIP_NO_INDEX": "1",
    }


@pytest.fixture
def install(installer: Path, tmp_path: Path, environment: dict[str, str]) -> Install:
    def run(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, installer / "install.py", "--link", tmp_path / "venv" / "bin" / "pulumi"],
            check=False,
            capture_output=True,
            text=True,
            env=environment | more,
        )

    return run


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "trackform" / "pulumi-v3.259.0" / "bin" / "pulumi"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("v3.254.0", True),
        ("3.259.0\n", True),
        ("v3.300.12", True),
        ("v3.260.0-alpha.x5f2c", True),
        ("v3.253.9", False),
        ("v2.999.0", False),
        ("v4.0.0", False),
        ("", False),
        ("dev", False),
        ("3.259", False),
        ("3.259.0.1", False),
    ],
)
def test_fitting_versions(module: ModuleType, text: str, fits: bool) -> None:
    assert module.fits(text) is fits


@given(st.tuples(*[st.integers(0, 5000)] * 3), st.sampled_from(["", "v"]), st.sampled_from(["", "-dev.1", "+abc"]))
def test_versions_are_read_as_numbers(
    module: ModuleType, numbers: tuple[int, int, int], before: str, after: str
) -> None:
    text = before + ".".join(map(str, numbers)) + after
    assert module.parse_version(text) == numbers
    assert module.fits(text) is ((3, 254, 0) <= numbers < (4, 0, 0))


def test_cache_folder(module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert module.cache_folder() == tmp_path / "xdg" / "trackform"
    for unusable in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert module.cache_folder() == tmp_path / ".cache" / "trackform"


def test_fitting_cli_on_path_is_used_and_linked(install: Install, stand_in: StandIn, tmp_path: Path) -> None:
    mine = stand_in("pulumi", "echo v3.300.0")
    stand_in("pulumi-language-python", "")
    done = install()
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{mine}\n", "")
    assert (tmp_path / "venv" / "bin" / "pulumi").readlink() == mine
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo v3.100.0", "version v3.100.0"),
        ("exit 1", "version unknown"),
        ("echo v3.300.0", "no pulumi-language-python"),
    ],
)
def test_other_cli_on_path_is_named_and_not_used(
    install: Install, stand_in: StandIn, installed: Path, script: str, why: str
) -> None:
    mine = stand_in("pulumi", script)
    done = install()
    assert (done.returncode, done.stdout) == (0, f"{installed}\n")
    assert f"not using {mine}" in done.stderr
    assert why in done.stderr


def test_own_link_on_path_is_ignored(install: Install, stand_in: StandIn, tmp_path: Path, installed: Path) -> None:
    other = stand_in("other", "echo v3.300.0")
    link = tmp_path / "venv" / "bin" / "pulumi"
    link.parent.mkdir(parents=True)
    link.symlink_to(other)
    stand_in("pulumi-language-python", "")
    done = install(PATH=f"{link.parent}{os.pathsep}{tmp_path / 'bin'}")
    assert done.returncode == 0, done.stderr
    assert link.readlink() == installed


def test_links_of_other_set_ups_are_ignored(
    install: Install, stand_in: StandIn, tmp_path: Path, installed: Path
) -> None:
    stand_in("pulumi-language-python", "")
    other = tmp_path / "clone" / ".venv"
    (other / "bin").mkdir(parents=True)
    (other / "pyvenv.cfg").touch()
    (other / "bin" / "pulumi").symlink_to(stand_in("other", "echo v3.300.0"))
    path = f"{other / 'bin'}{os.pathsep}{installed.parent}{os.pathsep}{tmp_path / 'bin'}"
    assert install(PATH=path).stdout == f"{installed}\n"
    # The second time our own cache is on PATH, with something to run in it.
    installed.write_text("#!/bin/sh\necho v3.300.0\n")
    assert install(PATH=path).stderr == ""
    assert (tmp_path / "venv" / "bin" / "pulumi").readlink() == installed


def test_pulumis_bundle_comes_once_and_whole(install: Install, downloads: Downloads, installed: Path) -> None:
    first, second = install(), install()
    assert first.stdout == second.stdout == f"{installed}\n", first.stderr
    assert first.stderr == "pulumi: downloading the Pulumi CLI v3.259.0, Pulumi's own bundle\n"
    assert second.stderr == ""
    assert downloads.asked == [BUNDLE]
    assert sorted(path.name for path in installed.parents[1].rglob("*")) == ["bin", "pulumi", "pulumi-language-python"]
    assert os.access(installed, os.X_OK)


def test_another_bundle_than_the_known_one_is_refused(
    install: Install, stand_in: StandIn, downloads: Downloads, tmp_path: Path
) -> None:
    """Also where Go is there: that something is wrong has to be said."""
    stand_in("go", go_stand_in(tmp_path))
    downloads.publish(downloads.files[BUNDLE], "0" * 64)
    done = install()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{BUNDLE} has the checksum " in done.stderr.splitlines()[-1]
    assert "Nothing of it was used" in done.stderr
    assert [path.suffix for path in (tmp_path / "cache" / "trackform").iterdir()] == [".lock"]


# With names, as an archive holds the second in which it was made: two workers of pytest would not find the same tests.
@pytest.mark.parametrize(
    "bundle",
    [b"no archive", archived({"pulumi/README": ""}), archived({})[:20]],
    ids=["no archive", "without a CLI", "broken off"],
)
def test_a_bundle_that_is_none_is_refused(
    install: Install, downloads: Downloads, tmp_path: Path, bundle: bytes
) -> None:
    downloads.publish(bundle)
    done = install()
    assert (done.returncode, done.stdout) == (1, "")
    said = done.stderr.splitlines()[-1]
    assert "cannot be unpacked" in said or "there is no pulumi/pulumi in it" in said
    assert [path.suffix for path in (tmp_path / "cache" / "trackform").iterdir()] == [".lock"]


@pytest.mark.parametrize("go", ["", "echo go1.25.10", "echo go1.9", "exit 1"])
def test_without_bundle_and_go_it_is_one_line_with_the_way_out(
    install: Install, stand_in: StandIn, downloads: Downloads, tmp_path: Path, go: str
) -> None:
    if go:
        stand_in("go", go)
    del downloads.files[BUNDLE]
    done = install()
    assert (done.returncode, done.stdout) == (1, "")
    begun, failed = done.stderr.splitlines()
    assert "downloading" in begun
    assert f"cannot download {downloads.address}/{BUNDLE} (Not Found), and " in failed
    assert "install pulumi >= 3.254" in failed
    assert not (tmp_path / "venv").exists()
    assert [path.suffix for path in (tmp_path / "cache" / "trackform").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("http://mirror.test", "not downloading from http://mirror.test: https is needed"),
        ("file:///", "not downloading from file://None: https is needed"),
    ],
)
def test_what_cannot_be_asked_is_said(install: Install, address: str, why: str) -> None:
    done = install(TRACKFORM_PULUMI_MIRROR=address)
    assert (done.returncode, why in done.stderr.splitlines()[-1]) == (1, True), done.stderr


def test_without_a_known_checksum_nothing_is_asked_for(install: Install, downloads: Downloads) -> None:
    downloads.publish(downloads.files[BUNDLE], "no-checksum")
    done = install()
    assert (done.returncode, downloads.asked) == (1, [])
    assert f"checksums.txt has no checksum of {BUNDLE}, and there is no Go" in done.stderr


def test_the_checksum_of_every_bundle_that_is_taken_is_known(
    modules: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    obtain, bundle = modules[0], importlib.import_module("bundle")
    known = set()
    for system, machine in itertools.product(("linux", "darwin"), bundle.MACHINES):
        monkeypatch.setattr(bundle.sys, "platform", system)
        monkeypatch.setattr(bundle.platform, "machine", lambda said=machine: said)
        known.add(bundle._checksum(bundle._name(obtain.CLI_VERSION)))
    assert len(known) == 4


def test_no_redirect_leads_away_from_https(install: Install, downloads: Downloads) -> None:
    downloads.moved[BUNDLE] = f"http://elsewhere.test/{BUNDLE}"
    done = install()
    assert (done.returncode, "http://elsewhere.test: https is needed" in done.stderr) == (1, True), done.stderr
    downloads.moved[BUNDLE] = f"{downloads.address}/moved"
    downloads.files["moved"] = downloads.files[BUNDLE]
    assert install().returncode == 0


def test_another_machine_has_no_bundle(modules: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = importlib.import_module("bundle")
    monkeypatch.setattr(bundle.platform, "machine", lambda: "riscv64")
    with pytest.raises(bundle.UnreachableError, match=r"no bundle that we know of for .* on riscv64"):
        bundle._name("v3.259.0")


def go_stand_in(tmp_path: Path) -> str:
    """A Go that has the SDK's module and builds an executable that answers nothing."""
    sdk = tmp_path / "sdk" / "python"
    for name in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
        (sdk / name).parent.mkdir(parents=True, exist_ok=True)
        (sdk / name).write_text("")
        # As in the module cache.
        (sdk / name).chmod(0o444)
    return f"""
case "$1" in
  env) echo go1.26.0;;
  list) echo "{sdk.parent}";;
  build) echo "$GOFLAGS $GOTOOLCHAIN $*" >> "$LOG"
    [ -z "$BROKEN" ] || {{ echo "verifying module: checksum mismatch" >&2; exit 1; }}
    cp "$0" "$5";;
esac
"""


def test_failed_build_leaves_nothing(install: Install, stand_in: StandIn, tmp_path: Path, downloads: Downloads) -> None:
    downloads.files.clear()
    stand_in("go", go_stand_in(tmp_path))
    done = install(BROKEN="yes", GOFLAGS="-buildvcs=false")
    assert done.returncode == 1
    assert "checksum mismatch" in done.stderr.splitlines()[-1]
    assert (tmp_path / "log").read_text().startswith("-buildvcs=false -mod=readonly local build ")
    assert [path.suffix for path in (tmp_path / "cache" / "trackform").iterdir()] == [".lock"]


@pytest.fixture
def modules(tools: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    monkeypatch.syspath_prepend(str(tools))
    return importlib.import_module("obtain"), importlib.import_module("host_setup")


def test_source_build_gets_its_host(
    modules: tuple[ModuleType, ModuleType],
    install: Install,
    stand_in: StandIn,
    installed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    obtain, host_setup = modules
    home, folder = installed.parents[1], installed.parents[4]
    go = stand_in("go", go_stand_in(folder))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setenv("LOG", str(folder / "log"))
    monkeypatch.setenv("TRACKFORM_PULUMI_MIRROR", "http://127.0.0.1:1")
    home.parent.mkdir(parents=True)
    obtain.cli(home)
    assert not host_setup.ready(home)
    go.unlink()

    # The host's Python, which takes seconds and a network to make.
    python = home / host_setup._names()[1] / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    done = install()
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{installed}\n", "")
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"):
        assert os.access(installed.parent / name, os.X_OK)
    assert host_setup.ready(home)

    # Another clone with another host was set up in between: the launcher is put right again.
    launcher = installed.parent / "pulumi-language-python"
    ours = launcher.read_text()
    launcher.write_text("#!/bin/sh\n")
    assert install().returncode == 0
    assert launcher.read_text() == ours

    # The Python was uninstalled: a link to nothing is no Python.
    python.unlink()
    python.symlink_to(folder / "gone")
    assert not host_setup.ready(home)


def test_host_is_pinned_by_the_lock(modules: tuple[ModuleType, ModuleType], tools: Path) -> None:
    pins = modules[1].requirements((tools.parents[1] / "requirements.lock").read_text())
    names = [line.split("==")[0] for line in pins.splitlines() if "==" in line]
    assert names == ["grpcio", "protobuf", "pulumi", "typing-extensions"]
    assert pins.count("--hash") > len(names)


def test_host_that_cannot_be_installed_is_one_line(modules: tuple[ModuleType, ModuleType]) -> None:
    obtain, host_setup = modules
    with pytest.raises(obtain.SetupError) as caught:
        host_setup._run("install the packages", "/bin/sh", "-c", "echo first; echo 'no network' >&2; exit 1")
    assert "cannot install the packages (" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_two_runs_at_once_install_once(
    installer: Path, tmp_path: Path, environment: dict[str, str], downloads: Downloads
) -> None:
    said = tmp_path / "said"
    # The one that installs is not done before the other has said that it waits.
    downloads.waits_for = lambda: eventually(lambda: "waiting" in said.read_text(), PROMPT_S)
    with said.open("a") as errors:
        runs = [
            subprocess.Popen(
                [sys.executable, installer / "install.py"], env=environment, stdout=subprocess.PIPE, stderr=errors
            )
            for _ in range(2)
        ]
        printed = [run.communicate(timeout=240)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert printed[0] == printed[1]
    assert said.read_text().count("waiting") == 1
    assert downloads.asked == [BUNDLE]


def test_a_file_that_is_no_link_is_not_replaced(install: Install, stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("pulumi", "echo v3.300.0")
    stand_in("pulumi-language-python", "")
    mine = tmp_path / "venv" / "bin" / "pulumi"
    mine.parent.mkdir(parents=True)
    mine.write_text("somebody's own")
    done = install()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"pulumi: {mine} is no link that a set-up made: move it away, and run this again\n"
    assert mine.read_text() == "somebody's own"
