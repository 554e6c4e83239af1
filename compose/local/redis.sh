# shellcheck shell=bash
# A private Redis in a folder of its own, on 127.0.0.1 only. Root runs it as the user `redis` where there is one.

redis_owner() {
    if id redis >/dev/null 2>&1; then printf redis; else id -un; fi
}

as_redis() {
    as_owner "$(redis_owner)" "$@"
}

# redis_process FOLDER: the number of the server that runs in this folder.
redis_process() {
    local process=''
    [[ -r $1/redis.pid ]] && read -r process <"$1/redis.pid"
    process_works_in "$process" "$1" redis-server && printf '%s' "$process"
}

redis_answers() {
    [[ $(redis-cli -h 127.0.0.1 -p "$1" ping 2>/dev/null) == PONG ]]
}

# redis_ready_or_gone FOLDER PORT: an answer, or no hope of one.
redis_ready_or_gone() {
    redis_answers "$2" || [[ -z $(redis_process "$1" || true) ]]
}

# redis_start HOME WANTED_PORT MODE: starts it and sets redis_port.
redis_start() {
    local folder=$1/redis wanted=$2 mode=$3 log=$1/redis/redis.log attempt
    if [[ -n $(redis_process "$folder" || true) ]]; then
        redis_port=$(<"$folder/port")
        return 0
    fi
    command -v redis-server >/dev/null || fail "Redis is not installed." "there is no redis-server" "make doctor"
    make_private "$folder"
    ((EUID != 0)) || chown "$(redis_owner)" -- "$folder"
    [[ ! -e $log ]] || truncate --size='<10M' -- "$log"
    for attempt in 1 2 3; do
        redis_port=$(free_port "$wanted") || fail "No port is free for Redis." \
            "all from $wanted to $((wanted + 500)) are taken" "make doctor"
        printf '%s\n' "$redis_port" >"$folder/port"
        rm -f -- "$folder/redis.pid"
        (cd -- "$folder" && as_redis redis-server --port "$redis_port" --bind 127.0.0.1 --daemonize yes --save '' \
            --appendonly "$([[ $mode == test ]] && echo no || echo yes)" --maxmemory-policy noeviction \
            --dir ./ --pidfile redis.pid --logfile redis.log --databases "$([[ $mode == test ]] && echo 64 || echo 16)" \
            >/dev/null)
        await 1 test -s "$folder/redis.pid" || true
        await 20 redis_ready_or_gone "$folder" "$redis_port" || true
        [[ -n $(redis_process "$folder" || true) ]] && redis_answers "$redis_port" && return 0
        tail -n 10 -- "$log" | grep -q 'Address already in use' || break
        wanted=$((redis_port + attempt))
    done
    last_lines "$log"
    fail "Redis did not start." "its log above says it" "make doctor"
}

# redis_stop HOME: ends it if it is the one that runs in this folder.
redis_stop() {
    local folder=$1/redis process
    process=$(redis_process "$folder") || return 0
    stop_process "$process" "$(process_started "$process")" 10 || true
    rm -f -- "$folder/redis.pid"
}
