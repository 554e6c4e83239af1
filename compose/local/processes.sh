# shellcheck shell=bash
# Processes by identity: a number alone may meanwhile belong to someone else's process, so the start time goes with it.

# process_started PID: when it started, in clock ticks since boot; fails when there is no such process.
process_started() {
    local line
    read -r line 2>/dev/null <"/proc/$1/stat" || return 1
    line=${line##*) }
    # shellcheck disable=SC2086  # the fields of the line are wanted apart
    set -- $line
    [[ $1 != Z ]] || return 1
    printf '%s' "${20}"
}

# process_is PID STARTED: this very process still runs.
process_is() {
    [[ $(process_started "$1" || true) == "$2" ]]
}

# process_works_in PID FOLDER NAME: a process of that name whose working directory is the folder.
process_works_in() {
    [[ -n $1 && -d /proc/$1 && $(readlink "/proc/$1/cwd" 2>/dev/null) == "$2" ]] || return 1
    [[ $(cat "/proc/$1/comm" 2>/dev/null) == "$3"* ]] && process_started "$1" >/dev/null
}

# await SECONDS COMMAND…: true as soon as the command is, false when the time is over.
await() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}

# process_gone PID STARTED
process_gone() {
    ! process_is "$1" "$2"
}

# stop_process PID STARTED SECONDS: asks it to end, waits, then ends it.
stop_process() {
    process_is "$1" "$2" || return 0
    kill -TERM "$1" 2>/dev/null || return 0
    await "$3" process_gone "$1" "$2" && return 0
    kill -KILL "$1" 2>/dev/null || true
    await 2 process_gone "$1" "$2" || true
    return 1
}
