"""The studio's side of a node, by raw HTTP: a key that a one-time link let in, resumable uploads, packaging jobs."""
import hashlib
import json
import time
import uuid

from program import PATIENCE, swarma
from viewer import Viewer, b64


class Studio(Viewer):
    """Signs in with a link made by the owner in `home` (the node's own data folder by default) by `swarma link` with `options`."""

    def __init__(self, node, folder, home=None, options=()):
        super().__init__(node, folder)
        made = swarma("link", "--node", node.url, "--data", home or node.data, "--json", *options)
        assert made.code == 0, made.errors
        self.token = None
        status, answer = self.post("/v1/links/redeem", {"link": made.json["link"].split("#")[-1]})
        assert status == 201, answer
        self.token = answer["token"]

    def at(self, node):
        """Speaks to another node of the same database from now on."""
        self.node = node
        self.nonce = node.get_json("/v1/node")["nonce"]
        return self

    def signed(self, method, path, body=b""):
        """Token and proof of a request."""
        claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": self.node.url + path.split("?")[0], "iat": int(time.time()),
                  "nonce": self.nonce, "ath": b64(hashlib.sha256(self.token.encode()).digest())}
        if body:
            claims["htd"] = b64(hashlib.sha256(body).digest())
        proof = self.sign({"alg": "EdDSA", "jwk": self.jwk, "typ": "dpop+jwt"}, claims)
        return {"DPoP": proof, "Authorization": f"DPoP {self.token}"}

    def call(self, method, path, body=b"", headers=None):
        """(status, headers, body) of a signed request with the token."""
        return self.node.request(method, path, body or None, {**self.signed(method, path, body), **(headers or {})})

    def begin_upload(self, length, name="film"):
        status, headers, body = self.call("POST", "/v1/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(length),
                                                                         "Upload-Metadata": "filename " + b64(name.encode())})
        assert status == 201, body
        return headers["location"].rsplit("/", 1)[-1]

    def append(self, upload, offset, piece):
        return self.call("PATCH", f"/v1/uploads/{upload}", piece,
                         {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"})

    def upload_state(self, upload):
        """(status, offset) of HEAD."""
        status, headers, _ = self.call("HEAD", f"/v1/uploads/{upload}", headers={"Tus-Resumable": "1.0.0"})
        return status, int(headers.get("upload-offset", -1))

    def upload(self, data, name="film"):
        upload = self.begin_upload(len(data), name)
        status, _, body = self.append(upload, 0, data)
        assert status == 204, body
        return upload

    def package(self, upload, name, **more):
        body = json.dumps({"upload_id": upload, "name": name, "policy": "open", **more}).encode()
        status, _, answer = self.call("POST", "/v1/media", body, {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())})
        assert status == 202, answer
        return json.loads(answer)["media_id"]

    def job(self, media):
        status, _, body = self.call("GET", f"/v1/media/{media}")
        assert status == 200, body
        return json.loads(body)

    def wait_for(self, media, states=("done", "failed", "cancelled"), seconds=120):
        end = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < end:
            job = self.job(media)
            if job["state"] in states:
                return job
            time.sleep(0.1)
        raise AssertionError(f"job {media} is still {job}")
