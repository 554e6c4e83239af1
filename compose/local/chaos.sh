#!/usr/bin/env bash
# Kills the real processes, PostgreSQL and Redis under writes, some hundred times: chaos.sh [STRIKES [SEED]]. What was
# acknowledged must be there once, and everything must heal by itself. `make test` does the same a few times.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

export CAUSEWAY_CHAOS_STRIKES=${1:-300}
if [[ -n ${2:-} ]]; then export CAUSEWAY_CHAOS_SEED=$2; fi
: "${CAUSEWAY_TEST_MINUTES:=$((CAUSEWAY_CHAOS_STRIKES / 10 + 10))}"
export CAUSEWAY_TEST_MINUTES
exec "$here/test.sh" ChaosTests
