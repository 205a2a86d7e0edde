"""Put the reviews of all stacks into ONE comment of a pull request: written once, then updated.

    comment.py FOLDER NUMBER HEAD [LINK]

HEAD is the commit that was reviewed; LINK leads to the whole reviews. Needs `pull-requests: write` and no other secret.
"""

import sys
from pathlib import Path

from github import GitHub, GitHubError, fail
from reviews import MARK, read, together

from stacks import live_stacks


def main(folder: Path, number: int, head: str, link: str = "") -> int:
    try:
        github = GitHub.here()
        body = together(read(folder, live_stacks(Path("stacks"))), head, link)
        comment = github.ours(github.every(f"issues/{number}/comments"), MARK)
        if comment is None:
            github.call("POST", f"issues/{number}/comments", {"body": body})
            print(f"commented on #{number}")
        elif comment["body"] != body:
            github.call("PATCH", f"issues/comments/{comment['id']}", {"body": body})
            print(f"updated the comment on #{number}")
    except (GitHubError, OSError) as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
