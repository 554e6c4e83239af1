#!/usr/bin/env bash
# Runs the whole suite on this machine until Ctrl-C: installs what is missing, builds, starts private servers, makes
# keys, migrates, seeds, starts the processes, and waits until a real request through the gateway has succeeded.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"
# shellcheck source=compose/local/ports.sh
source "$here/ports.sh"
# shellcheck source=compose/local/processes.sh
source "$here/processes.sh"
# shellcheck source=compose/local/supervise.sh
source "$here/supervise.sh"

begun=$EPOCHREALTIME
parent=$PPID
ready_seconds_max=60
services=(auth user content gateway)
servers=$state/servers
announcement=$state/running.txt

make_state
exec 9>"$state/run.lock"
if ! flock --nonblock 9; then
    say "It runs already, from this folder."
    if [[ -r $announcement ]]; then cat -- "$announcement"; else say "It is starting or about to stop; try again in a moment."; fi
    exit 0
fi
rm -f -- "$announcement" "$state/ports.env"
trap 'stop_everything' EXIT
trap 'say ""; exit 0' INT TERM HUP
trap ':' PIPE
terminal=false
[[ ! -t 1 ]] || terminal=true
stop_leftovers

# step COMMAND…: a step without the lock, which would otherwise outlive this script in a process that lingers.
step() {
    "$@" 9>&- || exit 1
}

# command NAME WHY NEXT ARGUMENT…: one command of the suite, its output in a log of that name.
command_of_suite() {
    local name=$1 why=$2 next=$3 log=$logs/$1.log
    shift 3
    "$binary" "$@" >"$log.out" 2>"$log" </dev/null 9>&- && return 0
    last_lines "$log"
    fail "\`causeway $*\` failed." "$why" "$next"
}

# choose_port VARIABLE WANTED: the wanted port or the next free one. One that was asked for is not moved.
ports=()
choose_port() {
    local variable=$1 wanted=$2 port
    if [[ -n ${!variable:-} ]]; then
        port=${!variable}
        ! port_taken "$port" || fail "Port $port is taken." "$(port_holder "$port") listens on it" \
            "unset $variable    (then a free one is chosen), or end that process"
    else
        port=$(free_port "$wanted" "${ports[@]}") || fail "No port is free." "$wanted and the 500 after it are taken" \
            "make doctor"
        ((port == wanted)) || say "Port $wanted is taken by $(port_holder "$wanted"): using $port instead"
    fi
    ports+=("$port")
    export "$variable=$port"
    # shellcheck disable=SC2016  # expanded when it is read
    printf ': "${%s:=%s}"\n' "$variable" "$port" >>"$state/ports.env"
}

choose_ports() {
    choose_port CAUSEWAY_GATEWAY_HTTPS_PORT 8443
    choose_port CAUSEWAY_GATEWAY_HTTP_PORT 8080
    choose_port CAUSEWAY_GATEWAY_OPS_PORT 9100
    choose_port CAUSEWAY_AUTH_PORT 9001
    choose_port CAUSEWAY_AUTH_OPS_PORT 9101
    choose_port CAUSEWAY_USER_PORT 9002
    choose_port CAUSEWAY_USER_OPS_PORT 9102
    choose_port CAUSEWAY_CONTENT_PORT 9003
    choose_port CAUSEWAY_CONTENT_OPS_PORT 9103
    choose_port CAUSEWAY_MAIL_SMTP_PORT 1025
    choose_port CAUSEWAY_MAIL_HTTP_PORT 8025
}

# gateway_answers: a real request, through TLS and the gateway, to a service and its database.
gateway_answers() {
    curl --silent --fail --output /dev/null --noproxy '*' --max-time 5 --cacert "$development_certificate" \
        "$CAUSEWAY_PUBLIC_URL/v1/articles?limit=1" 2>"$logs/probe.log" 9>&-
}

await_gateway() {
    local end=$((SECONDS + ready_seconds_max))
    until gateway_answers; do
        supervise_once
        if ((SECONDS >= end)); then
            last_lines "$logs/probe.log" 3
            last_lines "$logs/gateway.log"
            fail "The gateway did not answer within $ready_seconds_max seconds." \
                "all processes run, but GET $CAUSEWAY_PUBLIC_URL/v1/articles does not succeed; the log above may say why" \
                "make doctor"
        fi
        pause 0.1
    done
}

announce() {
    local took
    took=$(awk -v from="$begun" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }')
    {
        printf '\n%sCauseway runs.%s It took %s s to start.\n\n' "$bold" "$plain" "$took"
        printf '  API      %s   (plain http://localhost:%s leads there)\n' \
            "$CAUSEWAY_PUBLIC_URL" "$CAUSEWAY_GATEWAY_HTTP_PORT"
        printf '  mail     http://localhost:%s   (what it sends; as JSON: /messages.json)\n' "$CAUSEWAY_MAIL_HTTP_PORT"
        printf '  logs     %s\n' "$logs"
        if [[ -s $state/demo.txt ]]; then
            printf '\n'
            sed 's/^/  /' "$state/demo.txt"
        fi
        printf "\n  try      curl --cacert '%s' '%s/v1/articles?limit=2'\n\n" \
            "$development_certificate" "$CAUSEWAY_PUBLIC_URL"
    } >"$announcement.new"
    mv -- "$announcement.new" "$announcement"
    cat -- "$announcement" || true
    say "Ctrl-C stops it."
}

step "$scripts/install.sh" run
[[ -n ${CAUSEWAY_BINARY:-} ]] || step "$scripts/build.sh" product
binary=$(causeway_binary)
[[ -x $binary ]] || fail "There is no executable $binary." "the build did not make it" "make doctor"

heading "Starting"
choose_ports
servers_started=true
step "$scripts/servers.sh" start "$servers"
# shellcheck source=compose/local/environment.sh
source "$scripts/environment.sh"

command_of_suite keys "it could not make the keys in $CAUSEWAY_KEYS_DIRECTORY" "make doctor" \
    keys --directory "$CAUSEWAY_KEYS_DIRECTORY"
command_of_suite migrate "the database could not be brought to this version" \
    "make doctor    (or make reset, which forgets the data)" migrate
command_of_suite seed "the demo data could not be written" \
    "make doctor    (or make reset, which forgets the data)" seed
cp -- "$logs/seed.log.out" "$state/demo.txt"

launch mail /usr/bin/python3 -I -B "$scripts/mailcatcher.py" "$CAUSEWAY_MAIL_SMTP_PORT" "$CAUSEWAY_MAIL_HTTP_PORT"
for service in "${services[@]}"; do
    launch "$service" "$binary" serve "$service"
done
await_gateway
announce

while true; do
    pause 1
    supervise_once
    supervise_servers
    # A killed make leaves this script behind, and so does a window that is closed over it.
    if [[ -n ${MAKELEVEL:-} && ! -d /proc/$parent ]] || { $terminal && [[ ! -t 1 ]]; }; then
        say "Whoever started this is gone: stopping"
        exit 0
    fi
done
