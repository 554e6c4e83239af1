# shellcheck shell=bash
# TCP ports of this machine, read from /proc: no tool needs to be installed.

# port_taken PORT: someone listens on it, on any address.
port_taken() {
    local hex
    printf -v hex '%04X' "$1"
    grep -qsE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6
}

# free_port WANTED [AVOID…]: the wanted port, or the next one that is free and not to be avoided.
free_port() {
    local port=$1 wanted=$1
    shift
    while ((port < wanted + 500 && port < 65536)); do
        if ! port_taken "$port" && [[ " $* " != *" $port "* ]]; then
            printf '%s' "$port"
            return 0
        fi
        port=$((port + 1))
    done
    return 1
}

# port_holder PORT: "name (process N)" of who listens, as far as this user may see.
port_holder() {
    local hex inode path
    printf -v hex '%04X' "$1"
    while read -r inode; do
        path=$(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null || true)
        if [[ -n $path ]]; then
            path=${path#/proc/}
            printf '%s (process %s)' "$(cat "/proc/${path%%/*}/comm" 2>/dev/null)" "${path%%/*}"
            return 0
        fi
    done < <(awk -v port=":$hex" '$2 ~ port"$" && $4 == "0A" { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    printf 'a process of another user'
}
