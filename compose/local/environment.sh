# shellcheck shell=bash
# shellcheck disable=SC2034  # everything here is exported
# The environment of development, all in one place. Source it to run `causeway` by hand beside `make run`:
#     source compose/local/environment.sh && .build/release/causeway doctor
# What is set already stays: CAUSEWAY_GATEWAY_HTTPS_PORT=9443 make run

# shellcheck source=compose/local/paths.sh
source "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

set -a
# Where `make run` put its servers and which ports it took.
for settings in "$state/servers/servers.env" "$state/ports.env"; do
    # shellcheck source=/dev/null
    [[ ! -r $settings ]] || source "$settings"
done
unset settings

# libpq reads variables of its own; a leftover of another project must not redirect anything.
unset "${!PG@}"

CAUSEWAY_PROFILE=development
: "${CAUSEWAY_KEYS_DIRECTORY:=$state/keys}"
: "${CAUSEWAY_LOG_LEVEL:=info}"
: "${CAUSEWAY_LOG_FORMAT:=json}"

CAUSEWAY_POSTGRES_DATABASE=causeway
CAUSEWAY_POSTGRES_SUPERUSER=postgres

: "${CAUSEWAY_GATEWAY_HTTPS_PORT:=8443}"
: "${CAUSEWAY_GATEWAY_HTTP_PORT:=8080}"
: "${CAUSEWAY_GATEWAY_OPS_PORT:=9100}"
: "${CAUSEWAY_AUTH_PORT:=9001}"
: "${CAUSEWAY_AUTH_OPS_PORT:=9101}"
: "${CAUSEWAY_USER_PORT:=9002}"
: "${CAUSEWAY_USER_OPS_PORT:=9102}"
: "${CAUSEWAY_CONTENT_PORT:=9003}"
: "${CAUSEWAY_CONTENT_OPS_PORT:=9103}"
: "${CAUSEWAY_MAIL_SMTP_PORT:=1025}"
: "${CAUSEWAY_MAIL_HTTP_PORT:=8025}"

CAUSEWAY_AUTH_ADDRESS=127.0.0.1:$CAUSEWAY_AUTH_PORT
CAUSEWAY_USER_ADDRESS=127.0.0.1:$CAUSEWAY_USER_PORT
CAUSEWAY_CONTENT_ADDRESS=127.0.0.1:$CAUSEWAY_CONTENT_PORT
CAUSEWAY_PUBLIC_URL=https://localhost:$CAUSEWAY_GATEWAY_HTTPS_PORT
CAUSEWAY_SMTP_URL=smtp://127.0.0.1:$CAUSEWAY_MAIL_SMTP_PORT
: "${CAUSEWAY_AUTH_NEW_ACCOUNT_ROLE:=author}"
# One person who tries things out should not meet the limits of a public edge.
: "${CAUSEWAY_GATEWAY_LIMIT_MULTIPLIER:=10}"
set +a

# The certificate that `causeway keys` made, which signs itself: what curl takes as --cacert.
development_certificate=$CAUSEWAY_KEYS_DIRECTORY/gateway-certificate.pem
