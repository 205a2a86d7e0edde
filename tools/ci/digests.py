"""Which reviewed change a merge stands for: the digests in the comment of its pull request.

    digests.py COMMIT

Prints `stacks=[{"stack": …, "digest": …}, …]` for $GITHUB_OUTPUT. An error, and nothing to apply, where the commit
belongs to no merged pull request, or its last commit was not the one that was reviewed. Needs `pull-requests: read`.
"""

import json
import sys

from github import GitHub, GitHubError, fail
from reviews import MARK, unmarked


def main(commit: str) -> int:
    try:
        print(f"stacks={json.dumps(reviewed(GitHub.here(), commit))}")
    except GitHubError as error:
        return fail(error)
    return 0


def reviewed(github: GitHub, commit: str) -> list[dict[str, str]]:
    """Stack and digest of everything that was shown before the merge.

    Raises:
        GitHubError: it cannot be said what was reviewed, so nothing may be applied.
    """
    merged = [row for row in github.every(f"commits/{commit}/pulls") if row.get("merged_at")]
    if len(merged) != 1:
        raise GitHubError(
            f"{commit[:12]} belongs to {len(merged)} merged pull requests, so nobody reviewed exactly this. Look at "
            "`trackform review STACK`, then apply it by hand with --apply and its digest"
        )
    pull = merged[0]
    comment = github.ours(github.every(f"issues/{pull['number']}/comments"), MARK)
    data = unmarked(str(comment["body"])) if comment else {}
    digests = data.get("digests")
    if not isinstance(digests, dict):
        raise GitHubError(f"#{pull['number']} has no review by {github.login}: nothing is applied")
    head = str((pull.get("head") or {}).get("sha"))
    if data.get("head") != head:
        raise GitHubError(
            f"the review in #{pull['number']} is of {str(data.get('head'))[:12]}, but {head[:12]} was merged: nothing "
            "is applied. Review what is on the main branch now, and apply that by hand"
        )
    unseen = sorted(str(stack) for stack, digest in digests.items() if not digest)
    if unseen:
        raise GitHubError(
            f"#{pull['number']} was merged without a review of {', '.join(unseen)}, whose preview failed: nothing is "
            "applied. Look at `trackform review STACK`, then apply by hand"
        )
    return [{"stack": str(stack), "digest": str(digest)} for stack, digest in sorted(digests.items())]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
