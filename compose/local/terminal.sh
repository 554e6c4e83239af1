# shellcheck shell=bash
# How the scripts speak: one line per thing done; for a failure what failed, why, and the command to type next.

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
    bold='' red='' green='' plain=''
fi

# say TEXT: a line about what is being done. A terminal that is gone is no failure.
say() {
    printf '%s\n' "$*" 2>/dev/null || true
}

# heading TEXT: the start of a part.
heading() {
    printf '%s%s%s\n' "$bold" "$*" "$plain"
}

# good TEXT, problem TEXT NEXT: one finding of a check.
good() {
    printf '%sok%s       %s\n' "$green" "$plain" "$1"
}

problem() {
    printf '%sproblem%s  %s\n         next: %s\n' "$red" "$plain" "$1" "$2"
}

# explain WHAT WHY NEXT: a failure in plain words, on standard error.
explain() {
    printf '\n%s%s%s\n  why:  %s\n  next: %s\n' "$red" "$1" "$plain" "$2" "$3" >&2 2>/dev/null || true
}

# fail WHAT WHY NEXT: the same, and the script ends.
fail() {
    explain "$@"
    exit 1
}

# last_lines FILE [COUNT]: the end of a log, indented, on standard error.
last_lines() {
    [[ -s $1 ]] || return 0
    printf '\n  the last lines of %s:\n' "$1" >&2 2>/dev/null || true
    tail -n "${2:-15}" -- "$1" | cut -c 1-400 | sed 's/^/  | /' >&2 2>/dev/null || true
}
