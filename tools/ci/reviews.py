"""The reviews that `preview.sh` left in a folder, one a stack, as the text of one comment or issue."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LIMIT = 65_536
"""GitHub's limit of a comment or an issue, in characters. Bytes are counted here, which are never fewer."""
SHORTEST = 4_000
"""No review is asked to be shorter."""
AROUND_ALL = 1_000
AROUND_EACH = 600
"""What a comment says besides the reviews: the mark, a row of the table, a heading."""
MARK = "<!-- trackform review"
SAID = {
    0: "nothing to do",
    1: "failed or refused",
    2: "differs",
    3: "changed outside (drift)",
    4: "only operator steps are open",
}
CHECKS = ("verify", "reconcile")
"""What `nightly.sh` runs besides the review. Each leaves `<stack>.<check>.txt`, empty where it found nothing."""


@dataclass(frozen=True)
class Reviewed:
    """One stack's review. ``digest`` is empty where the preview failed, and nothing could be reviewed.

    ``checks`` are those of the night that have something to tell.
    """

    stack: str
    status: int
    text: str
    digest: str
    checks: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        return ", ".join([SAID.get(self.status, "failed"), *(f"{check} has findings" for check in self.checks)])


def read(folder: Path, expected: Iterable[str] = ()) -> list[Reviewed]:
    """All of them, by stack. `<stack>.status` is always there; text and data are missing where the preview failed.

    Of an ``expected`` stack that left nothing the job itself broke off: in silence it would pass for unchanged.
    """
    left = {path.stem: path for path in folder.glob("*.status")}
    found = []
    for stack in sorted({*left, *expected}):
        if stack not in left:
            found.append(Reviewed(stack, 1, "It was not looked at: the job's log says why.", ""))
            continue
        text = _text(folder / f"{stack}.md") or "The preview failed: the job's log says why."
        status = int(left[stack].read_text().strip() or 1)
        checks = {check: said for check in CHECKS if (said := _text(folder / f"{stack}.{check}.txt"))}
        text += "".join(f"\n\n#### {check}\n\n{_fenced(said)}" for check, said in checks.items())
        found.append(Reviewed(stack, status, text, _digest(folder / f"{stack}.json"), tuple(checks)))
    return found


def share(stacks: int) -> int:
    """How long the review of each of so many stacks may be, so that all of them fit into one comment."""
    return max(SHORTEST, (LIMIT - AROUND_ALL) // max(stacks, 1) - AROUND_EACH)


def marks(reviews: list[Reviewed], head: str) -> str:
    """What `digests.py` reads at the merge: which digest was shown for which stack, of which commit."""
    data = {"head": head, "digests": {each.stack: each.digest for each in reviews}}
    return f"{MARK} {json.dumps(data, sort_keys=True)} -->"


def unmarked(body: str) -> dict[str, object]:
    """The other way round; empty where the text holds no mark of ours."""
    line = body.partition("\n")[0]
    if not line.startswith(MARK) or not line.endswith("-->"):
        return {}
    try:
        data = json.loads(line.removeprefix(MARK).removesuffix("-->"))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def together(reviews: list[Reviewed], head: str, link: str) -> str:
    """One text for all stacks: a table first, then each review for as long as it fits, the worst first."""
    rows = "\n".join(f"| {each.stack} | {each.said} |" for each in reviews)
    start = f"{marks(reviews, head)}\n## trackform\n\n| stack | |\n| --- | --- |\n{rows}\n"
    start += f"\n[All of it]({link}), for {head[:12]}.\n" if link else ""
    order = sorted(reviews, key=lambda each: (1, 3, 2, 4, 0).index(each.status) if each.status in SAID else -1)
    left = LIMIT - len(start.encode()) - 200 * (1 + len(reviews))
    parts: dict[str, str] = {}
    for each in order:
        part = f"\n### {each.stack}\n\n{each.text.strip()}\n"
        size = len(part.encode())
        parts[each.stack] = part if size <= left else f"\n### {each.stack}\n\nToo long to be shown here.\n"
        left -= size if size <= left else 0
    return start + "".join(parts[each.stack] for each in order)


def _fenced(text: str) -> str:
    """As it was printed, and no longer than leaves room for the review: the whole is kept with the run."""
    shown = text.strip().replace("```", "'''")
    cut = shown if len(shown) <= SHORTEST else f"{shown[:SHORTEST]} …"
    return f"```\n{cut}\n```"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _digest(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("digest") or "")
    except (OSError, ValueError, AttributeError):
        return ""
