#!/usr/bin/env bash
# A Python of the tests' own in the state folder, with the packages of python-requirements.txt. Silent when it is there.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"

make_state
folder=$state/python
stamp=$folder/requirements
wanted=$(short_hash "$folder$(/usr/bin/python3 --version)$(<"$scripts/python-requirements.txt")")
[[ ! -x $folder/bin/python || ! -r $stamp || $(<"$stamp") != "$wanted" ]] || exit 0

say "Fetching the tests' Python packages (once)"
rm -rf -- "$folder"
if ! {
    /usr/bin/python3 -m venv -- "$folder" \
        && "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --retries 5 \
            --requirement "$scripts/python-requirements.txt"
} >"$logs/pip.log" 2>&1 </dev/null; then
    last_lines "$logs/pip.log"
    fail "The Python packages of the tests could not be installed." \
        "most often PyPI cannot be reached; a proxy or a mirror is set with HTTPS_PROXY, PIP_INDEX_URL, PIP_CERT" \
        "make test    (again, once it can be reached)"
fi
printf '%s\n' "$wanted" >"$stamp"
