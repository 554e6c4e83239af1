# shellcheck shell=bash
# A private PostgreSQL in a folder of its own. It is reached by a socket in a folder that only its owner can enter,
# and by 127.0.0.1 with passwords. PostgreSQL refuses to run as root: root runs it as the user `postgres`.

postgres_major_min=15

# postgres_binaries [MAJOR]: the folder of the newest server programs, or of that version's.
postgres_binaries() {
    local folder major newest=0
    for folder in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin /usr/pgsql-*/bin; do
        [[ -x $folder/postgres && -x $folder/initdb ]] || continue
        major=$("$folder/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
        if [[ $# -gt 0 ]]; then
            [[ $major == "$1" ]] || continue
        elif ((major < postgres_major_min || major <= newest)); then
            continue
        fi
        newest=$major
        printf '%s\n' "$folder"
    done | tail -n 1 | grep .
}

# as_owner USER COMMAND…: root becomes that user, anyone else stays what they are.
as_owner() {
    local owner=$1
    shift
    if ((EUID == 0)); then
        setpriv --reuid="$owner" --regid="$(id -gn "$owner")" --init-groups -- "$@"
    else
        "$@"
    fi
}

as_postgres() {
    (cd / && as_owner postgres env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=UTC "$@")
}

# postgres_process DATA: the number of the server that runs on this folder.
postgres_process() {
    local process=''
    [[ -r $1/postmaster.pid ]] && read -r process <"$1/postmaster.pid"
    process_works_in "$process" "$1" postgres && printf '%s' "$process"
}

# postgres_create DATA: a new cluster; a half-made one never gets the final name.
postgres_create() {
    local data=$1 binaries output
    binaries=$(postgres_binaries) || fail "PostgreSQL $postgres_major_min or newer is not installed." \
        "no server programs were found in /usr/lib/postgresql" "make doctor"
    rm -rf -- "$data.new"
    output=$(as_postgres "$binaries/initdb" --pgdata="$data.new" --username=postgres --encoding=UTF8 \
        --locale=C.UTF-8 --auth=trust --no-sync --no-instructions 2>&1) \
        || fail "PostgreSQL could not make its data folder $data." "${output##*$'\n'}" "make doctor"
    mv -- "$data.new" "$data"
}

# postgres_shared_memory: containers often have a /dev/shm that is closed or too small; files in the data serve as well.
postgres_shared_memory() {
    if as_postgres test -w /dev/shm && (($(df --output=avail -m /dev/shm 2>/dev/null | tail -n 1) >= 256)); then
        echo posix
    else
        echo mmap
    fi
}

# postgres_configure DATA SOCKETS PORT MODE: the whole configuration, written anew on each start.
postgres_configure() {
    local data=$1 sockets=$2 port=$3 mode=$4
    as_postgres tee "$data/postgresql.conf" >/dev/null <<EOF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$sockets'
unix_socket_permissions = 0700
dynamic_shared_memory_type = $(postgres_shared_memory)
max_connections = $([[ $mode == test ]] && echo 400 || echo 100)
shared_buffers = $([[ $mode == test ]] && echo 64MB || echo 128MB)
password_encryption = scram-sha-256
log_timezone = 'UTC'
timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
$([[ $mode == test ]] && printf '%s\n' 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off' \
    'autovacuum_naptime = 10min' 'max_wal_size = 4GB')
EOF
    # These replace initdb's own rules before the first start. The socket's folder is closed to others, so whoever
    # reaches the superuser's door is the owner of the data.
    as_postgres tee "$data/pg_hba.conf" >/dev/null <<EOF
local  all  postgres  trust
local  all  all       $([[ $mode == test ]] && echo trust || echo scram-sha-256)
host   all  all       127.0.0.1/32  scram-sha-256
EOF
}

# postgres_clear_stale DATA SOCKETS: what a killed server left behind. Its children end by themselves once they notice.
postgres_clear_stale() {
    [[ -e $1/postmaster.pid ]] || return 0
    await 10 postgres_childless "$1" || fail "A killed PostgreSQL still has processes on $1." \
        "they did not end within 10 seconds: $(postgres_children "$1" | tr '\n' ' ')" "make doctor"
    rm -f -- "$1/postmaster.pid" "$2"/.s.PGSQL.*
}

postgres_children() {
    find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$1" -printf '%h\n' 2>/dev/null | sed 's|/proc/||'
}

postgres_childless() {
    [[ -z $(postgres_children "$1") ]]
}

# postgres_start HOME SOCKETS WANTED_PORT MODE: starts it and sets postgres_port.
postgres_start() {
    local data=$1/postgres sockets=$2 wanted=$3 mode=$4 log=$1/postgres.log binaries major attempt
    if [[ -n $(postgres_process "$data" || true) ]]; then
        postgres_port=$(sed -n 4p "$data/postmaster.pid")
        return 0
    fi
    [[ -s $data/PG_VERSION ]] || { rm -rf -- "$data" && postgres_create "$data"; }
    major=$(<"$data/PG_VERSION")
    binaries=$(postgres_binaries "$major") || fail "The data in $data was made by PostgreSQL $major." \
        "that version is not installed any more, and another one cannot read it" \
        "make reset    (forgets the data), or: sudo apt-get install postgresql-$major"
    postgres_clear_stale "$data" "$sockets"
    as_postgres truncate --size='<10M' "$log"
    for attempt in 1 2 3; do
        postgres_port=$(free_port "$wanted") || fail "No port is free for PostgreSQL." \
            "all from $wanted to $((wanted + 500)) are taken" "make doctor"
        postgres_configure "$data" "$sockets" "$postgres_port" "$mode"
        as_postgres "$binaries/pg_ctl" --pgdata="$data" --log="$log" --wait --timeout=60 start >/dev/null 2>&1 \
            && return 0
        # Someone else may have taken the port since it was looked at.
        tail -n 20 -- "$log" | grep -q 'Address already in use' || break
        wanted=$((postgres_port + attempt))
    done
    last_lines "$log"
    fail "PostgreSQL did not start." "its log above says it" "make doctor"
}

# postgres_stop HOME: ends it if it is the one that runs on this folder.
postgres_stop() {
    local data=$1/postgres process binaries
    process=$(postgres_process "$data") || return 0
    binaries=$(dirname "$(readlink "/proc/$process/exe" 2>/dev/null)")
    [[ -x $binaries/pg_ctl ]] || binaries=$(postgres_binaries "$(<"$data/PG_VERSION")")
    as_postgres "$binaries/pg_ctl" --pgdata="$data" --mode=fast --wait --timeout=15 stop >/dev/null 2>&1 \
        || as_postgres "$binaries/pg_ctl" --pgdata="$data" --mode=immediate --wait --timeout=15 stop >/dev/null 2>&1
}
