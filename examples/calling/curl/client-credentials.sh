#!/bin/sh
# The secret goes in by stdin, because other users of the machine can read command lines.
set -eu
CLIENT_SECRET='{{CLIENT_SECRET}}'

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

ANSWER=$(printf %s "$CLIENT_SECRET" | curl -sS '{{TOKEN_URL}}' \
  -d grant_type=client_credentials --data-urlencode 'client_id={{CLIENT_ID}}' --data-urlencode client_secret@-)
TOKEN=$(echo "$ANSWER" | field access_token)

if [ -z "$TOKEN" ]; then
  echo "no token: $(echo "$ANSWER" | field error), request $(echo "$ANSWER" | field request_id)" >&2
  exit 1
fi

printf 'Authorization: Bearer %s\n' "$TOKEN" | curl -sS --fail-with-body -H @- '{{API_URL}}/v2/corpora'
