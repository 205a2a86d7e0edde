#!/usr/bin/env bash
# Fail where a review failed or was refused: verdict.sh FOLDER STACK. Differences and drift are what a review is for.
set -euo pipefail
status=$(cat "${1:?verdict.sh FOLDER STACK}/${2:?verdict.sh FOLDER STACK}.status")
case $status in
  0 | 2 | 3 | 4) exit 0 ;;
  *) echo "::error::the plan of stack $2 failed or is refused: the review says why"; exit 1 ;;
esac
