"""schemathesis reads /openapi.json of a running node and tries what it says, as a stranger and as the owner.

It is installed from PyPI into build/tools/schemathesis, in the versions of requirements.txt. Where PyPI cannot be reached the test says so
and counts as skipped (77).
"""
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from films import make_film
from peers import why_not_installed
from program import PATIENCE, REPOSITORY, Node, swarma
from studio import Studio

TOOLS = REPOSITORY / "build/tools/schemathesis"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "dpop", "authorization"}


def install():
    """The program, or None with a word about the reason."""
    if why := why_not_installed(TOOLS, HERE / "requirements.txt"):
        print("skipped: schemathesis " + why)
        return None
    return TOOLS / "bin/schemathesis"


class Signing(http.server.BaseHTTPRequestHandler):
    """Passes requests on to the node, those with a proof with the proof and the token of the owner."""
    protocol_version = "HTTP/1.1"
    studio, one_at_a_time = None, threading.Lock()

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        with self.one_at_a_time:
            if "dpop" in self.headers:  # whatever it holds: a right one takes its place
                sent.update(self.studio.signed(self.command, self.path, body))
            status, headers, answer = self.studio.node.request(self.command, self.path, body or None, sent)
            self.studio.nonce = headers.get("dpop-nonce", self.studio.nonce)
        self.send_response(status)
        for name, value in headers.items():
            if name not in HOP_BY_HOP - {"content-length"} and (name != "content-length" or self.command == "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD" and status not in (204, 304):
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = pass_on

    def log_message(self, *_):
        pass


class OpenApiTest(unittest.TestCase):
    program = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-openapi-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        film = make_film(cls.folder / "film.mp4", 2, "320x180")
        answer = swarma("publish", film, "--node", cls.node.url, "--data", cls.node.data, "--policy", "goodwill", "--ladder", "copy", "--json")
        assert answer.code == 0, answer.errors

    def try_out(self, url, *options):
        # A preflight is answered for an address, whatever its id (there may be nothing under it): left out. So is what only
        # opens a WebSocket.
        done = subprocess.run([self.program, "run", f"{url}/openapi.json", "--seed", "7", "--generation-deterministic", "--max-examples", "8", "--workers", "1",
                               "--phases", "examples,coverage,fuzzing", "--no-color", "--request-timeout", "20", "--warnings", "off", "--exclude-method", "OPTIONS", "--exclude-path", "/v1/agents/connect", *options], capture_output=True,
                              text=True, cwd=self.folder, timeout=400 * PATIENCE, env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)})
        self.assertEqual(done.returncode, 0, done.stdout[-60000:] + done.stderr[-2000:])
        self.assertNotIn("errors_5xx_total 1", self.node.get("/metrics").decode())

    def test_as_a_stranger(self):
        self.try_out(self.node.url)

    def test_as_the_owner(self):
        """What a well-formed request lacks beyond its form (a film, a signature) no schema can say: that one check is left out."""
        Signing.studio = Studio(self.node, self.folder / "studio")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Signing) as proxy:
            threading.Thread(target=proxy.serve_forever, daemon=True).start()
            try:
                self.try_out(f"http://127.0.0.1:{proxy.server_address[1]}", "--exclude-checks", "positive_data_acceptance,ignored_auth")
            finally:
                proxy.shutdown()


if __name__ == "__main__":
    OpenApiTest.program = install()
    if OpenApiTest.program is None:
        sys.exit(77)
    unittest.main()
