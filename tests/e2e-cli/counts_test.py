"""A node that is killed forgets neither how often a way was used nor what was revoked."""
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import Node, swarma
from viewer import Viewer, b64, compact

POLICY = {"version": 1, "paths": [{"id": "plays", "grants": {"max_plays": 5, "ttl_s": 600}}, {"id": "rolls", "grants": {"ttl_s": 600}}]}


class CountsTest(unittest.TestCase):
    def test_kill_9_loses_no_count_and_no_revocation(self):
        folder = Path(tempfile.mkdtemp(prefix="swarma-counts-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        node = Node(folder / "node").start()
        self.addCleanup(lambda: node.process.poll() is None and node.kill())
        policy = folder / "policy.json"
        policy.write_text(json.dumps(POLICY))
        film = make_film(folder / "film.mp4", 8, "320x180")
        answer = swarma("publish", film, "--node", node.url, "--data", folder / "node", "--policy", policy, "--ladder", "copy", "--json")
        self.assertEqual(answer.code, 0, answer.errors)
        body = compact({"title_id": answer.json["title_id"]})
        _, _, text = node.request("POST", "/v1/requirements/offer", body, {"Content-Type": "application/json", "Idempotency-Key": b64(body)})
        offer, viewer = json.loads(text), Viewer(node, folder / "viewer")

        def ask(path, **changes):
            status, answer = viewer.post("/v1/keys/request", viewer.key_request(offer, path, **changes))
            return status, answer.get("grant") or answer["type"].removeprefix("/problems/")

        revoked = [ask("rolls")[1] for _ in range(3)]
        for round in range(3):
            self.assertEqual(ask("plays")[0], 200)
            status, _ = viewer.post("/v1/keys/revoke", {"unlock_id": payload(revoked[round])["unlock_id"]})
            self.assertEqual(status, 200)
            node.kill()  # at once, without a word
            node.start()
            viewer.nonce = node.get_json("/v1/node")["nonce"]
            for grant in revoked[:round + 1]:
                self.assertEqual(ask("rolls", unlock=grant), (403, "grant_revoked"))
        self.assertEqual([ask("plays")[0] for _ in range(2)], [200, 200])
        self.assertEqual(ask("plays"), (403, "max_plays"))


def payload(jws):
    import base64
    part = jws.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


if __name__ == "__main__":
    unittest.main()
