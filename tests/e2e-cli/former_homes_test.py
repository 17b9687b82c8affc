"""Homes made by earlier versions open, migrate and play. Each lies in tests/homes with what must be found in it."""
import json
import shutil
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import probe
from program import Node, swarma, walk_blobs
from studio import Studio

HOMES = sorted((Path(__file__).resolve().parent.parent / "homes").glob("*.tar.xz"))


class FormerHomesTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="swarma-former-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def watch(self, node, viewer, title, *options):
        (self.folder / viewer).mkdir(exist_ok=True)
        film = self.folder / viewer / f"{title}.mp4"
        done = swarma("watch", title, "--node", node.url, "--data", self.folder / viewer, "--output", film, "--json", *options)
        return done, film

    def plays(self, node, viewer, title, *options):
        done, film = self.watch(node, viewer, title, *options)
        self.assertEqual(done.code, 0, done.errors)
        self.assertAlmostEqual(float(probe(film)["format"]["duration"]), 6, delta=0.2)

    def test_there_are_some(self):
        self.assertTrue(HOMES)

    def test_they_open_migrate_and_play(self):
        for archive in HOMES:
            with self.subTest(archive.name):
                home = self.folder / archive.stem
                with tarfile.open(archive) as packed:
                    packed.extractall(home, filter="data")
                facts = json.loads((home / "home.json").read_text())
                for run in ("first", "second"):   # the second finds everything migrated
                    with Node(home / "home") as node:
                        self.look_around(node, facts, run)
                        self.assertEqual(node.stop(), 0)

    def look_around(self, node, facts, run):
        visible = {facts[name] for name in ("goodwill", "open", "codes", "studio")}
        self.assertLessEqual(visible, {title["title_id"] for title in node.titles()})
        for title in visible:
            self.assertGreater(len(walk_blobs(node, title)), 5)
        self.assertEqual(node.request("GET", f"/v1/titles/{facts['withdrawn']}")[0], 410)
        self.plays(node, f"{run} stranger", facts["goodwill"], "--accept")
        self.plays(node, f"{run} stranger", facts["open"])
        self.plays(node, "friend", facts["codes"], "--code", facts["good_code"])
        refused, _ = self.watch(node, f"{run} stranger", facts["codes"], "--code", facts["used_code"])
        self.assertEqual(refused.reason, "code_used_up", refused.errors)
        studio = Studio(node, self.folder / f"{run} studio")
        self.assertEqual(studio.job(facts["job"])["title_id"], facts["studio"])
        if run == "first":
            self.assertEqual(studio.upload_state(facts["upload"]), (200, facts["upload_offset"]))
            film = (node.data.parent / "film.mp4").read_bytes()
            self.assertEqual(studio.append(facts["upload"], facts["upload_offset"], film[facts["upload_offset"]:])[0], 204)
            job = studio.wait_for(studio.package(facts["upload"], "Begun earlier", ladder="copy"))
            self.assertEqual(job["state"], "done", job)
            self.plays(node, "first stranger", job["title_id"])


if __name__ == "__main__":
    unittest.main()
