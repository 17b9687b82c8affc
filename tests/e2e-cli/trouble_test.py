"""A node in trouble: its database held by another process. What needs no writing goes on; what does is told to come again."""
import copy
import json
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import PATIENCE, Node, swarma
from viewer import Viewer, compact


def line_to(node):
    """The same node over a connection of its own, for a thread of its own."""
    line = copy.copy(node)
    line.connection = None
    return line


def leaf_of(offer):
    return next(p for p in offer["paths"] if p["id"] == "goodwill")["requires"]


class Held:
    """Another process in the middle of a transaction: what a backup, VACUUM or a shell does."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_):
        self.connection.execute("ROLLBACK")
        self.connection.close()


class TroubleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-trouble-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        film = make_film(cls.folder / "film.mp4", 4, "160x90")
        done = swarma("publish", film, "--node", cls.node.url, "--data", cls.folder / "node", "--policy", "goodwill", "--ladder", "copy", "--json")
        assert done.code == 0, done.errors
        cls.title = done.json["title_id"]
        body = compact({"title_id": cls.title})
        cls.offer = json.loads(cls.node.request("POST", "/v1/requirements/offer", body, {"Content-Type": "application/json"})[2])
        cls.database = cls.folder / "node" / "swarma.db"

    def viewer(self, name):
        return Viewer(line_to(self.node), self.folder / name)

    def start(self, viewer):
        leaf = leaf_of(self.offer)
        return viewer.post("/v1/actions/start", {"title_id": self.title, "requirement": leaf["requirement"], "key": leaf["key"]})

    def probe_until(self, end, paths):
        """path → the slowest answer in seconds and every status, asked again and again until `end` is set."""
        seen = {path: [0.0, set()] for path in paths}

        def probe(path):
            line = line_to(self.node)
            while not end.is_set():
                began = time.monotonic()
                status = line.request("GET", path)[0]
                seen[path][0] = max(seen[path][0], time.monotonic() - began)
                seen[path][1].add(status)
                time.sleep(0.05)

        threads = [threading.Thread(target=probe, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        return seen, threads

    def answers_at_once(self, calls):
        """What every call answered and how long it took."""
        out = [None] * len(calls)

        def run(i):
            began = time.monotonic()
            answer = calls[i]()
            out[i] = (*answer, time.monotonic() - began)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return out

    def test_a_held_database_stops_only_what_writes(self):
        blob = self.node.get_json(f"/v1/titles/{self.title}")["title"]["playlist"]
        viewers = [self.viewer(f"start-{i}") for i in range(8)]
        end = threading.Event()
        with Held(self.database):
            paths = (f"/{blob}", "/", "/v1/node", "/health", "/v1/catalog/search", f"/v1/titles/{self.title}", "/metrics")
            seen, threads = self.probe_until(end, paths)
            answers = self.answers_at_once([lambda v=v: self.start(v) for v in viewers])
            time.sleep(0.5)
            end.set()
            for thread in threads:
                thread.join()
        for path, (slowest, statuses) in seen.items():
            self.assertEqual(statuses, {200}, path)
            self.assertLess(slowest, 1 * PATIENCE, path)
        for status, answer, seconds in answers:
            self.assertEqual((status, answer["reason"]), (503, "database_busy"))
            self.assertGreaterEqual(answer["retry_after_s"], 1)
            self.assertLess(seconds, 4 * PATIENCE)
        self.assertEqual(self.start(viewers[0])[0], 200, "it works as soon as the lock is gone")

    def test_a_short_lock_is_waited_for(self):
        viewer = self.viewer("patient")
        with Held(self.database):
            answers = []
            thread = threading.Thread(target=lambda: answers.append(self.start(viewer)))
            thread.start()
            time.sleep(0.5)
        thread.join()
        self.assertEqual(answers[0][0], 200, answers)

    def test_key_requests_wait_off_the_loops_and_use_nothing_up(self):
        viewers = [self.viewer(f"keys-{i}") for i in range(12)]
        requests = []
        for viewer in viewers:
            attestation = viewer.attest(self.title, leaf_of(self.offer))
            body = viewer.key_request(self.offer, "goodwill", attestations=[attestation])
            proof = viewer.proof("POST", "/v1/keys/request", compact(body))
            requests.append(lambda v=viewer, b=body, p=proof, i=viewer.jkt: v.post("/v1/keys/request", b, proof=p, headers={"Idempotency-Key": i}))
        end = threading.Event()
        with Held(self.database):
            seen, threads = self.probe_until(end, ("/v1/node", "/health"))
            answers = self.answers_at_once(requests)
            end.set()
            for thread in threads:
                thread.join()
        for path, (slowest, statuses) in seen.items():
            self.assertEqual(statuses, {200}, path)
            self.assertLess(slowest, 1 * PATIENCE, path)
        for status, answer, seconds in answers:
            self.assertEqual((status, answer.get("reason")), (503, "database_busy"), answer)
            self.assertLess(seconds, 4 * PATIENCE)
        for status, answer, _ in self.answers_at_once(requests):
            self.assertEqual(status, 200, answer)  # the same proofs and attestations: nothing was used up


if __name__ == "__main__":
    unittest.main(verbosity=2)
