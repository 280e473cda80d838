"""Drives Authlib against a server, and prints what it saw as one JSON object.

usage: authlib-client.py URL CLIENT_ID, with the client's secret on stdin
"""

import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # A server on loopback has no TLS.

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata


def get(url):
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def session(method, secret):
    return OAuth2Session(
        client_id, secret, token_endpoint_auth_method=method, revocation_endpoint_auth_method=method
    )


def verify(token, audience):
    keys = JsonWebKey.import_key_set(get(metadata["jwks_uri"]))
    options = {
        "iss": {"essential": True, "value": url},
        "aud": {"essential": True, "value": audience},
        "exp": {"essential": True},
        "client_id": {"essential": True},
    }
    claims = JsonWebToken(["ES256"]).decode(token, keys, claims_options=options)
    claims.validate()
    return claims


def refusal(attempt):
    try:
        attempt()
    except (OAuthError, JoseError) as error:
        return error.error
    return None


def by_method(method):
    client = session(method, secret)
    # Authlib reads an answer only: what it stores is what it read.
    token = client.fetch_token(
        metadata["token_endpoint"], grant_type="client_credentials", scope="corpora:read"
    )
    corpora = client.get(f"{url}/v2/corpora", timeout=10)
    text = token["access_token"]
    claims = verify(text, url)
    ask = lambda: client.introspect_token(metadata["introspection_endpoint"], token=text).json()
    active = ask()
    revoked = client.revoke_token(metadata["revocation_endpoint"], token=text)
    return {
        "token": {name: token[name] for name in ("token_type", "expires_in", "scope")},
        "corpora": corpora.status_code,
        "typ": claims.header["typ"],
        "claims": {name: claims[name] for name in ("iss", "aud", "client_id", "scope")},
        "wrong_audience": refusal(lambda: verify(text, "https://other.example")),
        "active": active,
        "revocation": revoked.status_code,
        "after_revocation": ask(),
        "wrong_secret": refusal(
            lambda: session(method, secret + "x").fetch_token(
                metadata["token_endpoint"], grant_type="client_credentials"
            )
        ),
        "wrong_scope": refusal(
            lambda: session(method, secret).fetch_token(
                metadata["token_endpoint"],
                grant_type="client_credentials",
                scope="app_clients:write",
            )
        ),
    }


url, client_id = sys.argv[1:]
secret = sys.stdin.read()
metadata = AuthorizationServerMetadata(get(f"{url}/.well-known/oauth-authorization-server"))
print(
    json.dumps(
        {method: by_method(method) for method in ("client_secret_basic", "client_secret_post")}
    )
)
