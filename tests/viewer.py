"""A viewer written from the protocol page alone: Ed25519 by the openssl program, proofs (DPoP), key requests."""
import base64
import hashlib
import json
import subprocess
import threading
import time
import uuid


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def openssl(*arguments, stdin=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=True).stdout


class Viewer:
    """One key pair to sign with and one to receive keys with, kept in `folder`."""

    def __init__(self, node, folder):
        self.node, self.folder = node, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key, exchange = folder / "ed25519.pem", folder / "x25519.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        openssl("genpkey", "-algorithm", "x25519", "-out", exchange)
        self.jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64(openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-32:])}
        self.encryption_key = {"crv": "X25519", "kty": "OKP", "x": b64(openssl("pkey", "-in", exchange, "-pubout", "-outform", "DER")[-32:])}
        self.jkt = b64(hashlib.sha256(compact(self.jwk)).digest())
        self.nonce = node.get_json("/v1/node")["nonce"]

    def sign(self, header, payload):
        text = b64(compact(header)) + "." + b64(compact(payload))
        message = self.folder / f"message-{threading.get_ident()}"
        message.write_bytes(text.encode())
        return text + "." + b64(openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", message))

    def proof(self, method, path, body, **changes):
        """A DPoP proof for this request; `changes` overrides claims."""
        claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": self.node.url + path, "iat": int(time.time()), "nonce": self.nonce,
                  "htd": b64(hashlib.sha256(body).digest())}
        return self.sign({"alg": "EdDSA", "jwk": self.jwk, "typ": "dpop+jwt"}, {**claims, **changes})

    def post(self, path, value, proof=None, headers=None):
        """(status, answer) of a signed POST; `proof` replaces the right one."""
        body = compact(value)
        sent = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4()), "DPoP": proof or self.proof("POST", path, body)}
        status, _, answer = self.node.request("POST", path, body, {k: v for k, v in {**sent, **(headers or {})}.items() if v is not None})
        return status, json.loads(answer or b"{}")

    def attest(self, title_id, leaf):
        """Does what a goodwill or code leaf of the offer asks and returns the attestation."""
        status, action = self.post("/v1/actions/start", {"title_id": title_id, "requirement": leaf["requirement"], "key": leaf["key"]})
        assert status == 200, action
        text = action["challenge"]["text"]
        answer = {"accepted": True, "text_hash": b64(hashlib.sha256(text.encode()).digest())}
        status, done = self.post("/v1/actions/complete", {"action_id": action["action_id"], "response": answer})
        assert status == 200, done
        return done["attestation"]

    def key_request(self, offer, path, **changes):
        """The body of a request for everything a path offers."""
        terms = next(p for p in offer["paths"] if p["id"] == path)["grants"]
        body = {"title_id": offer["title_id"], "revision": offer["revision"], "path": path, "slots": terms["slots"],
                "key_groups": terms["key_groups"], "encryption_key": self.encryption_key, "attestations": []}
        return {**body, **changes}
