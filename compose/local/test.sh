#!/usr/bin/env bash
# Runs every test with its own set-up: test.sh [FILTER]. Ends with the test runner's own summary and its exit code.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

filter=${1:-}
minutes=${CAUSEWAY_TEST_MINUTES:-20}
servers=$state/test

make_state
exec 9>"$state/test.lock"
if ! flock --nonblock 9; then
    say "Other tests run in this folder; these wait until they are done"
    flock 9
fi

"$scripts/install.sh" test
"$scripts/python.sh"
"$scripts/build.sh" tests

# Built only for the one suite that needs it; that is skipped, with the reason, where there is none.
if [[ -z $filter || EndToEndTests.PreviousReleaseTests =~ $filter ]]; then
    previous=$("$scripts/previous.sh") && status=0 || status=$?
    case $status in
        0) export CAUSEWAY_PREVIOUS_BINARY=$previous ;;
        3) export CAUSEWAY_PREVIOUS_ABSENT=$previous ;;
        *) exit "$status" ;;
    esac
fi

# unfinished LOG: the tests that began, and are not known to have ended.
unfinished() {
    LC_ALL=C.UTF-8 sed -nE 's/^◇ Test (.+) started\.$/+\t\1/p; t
        s/^[^◇ ] +Test (.+) with [0-9]+ test cases? (passed|failed) .*$/-\t\1/p; t
        s/^[^◇ ] +Test (.+) (passed|failed|skipped).*$/-\t\1/p' "$1" \
        | awk -F '\t' '$2 ~ /^(run|case passing)/ { next } $1 == "+" { open[$2] = 1 } $1 == "-" { delete open[$2] }
            END { for (name in open) printf "%s ", name }'
}

# failures LOG: what was recorded against each test that failed, and then the runner's summary once more: on a screen, or
# in the tail that a continuous-integration machine keeps, the tests that went on stand below them.
failures() {
    LC_ALL=C.UTF-8 awk '/^✘ Test run / { summary = $0; next } /recorded an issue|^✘ Test .* failed/ { kept = 1; print; next }
        kept && /^↳/ { print; next } { kept = 0 } END { if (summary != "") print summary }' "$1" \
        | cut -c 1-600 | tail -n 60
}

# shellcheck disable=SC2317  # called by the trap
stop_servers() {
    "$scripts/servers.sh" stop "$servers" >/dev/null 2>&1 || true
}
# shellcheck disable=SC2317  # called by the traps
interrupted() {
    kill -TERM "$(<"$state/test.pid")" 2>/dev/null || true
    exit 130
}
trap stop_servers EXIT
trap interrupted INT TERM HUP

"$scripts/servers.sh" start "$servers" --test
# shellcheck source=/dev/null
source "$servers/servers.env"
export CAUSEWAY_TEST_PG_HOST=$CAUSEWAY_POSTGRES_HOST CAUSEWAY_TEST_PG_PORT=$CAUSEWAY_POSTGRES_PORT
export CAUSEWAY_TEST_PG_USER=postgres CAUSEWAY_TEST_REDIS_PORT=$CAUSEWAY_REDIS_PORT
export CAUSEWAY_PYTHON=$state/python/bin/python
unset "${!CAUSEWAY_POSTGRES_@}" "${!CAUSEWAY_REDIS_@}" "${!PG@}"
if [[ -x $(causeway_binary) ]]; then
    CAUSEWAY_BINARY=$(causeway_binary)
    export CAUSEWAY_BINARY
fi

cd "$repository"
swift package dump-package >"$state/package.json" 2>/dev/null </dev/null && export CAUSEWAY_PACKAGE_JSON=$state/package.json
# Swift Testing starts everything at once unless told otherwise; then tests starve each other of the processor, and what
# waits for a server for half a second waits in vain.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6
say "Testing${filter:+ what matches $filter} (the full log is $logs/test.log)"
# The screen shows what ended, the log also what began.
(
    rm -f -- "$state/test.pid"
    # shellcheck disable=SC2016  # expanded by the inner shell
    bash -c 'echo $$ >"$0" && exec "$@"' "$state/test.pid" timeout --kill-after=20 "${minutes}m" \
        stdbuf -oL swift test --configuration release --skip-build --disable-xctest ${filter:+--filter "$filter"} \
        </dev/null 9>&- 2>&1 | tee -- "$logs/test.log" | sed -u '/^◇/d'
) &
wait $! && status=0 || status=$?
if ((status == 124 || status == 137)); then
    explain "The tests did not end within $minutes minutes." \
        "these began and neither passed nor failed: $(unfinished "$logs/test.log")" \
        "make test FILTER=<one of them>    (more time: CAUSEWAY_TEST_MINUTES=60 make test)"
fi
if ((status == 1)) && grep -q '^✘ ' "$logs/test.log"; then
    say "These failed:"
    failures "$logs/test.log"
fi
if [[ -n $filter ]] && ((status == 0)) && grep -q 'Test run with 0 tests' "$logs/test.log"; then
    explain "No test matches $filter." "the filter is a regular expression over module, suite and test names" \
        "make test FILTER=PrimitivesTests"
    status=1
fi
exit "$status"
