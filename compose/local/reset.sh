#!/usr/bin/env bash
# Forgets what `make run` keeps: the data of its servers and its keys. Refuses while it runs.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

make_state
exec 9>"$state/run.lock"
flock --nonblock 9 || fail "It runs; its data is not taken from under it." "make run holds $state" \
    "Ctrl-C where it runs, then: make reset"
"$scripts/servers.sh" forget "$state/servers" 9>&-
rm -rf -- "$state/servers" "$state/keys" "$state/demo.txt" "$state/running.txt" "$state/ports.env"
say "The data and the keys of make run are gone; the next make run begins anew."
