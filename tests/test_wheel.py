"""Wheel and sdist: what is in them, that they come out the same, and that the wheel needs no clone."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.installed import ROOT, built, clean, environment, sources, wheel

RENDER = """
import trackform, trackform_core
from trackform.urls import TEMPLATES, render
from trackform.urls.presets import presets
from trackform_core.model.vendors import kinds
print(trackform.__file__, trackform_core.__file__, TEMPLATES, sep="\\n")
print(sorted(presets("offer_sources")), render("promolink.j2", {"product": "1", "affiliate": "acme"}))
print(len(kinds()))
"""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("installed") / "env")


def run(command: list[str | Path], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=clean() | variables, capture_output=True, text=True, check=False
    )  # fmt: skip


def test_no_generic_name_is_installed() -> None:
    names = {Path(name).parts[0] for name in zipfile.ZipFile(wheel()).namelist()}
    packages = {"trackform", "trackform_core", "trackform_redtrack", "trackform_digistore24"}
    assert {name for name in names if not name.endswith(".dist-info")} == packages


def test_it_brings_every_file_that_comes_with_us() -> None:
    """Those of the packages' folders, and those that a clone has elsewhere."""
    inside = set(zipfile.ZipFile(wheel()).namelist())
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    packages = {name.removeprefix("providers/") for name in listed if name.startswith(("trackform/", "providers/"))}
    assert {name for name in packages if (ROOT / name).exists()} <= inside
    target = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(target["force-include"].values()) == {f"trackform/shipped/{each}" for each in target["force-include"]}
    shipped = {
        path.relative_to(ROOT).as_posix()
        for each in target["force-include"]
        for path in ([ROOT / each] if (ROOT / each).is_file() else (ROOT / each).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name.removeprefix("trackform/shipped/") for name in inside if "/shipped/" in name} == shipped
    assert {"templates/offer_url.j2", "templates/presets/offer_sources/digistore24.yaml"} <= shipped


def test_it_works_where_there_is_no_clone(installed: Path, tmp_path: Path) -> None:
    done = run([installed / "bin" / "python", "-c", RENDER], tmp_path)
    *places, rendered, kinds = done.stdout.splitlines()
    assert all(Path(place).is_relative_to(installed) for place in places), done.stderr
    assert rendered == "['digistore24'] https://www.digistore24.com/redir/1/acme"
    assert kinds == "11"
    done = run([installed / "bin" / "trackform", "schema"], tmp_path)
    assert done.stdout == (ROOT / "docs" / "account-file.schema.json").read_text(encoding="utf-8")


def test_what_a_project_has_of_its_own_comes_first_file_by_file(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "templates" / "presets" / "offer_sources").mkdir(parents=True)
    (tmp_path / "templates" / "promolink.j2").write_text("https://own.test/{{ product }}")
    (tmp_path / "templates" / "presets" / "offer_sources" / "shop.yaml").write_text("title: Shop\n")
    done = run([installed / "bin" / "python", "-c", RENDER], tmp_path)
    assert done.stdout.splitlines()[-2] == "['digistore24', 'shop'] https://own.test/1", done.stderr


def test_whoever_has_no_cli_is_told_where_to_get_one(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "acme.yaml").write_text("empty: true\n")
    done = run([installed / "bin" / "trackform", "doctor", "acme"], tmp_path, PATH="/nowhere")
    assert "-> trackform setup" in done.stdout
    assert "make setup" not in done.stdout + done.stderr


def test_twice_the_same_bytes_whenever_and_wherever(tmp_path: Path) -> None:
    first, second = sources(tmp_path / "a"), sources(tmp_path / "elsewhere" / "b")
    subprocess.run(["git", "init", "-q"], cwd=second, check=True)
    subprocess.run(["git", "add", "-A"], cwd=second, check=True)
    # Nor is anybody's account in it, who works in a clone.
    for name in ("acme.yaml", "acme.ledger.yaml", "Pulumi.acme.yaml", "shared/own.yaml"):
        (second / "stacks" / name).write_text("secret: canary\n")
    # Nor what lies about there, as `make dist` builds what git knows.
    for name in ("trackform/notes.py", "providers/trackform_core/draft.py", "docs/draft.md", "templates/own.j2"):
        (second / name).write_text("canary\n")
    for path in second.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    one, two = built(first, tmp_path / "one"), built(second, tmp_path / "two")
    assert [path.name for path in one] == [path.name for path in two]
    assert [path.suffix for path in one] == [".whl", ".gz"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    with tarfile.open(one[1]) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again = built(unpacked, tmp_path / "again")
    assert again[0].read_bytes() == one[0].read_bytes()


def test_what_make_setup_pins_is_in_the_range_that_users_get() -> None:
    (wanted,) = [each for each in PROJECT["project"]["dependencies"] if each.startswith("pulumi")]
    oldest, below = (tuple(map(int, each.split("."))) for each in re.findall(r"[\d.]+", wanted))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (pinned,) = re.findall(r"^pulumi==([\d.]+)", lock, re.MULTILINE)
    assert oldest <= tuple(map(int, pinned.split("."))) < below
    assert f"pulumi {wanted.removeprefix('pulumi')}" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_no_page_tells_to_install_what_no_registry_has() -> None:
    """Not before there is a release: whoever takes the name would be installed."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "trackform").rglob("*.py")]
    registry = re.compile(
        r"(pip|pipx|uv tool|uvx|uv pip) (install|run) (-\S+ )*['\"]?trackform(\[\w+\])?['\"]?(?![\w@/ .-]*@)"
    )
    assert [page.name for page in pages if registry.search(page.read_text(encoding="utf-8"))] == []
    assert registry.search("pip install trackform")
    assert registry.search("pipx install 'trackform[sandbox]'")


class TestAnotherEnvironment:
    """What was started is not what the project has: pipx, uv, another folder's."""

    @pytest.fixture
    def project(self, installed: Path, tmp_path: Path) -> Path:
        (tmp_path / "Pulumi.yaml").write_text("name: trackform\nruntime: {name: python, options: {virtualenv: env}}\n")
        (tmp_path / "env").symlink_to(installed)
        return tmp_path

    @staticmethod
    def release(folder: Path, number: str) -> Path:
        """The same, under another version."""
        package = folder / "wheel" / f"trackform-{number}-py3-none-any.whl"
        package.parent.mkdir()
        with zipfile.ZipFile(wheel()) as old, zipfile.ZipFile(package, "w") as new:
            for name in old.namelist():
                text = old.read(name)
                if name.endswith("METADATA"):
                    text = re.sub(rb"^Version: .*$", f"Version: {number}".encode(), text, count=1, flags=re.MULTILINE)
                new.writestr(re.sub(r"^trackform-[\d.]+\.dist", f"trackform-{number}.dist", name), text)
        return environment(folder / "other", package)

    WHERE = "import sys, trackform; print(trackform.__file__)"

    def test_the_projects_own_does_the_work_and_says_so(self, installed: Path, project: Path) -> None:
        other = self.release(project, "9.9.9")
        done = run([other / "bin" / "trackform", "--version"], project)
        assert done.stdout.startswith(f"trackform, version {PROJECT['project']['version']}\n"), done.stderr
        assert done.stderr == (
            f"trackform {PROJECT['project']['version']} of this project, in env, does this; what was started is 9.9.9, "
            f"in {other}. To change over: trackform upgrade\n"
        )
        done = run([installed / "bin" / "trackform", "--version"], project)
        assert (done.stdout.splitlines()[0], done.stderr) == (
            f"trackform, version {PROJECT['project']['version']}", "",
        )  # fmt: skip

    def test_also_from_a_folder_below(self, project: Path) -> None:
        other = self.release(project, "9.9.9")
        (project / "stacks" / "shared").mkdir(parents=True)
        done = run([other / "bin" / "trackform", "--version"], project / "stacks" / "shared")
        assert done.stdout.startswith(f"trackform, version {PROJECT['project']['version']}\n"), done.stderr
        assert "of this project, in ../../env, does this; what was started is 9.9.9" in done.stderr

    def test_of_one_version_nothing_is_said(self, project: Path) -> None:
        done = run([sys.prefix + "/bin/trackform", "--help"], project)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Usage: trackform [OPTIONS]")
        done = run([sys.prefix + "/bin/trackform", "validate", "nobody"], project)
        assert (done.returncode, "there is no such account file" in done.stderr) == (1, True)

    @pytest.mark.parametrize(
        "text", ["", "runtime: python\n", "[", "runtime: {name: python, options: {virtualenv: no}}\n"]
    )
    def test_without_an_environment_of_its_own_what_was_started_works(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "Pulumi.yaml").write_text(text)
        done = run([sys.prefix + "/bin/trackform", "--version"], tmp_path)
        assert (done.returncode, done.stderr) == (0, "")

    def test_an_environment_without_trackform_is_none_of_ours(self, tmp_path: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
        (tmp_path / "Pulumi.yaml").write_text("runtime: python\n")
        done = run([sys.prefix + "/bin/trackform", "--version"], tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
