#!/usr/bin/env bash
# Runs every known attack on the gateway beside a client that behaves, and prints a table: attacks.sh [NAME…]. `make test`
# runs those that are over soon.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

export CAUSEWAY_ATTACKS=${*:-all}
# Thousands of connections, at both ends.
ulimit -Sn "$(ulimit -Hn)"
exec "$here/test.sh" EndToEndTests.AttackTests
