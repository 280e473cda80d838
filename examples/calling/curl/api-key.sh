#!/bin/sh
# The key goes in by stdin, because other users of the machine can read command lines.
set -eu
API_KEY='{{API_KEY}}'

printf 'x-api-key: %s\n' "$API_KEY" | curl -sS --fail-with-body -H @- '{{API_URL}}/v2/corpora'
