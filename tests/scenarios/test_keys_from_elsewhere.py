"""docs/keys.md: each way to take the keys from a password manager, with stand-ins for the programs."""

import os
import re
import subprocess
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
ELSEWHERE = PAGE.partition("## Keys from a password manager\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```sh\n(.*?)^```", ELSEWHERE, re.MULTILINE | re.DOTALL)
(REFERENCES,) = re.findall(r"^```ini\n(# acme\.op\n.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
KEYS = {"REDTRACK_API_KEY__ACME": "key-of-redtrack", "DIGISTORE24_API_KEY__ACME": "key-of-digistore24"}
STAND_INS = {
    "trackform": 'echo "$*: $REDTRACK_API_KEY__ACME $DIGISTORE24_API_KEY__ACME"',
    # 1Password: each reference of the file is resolved, for the command alone.
    "op": r"""
[ "$1" = run ] && [ "$3" = -- ] || exit 9
while IFS='=' read -r name reference; do
  case $name$reference in
    '#'*) ;;
    *op://ops/redtrack-acme/key) export "$name=key-of-redtrack" ;;
    *op://ops/digistore24-acme/key) export "$name=key-of-digistore24" ;;
    *) exit 8 ;;
  esac
done < "${2#--env-file=}"
shift 3; exec "$@"
""",
    "vault": r"""
[ "$1 $2 $4" = "kv get secret/trackform/acme" ] || exit 9
printf %s "key-of-${3#-field=}"
""",
    "pulumi": r"""
[ "$1 $2 $3 $4" = "env run acme/trackform/keys --" ] || exit 9
shift 4; REDTRACK_API_KEY__ACME=key-of-redtrack DIGISTORE24_API_KEY__ACME=key-of-digistore24 exec "$@"
""",
}


@pytest.mark.parametrize("block", BLOCKS, ids=["1Password", "Vault", "Pulumi ESC"])
def test_the_command_gets_both_keys_and_they_stay_out_of_files(tmp_path: Path, block: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in STAND_INS.items():
        (programs / name).write_text(f"#!/usr/bin/env bash\n{text.strip()}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "acme.op").write_text(REFERENCES, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in KEYS}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=project, text=True, capture_output=True, check=False, timeout=60,
        env=environment | {"PATH": f"{programs}:{environment['PATH']}"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"doctor acme: {' '.join(KEYS.values())}\n"), done.stderr
    assert not any("key-of" in path.read_text(encoding="utf-8") for path in project.iterdir())
