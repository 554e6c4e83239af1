#!/usr/bin/env bash
# What must hold before a change goes in, and no test can tell: format, scripts, imports, warnings.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

make_state
"$scripts/install.sh" check
cd "$repository"
faults=0

heading "Format"
folders=()
for folder in Shared Services gateway Tests; do
    [[ -z $(find "$folder" -name '*.swift' -print -quit 2>/dev/null) ]] || folders+=("$folder")
done
if ! swift format lint --strict --recursive --parallel Package.swift "${folders[@]}"; then
    explain "The format is not the agreed one." "the lines above say where" "make fmt"
    faults=$((faults + 1))
fi

heading "Scripts"
if ! shellcheck compose/local/*.sh .ci/run; then
    explain "shellcheck found something in the scripts." "the lines above say what" "make check"
    faults=$((faults + 1))
fi

# The build is the one that tests and runs use: warnings are errors in the manifest, undeclared imports are here.
"$scripts/build.sh" tests --explicit-target-dependency-import-check error || faults=$((faults + 1))

((faults == 0)) || exit 1
say "All is as agreed; the tests hold the rest (make test FILTER=TidyTests)"
