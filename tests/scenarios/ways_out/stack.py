"""A stack in this process, whose account file and environment are changed as a refusal says: by the words in it."""

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.dynamic import CheckResult
from pulumi.runtime import rpc

from tests.providers.conftest import KINDS, Room
from tests.providers.small_engine import Engine, Stopped
from trackform.account_file.compose import compose
from trackform.account_file.models import SecretRef, pinned, read_account
from trackform.account_file.sections import Composition, Ref, Wanted
from trackform_core.account import AccountProvider
from trackform_core.dynamic import Failed, KindProvider
from trackform_core.model.messages import Message, RefusalId, is_refusal, read_message

SECRET = "canary-passphrase"
ALLOW = re.compile(r"TRACKFORM_ALLOW=('[^']*'|[\w:/,.-]*\w)")


def permissions(text: str) -> list[str]:
    """The values of the variable that a message has, as a shell reads them."""
    return [shlex.split(value)[0] for value in ALLOW.findall(text)]


def quoted(text: str) -> list[str]:
    """What a message has between backticks: a command, or a line of the file."""
    return re.findall(r"`([^`]+)`", text)


class Heard:
    """What the providers refuse, however it leaves them: as a failure of a check, as a mark, or as an error.

    The one place that knows how: no test of a way out depends on it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        for provider in (KindProvider, AccountProvider):
            for call in ("check", "diff", "create", "read", "update", "delete"):
                monkeypatch.setattr(provider, call, self._listening(getattr(provider, call)))

    def _listening(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def listening(*given: Any) -> Any:
            try:
                answer = call(*given)
            except Failed as error:
                self.texts.append(str(error))
                raise
            if isinstance(answer, CheckResult):
                self.texts += [str(failure.reason) for failure in answer.failures]
                self.texts += _texts((answer.inputs or {}).get("refused"))
            return answer

        return listening

    def refusals(self) -> list[Message]:
        lines = dict.fromkeys(line for text in self.texts for line in text.splitlines())
        return [message for line in lines if is_refusal((message := read_message(line)).id)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


class Stack:
    """The account file ``stacks/default.yaml``, and runs of it on the sandbox.

    A test meets a refusal, does what it says, and sees it gone; ``met`` and ``solved`` tell that it did.
    """

    def __init__(self, room: Room, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = room
        self.folder = folder
        self.engine = Engine(room)
        self.monkeypatch = monkeypatch
        self.heard = Heard(monkeypatch)
        self.met: set[str] = set()
        self.solved: set[str] = set()
        self.limits: dict[str, Any] = {}
        monkeypatch.chdir(folder)
        (folder / "stacks").mkdir()

    @property
    def file(self) -> Path:
        return self.folder / "stacks" / f"{self.engine.name}.yaml"

    def write(self, text: str) -> None:
        self.file.write_text(text)

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new, 1))

    def say(self, section: str, name: str, line: str) -> None:
        """Write a line, such as ``adopt: true``, into an entry."""
        data = yaml.safe_load(self.file.read_text())
        data[section][name] = {**(data[section][name] or {}), **yaml.safe_load(line)}
        self.write(yaml.safe_dump(data, sort_keys=False))

    def composition(self) -> Composition:
        return compose(read_account(self.file))

    def up(self, **account: Any) -> None:
        self._run(self.engine.up, account)

    def preview(self, **account: Any) -> None:
        self._run(self.engine.preview, account)

    def _run(self, run: Callable[..., None], account: dict[str, Any]) -> None:
        composition = self.composition()
        program: dict[str, dict[str, Any]] = {}
        was: dict[str, dict[str, str]] = {}
        for wanted in composition.objects:
            program.setdefault(wanted.kind.name, {})[wanted.name] = self._fields(wanted)
            if wanted.was:
                was.setdefault(wanted.kind.name, {})[wanted.name] = wanted.was
        pins = {pin: named for pin, named in pinned(composition.account.file).items() if named}
        run(program, was=was, limits=self.limits, **pins, **account)

    def _fields(self, wanted: Wanted) -> dict[str, Any]:
        return {name: self._value(value) for name, value in wanted.fields.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, SecretRef):
            return SECRET
        if not isinstance(value, Ref):
            return value
        of = {wanted.kind.name for wanted in self.composition().objects if wanted.section == value.section}
        known = self.engine.state.get((of.pop(), value.name))
        return known.object_id if known else rpc.UNKNOWN

    def refused(self, id_: RefusalId, run: Callable[[], object] | None = None) -> str:
        """What the run, an `up` of the file by default, is refused with, by this id."""
        self.met.add(id_)
        texts = [message.text for message in self._refusals(run or self.up) if message.id == id_]
        assert texts, f"nothing was refused with {id_}: {self.heard.texts}"
        return texts[0]

    def failed(self, words: str) -> str:
        """What the run, an `up` of the file, is declined with in these words, where that has no id."""
        self.heard.texts.clear()
        with pytest.raises((Stopped, Failed)):
            self.up()
        (text,) = {text for text in self.heard.texts if words in text}
        return text

    def gone(self, id_: RefusalId, run: Callable[[], object] | None = None) -> None:
        """Nothing is refused any more."""
        assert self._refusals(run or self.up) == []
        self.solved.add(id_)

    def _refusals(self, run: Callable[[], object]) -> list[Message]:
        self.heard.texts.clear()
        with suppress(Stopped, Failed):
            run()
            return self.heard.refusals()
        assert self.heard.refusals(), self.heard.texts
        return self.heard.refusals()

    def allow(self, text: str) -> None:
        """Type the permission of a message in front of each run from now on."""
        (value,) = permissions(text)
        self.monkeypatch.setenv("TRACKFORM_ALLOW", value)

    def made(self, kind: str, **fields: Any) -> str:
        """Something that a person made in the web application; its id."""
        return str(self.room.edit(KINDS[kind], set=fields)["id"])

    def titles(self, kind: str) -> list[str]:
        rows = self.room.all_stored(KINDS[kind])
        return sorted(str(row["title"]) for row in rows if row.get("status") != 3)
