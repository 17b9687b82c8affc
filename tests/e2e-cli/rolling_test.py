"""A film at its own speed on grants of 30 seconds: no segment is waited for; and after the unlock is revoked it ends within that time."""
import json
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import PATIENCE, PROGRAM, Node, swarma
from secrets_of_a_title import unb64
from viewer import Viewer, b64, openssl

GRANT_SECONDS, SEGMENT_SECONDS, FILM_SECONDS = 30, 4, 72
TERMS = {"version": 1, "paths": [{"id": "once", "requires": {"requirement": "goodwill_ack", "params": {"text": "Once."}},
                                  "grants": {"ttl_s": GRANT_SECONDS, "window_s": GRANT_SECONDS, "unlock_s": 3600, "max_plays": 1}}]}


class Owner(Viewer):
    """Signs with the key of a home, as its owner."""

    def __init__(self, node, folder):
        super().__init__(node, folder)
        seed = unb64(json.loads((node.data / "identity.json").read_text())["secrets"])[:32]
        openssl("pkey", "-inform", "DER", "-out", self.key, stdin=bytes.fromhex("302e020100300506032b657004220420") + seed)
        self.jwk["x"] = b64(openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-32:])


class Rolling(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="swarma-rolling-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.node = Node(self.folder / "node").start()
        self.addCleanup(lambda: self.node.process.poll() is None and self.node.kill())
        film, terms = make_film(self.folder / "film.mp4", FILM_SECONDS, "320x180"), self.folder / "terms.json"
        terms.write_text(json.dumps(TERMS))
        done = swarma("publish", film, "--data", self.node.data, "--node", self.node.url, "--policy", terms, "--ladder", "copy", "--json")
        self.assertEqual(done.code, 0, done.errors)
        self.player = subprocess.Popen([PROGRAM, "watch", done.json["title_id"], "--node", self.node.url, "--data", self.folder / "viewer",
                                        "--accept", "--listen", "127.0.0.1:0", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (self.player.kill(), self.player.wait(), self.player.stdout.close()))
        self.assertTrue(select.select([self.player.stdout], [], [], 20 * PATIENCE)[0])
        self.started = json.loads(self.player.stdout.readline())
        self.url = urlsplit(self.started["url"])
        beside = lambda path, uri: f"{path.rsplit('/', 1)[0]}/{uri}"
        media = beside(self.url.path, self.uris(self.url.path)[0])
        self.segments = [beside(media, uri) for uri in self.uris(media)]

    def fetch(self, path):
        """(status, body, seconds)"""
        began = time.monotonic()
        connection = HTTPConnection(self.url.hostname, self.url.port, timeout=60 * PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body, time.monotonic() - began

    def uris(self, path):
        status, body, _ = self.fetch(path)
        self.assertEqual(status, 200)
        return [line for line in body.decode().splitlines() if line and not line.startswith("#")]

    def test_a_whole_film_without_a_stall(self):
        self.assertGreater(len(self.segments) * SEGMENT_SECONDS, 2 * GRANT_SECONDS)
        began = time.monotonic()
        for at, segment in enumerate(self.segments):
            time.sleep(max(0, began + at * SEGMENT_SECONDS - time.monotonic()))
            status, body, seconds = self.fetch(segment)
            self.assertEqual(status, 200)
            self.assertTrue(body)
            self.assertLess(seconds, SEGMENT_SECONDS / 2 * PATIENCE, f"segment {at} was waited for")

    def test_after_the_unlock_is_revoked_it_ends_within_the_time_of_a_grant(self):
        self.assertEqual(self.fetch(self.segments[0])[0], 200)
        grant = self.started["grant"]
        self.assertGreater(grant["slots"][1], 6)
        status, answer = Owner(self.node, self.folder / "owner").post("/v1/keys/revoke", {"unlock_id": grant["grant_id"].split(".")[0]})
        self.assertEqual(status, 200, answer)
        self.assertEqual(self.fetch(self.segments[-1])[0], 403)    # where the node is asked, at once
        time.sleep(max(0, grant["expires_at"] + 1 - time.time()))
        self.assertEqual(self.fetch(self.segments[6])[0], 403)     # and what was out is over


if __name__ == "__main__":
    unittest.main(verbosity=2)
