# shellcheck shell=bash
# shellcheck disable=SC2154  # the paths are those of paths.sh and run.sh, which source this
# The processes that `make run` keeps running: started in sessions of their own, so that Ctrl-C reaches only the
# script, which then stops them in order; started again when they die; ended by the kernel if the script is killed.

restarts_max=3
stop_seconds_max=10

# By name: the command line, the process and when it started, how often it died, and when it is to start again.
declare -A commands=() process=() started=() deaths=() due=()
launched=()
servers_started=false
next_server_check=0

# pause SECONDS: a sleep that a signal ends at once.
pause() {
    sleep "$1" >/dev/null 2>&1 9>&- &
    wait $! 2>/dev/null || true
}

# launch NAME COMMAND…: starts it, its output in a log of that name.
launch() {
    local name=$1
    shift
    commands[$name]=$(printf '%q ' "$@")
    deaths[$name]=0
    launched+=("$name")
    [[ ! -e $logs/$name.log ]] || mv -- "$logs/$name.log" "$logs/$name.log.1"
    start_process "$name"
}

start_process() {
    local name=$1
    local -a command
    eval "command=(${commands[$name]})"
    setsid setpriv --pdeathsig TERM -- "${command[@]}" >>"$logs/$name.log" 2>&1 </dev/null 9>&- &
    process[$name]=$!
    started[$name]=$(process_started "${process[$name]}" || echo gone)
    unset "due[$name]"
    record_processes
}

# record_processes: for the next run, should this one be killed.
record_processes() {
    local name
    for name in "${launched[@]}"; do
        [[ -z ${process[$name]:-} ]] || printf '%s %s %s\n' "$name" "${process[$name]}" "${started[$name]}"
    done >"$state/processes"
}

# stop_leftovers: what an earlier run that was killed left behind.
stop_leftovers() {
    local name number since
    [[ -r $state/processes ]] || return 0
    while read -r name number since; do
        process_is "$number" "$since" || continue
        say "An earlier run left $name behind (process $number): stopping it"
        stop_process "$number" "$since" "$stop_seconds_max" || true
    done <"$state/processes"
    rm -f -- "$state/processes"
}

# supervise_once: starts what has died again, at most three times, a little later each time.
supervise_once() {
    local name status
    for name in "${launched[@]}"; do
        if [[ -n ${due[$name]:-} ]]; then
            ((SECONDS < due[$name])) || start_process "$name"
            continue
        fi
        ! process_is "${process[$name]}" "${started[$name]}" || continue
        wait "${process[$name]}" 2>/dev/null && status=0 || status=$?
        deaths[$name]=$((deaths[$name] + 1))
        last_lines "$logs/$name.log" 10
        if ((deaths[$name] > restarts_max)); then
            fail "$name ended again ($(ending "$status")), for the ${deaths[$name]}th time." \
                "what it last wrote is above; trying again would not help" "make doctor"
        fi
        due[$name]=$((SECONDS + (1 << (deaths[$name] - 1))))
        say "$name ended ($(ending "$status")); it is started again in $((due[$name] - SECONDS)) s"
    done
}

ending() {
    if (($1 > 128)); then
        printf 'signal %s' "$(kill -l $(($1 - 128)) 2>/dev/null || echo $(($1 - 128)))"
    else
        printf 'exit code %s' "$1"
    fi
}

# supervise_servers: a killed PostgreSQL or Redis is started again on the same port, and the services find it there.
supervise_servers() {
    ((SECONDS >= next_server_check)) || return 0
    next_server_check=$((SECONDS + 2))
    ! "$scripts/servers.sh" status "$servers" >/dev/null 2>&1 9>&- || return 0
    say "PostgreSQL or Redis has ended; starting it again"
    local before
    before=$(<"$servers/servers.env")
    "$scripts/servers.sh" start "$servers" 9>&- || exit 1
    [[ $(<"$servers/servers.env") == "$before" ]] || fail "PostgreSQL or Redis had to move to another port." \
        "its old one was taken meanwhile, and the running services know only that" "make run"
}

# stop_everything: the gateway first, so that nothing new comes in; then the services together; the servers last.
stop_everything() {
    local status=$? name
    set +e
    trap - EXIT
    # Ctrl-C again changes nothing: the wait is bounded.
    trap ':' INT TERM HUP PIPE
    rm -f -- "$announcement" "$state/ports.env"
    if [[ ${#launched[@]} -gt 0 ]]; then
        say "Stopping"
        stop_group gateway
        local -a others=()
        for name in "${launched[@]}"; do
            [[ $name == gateway ]] || others+=("$name")
        done
        stop_group "${others[@]}"
        rm -f -- "$state/processes"
    fi
    if $servers_started; then
        "$scripts/servers.sh" stop "$servers" 9>&- || true
    fi
    [[ ${#launched[@]} -eq 0 ]] || say "Everything is stopped; the data stays (make reset forgets it)"
    exit "$status"
}

# stop_group NAME…: asks all of them to end, waits, and ends those that do not.
stop_group() {
    local name late
    for name in "$@"; do
        [[ -n ${process[$name]:-} ]] || continue
        ! process_is "${process[$name]}" "${started[$name]}" || kill -TERM "${process[$name]}" 2>/dev/null || true
    done
    await "$stop_seconds_max" group_gone "$@" || true
    for name in "$@"; do
        [[ -n ${process[$name]:-} ]] || continue
        late=false
        ! process_is "${process[$name]}" "${started[$name]}" || late=true
        if $late; then
            say "  $name did not stop within $stop_seconds_max s: killed"
            { kill -KILL "${process[$name]}" && wait "${process[$name]}"; } 2>/dev/null || true
        else
            say "  $name stopped"
        fi
    done
}

group_gone() {
    local name
    for name in "$@"; do
        [[ -z ${process[$name]:-} ]] || ! process_is "${process[$name]}" "${started[$name]}" || return 1
    done
}
