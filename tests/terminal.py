"""`swarma watch` at a terminal: what it asks, and what a person types."""
import os
import pty
import select
import subprocess
import time

from program import PATIENCE, PROGRAM


class Terminal:
    """Watches a title by one of its ways; use as a context manager. `test` has the node and a folder."""

    def __init__(self, test, title_id, path):
        self.test, self.film = test, test.folder / f"seen-{path}.mp4"
        self.ours, theirs = pty.openpty()
        self.program = subprocess.Popen([PROGRAM, "watch", title_id, "--node", test.node.url, "--data", test.folder / f"watcher-{path}", "--path", path, "--output", self.film],
                                        stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        os.close(self.ours)

    def hear(self, question):
        """What it says until it asks that."""
        heard, deadline = "", time.monotonic() + 30 * PATIENCE
        while not heard.rstrip().endswith(question):
            ready, _, _ = select.select([self.ours], [], [], max(0.0, deadline - time.monotonic()))
            self.test.assertTrue(ready, f"waited for {question!r}, heard {heard!r}")
            heard += os.read(self.ours, 4096).decode().replace("\r", "")
        return heard

    def type(self, words):
        os.write(self.ours, f"{words}\n".encode())

    def expect_film(self):
        self.test.assertEqual(self.program.wait(60 * PATIENCE), 0)
        self.test.assertGreater(self.film.stat().st_size, 1_000)
