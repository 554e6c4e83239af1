#!/usr/bin/env bash
# Installs what is missing with apt: install.sh [run|test|check|bench|bench-edge|tls-scan]. Says nothing when all is there.
# install.sh --list installs nothing and prints what is missing.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"
# shellcheck source=compose/local/postgres.sh
source "$here/postgres.sh"

purpose=${1:-run}

# What each thing is recognised by: a header, a program or a file, so that a build of one's own counts as well.
missing=()
needs_file() {
    local package=$1 pattern
    shift
    for pattern in "$@"; do
        compgen -G "$pattern" >/dev/null && return 0
    done
    missing+=("$package")
}

needs_program() {
    command -v "$2" >/dev/null || missing+=("$1")
}

needs_file libpq-dev /usr/include/postgresql/libpq-fe.h
needs_file libhiredis-dev /usr/include/hiredis/hiredis.h
needs_file libnghttp2-dev /usr/include/nghttp2/nghttp2.h
needs_file libssl-dev /usr/include/openssl/ssl.h
needs_file libsodium-dev /usr/include/sodium.h
needs_file libcurl4-openssl-dev '/usr/include/*/curl/curl.h' /usr/include/curl/curl.h
needs_file libcmark-gfm-dev /usr/include/cmark-gfm.h
needs_file libcmark-gfm-extensions-dev /usr/include/cmark-gfm-core-extensions.h
needs_file zlib1g-dev /usr/include/zlib.h
needs_file libbrotli-dev /usr/include/brotli/encode.h
needs_file g++ '/usr/lib/gcc/*/*/crtbegin.o'
needs_file libc6-dev '/usr/lib/*/crt1.o'
needs_program redis-server redis-server
needs_program curl curl
needs_file ca-certificates /etc/ssl/certs/ca-certificates.crt
needs_file python3 /usr/bin/python3
needs_file john-data /usr/share/john/password.lst
needs_file python3-aiosmtpd /usr/lib/python3/dist-packages/aiosmtpd/__init__.py
postgres_binaries >/dev/null || missing+=(postgresql)
if [[ $purpose == bench || $purpose == bench-edge ]]; then
    needs_program nghttp2-server nghttpd
    needs_program nghttp2-client h2load
    needs_program util-linux taskset
    if [[ $purpose == bench-edge ]]; then
        needs_program nginx nginx
        needs_program haproxy haproxy
        needs_program h2o h2o
        needs_program nghttp2-proxy nghttpx
        needs_program caddy caddy
    fi
elif [[ $purpose == tls-scan ]]; then
    needs_program testssl.sh testssl
    needs_program bsdextrautils hexdump
    needs_program bind9-host host
elif [[ $purpose != run && $purpose != --list ]]; then
    needs_file python3-venv '/usr/lib/python3*/ensurepip/__init__.py'
    needs_program shellcheck shellcheck
    needs_program sslscan sslscan
fi

((${#missing[@]} > 0)) || exit 0
if [[ $purpose == --list ]]; then
    printf '%s\n' "${missing[@]}"
    exit 0
fi
command="apt-get install ${missing[*]}"

if ! command -v apt-get >/dev/null; then
    fail "These Debian packages are missing: ${missing[*]}" \
        "this system has no apt, so they cannot be installed from here" \
        "install what matches them with this system's own package manager, then: make doctor"
fi
become_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "These packages are missing: ${missing[*]}" \
        "installing them takes root, and there is no sudo" "as root: $command"
    # sudo drops the environment, and apt may need the proxy.
    become_root=(sudo env)
    for variable in http_proxy https_proxy no_proxy; do
        [[ -z ${!variable:-} ]] || become_root+=("$variable=${!variable}")
    done
    if [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; then
        fail "These packages are missing: ${missing[*]}" \
            "installing them takes root, and sudo wants a password that cannot be typed here" "sudo $command"
    fi
fi

make_state
say "Installing what is missing (the log is $logs/apt.log):"
: >"$logs/apt.log"
"${become_root[@]}" bash "$scripts/install-packages.sh" "${missing[@]}" 2>&1 | tee -a "$logs/apt.log" \
    | sed -un 's/^causeway: //p' && exit 0
last_lines "$logs/apt.log"
fail "apt could not install: ${missing[*]}" \
    "its last lines above say it; most often there is no network, or another apt runs" \
    "${become_root[*]:+sudo }apt-get update && ${become_root[*]:+sudo }$command"
