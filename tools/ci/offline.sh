#!/usr/bin/env bash
# What needs no key and no network: every account file is right, and the URLs that it makes can be read.
set -euo pipefail
trackform=${TRACKFORM:-.venv/bin/trackform}
"$trackform" validate --all
"$trackform" render --all > /dev/null
"$trackform" links --all
