#!/usr/bin/env bash
# Private PostgreSQL and Redis for one folder: servers.sh start|stop|status|forget FOLDER [--test]
#
# Never touches a server that it did not start: a process counts as its own only if it works in the folder's data.
# Ports move when they are taken; where the servers are reached is written to FOLDER/servers.env.
# As root the data is kept under /var/lib/causeway, where the user `postgres` can reach it whatever the folder's mode.
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
# shellcheck source=compose/local/postgres.sh
source "$here/postgres.sh"
# shellcheck source=compose/local/redis.sh
source "$here/redis.sh"

unset "${!CAUSEWAY_POSTGRES_@}" "${!CAUSEWAY_REDIS_@}"
usage="servers.sh start|stop|status|forget FOLDER [--test]"
[[ $# -ge 2 ]] || fail "Two arguments are needed." "$# were given" "$usage"
action=$1
mode=$([[ ${3:-} == --test ]] && echo test || echo run)
make_private "$2"
folder=$(cd -- "$2" && pwd -P)

# Where the data is, and the folder of the socket, whose path may have at most 107 bytes and no odd character.
if ((EUID == 0)); then
    home=/var/lib/causeway/$(short_hash "$folder")
    sockets=$home/sockets
else
    home=$folder
    sockets=/tmp/causeway-$EUID-$(short_hash "$folder")
    if [[ ${XDG_RUNTIME_DIR:-} =~ ^/[A-Za-z0-9/_.-]{1,60}$ && -O $XDG_RUNTIME_DIR && -w $XDG_RUNTIME_DIR ]]; then
        sockets=$XDG_RUNTIME_DIR/causeway-$(short_hash "$folder")
    fi
fi

make_folders() {
    if ((EUID == 0)); then
        id postgres >/dev/null 2>&1 || fail "There is no user postgres." \
            "PostgreSQL refuses to run as root, and Debian's package, which makes that user, is not installed" \
            "apt-get install postgresql"
        mkdir -p -- "$home"
        chmod 0755 -- /var/lib/causeway
        chmod 0711 -- "$home"
        chown postgres: -- "$home"
        printf '%s\n' "$folder" >"$home/origin"
    fi
    mkdir -m 0700 -- "$sockets" 2>/dev/null || true
    ((EUID != 0)) || chown postgres: -- "$sockets"
    [[ -d $sockets && ! -L $sockets && ( $EUID == 0 || -O $sockets ) ]] \
        || fail "The folder $sockets cannot be used." "it belongs to someone else" "ls -ld $sockets"
    chmod 0700 -- "$sockets"
}

start() {
    make_folders
    if [[ $mode == test ]]; then
        # Tests begin on new servers: nothing of an earlier run, and nothing that a crash without fsync may have torn.
        postgres_stop "$home"
        redis_stop "$home"
        rm -rf -- "$home/postgres" "$home/redis"
    fi
    # The ports of the last time first, so that whoever was told them finds the servers again.
    local first
    first=$([[ $mode == test ]] && echo 25432 || echo 15432)
    # shellcheck source=/dev/null
    [[ $mode == test || ! -r $folder/servers.env ]] || source "$folder/servers.env"
    postgres_start "$home" "$sockets" "${CAUSEWAY_POSTGRES_PORT:-$first}" "$mode"
    redis_start "$home" "${CAUSEWAY_REDIS_PORT:-$((first + 1000))}" "$mode"
    {
        printf 'CAUSEWAY_POSTGRES_HOST=%q\n' "$sockets"
        printf 'CAUSEWAY_POSTGRES_PORT=%q\n' "$postgres_port"
        printf 'CAUSEWAY_REDIS_HOST=127.0.0.1\n'
        printf 'CAUSEWAY_REDIS_PORT=%q\n' "$redis_port"
    } >"$folder/servers.env.new"
    mv -- "$folder/servers.env.new" "$folder/servers.env"
    say "PostgreSQL (port $postgres_port) and Redis (port $redis_port) run on $home"
}

stop() {
    postgres_stop "$home"
    redis_stop "$home"
    rmdir -- "$sockets" 2>/dev/null || true
}

status() {
    local postgres redis
    postgres=$(postgres_process "$home/postgres" || true)
    redis=$(redis_process "$home/redis" || true)
    say "data       $home"
    say "PostgreSQL $([[ -n $postgres ]] && echo "runs (process $postgres)" || echo 'does not run')"
    say "Redis      $([[ -n $redis ]] && echo "runs (process $redis)" || echo 'does not run')"
    [[ -n $postgres && -n $redis ]]
}

forget() {
    stop
    rm -rf -- "$sockets" "$home/postgres" "$home/postgres.new" "$home/postgres.log" "$home/redis" "$folder/servers.env"
    if ((EUID == 0)); then
        rm -f -- "$home/origin"
        rmdir --ignore-fail-on-non-empty -- "$home" 2>/dev/null || true
    fi
}

case $action in
    start | stop | status | forget) "$action" ;;
    *) fail "There is no '$action'." "the actions are start, stop, status and forget" "$usage" ;;
esac
