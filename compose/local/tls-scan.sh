#!/usr/bin/env bash
# Has testssl.sh look for weaknesses in what the gateway's TLS port offers: tls-scan.sh. Takes about a minute, and fails
# where it finds one. `make test` asks sslscan, which takes no time.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=compose/local/terminal.sh
source "$here/terminal.sh"
# shellcheck source=compose/local/paths.sh
source "$here/paths.sh"
# shellcheck source=compose/local/ports.sh
source "$here/ports.sh"
# shellcheck source=compose/local/processes.sh
source "$here/processes.sh"

make_state
"$scripts/install.sh" tls-scan
[[ -n ${CAUSEWAY_BINARY:-} ]] || "$scripts/build.sh" product
binary=$(causeway_binary)
folder=$(mktemp -d)
gateway=''
# shellcheck disable=SC2317  # called by the trap
end() {
    [[ -z $gateway ]] || kill "$gateway" 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

https=$(free_port 28443)
http=$(free_port 28080 "$https")
ops=$(free_port 29100 "$https" "$http")
"$binary" keys --directory "$folder/keys" >/dev/null
# It needs neither services nor Redis to shake hands. The scan opens hundreds of connections at once.
env CAUSEWAY_PROFILE=development CAUSEWAY_KEYS_DIRECTORY="$folder/keys" CAUSEWAY_GATEWAY_BIND=127.0.0.1 \
    CAUSEWAY_GATEWAY_HTTPS_PORT="$https" CAUSEWAY_GATEWAY_HTTP_PORT="$http" CAUSEWAY_GATEWAY_OPS_PORT="$ops" \
    CAUSEWAY_GATEWAY_CONNECTIONS_PER_ADDRESS_MAX=10000 "$binary" serve gateway 2>"$folder/log" &
gateway=$!
await 10 port_taken "$https" || fail "The gateway did not start." "its last words: $(tail -n 1 "$folder/log")" \
    "make doctor"

testssl --quiet --color 0 --warnings off --ip one -p -s -f -U -E --jsonfile "$folder/findings.json" \
    "localhost:$https" </dev/null
python3 - "$folder/findings.json" <<'END'
import json, sys
findings = json.load(open(sys.argv[1]))
grave = ("LOW", "MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL")
# Of Russian suites its openssl knows nothing, nor does the gateway.
weak = [f for f in findings if f["severity"] in grave and f["id"] != "engine_problem"]
for f in weak:
    print("weak:", f["id"], f["severity"], f["finding"])
print(f"{len(findings)} findings, {len(weak)} of them weak")
sys.exit(bool(weak) or len(findings) < 40)
END
