#!/usr/bin/env bash
# Installs Debian packages, as root, and keeps the servers among them from starting: now, and at the next boot.
# Lines that begin with "causeway: " are for the user, the rest is for the log.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d
drop_in=$clusters/causeway-install.conf
marker='# Put here by an install that is under way; goes away with it.'
made_policy=false

tell() {
    printf 'causeway:   %s\n' "$*"
}

# Services do not start while packages are installed. A policy that stands here already is left as it is, unless it
# would let them start: then it steps aside meanwhile.
hold_services() {
    if [[ -e $policy ]] && grep -qF "$marker" "$policy"; then
        rm -f "$policy"
    fi
    if [[ -e $policy ]]; then
        "$policy" redis-server start >/dev/null 2>&1 && mv "$policy" "$policy.causeway" || return 0
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >"$policy"
    chmod 0755 "$policy"
    made_policy=true
}

# PostgreSQL's package makes a cluster that starts at boot. It is not wanted, and an own setting is not touched.
hold_cluster() {
    if [[ ! -d $clusters ]]; then
        mkdir -p "$clusters"
    fi
    printf '%s\ncreate_main_cluster = false\n' "$marker" >"$drop_in"
}

# shellcheck disable=SC2317  # called by the trap
restore() {
    rm -f "$drop_in"
    rmdir "$clusters" 2>/dev/null || true
    if $made_policy; then
        rm -f "$policy"
        if [[ -e $policy.causeway ]]; then mv "$policy.causeway" "$policy"; fi
    fi
}

updated=false
update_lists() {
    ! $updated || return 0
    tell "reading the package lists"
    apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 update </dev/null || return 1
    updated=true
}

has_candidate() {
    apt-cache policy -- "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

install() {
    apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 \
        -o Dpkg::Options::=--force-confold install -- "$@" </dev/null
}

trap restore EXIT
trap 'exit 130' INT TERM HUP
hold_services
hold_cluster
for package in "$@"; do
    tell "$package"
    has_candidate "$package" || update_lists || true
done
# Lists that are older than the mirror name files that are gone: then once more with new ones.
if ! install "$@"; then
    ! $updated || exit 1
    update_lists
    install "$@"
fi
# Some packages also ask to be started at boot; they were not here before, so nobody counts on that.
for pair in redis-server:redis-server nginx:nginx haproxy:haproxy h2o:h2o nghttp2-proxy:nghttpx caddy:caddy; do
    [[ " $* " == *" ${pair%:*} "* ]] || continue
    deb-systemd-helper disable "${pair#*:}.service" >/dev/null 2>&1 || true
    update-rc.d "${pair#*:}" disable >/dev/null 2>&1 || true
done
