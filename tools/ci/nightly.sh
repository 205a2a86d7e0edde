#!/usr/bin/env bash
# Look at one stack at night, read-only: nightly.sh STACK FOLDER [LINK]
#
# Does the account hold what its file says, is booked what the flow matrix says, and was each commission counted once?
# Leaves what preview.sh leaves, and FOLDER/STACK.verify.txt and .reconcile.txt, empty unless they have something to tell.
# Where anything has, the webhook of stacks/policy.yaml gets one message with LINK. Fails only where that was not taken.
set -uo pipefail
stack=${1:?nightly.sh STACK FOLDER [LINK]}
folder=${2:?nightly.sh STACK FOLDER [LINK]}
link=${3:-}
trackform=${TRACKFORM:-.venv/bin/trackform}
here=$(dirname "$0")

"$here/preview.sh" "$stack" "$folder" || exit 1
told=()
case $(cat "$folder/$stack.status") in
  0 | 4) ;;
  2) told+=("differs from its file") ;;
  3) told+=("changed outside (drift)") ;;
  *) told+=("could not be reviewed") ;;
esac

details=(--details "$folder/$stack.md")
[ ${#told[@]} -gt 0 ] || details=()
for check in verify reconcile; do
  "$trackform" "$check" "$stack" > "$folder/$stack.$check.txt" 2>&1
  status=$?
  if [ $status = 0 ]; then
    : > "$folder/$stack.$check.txt"
    continue
  fi
  [ $status = 2 ] && told+=("$check found something") || told+=("$check failed")
  details+=(--details "$folder/$stack.$check.txt")
done

[ ${#told[@]} -gt 0 ] || exit 0
said=$(printf '%s, ' "${told[@]}")
"$trackform" alert "$stack: ${said%, }" "${details[@]}" --link "$link"
