#!/usr/bin/env bash
# Says what is wrong on this machine, one line per finding, each with the command to type next. Needs no binary; when
# there is one, `causeway doctor` goes on where this ends. Exit code 1 if there is a problem.
set -uo pipefail
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

problems=0
wrong() {
    problem "$1" "$2"
    problems=$((problems + 1))
}

running() {
    [[ -e $state/run.lock ]] && ! flock --nonblock "$state/run.lock" true 2>/dev/null
}

check_system() {
    local name
    name=$(sed -nE 's/^PRETTY_NAME="?([^"]*)"?$/\1/p' /etc/os-release 2>/dev/null)
    if command -v apt-get >/dev/null; then
        good "system: ${name:-Linux}"
    else
        wrong "system: ${name:-this one} has no apt, so nothing can be installed from here" \
            "use Debian 12 or newer, or install what the next lines miss by hand"
    fi
}

check_toolchain() {
    local version
    if ! command -v swift >/dev/null; then
        wrong "toolchain: there is no swift on the PATH" \
            "install Swift 6.3 from https://swift.org/install, then: export PATH=/path/to/swift/usr/bin:\$PATH"
        return
    fi
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
    if [[ -z $version ]]; then
        wrong "toolchain: $(command -v swift) does not start" "swift --version    (it says which library is missing)"
    elif ((${version%.*} * 100 + ${version#*.} < 602)); then
        wrong "toolchain: Swift $version is too old, 6.2 is the least" "install Swift 6.3 from https://swift.org/install"
    else
        good "toolchain: Swift $version"
    fi
}

check_packages() {
    local missing
    if missing=$("$scripts/install.sh" --list 2>/dev/null) && [[ -z $missing ]]; then
        good "packages: libraries, PostgreSQL $("$(postgres_binaries)/postgres" --version | grep -oE '[0-9.]+' | head -n 1),$(
        ) Redis $(redis-server --version | grep -oE 'v=[0-9.]+' | cut -c 3-), Python and curl are there"
    else
        wrong "packages: missing are ${missing//$'\n'/ }" "make run    (it installs them)    or: sudo apt-get install ${missing//$'\n'/ }"
    fi
}

check_folders() {
    local path
    for path in "$state" "$repository/.build"; do
        if [[ ! -e $path ]]; then
            good "folder: $path will be made"
        elif [[ ! -w $path ]]; then
            wrong "folder: $path belongs to $(stat -c %U "$path") and cannot be written" "sudo chown -R $(id -un) '$path'"
        else
            good "folder: $path can be written"
        fi
    done
    path=$(find "$state/keys" ! -readable -print -quit 2>/dev/null)
    [[ -z $path ]] || wrong "keys: $path cannot be read" "sudo chown -R $(id -un) '$state/keys'    or: make reset"
    path=$(find "$state/keys" -type f -perm /0077 -name '*key*' -print -quit 2>/dev/null)
    [[ -z $path ]] || wrong "keys: others can read $path" "chmod -R go= '$state/keys'"
}

check_disk() {
    local free
    free=$(df --output=avail -m -- "$repository" | tail -n 1)
    if ((free < 3000)) && [[ ! -d $build_folder ]]; then
        wrong "disk: $free MB are free, a first build takes about 2,000" "df -h '$repository'"
    elif ((free < 300)); then
        wrong "disk: only $free MB are free" "df -h '$repository'    (make clean gives back the build)"
    else
        good "disk: $free MB are free"
    fi
}

check_clock() {
    local newest
    newest=$(stat -c %Y -- "$repository/Package.swift")
    if (($(date +%s) + 86400 < newest)); then
        wrong "clock: it stands at $(date -u '+%F %H:%M'), before the files here were written" \
            "sudo date -u -s '…'    (certificates and tokens need the right time)"
    else
        good "clock: $(date -u '+%F %H:%M') UTC"
    fi
}

check_ports() {
    local port
    if running; then
        good "ports: make run has its own (make run says which)"
        return
    fi
    for port in 8443 8080 8025; do
        if port_taken "$port"; then
            good "port $port: taken by $(port_holder "$port"); make run will move to the next free one"
        else
            good "port $port: free"
        fi
    done
}

check_data() {
    local home data major owner
    home=$state/servers
    ((EUID != 0)) || home=/var/lib/causeway/$(short_hash "$(realpath -m "$state/servers")")
    data=$home/postgres
    if [[ ! -e $data ]]; then
        good "data: none yet"
        return
    fi
    owner=$(stat -c %U -- "$data")
    major=$(cat "$data/PG_VERSION" 2>/dev/null)
    if [[ $owner != "$( ((EUID == 0)) && echo postgres || id -un)" ]]; then
        wrong "data: $data belongs to $owner" "make run as $owner, or: sudo rm -rf '$data' (forgets the data)"
    elif [[ -z $major ]]; then
        wrong "data: $data is not a complete data folder" "make reset    (forgets the data)"
    elif ! postgres_binaries "$major" >/dev/null; then
        wrong "data: $data was made by PostgreSQL $major, which is not installed" \
            "sudo apt-get install postgresql-$major    or: make reset    (forgets the data)"
    else
        good "data: $data, PostgreSQL $major"
    fi
    if ! running && [[ -n $(postgres_process "$data") ]]; then
        wrong "leftover: PostgreSQL of an earlier run still runs (process $(postgres_process "$data"))" \
            "'$scripts/servers.sh' stop '$state/servers'    (make run would take it over)"
    fi
}

check_leftovers() {
    local name number since folder origin
    if ! running && [[ -r $state/processes ]]; then
        while read -r name number since; do
            process_is "$number" "$since" || continue
            wrong "leftover: $name of an earlier run still runs (process $number)" "make run    (it stops it first)"
        done <"$state/processes"
    fi
    ((EUID == 0)) || return 0
    for folder in /var/lib/causeway/*/; do
        origin=$(cat "$folder/origin" 2>/dev/null) || continue
        [[ -e $origin ]] || wrong "leftover: $folder is the data of $origin, which is gone" "sudo rm -rf '$folder'"
    done
}

heading "This machine"
check_system
check_toolchain
check_packages
check_folders
check_disk
check_clock
check_ports
check_data
check_leftovers

binary=$(causeway_binary)
heading "The suite"
if [[ ! -x $binary ]]; then
    good "it is not built yet: make run builds it"
elif ! "$scripts/servers.sh" status "$state/servers" >/dev/null 2>&1; then
    good "it does not run: while make run does, make doctor looks into its databases too"
else
    # shellcheck source=compose/local/environment.sh
    source "$scripts/environment.sh"
    "$binary" doctor </dev/null || problems=$((problems + 1))
fi

((problems == 0)) && say "Nothing is wrong here." && exit 0
say "$problems of these are problems; each names the next command."
exit 1
