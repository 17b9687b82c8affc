"""A node in trouble: its database held by another process, damaged, removed or replaced; strangers who guess codes."""
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

    def line(self):
        line = line_to(self.node)
        self.addCleanup(line._hang_up)
        return line

    def viewer(self, name):
        return Viewer(self.line(), self.folder / name)

    def start(self, viewer):
        leaf = leaf_of(self.offer)
        return viewer.post("/v1/actions/start", {"title_id": self.title, "requirement": leaf["requirement"], "key": leaf["key"]})

    def probe_until(self, end, paths):
        """path → the slowest answer in seconds and every status, asked again and again until `end` is set."""
        seen = {path: [0.0, set()] for path in paths}

        def probe(path):
            line = self.line()
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


class DamageTest(unittest.TestCase):
    """The database file is not what it was. The node says so, writes nothing more, and tells strangers no detail."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-damage-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.film = make_film(cls.folder / "film.mp4", 2, "160x90")

    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="home-", dir=self.folder)) / "node"
        self.node = Node(self.home).start()
        self.addCleanup(lambda: self.node.process.poll() is None and self.node.kill())
        done = swarma("publish", self.film, "--node", self.node.url, "--data", self.home, "--policy", "goodwill", "--ladder", "copy", "--json")
        self.assertEqual(done.code, 0, done.errors)
        self.title = done.json["title_id"]
        self.offer = json.loads(self.node.request("POST", "/v1/requirements/offer", compact({"title_id": self.title}), {"Content-Type": "application/json"})[2])
        self.viewer = Viewer(self.node, self.home.parent / "viewer")
        self.assertEqual(self.node.request("GET", "/health")[0], 200)

    def start(self):
        leaf = leaf_of(self.offer)
        return self.viewer.post("/v1/actions/start", {"title_id": self.title, "requirement": leaf["requirement"], "key": leaf["key"]})

    def is_ill(self, *reasons):
        """/health says it within a few seconds, writes are 500 without SQLite's words, and the log is loud."""
        end = time.monotonic() + 5 * PATIENCE
        while self.node.request("GET", "/health")[0] == 200 and time.monotonic() < end:
            time.sleep(0.1)
        status, _, body = self.node.request("GET", "/health")
        self.assertEqual(status, 503)
        self.assertIn(json.loads(body)["checks"]["database"], reasons)
        status, answer = self.start()
        self.assertEqual(status, 500, answer)
        for word in ("malformed", "sqlite", "SQLite", str(self.home), "disk image"):
            self.assertNotIn(word, json.dumps(answer))
        self.assertIn("database_damaged", self.node.log())

    def test_overwritten(self):
        with open(self.home / "swarma.db", "r+b") as file:
            size = file.seek(0, 2)
            file.seek(0)
            file.write(b"\xa5" * size)
        self.is_ill("database_corrupt", "database_damaged")

    def test_emptied(self):
        with open(self.home / "swarma.db", "r+b") as file:
            file.truncate(0)
        self.is_ill("database_corrupt", "database_damaged")

    def test_removed(self):
        (self.home / "swarma.db").unlink()
        status, answer = self.start()
        self.assertEqual(status, 500, f"a write into a file that is gone was acknowledged: {answer}")
        self.is_ill("database_gone", "database_damaged")

    def test_replaced_by_another_database(self):
        other = sqlite3.connect(self.home.parent / "other.db")
        other.execute("CREATE TABLE notes (text TEXT)")
        other.commit()
        other.close()
        shutil.move(self.home.parent / "other.db", self.home / "swarma.db")
        self.is_ill("database_gone", "database_damaged")

    def test_its_tables_dropped(self):
        other = sqlite3.connect(self.home / "swarma.db", timeout=10, isolation_level=None)
        other.execute("DROP TABLE schema_migrations")
        other.close()
        self.is_ill("database_corrupt", "database_damaged")

    def test_works_again_after_a_repair_and_a_start(self):
        saved = self.home.parent / "saved.db"
        source, target = sqlite3.connect(self.home / "swarma.db"), sqlite3.connect(saved)
        source.backup(target)
        source.close()
        target.close()
        with open(self.home / "swarma.db", "r+b") as file:
            file.truncate(100)  # the header is whole, the page that it begins is not
        self.is_ill("database_corrupt", "database_damaged")
        self.node.kill()
        for name in ("swarma.db", "swarma.db-wal", "swarma.db-shm"):
            (self.home / name).unlink(missing_ok=True)
        shutil.move(saved, self.home / "swarma.db")
        self.node.start()
        self.assertEqual(self.node.request("GET", "/health")[0], 200)
        self.viewer.nonce = self.node.get_json("/v1/node")["nonce"]
        self.assertEqual(self.start()[0], 200)


class GuessingTest(unittest.TestCase):
    """Codes are guessed slowly, and no stranger shuts a title for others."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-guessing-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node", "--trusted-proxy", "127.0.0.1").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        cls.film = make_film(cls.folder / "film.mp4", 2, "160x90")
        cls.keys = 0

    def setUp(self):
        done = swarma("publish", self.film, "--node", self.node.url, "--data", self.folder / "node", "--policy", "code:POPCORN", "--ladder", "copy", "--json")
        self.assertEqual(done.code, 0, done.errors)
        self.title = done.json["title_id"]
        offer = json.loads(self.node.request("POST", "/v1/requirements/offer", compact({"title_id": self.title}), {"Content-Type": "application/json"})[2])
        self.leaf = next(p["requires"] for p in offer["paths"] if p.get("requires"))

    def throw_away(self):
        type(self).keys += 1
        return Viewer(self.node, self.folder / f"viewer-{self.keys}")

    def enter(self, code, address=None, viewer=None):
        """(status, answer, seconds) of one code, by a fresh key unless one is given."""
        viewer = viewer or self.throw_away()
        headers = {"X-Forwarded-For": address} if address else None
        status, action = viewer.post("/v1/actions/start", {"title_id": self.title, "requirement": self.leaf["requirement"], "key": self.leaf["key"]}, headers=headers)
        self.assertEqual(status, 200, action)
        began = time.monotonic()
        status, answer = viewer.post("/v1/actions/complete", {"action_id": action["action_id"], "response": {"code": code}}, headers=headers)
        return status, answer, time.monotonic() - began

    def guess_until_refused(self, address=None):
        count = 0
        while True:
            viewer = self.throw_away()
            for _ in range(9):
                status, answer, _ = self.enter(f"GUESS-{count:05}", address, viewer)
                if status == 429:
                    return count, answer
                self.assertEqual((status, answer["reason"]), (403, "wrong_code"), answer)
                count += 1
            self.assertLess(count, 100, "nobody stops a guesser")

    def test_a_right_code_gets_in_beside_a_guesser_on_the_same_network(self):
        count, refusal = self.guess_until_refused()
        self.assertLess(count, 50)
        self.assertIn(f"{refusal['retry_after_s']} seconds", refusal["detail"])
        status, answer, seconds = self.enter("POPCORN")
        self.assertEqual(status, 200, answer)
        self.assertLess(seconds, 20 * PATIENCE)

    def test_other_networks_notice_nothing_and_the_proxy_says_which_is_which(self):
        self.guess_until_refused("203.0.113.5")
        status, answer, seconds = self.enter("POPCORN", "198.51.100.7")
        self.assertEqual(status, 200, answer)
        self.assertLess(seconds, 3 * PATIENCE)
        # Another address of the same network, and one that claims to come from elsewhere, wait for their turn.
        self.enter("GUESS", "203.0.113.77")
        status, _, seconds = self.enter("GUESS", "198.51.100.7, 203.0.113.9")
        self.assertEqual(status, 403)
        self.assertGreater(seconds, 2, "an invented address escapes the turns")


if __name__ == "__main__":
    unittest.main(verbosity=2)
