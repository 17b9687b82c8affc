"""Names, captions and tracks as people have them: what is told, what reaches the terminal, and that nothing waits for ever."""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import ffmpeg, make_film
from program import REPOSITORY, Node, swarma

CASES = REPOSITORY / "tests/cases/media"
OVERRIDE, ISOLATE, ESCAPE = "\u202e", "\u2066", "\x1b[2J"


class LooksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-looks-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        cls.film = make_film(cls.folder / "film.mp4", 4, "160x90", 24, 1, "-movflags", "+faststart")

    def publish(self, film, *options, json=True, timeout=600):
        return swarma("publish", film, "--node", self.node.url, "--data", self.folder / "node", "--policy", "open", "--ladder", "copy",
                      *(["--json"] if json else []), *options, timeout=timeout)

    def playlist(self, title_id):
        record = swarma("titles", "--node", self.node.url, "--data", self.folder / "node", "--json")
        self.assertEqual(record.code, 0, record.errors)
        output = self.folder / f"{title_id}.mp4"
        answer = swarma("watch", title_id, "--node", self.node.url, "--data", self.folder / "stranger", "--output", output)
        self.assertEqual(answer.code, 0, answer.errors)
        return output

    # --- files that are none -----------------------------------------------------------------------------------------
    def test_a_pipe_is_refused_at_once_wherever_a_file_is_named(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        data = ["--data", self.folder / "node"]
        runs = {"film": ["publish", pipe, "--node", self.node.url, *data],
                "captions": ["publish", self.film, "--node", self.node.url, *data, "--captions", f"en={pipe}"],
                "poster": ["publish", self.film, "--node", self.node.url, *data, "--poster", pipe],
                "policy": ["publish", self.film, "--node", self.node.url, *data, "--policy", pipe],
                "policy check": ["policy", "check", pipe],
                "facts": ["policy", "check", "open", "--facts", pipe],
                "config": ["titles", "--node", self.node.url, *data, "--config", pipe],
                "passphrase": ["key", "show", "--data", self.folder / "other", "--passphrase-file", pipe],
                "ca": ["titles", "--node", self.node.url, *data, "--ca-file", pipe],
                "certificate": ["serve", "--data", self.folder / "third", "--listen", "127.0.0.1:0", "--tls-certificate", pipe, "--tls-key", pipe]}
        for what, arguments in runs.items():
            with self.subTest(what):
                answer = swarma(*arguments, timeout=20)
                self.assertNotEqual(answer.code, 0)
                self.assertRegex(answer.errors, "ordinary file|something else|pipe")

    def test_a_folder_a_device_and_a_socket_are_no_captions(self):
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        path = self.folder / "socket"
        listener.bind(str(path))
        for file in (self.folder, "/dev/zero", path):
            answer = self.publish(self.film, "--captions", f"en={file}", timeout=20)
            self.assertEqual(answer.code, 1)
            self.assertIn(answer.reason, ("not_a_file", "io_failed"))

    # --- the terminal ------------------------------------------------------------------------------------------------
    def test_a_name_cannot_steer_the_terminal(self):
        name = f"a{OVERRIDE}gpj{ISOLATE}"
        published = self.publish(self.film, "--title", name)
        self.assertEqual(published.code, 0, published.errors)
        title_id = published.json["title_id"]
        listed = swarma("titles", "--node", self.node.url)
        self.assertIn("a<U+202E>gpj<U+2066>", listed.output)
        watched = swarma("watch", title_id, "--node", self.node.url, "--data", self.folder / "stranger", "--output", self.folder / "x.mp4")
        self.assertIn("a<U+202E>gpj<U+2066>", watched.output)
        exact = swarma("titles", "--node", self.node.url, "--json")
        self.assertIn(name, [title["name"] for title in exact.json["titles"]])
        for answer in (listed, watched):
            self.assertNotRegex(answer.output + answer.errors, f"[\u202a-\u202e\u2066-\u2069\x1b]")

    def test_a_file_name_cannot_steer_the_terminal(self):
        answer = self.publish(self.folder / f"missing{OVERRIDE}{ESCAPE}.mp4", json=False)
        self.assertEqual(answer.code, 1)
        self.assertNotRegex(answer.errors, f"[\u202e\x1b]")
        self.assertIn("<U+202E>", answer.errors)

    # --- captions ----------------------------------------------------------------------------------------------------
    def text_of(self, film):
        return subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", film, "-map", "0:s:0", "-f", "srt", "-"],
                              capture_output=True, text=True, check=True).stdout

    def test_captions_in_their_languages_encoding_are_read_and_said(self):
        published = self.publish(self.film, "--captions", f"ru={CASES / 'captions-ru-windows-1251.srt'}")
        self.assertEqual(published.code, 0, published.errors)
        self.assertTrue(any("WINDOWS-1251" in note for note in published.json["notes"]), published.json["notes"])
        self.assertIn("Привет, мир! Как дела?", self.text_of(self.playlist(published.json["title_id"])))

    def test_a_named_encoding_is_taken(self):
        file = self.folder / "greek:forced=x.srt"
        file.write_bytes("1\n00:00:01,000 --> 00:00:03,000\nΚαλημέρα\n".encode("iso8859-7"))
        published = self.publish(self.film, "--captions", f"en:ISO-8859-7={file}")
        self.assertEqual(published.code, 0, published.errors)
        self.assertEqual(published.json["notes"], [])
        self.assertIn("Καλημέρα", self.text_of(self.playlist(published.json["title_id"])))
        refused = self.publish(self.film, "--captions", f"en:klingon-8={file}")
        self.assertEqual((refused.code, refused.reason), (2, "usage"))

    # --- tracks ------------------------------------------------------------------------------------------------------
    def test_tracks_of_one_language_keep_their_marks(self):
        published = self.publish(CASES / "one-language-five-tracks.mkv")
        self.assertEqual(published.code, 0, published.errors)
        names = [track["name"] for track in published.json["tracks"]]
        self.assertEqual(len(set(names)), len(names))
        watcher = subprocess.Popen([os.environ.get("SWARMA") or str(REPOSITORY / "build/swarma"), "watch", published.json["title_id"],
                                    "--node", self.node.url, "--data", self.folder / "stranger", "--listen", "127.0.0.1:0"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(lambda: (watcher.kill(), watcher.wait(), watcher.stdout.close()))
        url = re.search(r"http://\S+", watcher.stdout.readline())[0]
        lines = subprocess.run(["curl", "-sf", url], capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()
        def line(name):
            return next(l for l in lines if f'NAME="English ({name})"' in l)
        self.assertIn("DEFAULT=YES,AUTOSELECT=YES", line("Main"))
        self.assertIn("DEFAULT=NO,AUTOSELECT=NO", line("Director commentary"))
        self.assertIn("FORCED=YES", line("Forced"))
        self.assertIn("FORCED=NO", line("Full"))
        self.assertIn("transcribes-spoken-dialog", line("SDH"))
        played = self.playlist(published.json["title_id"])
        sounds = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream_disposition=default,comment:stream_tags=handler_name",
                                 "-of", "csv=p=0", played], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(len([s for s in sounds if s.startswith("1,")]), 1, sounds)


if __name__ == "__main__":
    unittest.main(verbosity=2)
