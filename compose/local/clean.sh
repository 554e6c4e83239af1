#!/usr/bin/env bash
# Removes everything that was made here: build, data, keys, logs. Refuses while it runs.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

"$here/reset.sh"
exec 9>"$state/test.lock"
flock --nonblock 9 || fail "Tests run in this folder." "make test holds $state" "make clean    (when they are done)"
"$scripts/servers.sh" forget "$state/test" 9>&-
rm -rf -- "$repository/.build" "$state"
say "Build, data and logs are removed."
