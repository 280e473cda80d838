"""Asks the issuer about each token: what was revoked is refused at once, for a request's price."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8080")
# The API's id and the secret of its verifier credential, as `POST /v2/apis` answered them.
VERIFIER = (os.environ["API_ID"], os.environ["API_SECRET"])


def introspect(token):
    answer = requests.post(
        f"{ISSUER}/oauth2/introspect", data={"token": token}, auth=VERIFIER, timeout=5
    )
    answer.raise_for_status()
    return answer.json()


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self.answer(401, "a token is needed", "Bearer")
        try:
            found = introspect(token)
        except requests.RequestException:
            return self.answer(503, "the token cannot be checked now")
        if not found["active"]:
            return self.answer(401, "the token is no good", 'Bearer error="invalid_token"')
        if "notes:read" not in found.get("scope", "").split():
            challenge = 'Bearer error="insufficient_scope", scope="notes:read"'
            return self.answer(403, "notes:read is needed", challenge)
        self.answer(200, {"client": found["client_id"], "notes": ["Tokens expire."]})

    def answer(self, status, body, challenge=None):
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Api).serve_forever()
