#!/usr/bin/env bash
# Builds once for all: build.sh product|bench|tests. All are the same release build, `tests` adds the tests to it and
# `bench` what measures, so `make run` after `make test`, and the other way round, has nothing left to do.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

make_state
command -v swift >/dev/null || fail "There is no swift." \
    "the Swift toolchain is not installed, or its bin folder is not on the PATH" \
    "install Swift 6.3 from https://swift.org/install, then: export PATH=/path/to/swift/usr/bin:\$PATH"
if [[ -e $repository/.build && ! -w $repository/.build ]]; then
    fail "The build folder cannot be written." "it belongs to $(stat -c %U "$repository/.build")" \
        "sudo chown -R $(id -un) '$repository/.build'"
fi

case ${1:-product} in
    product) what=(--product causeway) ;;
    bench) what=() ;;
    tests) what=(--build-tests) ;;
    *) fail "There is no build of '$1'." "it builds 'product', 'bench' or 'tests'" "build.sh product" ;;
esac
shift || true

cd "$repository"
# Nobody is there to type a password: git fails at once instead of asking.
export GIT_TERMINAL_PROMPT=0
if [[ ! -d $build_folder ]]; then
    heading "Building, the first time: its packages are fetched and compiled too, which takes some minutes"
else
    heading "Building what has changed"
fi
begun=$SECONDS
log=$logs/build.log
if [[ -t 1 ]]; then
    # On a terminal the compiler shows its own progress; the errors are read again from a second, short try.
    swift build --configuration release "${what[@]}" "$@" </dev/null && status=0 || status=$?
else
    swift build --configuration release "${what[@]}" "$@" </dev/null 2>&1 | tee "$log" && status=0 || status=$?
fi
((status != 0)) || { say "Built in $((SECONDS - begun)) s" && exit 0; }

why="the compiler's first error above says it"
next="make doctor"
if [[ ! -t 1 ]] && grep -qiE 'could not resolve host|failed to clone|unable to access|timed out' "$log"; then
    why="a package could not be fetched from github.com; git's own words are above"
    next="curl -sSI https://github.com    (until that answers), then the same command again"
elif (($(df --output=avail -m "$repository" | tail -n 1) < 200)); then
    why="the disk is full"
    next="df -h '$repository'"
fi
fail "The build failed." "$why" "$next"
