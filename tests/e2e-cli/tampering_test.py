"""A viewer behind a lying node: whatever is changed on the way is noticed, named, and leaves no file."""
import json
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from lying_node import LyingNode
from program import Node, free_port, swarma, walk_blobs


def flip(body):
    """One bit, in the middle."""
    at = len(body) // 2
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]


class TamperingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-tampering-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.port = free_port()   # of everybody who stands in between
        cls.node = Node(cls.folder / "node", "--public-url", f"http://127.0.0.1:{cls.port}").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        cls.film = make_film(cls.folder / "film.mp4", 12, "320x180")
        cls.title_id = cls.publish("goodwill")
        cls.other_id = cls.publish("open", "--title", "Another")
        record = cls.node.get_json(f"/v1/titles/{cls.title_id}")["title"]
        cls.names = {"playlist": record["playlist"], "details": record["details"]}
        media = re.findall(r"^([0-9a-f]{64})", cls.node.get(f"/{record['playlist']}").decode(), re.M)
        cls.names["media playlist"] = media[0]
        lines = cls.node.get(f"/{media[0]}").decode()
        cls.segments = re.findall(r"^([0-9a-f]{64})", lines, re.M)
        cls.names["init segment"] = re.search(r'URI="([0-9a-f]{64})', lines)[1]
        cls.names["segment"] = cls.segments[1]

    @classmethod
    def publish(cls, policy, *options):
        answer = swarma("publish", cls.film, "--node", cls.node.url, "--data", cls.folder / "node", "--policy", policy, "--ladder", "copy", "--json", *options)
        assert answer.code == 0, answer.errors
        return answer.json["title_id"]

    def watch(self, lie, title_id=None, viewer="stranger"):
        output = self.folder / "watched.mp4"
        output.unlink(missing_ok=True)
        with LyingNode(self.node, lie, self.port) as node:
            answer = swarma("watch", title_id or self.title_id, "--node", node.url, "--data", self.folder / viewer, "--accept", "--output", output, "--json")
        if answer.code != 0:
            self.assertFalse(output.exists(), "a file was left behind")
        return answer

    def refused(self, lie, *reasons, **options):
        answer = self.watch(lie, **options)
        self.assertEqual(answer.code, 1, "the lie was believed")
        self.assertIn(answer.reason, reasons, answer.errors)

    def test_an_honest_detour_is_fine(self):
        answer = self.watch(lambda *_: None)
        self.assertEqual(answer.code, 0, answer.errors)

    def test_one_bit_of_any_blob(self):
        for kind, name in self.names.items():
            with self.subTest(kind):
                self.refused(lambda _, path, body, name=name: flip(body) if path.startswith(f"/{name}") else None, "hash_mismatch")

    def test_one_segment_for_another(self):
        first, second = (self.node.get(f"/{name}") for name in self.segments[:2])
        swap = {self.segments[0]: second, self.segments[1]: first}
        self.refused(lambda _, path, body: swap.get(path[1:65]), "hash_mismatch")

    def test_a_segment_cut_short(self):
        self.refused(lambda _, path, body: body[:-1] if path.startswith(f"/{self.segments[0]}") else None, "hash_mismatch")

    def test_a_record_with_one_letter_changed(self):
        def lie(_, path, body):
            if not path.startswith("/v1/titles/"):
                return None
            answer = json.loads(body)
            answer["record"] = flip(answer["record"].encode()).decode(errors="replace")
            return json.dumps(answer).encode()
        self.refused(lie, "record_forged", "record_bad", "bad_jws", "jws_bad", "bad_signature")

    def test_the_record_of_another_title(self):
        other = self.node.get(f"/v1/titles/{self.other_id}")
        self.refused(lambda _, path, body: other if path.startswith("/v1/titles/") else None, "record_forged")

    def test_an_older_record_than_one_seen(self):
        title_id = self.publish("open", "--title", "First")
        old = self.node.get(f"/v1/titles/{title_id}")
        self.publish("open", "--title", "Second", "--revise", title_id)
        self.assertEqual(self.watch(lambda *_: None, title_id=title_id, viewer="regular").code, 0)
        self.refused(lambda _, path, body: old if path.startswith("/v1/titles/") else None, "record_older", title_id=title_id, viewer="regular")

    def test_the_grant_of_another_viewer(self):
        grants = []

        def listen(_, path, body):
            if path == "/v1/keys/request":
                grants.append(body)
        self.assertEqual(self.watch(listen, viewer="first").code, 0)
        self.refused(lambda _, path, body: grants[0] if path == "/v1/keys/request" else None, "grant_wrong_viewer", viewer="second")

    def test_a_grant_with_one_letter_changed(self):
        def lie(_, path, body):
            if path != "/v1/keys/request":
                return None
            header, payload, signature = json.loads(body)["grant"].split(".")
            changed = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
            return json.dumps({"grant": f"{header}.{payload}.{changed}"}).encode()
        self.refused(lie, "grant_forged", viewer="third")

    def test_a_blob_changed_on_the_nodes_disk(self):
        title_id = self.publish("open", "--title", "Rotten")
        record = self.node.get_json(f"/v1/titles/{title_id}")["title"]
        media = re.findall(r"^([0-9a-f]{64})", self.node.get(f"/{record['playlist']}").decode(), re.M)[0]
        segment = re.findall(r"^([0-9a-f]{64})", self.node.get(f"/{media}").decode(), re.M)[0]
        path = self.folder / "node/blobs" / segment[:2] / segment
        path.chmod(0o600)
        path.write_bytes(flip(path.read_bytes()))
        with self.assertRaises(AssertionError):
            walk_blobs(self.node, title_id)
        self.refused(lambda *_: None, "hash_mismatch", title_id=title_id)


if __name__ == "__main__":
    unittest.main()
