import sys

import requests

answer = requests.post(
    "{{TOKEN_URL}}",
    data={
        "grant_type": "client_credentials",
        "client_id": "{{CLIENT_ID}}",
        "client_secret": "{{CLIENT_SECRET}}",
    },
    timeout=10,
)
token = answer.json()
if not answer.ok:
    sys.exit(f"no token: {token['error']}, request {token['request_id']}")

corpora = requests.get(
    "{{API_URL}}/v2/corpora",
    headers={"Authorization": f"Bearer {token['access_token']}"},
    timeout=10,
)
print(corpora.text)
corpora.raise_for_status()
