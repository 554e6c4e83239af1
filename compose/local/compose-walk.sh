# shellcheck shell=bash
# shellcheck disable=SC2154  # base, mails, work and certificate are those of whoever sources this
# The path of a person through the gateway, by curl: register, verify, sign in, write, publish, be read, sign out.

email=walker@example.com
password='a long enough password'
token=
article=
status=

# call METHOD PATH [CURL_ARGUMENT…]: a request as whoever is signed in; leaves $status and the body in $work/body.
call() {
    local method=$1 path=$2
    shift 2
    status=$(curl --silent --noproxy '*' --max-time 20 --cacert "$certificate" --request "$method" \
        --header 'content-type: application/json' ${token:+--header "authorization: Bearer $token"} \
        --output "$work/body" --write-out '%{http_code}' "$@" "$base$path") || status=000
}

# gets STATUS METHOD PATH [CURL_ARGUMENT…]: a request that must be answered so.
gets() {
    local wanted=$1
    shift
    call "$@"
    [[ $status == "$wanted" ]] && return 0
    echo "$1 $2: $status instead of $wanted"
    cat "$work/body"
    return 1
}

# field NAME: a field of the last answer.
field() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/body" "$1"
}

# link: the newest link that was mailed to the walker.
link() {
    curl --silent --noproxy '*' --max-time 5 "$mails/messages.json" | python3 -c 'import json, sys
print(next(link for mail in json.load(sys.stdin) if sys.argv[1] in mail["to"] for link in mail["links"]))' "$email" \
        2>/dev/null
}

credentials() {
    printf '{"email":"%s","password":"%s"}' "$email" "$password"
}

follow_mail() {
    await 30 link >/dev/null || { echo "no mail came" && return 1; }
    gets 204 POST /v1/auth/email/verify --data "{\"token\":\"$(link | sed 's/.*#token=//')\"}"
}

sign_in() {
    local token=
    gets 200 POST /v1/auth/login --data "$(credentials)"
}

reads_article() {
    local token=
    gets 200 GET "$article"
}

redirects() {
    [[ $(curl --silent --noproxy '*' --max-time 5 --output /dev/null --write-out '%{http_code} %{redirect_url}' \
        "http://localhost:$CAUSEWAY_GATEWAY_HTTP_PORT/v1/articles") == "308 $base/v1/articles" ]]
}

refuses_token() {
    await 3 gets 401 GET /v1/auth/me
}

same_certificate() {
    cp -- "$certificate" "$work/before.pem"
    fetch_certificate && cmp "$certificate" "$work/before.pem"
}

walk() {
    check "plain HTTP leads to HTTPS" redirects
    check "register" gets 202 POST /v1/auth/register --data "$(credentials)"
    check "nobody signs in before the address is verified" gets 403 POST /v1/auth/login --data "$(credentials)"
    check "the mail comes, and its link verifies" follow_mail
    check "sign in" sign_in
    token=$(field accessToken)
    local refresh
    refresh=$(field refreshToken)
    check "the session goes on" gets 200 POST /v1/auth/token/refresh --data "{\"refreshToken\":\"$refresh\"}"
    token=$(field accessToken)
    check "the profile is there" gets 200 GET /v1/users/me
    check "write" gets 201 POST /v1/articles --data '{"title":"In containers","body":"*First* words"}'
    article=/v1/articles/$(field id)
    check "a draft is nobody's to read" unread
    check "publish" gets 200 POST "$article/publish"
    check "anyone reads it" reads_article
    check "sign out" gets 204 POST /v1/auth/logout
    check "the token is refused from then on" refuses_token
    check "sign in again" sign_in
    token=$(field accessToken)
}

unread() {
    local token=
    gets 404 GET "$article"
}
