"""A node whose disk is full: viewers are told so, /health says it, the owner can still look and make room, and it all works
again without a restart. Needs root, for a small disk of its own (tmpfs in a mount namespace); without it is skipped."""
import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import PATIENCE, Node, owner_elsewhere, swarma, walk_blobs
from viewer import Viewer, b64, compact

CLONE_NEWNS = 0x00020000


def own_mounts():
    """Why this process cannot have mounts of its own, or nothing when it now has."""
    if os.geteuid() != 0:
        return "needs root to mount a small disk"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return f"no mount namespace here: {os.strerror(ctypes.get_errno())}"
    done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


class Studio(Viewer):
    """The owner's browser: a key that a sign-in link let in."""

    def __init__(self, node, folder, link):
        super().__init__(node, folder)
        self.token = None
        status, answer = self.post("/v1/links/redeem", {"link": link.split("#")[1].strip()})
        assert status == 201, answer
        self.token = answer["token"]

    def call(self, method, path, body=b"", headers=None):
        changes = {"ath": b64(hashlib.sha256(self.token.encode()).digest())}
        proof = self.proof(method, path, body, **changes) if body else self.bodiless(method, path, changes)
        sent = {"DPoP": proof, "Authorization": f"DPoP {self.token}", **(headers or {})}
        status, got, answer = self.node.request(method, path, body or None, sent)
        return status, got, answer

    def bodiless(self, method, path, changes):
        claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": self.node.url + path, "iat": int(time.time()), "nonce": self.nonce, **changes}
        return self.sign({"alg": "EdDSA", "jwk": self.jwk, "typ": "dpop+jwt"}, claims)


class FullDiskTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        why_not = own_mounts()
        if why_not:
            raise unittest.SkipTest(why_not)
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-full-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        # Bytes that nothing makes smaller, so that a film is worth removing.
        cls.film = make_film(cls.folder / "film.mp4", 4, "320x180", 24, 1, "-c:v", "libx264", "-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "1M", "-x264-params", "nal-hrd=cbr:filler=1")

    def setUp(self):
        self.disk = Path(tempfile.mkdtemp(prefix="disk-", dir=self.folder))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", self.disk], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.disk], check=True))
        self.node = Node(self.disk / "data").start()
        self.addCleanup(lambda: self.node.process.poll() is None and self.node.kill())
        self.count = 0
        self.titles = [self.publish(f"Film {i}") for i in range(2)]
        link = swarma("link", "--node", self.node.url, "--data", self.disk / "data").output.splitlines()[0]
        self.owner = Studio(self.node, self.folder / f"owner-{self.disk.name}", link)

    def publish(self, name, data=None):
        done = swarma("publish", self.film, "--node", self.node.url, "--data", data or self.disk / "data", "--title", name, "--policy", "goodwill", "--ladder", "copy", "--json")
        if data is None:
            self.assertEqual(done.code, 0, done.errors)
            return done.json["title_id"]
        return done

    def fill(self):
        filler = self.disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        return filler

    def viewer(self):
        self.count += 1
        return Viewer(self.node, self.folder / f"{self.disk.name}-{self.count}")

    def start(self, title):
        offer = json.loads(self.node.request("POST", "/v1/requirements/offer", compact({"title_id": title}), {"Content-Type": "application/json"})[2])
        leaf = next(p for p in offer["paths"] if p["id"] == "goodwill")["requires"]
        return self.viewer().post("/v1/actions/start", {"title_id": title, "requirement": leaf["requirement"], "key": leaf["key"]})

    def health(self):
        status, _, body = self.node.request("GET", "/health")
        return status, json.loads(body)["checks"]

    def await_health(self, wanted):
        end = time.monotonic() + 5 * PATIENCE
        while self.health()[0] != wanted and time.monotonic() < end:
            time.sleep(0.1)
        return self.health()

    def test_room_by_removing_an_upload(self):
        status, headers, _ = self.owner.call("POST", "/v1/uploads", headers={"Upload-Length": "6000000", "Tus-Resumable": "1.0.0"})
        self.assertEqual(status, 201)
        place = headers["location"].replace(self.node.url, "")
        status, _, answer = self.owner.call("PATCH", place, b"a" * 4_000_000, {"Upload-Offset": "0", "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"})
        self.assertEqual(status, 204, answer)
        filler = self.fill()

        status, answer = self.start(self.titles[0])
        self.assertIn(status, (503, 507), answer)
        self.assertEqual(answer["reason"], "disk_full")
        self.assertGreaterEqual(answer["retry_after_s"], 1)
        self.assertNotIn(str(self.disk), answer["detail"])
        status, checks = self.await_health(503)
        self.assertEqual((status, checks["disk"]), (503, "disk_full"))
        walk_blobs(self.node, self.titles[0])  # what is there is served
        status, _, answer = self.owner.call("PATCH", place, b"a" * 1_000_000, {"Upload-Offset": "4000000", "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"})
        self.assertEqual(status, 507, answer)

        status, headers, _ = self.owner.call("HEAD", place, headers={"Tus-Resumable": "1.0.0"})
        self.assertEqual((status, headers.get("upload-offset")), (200, "4000000"))
        status, _, answer = self.owner.call("DELETE", place, headers={"Tus-Resumable": "1.0.0"})
        self.assertEqual(status, 204, answer)
        filler.unlink()
        status, answer = self.start(self.titles[0])
        self.assertEqual(status, 200, answer)
        self.assertEqual(self.await_health(200)[0], 200)

    def test_room_by_removing_a_title(self):
        self.fill()
        self.assertEqual(self.await_health(503)[0], 503)
        status, _, body = self.owner.call("GET", "/v1/studio/titles")
        self.assertEqual(status, 200, body)
        self.assertEqual(len(json.loads(body)["titles"]), 2)
        began = time.monotonic()
        refused = self.publish("Third", owner_elsewhere(self.node, self.folder / f"elsewhere-{self.disk.name}"))
        self.assertEqual((refused.code, refused.reason), (1, "disk_full"), refused.errors)
        self.assertLess(time.monotonic() - began, 30 * PATIENCE)

        before = shutil.disk_usage(self.disk).free
        status, _, answer = self.owner.call("DELETE", f"/v1/titles/{self.titles[0]}")
        self.assertEqual(status, 200, answer)
        self.assertGreater(shutil.disk_usage(self.disk).free - before, 1_500_000, "its blobs are still there")
        self.assertEqual(self.await_health(200), (200, {"blobs": "ok", "database": "ok", "disk": "ok"}))
        self.assertEqual(self.start(self.titles[1])[0], 200)
        walk_blobs(self.node, self.titles[1])

    def test_a_node_starts_on_a_full_disk(self):
        self.node.stop()
        self.fill()
        self.node.start()
        self.assertEqual(self.await_health(503)[0], 503)
        walk_blobs(self.node, self.titles[0])
        self.owner.nonce = self.node.get_json("/v1/node")["nonce"]
        status, _, answer = self.owner.call("DELETE", f"/v1/titles/{self.titles[0]}")
        self.assertEqual(status, 200, answer)
        self.assertEqual(self.await_health(200)[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
