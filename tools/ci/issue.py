"""Keep ONE issue about the nights: opened when a check found something, updated, and closed when nothing is found.

    issue.py FOLDER HEAD [LINK]

Only operator steps that are open are no drift. Needs `issues: write` and no other secret.
"""

import sys
from pathlib import Path

from github import GitHub, GitHubError, fail
from reviews import MARK, read, together

from stacks import live_stacks

TITLE = "Ad tracking differs from the account files"
QUIET = (0, 4)
"""Exit statuses that are nothing to act on at night."""


def main(folder: Path, head: str, link: str = "") -> int:
    try:
        reviews = read(folder, live_stacks(Path("stacks")))
        if not reviews:
            raise GitHubError(f"no review in {folder}: the check itself did not run")  # noqa: TRY301
        github = GitHub.here()
        told = [each for each in reviews if each.status not in QUIET or each.checks]
        issue = github.ours(github.every("issues", state="open"), MARK)
        if told:
            body = together(told, head, link)
            print(", ".join(f"{each.stack}: {each.said}" for each in told))
            if issue is None:
                github.call("POST", "issues", {"title": TITLE, "body": body})
            else:
                github.call("PATCH", f"issues/{issue['number']}", {"body": body})
        elif issue is not None:
            github.call("PATCH", f"issues/{issue['number']}", {"state": "closed", "state_reason": "completed"})
            print(f"closed #{issue['number']}: nothing differs any more")
    except (GitHubError, OSError) as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
