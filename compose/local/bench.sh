#!/usr/bin/env bash
# Measures beside the peers: bench.sh [http2|article|footprint|events|idempotency|limits|pages]…, all of them without an
# argument. Takes about ten minutes when it is built. Everything runs on 127.0.0.1, on servers of its own, and is
# stopped at the end.
# bench.sh edge [streams|bodies|http1|cache|tls|latency|memory]… races the gateway against other proxies; as long again.
#     BENCH_ROUNDS=9   more rounds than five       BENCH_BUILD=1   also how long a cold and a warm build take
#     BENCH_SECONDS=2  longer runs of `edge`
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"
# A state of its own: whatever runs from this folder stays as it is.
export CAUSEWAY_STATE_DIRECTORY=$state/bench
state=$CAUSEWAY_STATE_DIRECTORY
logs=$state/logs
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/ports.sh
source "$here/ports.sh"
# shellcheck source=compose/local/processes.sh
source "$here/processes.sh"
# shellcheck source=compose/local/postgres.sh
source "$here/postgres.sh"
# shellcheck source=compose/local/redis.sh
source "$here/redis.sh"

purpose=$([[ ${1:-} == edge ]] && echo bench-edge || echo bench)
servers=$state/servers
cores=$(nproc)

make_state
exec 9>"$state/bench.lock"
flock --nonblock 9 || fail "It measures already, from this folder." "two at once would measure each other" "wait for it"

# shellcheck disable=SC2317  # called by the trap
forget_servers() {
    "$scripts/servers.sh" forget "$servers" >/dev/null 2>&1 9>&- || true
}
trap forget_servers EXIT
trap 'exit 130' INT TERM HUP

# on_servers_core COMMAND…: pinned as bench.py pins the rest, the second core where there is one.
on_servers_core() {
    if ((cores >= 2)); then
        taskset -c "$(taskset -cp $$ | sed 's/.*: //' | expand_cores | sed -n 2p)" "$@" 9>&-
    else
        "$@" 9>&-
    fi
}

# expand_cores: "0-2,5" as one number a line.
expand_cores() {
    tr ',' '\n' | while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done
}

choose_port() {
    local port
    port=$(free_port "$2" "${ports[@]}") || fail "No port is free." "$2 and the 500 after it are taken" "make doctor"
    ports+=("$port")
    export "$1=$port"
}

choose_ports() {
    local part
    ports=()
    unset "${!CAUSEWAY_GATEWAY_@}" "${!CAUSEWAY_AUTH_@}" "${!CAUSEWAY_USER_@}" "${!CAUSEWAY_CONTENT_@}"
    for part in GATEWAY_HTTPS GATEWAY_HTTP GATEWAY_OPS AUTH AUTH_OPS USER USER_OPS CONTENT CONTENT_OPS; do
        choose_port "CAUSEWAY_${part}_PORT" 29000
    done
}

# prepare NAME COMMAND…: a step whose words are wanted only if it fails.
prepare() {
    local log=$logs/$1.log
    shift
    "$@" >"$log" 2>&1 </dev/null 9>&- && return 0
    last_lines "$log"
    fail "\`$*\` failed." "its last lines are above" "make doctor"
}

# build_seconds LABEL FOLDER: builds the copy of the sources and prints how long it took.
build_seconds() {
    local begun=$EPOCHREALTIME
    prepare "build-copy" swift build --configuration release --product causeway --package-path "$2"
    awk -v label="$1" -v from="$begun" -v to="$EPOCHREALTIME" 'BEGIN { printf "  %-52s %7.1f s\n", label, to - from }'
}

# measure_builds: on a copy, so that nothing of the real build is lost or touched.
measure_builds() {
    local copy=$state/copy
    rm -rf -- "$copy"
    mkdir -p -- "$copy"
    (cd "$repository" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy")
    printf '\nBuild of the executable, release, %s cores\n\n' "$cores"
    prepare packages swift package resolve --package-path "$copy"
    build_seconds "cold, packages fetched before" "$copy"
    build_seconds "warm, nothing changed" "$copy"
    printf '// changed\n' >>"$copy/Services/Content/Handlers/ReadArticleHandler.swift"
    build_seconds "warm, one handler changed" "$copy"
    rm -rf -- "$copy"
}

"$scripts/install.sh" "$purpose" 9>&-
if [[ -z ${CAUSEWAY_BINARY:-} ]]; then
    "$scripts/build.sh" bench 9>&-
    BENCH_BUILD_KIND="release build"
else
    BENCH_BUILD_KIND="$CAUSEWAY_BINARY, not built here"
fi
BENCH_BINARY=$(causeway_binary)
BENCH_PROGRAMS=$build_folder
BENCH_FOLDER=$state/measured
export BENCH_BINARY BENCH_PROGRAMS BENCH_FOLDER BENCH_BUILD_KIND
rm -rf -- "$BENCH_FOLDER"
make_private "$BENCH_FOLDER"

say "Preparing"
choose_ports
prepare servers on_servers_core "$scripts/servers.sh" start "$servers"
unset "${!CAUSEWAY_POSTGRES_@}" "${!CAUSEWAY_REDIS_@}" CAUSEWAY_KEYS_DIRECTORY
# As in production, but for the limits on how much one address may ask.
export CAUSEWAY_LOG_LEVEL=info CAUSEWAY_LOG_FORMAT=json CAUSEWAY_GATEWAY_BIND=127.0.0.1
export CAUSEWAY_GATEWAY_LIMIT_MULTIPLIER=100000
# What is measured is the way to the services and back.
export CAUSEWAY_GATEWAY_CACHE_MEGABYTES=0
((cores < 2)) || export CAUSEWAY_LOOPS=1
# shellcheck source=compose/local/environment.sh
source "$scripts/environment.sh"
prepare keys "$BENCH_BINARY" keys --directory "$CAUSEWAY_KEYS_DIRECTORY"
prepare migrate "$BENCH_BINARY" migrate
prepare seed "$BENCH_BINARY" seed
if ((EUID == 0)); then data=/var/lib/causeway/$(short_hash "$(realpath "$servers")"); else data=$servers; fi
BENCH_POSTGRES_PID=$(postgres_process "$data/postgres")
BENCH_REDIS_PID=$(redis_process "$data/redis")
PATH=$(postgres_binaries):$PATH
export BENCH_POSTGRES_PID BENCH_REDIS_PID PATH

/usr/bin/python3 -u -B -E -s "$repository/Tests/Benchmarks/bench.py" "$@" 9>&- | tee -- "$logs/$purpose.txt"
[[ ${BENCH_BUILD:-} != 1 ]] || measure_builds | tee -a -- "$logs/$purpose.txt"
printf '\nTo repeat all this: %smake %s    (these lines are kept in %s)\n' \
    "${BENCH_ROUNDS:+BENCH_ROUNDS=$BENCH_ROUNDS }${BENCH_SECONDS:+BENCH_SECONDS=$BENCH_SECONDS }" "$purpose" \
    "$logs/$purpose.txt"
