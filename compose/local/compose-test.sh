#!/usr/bin/env bash
# Tries compose.yaml and its images: builds, starts the suite under a name and ports of its own, walks the whole path
# through the gateway, looks for what must not be, restarts parts under load, and removes everything again.
# CAUSEWAY_COMPOSE_KEEP=1 leaves it running.
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
# shellcheck source=compose/local/compose-walk.sh
source "$here/compose-walk.sh"

project=causeway-test
work=$state/compose-test
certificate=$work/certificate.pem
passed=0
failed=0

# compose ARGUMENT…: docker compose, for the suite that is tried here.
compose() {
    docker compose --project-name "$project" --file "$repository/compose/compose.yaml" --file "$work/test.yaml" \
        --profile mail "$@"
}

# container SERVICE [NUMBER]: the name of its container.
container() {
    printf '%s-%s-%s' "$project" "$1" "${2:-1}"
}

# check WHAT COMMAND…: one thing that must hold; what the command printed is shown where it does not.
check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        good "$what"
    else
        failed=$((failed + 1))
        printf '%sfailed%s   %s\n' "$red" "$plain" "$what"
        [[ -z $output ]] || printf '%s\n' "$output" | head -n 20 | cut -c 1-400 | sed 's/^/  | /'
    fi
}

# refused COMMAND…: true where the command fails.
refused() {
    ! "$@"
}

require_docker() {
    command -v docker >/dev/null || fail "There is no docker." \
        "make compose-test builds images and runs them, and nothing of this machine's own can do that" \
        "install Docker Engine with its compose plugin: https://docs.docker.com/engine/install/debian/"
    docker info >/dev/null 2>&1 || fail "Docker's engine does not answer." \
        "it does not run, or this user may not speak to it" "sudo systemctl start docker    (or: docker context ls)"
    docker compose version >/dev/null 2>&1 || fail "There is no docker compose." "its plugin is not installed" \
        "sudo apt-get install docker-compose-plugin"
    for tool in curl python3; do
        command -v "$tool" >/dev/null || fail "There is no $tool." "make compose-test uses it" \
            "sudo apt-get install $tool"
    done
}

prepare() {
    rm -rf -- "$work"
    make_private "$work"
    CAUSEWAY_GATEWAY_HTTPS_PORT=$(free_port 18443)
    CAUSEWAY_GATEWAY_HTTP_PORT=$(free_port 18080)
    CAUSEWAY_MAIL_HTTP_PORT=$(free_port 18025)
    export CAUSEWAY_GATEWAY_HTTPS_PORT CAUSEWAY_GATEWAY_HTTP_PORT CAUSEWAY_MAIL_HTTP_PORT
    export CAUSEWAY_IMAGE=causeway-test
    # One machine is all clients here, so it meets the limits of one client.
    printf '%s\n' 'services:' '  gateway:' '    environment:' '      CAUSEWAY_GATEWAY_LIMIT_MULTIPLIER: "1000"' \
        '      CAUSEWAY_ALLOW_RAISED_LIMITS: "true"' >"$work/test.yaml"
    base=https://localhost:$CAUSEWAY_GATEWAY_HTTPS_PORT
    mails=http://localhost:$CAUSEWAY_MAIL_HTTP_PORT
}

# shellcheck disable=SC2317  # called by the trap
clean_up() {
    if [[ -n ${CAUSEWAY_COMPOSE_KEEP:-} ]]; then
        say "It goes on: $base, mails on $mails"
        return 0
    fi
    compose down --volumes --remove-orphans --timeout 20 >"$logs/compose-down.log" 2>&1 \
        || say "It could not be removed, see $logs/compose-down.log"
    rm -rf -- "$work"
}

# up [ARGUMENT…]: everything that must run runs, and is ready.
# shellcheck disable=SC2120  # called by check, too
up() {
    compose up --detach --wait "$@" >"$logs/compose-up.log" 2>&1 </dev/null && return 0
    last_lines "$logs/compose-up.log"
    compose logs --tail 5 >"$logs/compose-services.log" 2>&1 || true
    last_lines "$logs/compose-services.log" 40
    return 1
}

fetch_certificate() {
    compose cp gateway:/keys/gateway-certificate.pem "$certificate" >/dev/null
}

running() {
    compose ps --quiet
}

# ---- what containers may and may not

rules() {
    # shellcheck disable=SC2046  # one word each
    docker inspect $(compose ps --all --quiet) | python3 -I -B "$here/container_rules.py" gateway mail
}

# What the kernel says, whatever the file says.
bare() {
    local each
    for each in $(running); do
        docker exec "$each" sh -ec '
            test "$(id -u)" != 0
            grep -q "^CapEff:.0000000000000000$" /proc/1/status
            grep -q "^NoNewPrivs:.1$" /proc/1/status
            ! touch /written 2>/dev/null' || {
            docker inspect --format '{{.Name}}' "$each"
            return 1
        }
    done
}

# reaches CONTAINER ADDRESS PORT
reaches() {
    # shellcheck disable=SC2016  # expanded in the container
    docker exec "$1" timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>/dev/null
}

address() {
    docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$(container "$1")" \
        | cut -d' ' -f1
}

unknown_to_gateway() {
    refused docker exec "$(container gateway)" getent hosts postgres
}

# secrets: every secret of the suite, a line each.
secrets() {
    docker cp "$(container keys):/keys" "$work/keys" >/dev/null
    awk '/PRIVATE KEY|CERTIFICATE/ { next } { print $NF }' \
        "$work"/keys/*.key "$work"/keys/postgres-* "$work"/keys/redis-password "$work"/keys/gateway-key.pem \
        | grep -E '.{16,}' >"$work/secrets.txt"
    (($(wc -l <"$work/secrets.txt") >= 15))
}

# no_secret NAME COMMAND…: nothing that the command prints is a secret, and it prints something.
no_secret() {
    "$@" >"$work/searched" 2>&1 && [[ -s $work/searched ]] || return 1
    refused grep -qaFf "$work/secrets.txt" "$work/searched"
}

inspected() {
    # shellcheck disable=SC2046  # one word each
    docker inspect $(compose ps --all --quiet) "$CAUSEWAY_IMAGE" "$CAUSEWAY_IMAGE-mail"
}

histories() {
    docker history --no-trunc "$CAUSEWAY_IMAGE" && docker history --no-trunc "$CAUSEWAY_IMAGE-mail"
}

# Those of the images, and what was written beside them; volumes are not among them.
files() {
    docker export "$(container gateway)" && docker export "$(container mail)"
}

processes() {
    local each
    for each in $(running); do docker top "$each"; done
}

look_around() {
    heading "What containers may"
    check "each is non-root, read-only, bare of capabilities, bounded; only gateway and mail publish, locally" rules
    check "the kernel says so too" bare
    check "auth reaches PostgreSQL" reaches "$(container auth)" postgres 5432
    check "the gateway does not: it knows no such name" unknown_to_gateway
    check "nor its address" refused reaches "$(container gateway)" "$(address postgres)" 5432
    check "the catcher reaches neither PostgreSQL" refused reaches "$(container mail)" "$(address postgres)" 5432
    check "nor Redis" refused reaches "$(container mail)" "$(address redis)" 6379
    heading "Secrets"
    check "they can be read where they are kept" secrets
    check "the search finds one where there is one" refused no_secret cat "$work/keys/redis-password"
    check "none is in docker inspect" no_secret inspected
    check "none is in the images' history" no_secret histories
    check "none is in the containers' files" no_secret files
    check "none is in docker compose config" no_secret compose config
    check "none is in the logs" no_secret compose logs
    check "none is on a command line" no_secret processes
    rm -rf -- "$work/keys" "$work/searched"
}

# ---- what who serves others must set

# public WITHOUT: the configuration for the public, with all that must be set but one.
public() (
    export CAUSEWAY_PUBLIC_URL=https://api.example.com CAUSEWAY_SMTP_URL=smtps://mail.example.com:465
    export CAUSEWAY_SMTP_USER=user CAUSEWAY_SMTP_PASSWORD_FILE=$work/test.yaml
    export CAUSEWAY_AUTH_MAIL_SENDER=no-reply@example.com CAUSEWAY_GATEWAY_CERTIFICATE_DIRECTORY=$work
    unset "$1"
    docker compose --file "$repository/compose/compose.yaml" --file "$repository/compose/public.yaml" config 2>&1
)

# demands VARIABLE: public.yaml asks for it by name.
demands() {
    local output
    ! output=$(public "$1") && grep -q "required variable $1 is missing" <<<"$output"
}

accepted() {
    public NOTHING && docker compose --file "$repository/compose/compose.yaml" config
}

publicly() {
    heading "What must be set to serve others"
    local name
    for name in CAUSEWAY_PUBLIC_URL CAUSEWAY_GATEWAY_CERTIFICATE_DIRECTORY CAUSEWAY_SMTP_URL CAUSEWAY_SMTP_USER \
        CAUSEWAY_SMTP_PASSWORD_FILE CAUSEWAY_AUTH_MAIL_SENDER; do
        check "$name" demands "$name"
    done
    check "and nothing else; nothing at all for this machine alone" accepted
}

# ---- several instances, restarts under load

# served NUMBER: how many requests the instance of content has answered.
served() {
    docker logs "$(container content "$1")" 2>&1 | grep -c '"message":"request"' || true
}

both_serve() {
    local first second end=$((SECONDS + 40)) count
    first=$(served 1) second=$(served 2)
    while ((SECONDS < end)); do
        for ((count = 0; count < 50; count++)); do
            # An article that nobody has asked for: what is there the edge would give itself.
            call GET "/v1/articles/absent-$count-$RANDOM$RANDOM" && [[ $status == 404 ]] || return 1
        done
        (($(served 1) <= first + 5 || $(served 2) <= second + 5)) || return 0
        sleep 1
    done
    echo "of the requests the first answered $(($(served 1) - first)), the second $(($(served 2) - second))"
    return 1
}

healthy() {
    [[ $(docker inspect --format '{{.State.Health.Status}}' "$1") == healthy ]]
}

# load COMMAND…: the command, under load; no request may fail. The load goes on a little before and after.
load() {
    local output=$work/load.json load_pid
    (umask 077 && printf '%s\n' "$token" >"$work/token")
    timeout 180 python3 -I -B "$here/steady_load.py" "$base" "$certificate" "$article" "$work/token" >"$output" &
    load_pid=$!
    sleep 2
    "$@" >"$work/during.log" 2>&1 || cat "$work/during.log"
    sleep 3
    kill -TERM "$load_pid"
    wait "$load_pid" || return 1
    cat "$output" >>"$work/loads.json"
    # Every write that was acknowledged is there, once.
    local acknowledged kept
    acknowledged=$(python3 -c 'import json, sys
print(sum(json.loads(line)["writes"] for line in open(sys.argv[1])))' "$work/loads.json")
    kept=$(docker exec "$(container postgres)" psql -U postgres -d causeway -Atc \
        "SELECT count(*) FROM content.articles WHERE title LIKE 'Load %'")
    cat "$output"
    ((kept == acknowledged)) || { echo "$acknowledged writes were acknowledged, $kept are there" && return 1; }
    grep -q '"failures": 0,' "$output" && ! grep -qE '"(reads|writes)": 0,' "$output"
}

restart() {
    docker restart --time 20 "$1" >/dev/null && await 60 healthy "$1"
}

stop_and_start() {
    docker stop --time 20 "$1" >/dev/null && sleep 2 && docker start "$1" >/dev/null && await 60 healthy "$1"
}

kill_and_start() {
    docker kill "$1" >/dev/null && sleep 2 && docker start "$1" >/dev/null && await 60 healthy "$1"
}

under_load() {
    heading "Two instances of content"
    check "the second starts" up --no-recreate --scale content=2
    check "both serve" both_serve
    check "no repeatable request fails while one restarts" load restart "$(container content 1)"
    check "nor while one is stopped and started" load stop_and_start "$(container content 2)"
    check "nor while one is killed and started" load kill_and_start "$(container content 1)"
    check "nor while Redis restarts" load restart "$(container redis)"
    tail -n 4 "$work/loads.json" 2>/dev/null | sed 's/^/         /' || true
}

migrates_nothing() {
    local output
    output=$(compose run --rm --no-deps -T migrate 2>&1) || { echo "$output" && return 1; }
    grep -q 'is current' <<<"$output" && ! grep -q applied <<<"$output"
}

require_docker
make_state
exec 9>"$state/compose-test.lock"
flock --nonblock 9 || fail "It runs already, from this folder." "two would use the same names" "wait until it is done"
begun=$SECONDS
prepare
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
# What an earlier try may have left.
compose down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1 || true

heading "Building the images (the first time takes minutes)"
compose build >"$logs/compose-build.log" 2>&1 </dev/null || {
    last_lines "$logs/compose-build.log" 30
    fail "The images were not built." "the log above may say why" "less $logs/compose-build.log"
}
size=$(docker image inspect --format '{{.Size}}' "$CAUSEWAY_IMAGE")
say "$((size / 1000000)) MB in $((SECONDS - begun)) s"

heading "Starting"
started=$SECONDS
# shellcheck disable=SC2119
up || fail "The suite did not start." "the log above may say why" "less $logs/compose-services.log"
say "Ready in $((SECONDS - started)) s"
fetch_certificate
heading "The whole path"
walk
look_around
publicly
under_load
heading "Down and up again"
check "down" compose down --timeout 20
check "up" up
check "who registered signs in" sign_in
check "what was published is there" reads_article
check "the keys are the same" same_certificate
check "migrations that were applied are not applied again" migrates_nothing

heading "$passed held, $failed did not, in $((SECONDS - begun)) s"
((failed == 0))
