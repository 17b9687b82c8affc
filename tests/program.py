"""What the whole-system tests share: the program, a node as a process, and a title as a stranger sees it."""
import hashlib
import http.client
import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("SWARMA") or str(REPOSITORY / "build/swarma")
PATIENCE = float(os.environ.get("SWARMA_PATIENCE", "1"))   # how many times longer than usual things may take (sanitizers: 4)
HASH = re.compile(rb"[0-9a-f]{64}")


class Answer:
    """What one run of the program said."""

    def __init__(self, done):
        self.code, self.output, self.errors = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.output)

    @property
    def reason(self):
        """The stable slug of a refusal: the last word in brackets on standard error."""
        slugs = re.findall(r"\[([a-z0-9_]+)\]\s*$", self.errors, re.M)
        return slugs[-1] if slugs else None


def swarma(*arguments, timeout=600, prefix=(), **options):
    """Runs the program; `prefix` is a command that starts it, for example with other limits."""
    done = subprocess.run([*prefix, PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout * PATIENCE,
                          stdin=subprocess.DEVNULL, **options)
    return Answer(done)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    """`swarma serve` on a port that stays the same over restarts. Use as a context manager, or start() and stop()."""

    def __init__(self, data, *options):
        self.data, self.options = Path(data), options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = self.start_seconds = None
        self.kept = threading.local()  # a connection for each thread

    @property
    def connection(self):
        return getattr(self.kept, "connection", None)

    @connection.setter
    def connection(self, value):
        self.kept.connection = value

    def start(self):
        self.data.parent.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with open(f"{self.data}.log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self.options],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        line = self._first_line(20 * PATIENCE)
        if "http" not in line:
            self.kill()
            raise RuntimeError(f"the node did not start: {line!r}; {self.log()[-1500:]}")
        self.start_seconds = time.monotonic() - began
        return self

    def _first_line(self, seconds):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            return self.process.stdout.readline().decode() if selector.select(seconds) else ""

    def log(self):
        return Path(f"{self.data}.log").read_text(errors="replace")

    def kill(self):
        """SIGKILL: no chance to tidy up."""
        self._hang_up()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def _hang_up(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def stop(self):
        self._hang_up()
        self.process.terminate()
        code = self.process.wait(30 * PATIENCE)
        self.process.stdout.close()
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()

    def request(self, method, path, body=None, headers=None):
        """(status, headers in lower case, body) over one kept connection; opened again when the node went away."""
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * PATIENCE)
                self.connection.request(method, path, body=body, headers=headers or {})
                answer = self.connection.getresponse()
                return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            except (http.client.HTTPException, OSError):
                self._hang_up()
                if attempt == 2:
                    raise

    def metric(self, name):
        """One number of /metrics."""
        return float(re.search(rf"^{name} (\S+)$", self.get("/metrics").decode(), re.M)[1])

    def get(self, path):
        status, _, body = self.request("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body[:300]!r}")
        return body

    def get_json(self, path):
        return json.loads(self.get(path))

    def titles(self):
        """Every visible title, over all pages of the search."""
        found, cursor = [], ""
        while True:
            page = self.get_json(f"/v1/catalog/search?q=&limit=50{cursor}")
            found += page["titles"]
            if not page.get("next"):
                return found
            cursor = f"&cursor={page['next']}"


def owner_elsewhere(node, folder):
    """The owner of a node at another machine: a copy of the home, with the same identity and an own store of blobs."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        (folder / "blobs").mkdir()
        shutil.copy2(node.data / "identity.json", folder)
    return folder


def walk_blobs(node, title_id):
    """Fetches every blob a title's record leads to, hashes each against its name, and returns name → size.

    AssertionError when one is missing or wrong. Playlists and details are followed; what they name is fetched too.
    """
    record = node.get_json(f"/v1/titles/{title_id}")["title"]
    waiting = [record["playlist"], record["details"]] + ([record["poster"]] if record.get("poster") else [])
    sizes = {}
    while waiting:
        name = waiting.pop()
        if name in sizes:
            continue
        body = node.get(f"/{name}")
        if hashlib.sha256(body).hexdigest() != name:
            raise AssertionError(f"title {title_id}: blob {name} has other bytes than its name says")
        sizes[name] = len(body)
        if body.startswith((b"#EXTM3U", b"{")):
            waiting += [match.decode() for match in HASH.findall(body)]
    return sizes


def files_below(folder, but_not=r"(-wal|-shm|-journal)$"):
    """Relative path → size of every file, without a database's scratch files."""
    folder = Path(folder)
    return {str(p.relative_to(folder)): p.stat().st_size for p in sorted(folder.rglob("*"))
            if p.is_file() and not re.search(but_not, p.name)}


def host_of(url):
    return urlsplit(url).netloc
