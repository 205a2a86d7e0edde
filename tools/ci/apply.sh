#!/usr/bin/env bash
# Apply what was reviewed, and nothing else: apply.sh STACK DIGEST [BASE [LINK [FOLDER]]]
#
# Where it fails the webhook of stacks/policy.yaml gets a message with LINK. What the account is before goes into
# FOLDER/STACK.yaml: after a mistake somebody may want to look at it. Open operator steps (exit status 4) are no failure: they are done in the web applications.
set -uo pipefail
stack=${1:?apply.sh STACK DIGEST [BASE]}
digest=${2:?apply.sh STACK DIGEST [BASE]}
base=${3:-}
link=${4:-}
before=${5:-}
trackform=${TRACKFORM:-.venv/bin/trackform}
if [ -n "$base" ]; then
  policy=$(mktemp) || exit 1
  trap 'rm -f "$policy"' EXIT
  git cat-file -e "$base^{commit}" || { echo "apply: there is no commit $base here" >&2; exit 1; }
  git show "$base:stacks/policy.yaml" > "$policy" 2> /dev/null || : > "$policy"
  export TRACKFORM_POLICY=$policy
fi
if [ -n "$before" ]; then
  mkdir -p "$before" || exit 1
  "$trackform" export "$stack" --out "$before/$stack.yaml" > /dev/null ||
    echo "::warning::stack $stack: what the account was before could not be written down"
fi
"$trackform" review "$stack" --apply "$digest"
status=$?
case $status in
  0 | 4) exit 0 ;;
  2 | 3) said="what would be applied now is not what was reviewed; nothing was written" ;;
  *) said="was not applied, or not wholly: the log says why" ;;
esac
echo "::error::stack $stack: $said"
"$trackform" alert "$stack: $said" --link "$link"
exit 1
