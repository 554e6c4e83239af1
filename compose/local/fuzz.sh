#!/usr/bin/env bash
# Throws bytes at every parser until one breaks: fuzz.sh [SECONDS [TARGET]], by default a minute each. Coverage guides
# them: everything is built once more for it. A finding's input is kept and named at the end; it belongs into
# Tests/FuzzTests/Corpus, where `make test` tries it again for ever.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

seconds=${1:-60}
only=${2:-}
folder=$state/fuzz
make_state
mkdir -p "$folder"

"$scripts/install.sh" test
compiler=$(readlink -f "$(command -v swiftc)")
CAUSEWAY_FUZZER=$(compgen -G "$(dirname "$compiler")/../lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a" | head -n 1) \
    || fail "This Swift toolchain has no libFuzzer." "it is looked for beside $compiler" "use a toolchain of swift.org"
export CAUSEWAY_FUZZER

cd "$repository"
say "Building with coverage (the log is $logs/fuzz-build.log)"
swift build --configuration release --scratch-path "$folder/build" --product FuzzProgram >"$logs/fuzz-build.log" 2>&1 || {
    last_lines "$logs/fuzz-build.log"
    fail "The fuzzer was not built." "its last lines above say why" "make fuzz"
}
program=$(swift build --configuration release --scratch-path "$folder/build" --show-bin-path)/FuzzProgram

status=0
for target in ${only:-$("$program" || true)}; do
    # What was found to reach something new is kept beside the corpus of the repository, and used again.
    mkdir -p "$folder/$target" "$folder/findings"
    say "Fuzzing $target for $seconds s"
    "$program" "$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$folder/findings/$target-" "$folder/$target" "Tests/FuzzTests/Corpus/$target" \
        >"$logs/fuzz-$target.log" 2>&1 || {
        status=1
        last_lines "$logs/fuzz-$target.log"
        say "$target was broken; the input is in $folder/findings"
    }
    sed -nE 's/^#[0-9]+\tDONE +/    /p; s/^stat::number_of_executed_units: */    runs: /p' "$logs/fuzz-$target.log"
done
exit "$status"
