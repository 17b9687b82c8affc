"""The command line as scripts rely on it: exit codes, JSON, the terms, strangers, restart."""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import decodes_cleanly, ffmpeg, make_film, packet_hashes, streams, time_span
from program import PROGRAM, Node, files_below, free_port, owner_elsewhere, swarma, walk_blobs

CUE = "A sentence that only captions hold"


class ContractTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-contract-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        cls.film = make_film(cls.folder / "film.mp4", 8, "320x180")
        cls.titles = {}

    def publish(self, policy, *options, data=None, title=None):
        return swarma("publish", self.film, "--node", self.node.url, "--data", data or self.folder / "node", "--title", title or f"Film {policy}",
                      "--policy", policy, "--ladder", "copy", "--json", *options)

    def title(self, policy):
        """The id of a title under these terms, published once."""
        if policy not in self.titles:
            answer = self.publish(policy)
            self.assertEqual(answer.code, 0, answer.errors)
            self.titles[policy] = answer.json["title_id"]
        return self.titles[policy]

    def watch(self, title_id, *options, viewer="stranger"):
        output = self.folder / "watched.mp4"
        output.unlink(missing_ok=True)
        answer = swarma("watch", title_id, "--node", self.node.url, "--data", self.folder / viewer, "--output", output, "--json", *options)
        if answer.code != 0:
            self.assertFalse(output.exists(), "a refused viewer is left with a file")
        return answer, output

    def plays(self, title_id, *options, viewer="stranger"):
        answer, output = self.watch(title_id, *options, viewer=viewer)
        self.assertEqual(answer.code, 0, answer.errors)
        self.assertEqual(packet_hashes(output, "v:0"), packet_hashes(self.film, "v:0"))
        return answer

    def refuses(self, title_id, *options, viewer):
        answer, _ = self.watch(title_id, *options, viewer=viewer)
        self.assertEqual(answer.code, 1, "it was not refused")
        return answer

    # --- usage ---------------------------------------------------------------------------------------------------
    def test_version(self):
        answer = swarma("--version")
        self.assertEqual(answer.code, 0)
        self.assertRegex(answer.output, r"^swarma \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_2(self):
        for arguments in ([], ["nonsense"], ["publish"], ["publish", self.film, "--nonsense"], ["watch"],
                          ["publish", self.film, "--node", self.node.url, "--captions", "nonsense"]):
            answer = swarma(*arguments)
            self.assertEqual(answer.code, 2, arguments)
            self.assertEqual(answer.output, "", arguments)
            self.assertNotEqual(answer.errors, "", arguments)

    def test_failure_is_1_with_a_reason(self):
        answer = swarma("titles", "--node", f"http://127.0.0.1:{free_port()}", "--data", self.folder / "stranger")
        self.assertEqual((answer.code, answer.reason), (1, "unreachable"), answer.errors)

    # --- publish and titles --------------------------------------------------------------------------------------
    def test_publish_answers_with_one_object(self):
        answer = self.publish("open", title="One object")
        self.assertEqual(answer.code, 0, answer.errors)
        self.assertEqual(answer.output.count("\n"), 1)
        published = answer.json
        self.assertRegex(published["title_id"], r"^[a-z2-7]{26}$")
        self.assertEqual(published["revision"], 1)
        self.assertAlmostEqual(published["duration_ms"], 8000, delta=45)
        self.assertEqual([(r["width"], r["height"]) for r in published["renditions"]], [(320, 180)])
        self.assertEqual(published["record"].count("."), 2)
        self.assertEqual(published["bytes"], sum(walk_blobs(self.node, published["title_id"]).values()))

    def test_the_owner_publishes_from_anywhere(self):
        """From the node's own folder the blobs go straight into its store, from elsewhere over HTTP: they are the same."""
        for home, over_http in ((self.node.data, False), (owner_elsewhere(self.node, self.folder / "elsewhere"), True)):
            before = self.node.metric("swarma_http_requests_total")
            answer = self.publish("open", data=home, title=f"From {home.name}")
            self.assertEqual(answer.code, 0, answer.errors)
            requests = self.node.metric("swarma_http_requests_total") - before
            blobs = len(walk_blobs(self.node, answer.json["title_id"]))
            self.assertEqual(requests >= blobs, over_http, f"{requests} requests for {blobs} blobs from {home.name}")
            self.plays(answer.json["title_id"])

    def test_the_poster_may_be_a_picture_of_ones_own(self):
        picture, words = self.folder / "red.png", self.folder / "words.png"
        ffmpeg("-f", "lavfi", "-i", "color=red:size=2000x1000", "-frames:v", "1", picture)
        words.write_text("no picture")
        answer = self.publish("open", "--poster", picture, title="Red")
        self.assertEqual(answer.code, 0, answer.errors)
        poster = self.folder / "poster.jpg"
        poster.write_bytes(self.node.get("/" + self.node.get_json(f"/v1/titles/{answer.json['title_id']}")["title"]["poster"]))
        self.assertEqual([(s["codec_name"], s["width"], s["height"]) for s in streams(poster, "video")], [("mjpeg", 1280, 640)])
        before = self.node.titles()
        self.assertEqual(self.publish("open", "--poster", words, title="Words").reason, "poster_unreadable")
        self.assertEqual(self.publish("open", "--poster", picture, "--poster-at", "1").code, 2)
        self.assertEqual(self.node.titles(), before)

    def test_titles_finds_by_word(self):
        title_id = self.publish("open", title="Zugvögel über Zürich").json["title_id"]
        found = swarma("titles", "--node", self.node.url, "--data", self.folder / "stranger", "--query", "zugvögel", "--json").json["titles"]
        self.assertEqual([t["title_id"] for t in found], [title_id])
        self.assertEqual(swarma("titles", "--node", self.node.url, "--query", "walfisch", "--data", self.folder / "stranger", "--json").json["titles"], [])

    def test_a_new_revision_takes_the_place_of_the_old(self):
        first = self.publish("open", title="First cut").json
        second = self.publish("goodwill", "--revise", first["title_id"], title="Second cut")
        self.assertEqual(second.code, 0, second.errors)
        self.assertEqual((second.json["title_id"], second.json["revision"]), (first["title_id"], 2))
        self.assertEqual(self.node.get_json(f"/v1/titles/{first['title_id']}")["title"]["name"], "Second cut")
        self.plays(first["title_id"], "--accept")

    def test_a_stranger_cannot_publish(self):
        before = set(files_below(self.folder / "node/blobs")), self.node.titles()
        answer = self.publish("open", data=self.folder / "stranger")
        self.assertEqual(answer.code, 1, "a stranger published")
        self.assertEqual((set(files_below(self.folder / "node/blobs")), self.node.titles()), before)

    def test_options_come_from_the_environment(self):
        done = subprocess.run([PROGRAM, "titles", "--json", "--data", self.folder / "stranger"], capture_output=True, text=True, env={"SWARMA_NODE": self.node.url, "PATH": ""})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("titles", json.loads(done.stdout))

    # --- terms ---------------------------------------------------------------------------------------------------
    def test_open(self):
        self.plays(self.title("open"))

    def test_goodwill_asks_first(self):
        self.refuses(self.title("goodwill"), viewer="no-consent")
        self.plays(self.title("goodwill"), "--accept")

    def test_puzzle(self):
        self.plays(self.title("puzzle"))

    def test_code(self):
        title_id = self.title("code:open-sesame")
        self.refuses(title_id, viewer="no-code")
        self.refuses(title_id, "--code", "open-barley", viewer="wrong-code")
        self.plays(title_id, "--code", "open-sesame")

    def test_a_preview_that_is_the_whole_film_is_said(self):
        def notes(seconds):
            terms = self.folder / "preview.json"
            promise = {"requirement": "goodwill_ack", "params": {"text": "Yes"}}
            terms.write_text(json.dumps({"version": 1, "paths": [{"id": "first", "grants": {"seconds": [0, seconds]}}, {"id": "promise", "requires": promise}]}))
            answer = self.publish(terms, title="A preview")
            self.assertEqual(answer.code, 0, answer.errors)
            return answer.json["notes"]
        self.assertEqual(notes(2), [])
        [note] = notes(120)
        self.assertRegex(note, r'^The way "first" opens the whole film \(0:08\) without any condition: .* End it at 0:0[4-7] or before')

    def test_a_title_that_is_not_there(self):
        answer = self.refuses("a" * 26, viewer="stranger")
        self.assertIn(answer.reason, ("title_not_found", "not_found"), answer.errors)

    # --- watch ---------------------------------------------------------------------------------------------------
    def test_listen_serves_plain_hls(self):
        watcher = subprocess.Popen([PROGRAM, "watch", self.title("open"), "--node", self.node.url, "--data", self.folder / "stranger", "--listen", "127.0.0.1:0"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(lambda: (watcher.kill(), watcher.wait(), watcher.stdout.close()))
        url = re.search(r"http://\S+", watcher.stdout.readline())[0]
        played = self.folder / "played.mp4"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", url, "-map", "0:v", "-map", "0:a", "-c", "copy", played], check=True, timeout=60)
        self.assertEqual(packet_hashes(played, "v:0"), packet_hashes(self.film, "v:0"))

    def test_captions_given_beside_the_film(self):
        captions = self.folder / "captions.srt"
        captions.write_bytes(f"1\r\n00:00:01,000 --> 00:00:05,500\r\n{CUE}\r\n".encode("utf-16"))
        answer = self.publish("open", "--captions", f"de={captions}", title="With captions")
        self.assertEqual(answer.code, 0, answer.errors)
        _, output = self.watch(answer.json["title_id"])
        self.assertEqual([s["tags"]["language"] for s in streams(output, "subtitle")], ["deu"])
        text = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", output, "-map", "0:s", "-f", "srt", "-"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(text.count(CUE), 1)
        self.check_nothing_plain()

    def check_nothing_plain(self):
        """No file of the node, its log included, holds a caption or begins like a plain segment."""
        for name in files_below(self.folder / "node", but_not="^$"):
            data = (self.folder / "node" / name).read_bytes()
            self.assertNotIn(CUE.encode(), data, name)
            self.assertNotIn(b"moof", data[:256], f"{name} looks like a plain segment")
            self.assertFalse(data.startswith(b"WEBVTT"), f"{name} is a plain caption segment")
        self.assertNotIn(CUE, self.node.log())

    # --- the rest ------------------------------------------------------------------------------------------------
    def test_the_node_belongs_to_its_data_folder(self):
        key = swarma("key", "show", "--data", self.folder / "node", "--json").json
        self.assertRegex(key["did"], r"^did:key:z6Mk")
        self.assertEqual(self.node.get_json("/v1/node")["owner"], key["did"])
        self.assertEqual((self.folder / "node/identity.json").stat().st_mode & 0o777, 0o600)

    def test_policy_check(self):
        self.assertTrue(swarma("policy", "check", "goodwill", "--json").json["valid"])
        bad = self.folder / "bad.json"
        bad.write_text('{"version":1,"paths":[{"id":"x","requires":{"requirement":"telepathy"}}]}')
        answer = swarma("policy", "check", bad, "--json")
        self.assertEqual((answer.code, answer.reason), (1, "policy_invalid"))
        self.assertIn("/paths/0/requires", answer.errors)

    def test_doctor(self):
        answer = swarma("doctor", "--data", self.folder / "node", "--json")
        self.assertEqual(answer.code, 0, answer.errors)
        self.assertIsInstance(answer.json, dict)

    def test_a_node_drains_and_comes_back_with_everything(self):
        other = Node(self.folder / "other").start()
        self.addCleanup(lambda: other.process.poll() is None and other.kill())
        published = swarma("publish", self.film, "--node", other.url, "--data", self.folder / "other", "--policy", "open", "--ladder", "copy", "--json")
        self.assertEqual(published.code, 0, published.errors)
        self.assertEqual(other.stop(), 0, "SIGTERM is a clean end")
        other.start()
        self.assertEqual([t["title_id"] for t in other.titles()], [published.json["title_id"]])
        walk_blobs(other, published.json["title_id"])


if __name__ == "__main__":
    unittest.main()
