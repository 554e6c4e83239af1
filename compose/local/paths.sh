# shellcheck shell=bash
# Where things are. Everything that a run makes is in the state folder, which git ignores.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
scripts=$repository/compose/local
state=${CAUSEWAY_STATE_DIRECTORY:-$repository/.causeway}
[[ $state == /* ]] || state=$PWD/$state
logs=$state/logs
build_folder=$repository/.build/release

export repository scripts state logs build_folder

# short_hash TEXT: twelve hex digits that stand for it.
short_hash() {
    printf '%s' "$1" | sha256sum | cut -c 1-12
}

# make_private FOLDER…: folders that only their owner can enter.
make_private() {
    (umask 077 && mkdir -p -- "$@")
}

# make_state: the state folder, private to its owner.
make_state() {
    make_private "$state" "$logs" 2>/dev/null && [[ -w $state && -w $logs ]] && return 0
    fail "The state folder $state cannot be written." \
        "it belongs to $(stat -c %U -- "$state" 2>/dev/null || echo 'someone else'), or the disk is read-only" \
        "sudo chown -R $(id -un) '$state' '$repository/.build'    (or: CAUSEWAY_STATE_DIRECTORY=/tmp/causeway make …)"
}

# causeway_binary: the executable that the build made, or the one that the environment names.
causeway_binary() {
    printf '%s' "${CAUSEWAY_BINARY:-$build_folder/causeway}"
}
