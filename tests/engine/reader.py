"""A reader who came to the end of docs/getting-started.md, and types what another page says, line by line."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.engine.applied import SetUps
from tests.engine.project import LONGEST_S, Project

STACK = "acme"
ANSWERS = {"PULUMI_SKIP_CONFIRMATIONS": "true", "PULUMI_OPTION_SKIP_PREVIEW": "true", "PULUMI_OPTION_COLOR": "never"}
"""What a person at Pulumi's questions says: yes."""
GIT = """
git init -q; git config user.name Ada; git config user.email ada@acme.test
git add stacks Pulumi.yaml __main__.py; git commit -qm "The account"; git update-ref refs/remotes/origin/main HEAD
"""
END = "\x1e"
DIGEST = re.compile(r"--apply (<digest>|[0-9a-f]{20})")


@dataclass(frozen=True)
class Line:
    """A line of a page, and what comes of it.

    ``says`` is part of what is printed, ``before`` what happened until then, ``answer`` what a person types at a
    question, and ``more`` what a sandbox needs besides, as the page itself says.
    """

    typed: str
    says: str = ""
    status: int = 0
    before: str = ""
    answer: str = ""
    more: str = ""


def lines(page: str) -> list[str]:
    """The commands of a page's blocks, in their order, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    found = [line.partition(" #")[0].strip() for block in blocks for line in block.replace("\\\n", "").splitlines()]
    return [" ".join(line.split()) for line in found if line]


def settle(project: Project) -> None:
    """What the page leads to: made, entered by a person, confirmed, and in git."""
    text = project.config_file.read_text()
    project.config_file.write_text(re.sub(r"  trackform:bridgeUrl.*\n", "", text))
    project.up_ok()
    rest = f"trackform sandbox enter {STACK}; trackform operator {STACK} --confirm '*' --who Ada{GIT}"
    subprocess.run(["bash", "-ec", rest], cwd=project.folder, env=project.environment, check=True, capture_output=True)


class Reader:
    """A folder after getting-started, on a sandbox of its own."""

    def __init__(self, set_ups: SetUps, folder: Path) -> None:
        self.project = set_ups.copy("reader", folder, settle, STACK)
        self.sandbox = self.project.sandbox

    def types(self, script: Sequence[Line]) -> None:
        """All of it in one shell; each line says what it is to say, and ends as it is to end."""
        told = self._session(script)
        for line, (said, status) in zip(script, told, strict=True):
            assert status == line.status, f"{line.typed}\n{said}"
            assert line.says in said, f"{line.typed}\n{said}"
            assert "Traceback" not in said, f"{line.typed}\n{said}"

    def _session(self, script: Sequence[Line]) -> list[tuple[str, int]]:
        text = "".join(map(self._shell, script))
        done = subprocess.run(
            ["bash", "-uc", text], cwd=self.project.folder, env=self.environment, capture_output=True, text=True,
            timeout=LONGEST_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        parts = done.stdout.split(END)[:-1]
        return [(said, int(status)) for said, status in zip(parts[::2], parts[1::2], strict=True)]

    @property
    def environment(self) -> dict[str, str]:
        return {**self.project.environment, **ANSWERS, "PULUMI_STACK": STACK}

    def _shell(self, line: Line) -> str:
        typed = self._here(f"{line.typed} {line.more}")
        typed = DIGEST.sub(r"--apply $(grep -oP -- '--apply \\K\\w+' said | tail -n 1)", typed)
        return (
            f"{{ {self._here(line.before) or ':'}; }} > happened 2>&1 || {{ cat happened; exit 1; }}\n"
            f"{{ {typed}; }} <<< $'{self._here(line.answer)}' > saying 2>&1; status=$?\n"
            f"mv saying said; cat said; echo -n '{END}'$status'{END}'\n"
        )

    def _here(self, text: str) -> str:
        """What the page says of services that are elsewhere, said of the sandbox."""
        for elsewhere, here in self.addresses.items():
            text = text.replace(elsewhere, here)
        return text

    @property
    def addresses(self) -> dict[str, str]:
        url = self.sandbox.url
        return {
            "http://127.0.0.1:8650": url, "https://bridge.example.com": f"{url}/bridge",
            "=…": f"={self.sandbox.keys.bridge}", "KEY OF DIGISTORE24": self.sandbox.keys.digistore24,
        }  # fmt: skip
