#!/usr/bin/env bash
# Review one stack: preview.sh STACK FOLDER [BASE]
#
# Leaves FOLDER/STACK.md, .json, .html and .status. Fails for nothing but a wrong call: what the review came to stands in
# STACK.status, so that the comment is written also when the plan is refused. `verdict.sh` fails the job afterwards.
# BASE is the commit that is merged into: the policy is taken from there, so that a change cannot raise its own limits.
set -uo pipefail
stack=${1:?preview.sh STACK FOLDER [BASE]}
folder=${2:?preview.sh STACK FOLDER [BASE]}
base=${3:-}
trackform=${TRACKFORM:-.venv/bin/trackform}
mkdir -p "$folder" || exit 1

options=()
if [ -n "$base" ]; then
  policy=$(mktemp) || exit 1
  trap 'rm -f "$policy"' EXIT
  # Without a policy at the base the defaults hold, which are the strictest.
  git cat-file -e "$base^{commit}" || { echo "preview: there is no commit $base here" >&2; exit 1; }
  git show "$base:stacks/policy.yaml" > "$policy" 2> /dev/null || : > "$policy"
  export TRACKFORM_POLICY=$policy
  options=(--base "$base")
fi

# One comment holds the reviews of all stacks.
longest=$(python3 "$(dirname "$0")/share.py") || exit 1

"$trackform" review "$stack" ${options[@]+"${options[@]}"} --longest "$longest" \
  --write "$folder/$stack.md" --write "$folder/$stack.json" --write "$folder/$stack.html"
status=$?
echo "$status" > "$folder/$stack.status"
exit 0
