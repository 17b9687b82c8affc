"""Two nodes on one database and one blob folder: an upload begun at one goes on at the other, a job runs on either, is seen
from both, and is finished by the other when the node that runs it is killed. On SQLite and on PostgreSQL."""
import json
import os
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from postgres import Postgres
from program import PATIENCE, Node, swarma, walk_blobs
from studio import Studio


class TwoNodes:
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="swarma-two-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)                               # a PostgreSQL server of another user has a folder in it
        swarma("key", "show", "--data", self.folder / "a")
        (self.folder / "b").mkdir(mode=0o700)
        shutil.copy2(self.folder / "a" / "identity.json", self.folder / "b")
        options = ["--database", self.make_database(), "--blobs", self.folder / "blobs"]
        self.a, self.b = (Node(self.folder / name, *options).start() for name in ("a", "b"))
        for node in (self.a, self.b):
            self.addCleanup(lambda node=node: node.process.poll() is None and node.kill())
        self.studio = Studio(self.a, self.folder / "studio")

    def test_an_upload_goes_on_at_the_other_node(self):
        data = os.urandom(300_000)
        upload = self.studio.begin_upload(len(data))
        self.assertEqual(self.studio.append(upload, 0, data[:100_000])[0], 204)
        self.studio.at(self.b)
        self.assertEqual(self.studio.upload_state(upload), (200, 100_000))
        self.assertEqual(self.studio.append(upload, 100_000, data[100_000:])[0], 204)
        self.studio.at(self.a)
        self.assertEqual(self.studio.upload_state(upload), (200, len(data)))
        self.assertEqual(self.studio.call("DELETE", f"/v1/uploads/{upload}")[0], 204)
        self.studio.at(self.b)
        self.assertEqual(self.studio.upload_state(upload)[0], 404)

    def test_a_job_is_seen_from_both_and_survives_the_node_that_runs_it(self):
        film = make_film(self.folder / "film.mp4", 45, "854x480")
        data = film.read_bytes()
        upload = self.studio.begin_upload(len(data))
        for at in range(0, len(data), 4 << 20):
            self.assertEqual(self.studio.append(upload, at, data[at:at + (4 << 20)])[0], 204)
        job = self.studio.package(upload, "Survivor", ladder="auto")
        end = time.monotonic() + 60 * PATIENCE
        seen = {}
        while not (seen.get("state") == "working" and seen.get("stage") == "package" and seen["fraction"] > 0.02):
            self.assertLess(time.monotonic(), end, seen)
            self.assertIn(seen.get("state", "queued"), ("queued", "working"), seen)
            seen = self.studio.at(self.a).job(job)
            self.assertIn(self.studio.at(self.b).job(job)["state"], ("queued", "working"))
            time.sleep(0.1)
        runner = next(node for node in (self.a, self.b) if (node.data / "publish").exists())
        other = self.b if runner is self.a else self.a
        runner.kill()
        self.studio.at(other)
        done = self.studio.wait_for(job, seconds=300)
        self.assertEqual(done["state"], "done", done)
        self.assertEqual([title["title_id"] for title in other.titles()], [done["title_id"]])
        walk_blobs(other, done["title_id"])
        status, _, body = self.studio.call("GET", f"/v1/media/{job}/events")
        self.assertEqual(status, 200)
        self.assertIn(b"event: done", body)
        self.assertEqual(list((self.folder / "blobs" / "uploads").iterdir()), [])
        runner.start()
        self.assertEqual(self.studio.at(runner).job(job)["title_id"], done["title_id"])
        self.assertEqual(len(runner.titles()), 1)              # nobody packages it once more

    def test_jobs_asked_for_at_both_are_each_done_once(self):
        film = make_film(self.folder / "film.mp4", 6, "320x180").read_bytes()
        jobs = []
        for index in range(6):
            self.studio.at((self.a, self.b)[index % 2])
            jobs.append(self.studio.package(self.studio.upload(film), f"Film {index}", ladder="copy"))
        self.studio.at(self.b)
        status, _, _ = self.studio.call("DELETE", f"/v1/media/{jobs[-1]}")
        self.assertEqual(status, 200)
        states = [self.studio.wait_for(job)["state"] for job in jobs]
        self.assertEqual(states[:-1], ["done"] * 5)
        self.assertIn(states[-1], ("cancelled", "done"))
        self.assertEqual(len(self.a.titles()), states.count("done"))
        listed = json.loads(self.studio.at(self.a).call("GET", "/v1/media")[2])["jobs"]
        self.assertEqual({job["media_id"] for job in listed}, set(jobs))


class OnSqlite(TwoNodes, unittest.TestCase):
    def make_database(self):
        return f"sqlite:{self.folder}/shared.db"


class OnPostgresql(TwoNodes, unittest.TestCase):
    def make_database(self):
        server = Postgres(self.folder / "postgres").start()
        self.addCleanup(server.stop)
        return server.url


if __name__ == "__main__":
    unittest.main(verbosity=2)
