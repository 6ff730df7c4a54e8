"""Receives webhooks of `momentous deliver`: verifies each, and prints it once as one JSON line."""

import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = [base64.b64decode(one.removeprefix("whsec_")) for one in os.environ["WEBHOOK_SECRETS"].split()]
DONE = set()  # keep the ids where a restart does not forget them: best as a unique key beside what you do


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        name, stamp = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "0")
        wanted = [hmac.digest(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256) for key in KEYS]
        given = [
            base64.b64decode(one[3:]) for one in self.headers.get("webhook-signature", "").split() if one[:3] == "v1,"
        ]
        fits = any(hmac.compare_digest(one, other) for one in wanted for other in given)
        if not fits or abs(time.time() - int(stamp)) > 300:
            self.answer(401)
            return
        if name not in DONE:
            print(json.dumps({"id": name, **json.loads(body)}), flush=True)  # here an outreach system would act
            DONE.add(name)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        """Nothing else is printed."""


if __name__ == "__main__":
    address = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8099"))
    ThreadingHTTPServer(address, Receiver).serve_forever()
