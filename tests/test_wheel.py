"""The wheel: what it installs, and under which names."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RENDER = """
import trackform, trackform_core
from trackform.urls import TEMPLATES, render
from trackform.urls.presets import presets
from trackform_core.model.vendors import kinds
print(trackform.__file__, trackform_core.__file__, TEMPLATES, sep="\\n")
print(sorted(presets("offer_sources")), render("promolink.j2", {"product": "1", "affiliate": "acme"}))
print(len(kinds()))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-index", "--quiet"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "-w", folder, ROOT], check=True)
    (found,) = folder.glob("*.whl")
    return found


def test_no_generic_name_is_installed(wheel: Path) -> None:
    names = {Path(name).parts[0] for name in zipfile.ZipFile(wheel).namelist()}
    packages = {"trackform", "trackform_core", "trackform_redtrack", "trackform_digistore24"}
    assert {name for name in names if not name.endswith(".dist-info")} == packages


def test_it_brings_templates_and_presets(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("trackform/templates/")}
    there = (path for path in (ROOT / "templates").rglob("*") if path.is_file())
    assert inside == {f"trackform/{path.relative_to(ROOT).as_posix()}" for path in there}


def test_they_are_used_where_there_is_no_clone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    command = [sys.executable, "-c", RENDER]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True, check=True
    )
    *places, rendered, kinds = done.stdout.splitlines()
    assert all(Path(place).is_relative_to(tmp_path / "site") for place in places)
    assert rendered == "['digistore24'] https://www.digistore24.com/redir/1/acme"
    assert kinds == "11"
