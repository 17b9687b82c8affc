"""A node keeps what it was given: when descriptors run out, when a second one is started on its folder, when its disk
damages a blob; and it keeps nothing of a publish that was refused."""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import Node, owner_elsewhere, swarma, walk_blobs
from studio import Studio


class KeepingTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="swarma-keeping-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, name, *options):
        node = Node(self.folder / name, *options).start()
        self.addCleanup(lambda: node.process.poll() is None and node.kill())
        return node

    def test_without_descriptors_nothing_is_taken_for_gone(self):
        node = self.start("node")
        studio = Studio(node, self.folder / "studio")
        upload = studio.upload(b"x" * 1000)
        self.assertEqual(studio.upload_state(upload), (200, 1000))
        pid = node.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        lowest = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(lowest, 3), before[1]))   # nothing more can be opened
        self.assertIn(studio.upload_state(upload)[0], (200, 503))
        status, _, _ = studio.call("POST", "/v1/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10"})
        self.assertIn(status, (201, 503))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        self.assertEqual(studio.upload_state(upload), (200, 1000))
        node.kill()
        node.start()
        self.assertEqual(studio.at(node).upload_state(upload), (200, 1000))

    def test_what_an_earlier_version_left_goes_on(self):
        node = self.start("node")
        studio = Studio(node, self.folder / "studio")
        node.stop()
        film = make_film(self.folder / "film.mp4", 6, "320x180").read_bytes()
        upload, broken = "0123456789abcdef" * 2, "f" * 32
        for name, meta in ((upload, json.dumps({"length": len(film), "filename": "film.mp4"})), (broken, "{")):
            home = node.data / "uploads" / name
            home.mkdir(parents=True)
            (home / "upload.json").write_text(meta)
            (home / "film").write_bytes(film[:1000])
        node.start()
        studio.at(node)
        self.assertEqual(studio.upload_state(upload), (200, 1000))
        self.assertEqual(studio.append(upload, 1000, film[1000:])[0], 204)
        self.assertEqual(studio.wait_for(studio.package(upload, "Old friend", ladder="copy"))["state"], "done")
        self.assertFalse((node.data / "uploads" / upload).exists())
        self.assertEqual((node.data / "uploads" / broken / "film").read_bytes(), film[:1000])   # not understood, not touched
        self.assertIn("former_files_left", node.log())

    def test_the_connections_fit_into_the_descriptors(self):
        limits = ["prlimit", "--nofile=700"]
        answer = swarma("doctor", "--data", self.folder / "home", "--json", prefix=limits)
        says = next(f for f in answer.json["findings"] if f["what"] == "open files")["says"]
        self.assertIn("the system allows 700", says)
        few = swarma("serve", "--data", self.folder / "home", "--listen", "127.0.0.1:0", prefix=["prlimit", "--nofile=300"])
        self.assertEqual((few.code, few.reason), (1, "too_few_files"))

    def test_a_second_node_on_one_folder_is_refused_and_the_first_goes_on(self):
        node = self.start("node")
        studio = Studio(node, self.folder / "studio")
        film = make_film(self.folder / "film.mp4", 6, "320x180")
        job = studio.package(studio.upload(film.read_bytes()), "Kept", ladder="copy")
        second = swarma("serve", "--data", node.data, "--listen", "127.0.0.1:0", timeout=20)
        self.assertEqual((second.code, second.reason), (1, "data_in_use"))
        self.assertIn(str(node.data), second.errors)
        self.assertIn(str(node.process.pid), second.errors)
        self.assertEqual(studio.wait_for(job)["state"], "done")
        # Commands that use the node's own home go on to work beside it.
        for arguments in (["key", "show"], ["link", "--node", node.url], ["doctor"],
                          ["publish", film, "--node", node.url, "--ladder", "copy", "--policy", "open"]):
            answer = swarma(*arguments, "--data", node.data)
            self.assertEqual(answer.code, 0, answer.errors)
        self.assertEqual(len(node.titles()), 2)
        node.kill()                                          # kill -9 leaves no lock behind
        node.start()
        self.assertEqual(len(node.titles()), 2)

    def test_two_publishes_of_one_film_at_once(self):
        node = self.start("node")
        film = make_film(self.folder / "film.mp4", 6, "320x180")
        import threading
        answers = []
        publish = lambda: answers.append(swarma("publish", film, "--node", node.url, "--data", node.data, "--ladder", "copy", "--policy", "open"))
        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for answer in answers:
            self.assertIn((answer.code, answer.reason), ((0, None), (1, "publish_running")), answer.errors)
        done = [answer for answer in answers if answer.code == 0]
        self.assertTrue(done)
        self.assertEqual(len(node.titles()), len(done))

    def blobs_in(self, node):
        return {file.name for shard in (node.data / "blobs").glob("??") for file in shard.iterdir()}

    def publish(self, node, film, *options, data=None):
        return swarma("publish", film, "--node", node.url, "--data", data or node.data, "--ladder", "copy", "--policy", "open", *options, "--json")

    def test_a_blob_that_was_cut_short_is_never_served_and_is_mended(self):
        for restarted in (False, True):
            node = self.start(f"node-{restarted}")
            film = make_film(self.folder / "film.mp4", 6, "320x180")
            title = self.publish(node, film).json["title_id"]
            sizes = walk_blobs(node, title)
            name = max(sizes, key=sizes.get)
            path = node.data / "blobs" / name[:2] / name
            good = path.read_bytes()
            if restarted:
                node.kill()
            os.truncate(path, len(good) // 2)
            if restarted:
                node.start()
            for method in ("GET", "HEAD", "GET"):
                status, headers, _ = node.request(method, f"/{name}")
                self.assertEqual(status, 404)
                self.assertNotIn("immutable", headers.get("cache-control", ""))
            self.assertEqual(node.metric("swarma_blobs_damaged"), 1)
            self.assertEqual((node.data / "blobs" / "damaged" / name).stat().st_size, len(good) // 2)
            self.assertEqual(swarma("doctor", "--data", node.data, "--json").json["well"], False)
            studio = Studio(node, self.folder / f"studio-{restarted}")
            status, _, body = studio.call("PUT", "/upload", good, {"X-SHA-256": name, "Content-Type": "application/octet-stream"})
            self.assertEqual(status, 201, body)
            self.assertEqual(walk_blobs(node, title), sizes)
            self.assertEqual(node.metric("swarma_blobs_damaged"), 0)
            node.stop()

    def test_doctor_finds_a_flipped_bit(self):
        node = self.start("node")
        title = self.publish(node, make_film(self.folder / "film.mp4", 6, "320x180")).json["title_id"]
        name = sorted(walk_blobs(node, title))[0]
        path = node.data / "blobs" / name[:2] / name
        changed = bytearray(path.read_bytes())
        changed[len(changed) // 2] ^= 4
        with open(path, "r+b") as file:
            file.write(changed)
        self.assertEqual(node.request("GET", f"/{name}")[0], 200)    # nobody has looked yet: clients check the hash
        answer = swarma("doctor", "--data", node.data, "--verify-blobs", "--json")
        finding = next(f for f in answer.json["findings"] if f["what"] == "blobs")
        self.assertFalse(finding["good"])
        self.assertEqual(node.request("GET", f"/{name}")[0], 404)

    def test_a_refused_publish_leaves_nothing(self):
        node = self.start("node")
        whole = make_film(self.folder / "whole.mp4", 40, "320x180")
        self.assertEqual(self.publish(node, whole).code, 0)
        before = self.blobs_in(node)
        film = self.folder / "cut.mp4"
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", whole, "-c", "copy", "-movflags", "+faststart", film], check=True)
        os.truncate(film, film.stat().st_size * 2 // 3)
        for home in (node.data, owner_elsewhere(node, self.folder / "elsewhere")):
            answer = self.publish(node, film, data=home)
            self.assertEqual(answer.code, 1, answer.output)
            self.assertEqual(self.blobs_in(node), before, answer.errors)
        self.assertEqual(len(node.titles()), 1)
        walk_blobs(node, node.titles()[0]["title_id"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
