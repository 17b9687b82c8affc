"""A node keeps what it was given: when descriptors run out, when a second one is started on its folder."""
import json
import os
import resource
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import Node, swarma
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
