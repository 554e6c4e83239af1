#!/usr/bin/env bash
# Builds the executable of the release before this one, once: its processes must run on the schema that this one makes.
# Prints the executable's path and nothing else; where there is no use for one or none to be had, the reason, and ends
# with 3.
# The commit is named in previous-release beside this script; what was built is kept in the state folder.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

make_state
commit=$(sed '/^#/d; /^ *$/d' "$here/previous-release")

# absent WHY: nothing is wrong, but there is no previous release to test with.
absent() {
    printf '%s\n' "$1"
    exit 3
}

# In a container the folder often belongs to someone else, which git would refuse.
in_repository() {
    git -c "safe.directory=$repository" -C "$repository" "$@"
}

command -v git >/dev/null || absent "there is no git"
in_repository rev-parse --git-dir >/dev/null 2>&1 || absent "$repository is no clone of the repository"
if ! in_repository cat-file -e "$commit^{commit}" 2>/dev/null; then
    absent "this clone lacks the commit ${commit:0:12} of the previous release: git fetch --unshallow"
fi
migrations=('Services/*/Migrations/*' 'Shared/Ledger/*')
if in_repository diff --quiet "$commit" -- "${migrations[@]}" \
    && [[ -z $(in_repository ls-files --others --exclude-standard -- "${migrations[@]}") ]]; then
    absent "no migration is newer than the previous release"
fi

# The executable is linked to the toolchain's libraries, so it is as good as they are the same.
toolchain=$(swift --version 2>/dev/null | sed -n 1p)
folder=$state/previous/$commit
executable=$folder/causeway
make_private "$folder"
exec 8>"$folder/lock"
flock 8
if [[ -x $executable && -r $folder/toolchain && $(<"$folder/toolchain") == "$toolchain" ]]; then
    printf '%s\n' "$executable"
    exit 0
fi

heading "Building the previous release (${commit:0:12}), once" >&2
begun=$SECONDS
log=$logs/previous.log
source=$folder/source
scratch=$folder/build
rm -rf -- "$source" "$scratch"
mkdir -- "$source" "$scratch"
in_repository archive "$commit" | tar -x -C "$source"
# The packages that are here already need not be fetched again; what differs is.
[[ ! -r $repository/Package.resolved || -e $source/Package.resolved ]] \
    || cp -- "$repository/Package.resolved" "$source/Package.resolved"
for packages in checkouts repositories workspace-state.json; do
    [[ ! -e $repository/.build/$packages ]] || cp -a -- "$repository/.build/$packages" "$scratch/"
done
export GIT_TERMINAL_PROMPT=0
cd "$source"
if ! nice -n 10 swift build --configuration release --product causeway --package-path "$source" \
    --scratch-path "$scratch" </dev/null >"$log" 2>&1 8>&-; then
    last_lines "$log"
    fail "The previous release does not build." "the compiler's words are above and in $log" \
        "rm -rf '$folder'    (then the same command again)"
fi
mv -- "$(readlink -f "$scratch/release")/causeway" "$executable"
printf '%s\n' "$toolchain" >"$folder/toolchain"
cd "$repository"
# Only the executable is needed: the build is large.
rm -rf -- "$source" "$scratch"
say "Built the previous release in $((SECONDS - begun)) s" >&2
printf '%s\n' "$executable"
