"""Verifies tokens by PyJWT with the issuer's public keys: no request waits for the issuer."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8080")
AUDIENCE = os.environ.get("AUDIENCE", "https://notes.example")
CLAIMS = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]
keys = jwt.PyJWKClient(f"{ISSUER}/oauth2/jwks")


def verify(token):
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("it is another kind of token")
    return jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token).key,
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        leeway=30,
        options={"require": CLAIMS},
    )


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self.answer(401, "a token is needed", "Bearer")
        try:
            keys.get_signing_keys()
        except jwt.PyJWTError:
            return self.answer(503, "the issuer's keys cannot be had now")
        try:
            claims = verify(token)
        except jwt.PyJWTError:
            return self.answer(401, "the token is no good", 'Bearer error="invalid_token"')
        if "notes:read" not in claims.get("scope", "").split():
            challenge = 'Bearer error="insufficient_scope", scope="notes:read"'
            return self.answer(403, "notes:read is needed", challenge)
        self.answer(200, {"client": claims["client_id"], "notes": ["Tokens expire."]})

    def answer(self, status, body, challenge=None):
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Api).serve_forever()
