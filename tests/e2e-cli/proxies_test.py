"""The real nginx, Caddy and HAProxy in front of a node, with the configurations of docs/guide/behind-a-proxy.md, and nginx with its defaults."""
import hashlib
import http.client
import http.server
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import ffmpeg
from program import PATIENCE, REPOSITORY, Node, free_port, owner_elsewhere, swarma
from studio import Studio
from viewer import openssl

GUIDE = (REPOSITORY / "docs/guide/behind-a-proxy.md").read_text()


def documented(language):
    return re.search(rf"^```{language}\n(.*?)^```", GUIDE, re.M | re.S)[1]


def replaced(text, *pairs):
    """Every pair must be in the text: a configuration that changes is looked at again."""
    for old, new in pairs:
        assert old in text, f"{old!r} is not in the documented configuration"
        text = text.replace(old, new)
    return text


class Front:
    """A proxy as an ordinary process before `upstream` (a port). As an address it looks like a Node."""

    scheme = "https"

    def __init__(self, folder, upstream, data=None):
        self.folder, self.upstream, self.data = folder, upstream, data
        folder.mkdir(parents=True)
        self.port = free_port()
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", self.certificate,
                "-days", "2", "-subj", "/CN=front", "-addext", "subjectAltName=IP:127.0.0.1")
        self.process = None

    def start(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([str(part) for part in self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env={**os.environ, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)})
        ends = time.monotonic() + 20 * PATIENCE
        while time.monotonic() < ends:
            try:
                if self.request("GET", "/health")[0] == 200:
                    return self
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("the proxy did not start: " + (self.folder / "log").read_text()[-1500:])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def connect(self):
        timeout = 30 * PATIENCE
        if self.scheme == "http":
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=ssl.create_default_context(cafile=self.certificate))

    def request(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get_json(self, path):
        return json.loads(self.request("GET", path)[2])

    def trust(self):
        return ("--ca-file", self.certificate) if self.scheme == "https" else ()


class Nginx(Front):
    program = "nginx"

    def sites(self):
        return replaced(documented("nginx"), ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"), ("127.0.0.1:8420", f"127.0.0.1:{self.upstream}"),
                        ("/etc/letsencrypt/live/films.example.org/fullchain.pem", str(self.certificate)),
                        ("/etc/letsencrypt/live/films.example.org/privkey.pem", str(self.key)))

    def command(self):
        paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""daemon off; user root; worker_processes 1; pid {self.folder}/pid; error_log stderr;
events {{}}
http {{ access_log off; {paths} {self.sites()} }}
""")
        return "nginx", "-p", self.folder, "-e", "stderr", "-c", self.folder / "nginx.conf"


class NginxWithDefaults(Nginx):
    scheme = "http"

    def sites(self):
        return f"server {{ listen 127.0.0.1:{self.port}; location / {{ proxy_pass http://127.0.0.1:{self.upstream}; }} }}"


class Caddy(Front):
    program = "caddy"

    def command(self):
        site = replaced(documented("caddy"), ("films.example.org {", f"{self.url} {{\n\tbind 127.0.0.1\n\ttls {self.certificate} {self.key}"),
                        ("127.0.0.1:8420", f"127.0.0.1:{self.upstream}"))
        (self.folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n" + site)
        return "caddy", "run", "--config", self.folder / "Caddyfile", "--adapter", "caddyfile"


class Haproxy(Front):
    program = "haproxy"

    def command(self):
        both = self.folder / "both.pem"
        both.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        (self.folder / "haproxy.cfg").write_text(replaced(
            documented("haproxy"), ("bind :443 ssl crt /etc/haproxy/films.example.org.pem", f"bind 127.0.0.1:{self.port} ssl crt {both}"),
            ("127.0.0.1:8420", f"127.0.0.1:{self.upstream}")))
        return "haproxy", "-db", "-f", self.folder / "haproxy.cfg"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the header fields it got."""

    def do_GET(self):
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Proxied:
    """The tests for one proxy: a class below says which."""

    front_class = None

    @classmethod
    def setUpClass(cls):
        if not shutil.which(cls.front_class.program):
            raise RuntimeError(f"{cls.front_class.program} is not installed (tools/packages/test.txt)")
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-proxy-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node")
        cls.front = cls.front_class(cls.folder / "front", cls.node.port, cls.node.data)
        cls.node.options = ("--public-url", cls.front.url, "--trusted-proxy", "127.0.0.1")
        cls.node.start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        cls.addClassCleanup(cls.front.stop)
        cls.front.start()
        cls.film = cls.folder / "film.mp4"  # segments of several MB, so that a limit of 1 MB is met
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=8,noise=alls=60:allf=t", "-c:v", "libx264", "-preset", "ultrafast",
               "-b:v", "8M", "-g", "50", "-pix_fmt", "yuv420p", cls.film)
        cls.studio = Studio(cls.front, cls.folder / "studio", options=cls.front.trust())

    def publish(self):
        return swarma("publish", self.film, "--node", self.front.url, "--data", owner_elsewhere(self.node, self.folder / "elsewhere"), "--policy", "open",
                      "--ladder", "copy", "--json", *self.front.trust())

    def upload(self, data):
        """A resumable upload in chunks of the advertised size, or of what the proxy takes; its id."""
        upload, at = self.studio.begin_upload(len(data)), 0
        size = self.front.get_json("/v1/node")["limits"]["upload_chunk_bytes"]
        while at < len(data):
            status, _, _ = self.studio.append(upload, at, data[at:at + size])
            if status == 413 and size > 256 * 1024:
                size //= 2
                continue
            self.assertEqual(status, 204)
            at += size
        return upload

    def test_progress_arrives_while_the_film_is_made(self):
        film = self.folder / "long.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=60", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", film)
        upload = self.upload(film.read_bytes())
        job = self.studio.package(upload, "Long", ladder="360p")
        path = f"/v1/media/{job}/events"
        connection = self.front.connect()
        try:
            began = time.monotonic()
            connection.request("GET", path, headers=self.studio.signed("GET", path))
            answer = connection.getresponse()
            line = answer.readline()
            waited = time.monotonic() - began
            self.assertEqual((answer.status, answer.headers.get_content_type()), (200, "text/event-stream"))
            self.assertEqual(line, b"event: progress\n", "the job had ended before the first event came")
            self.assertLess(waited, 2 * PATIENCE)
            for _ in range(3):   # and they go on
                while not answer.readline().startswith(b"event: progress"):
                    pass
        finally:
            connection.close()
            self.studio.call("DELETE", f"/v1/media/{job}")

    def test_pages_and_ranges(self):
        status, answer, body = self.front.request("GET", "/", headers={"Accept-Encoding": "br;q=0"})
        self.assertEqual((status, answer["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"<html", body)
        self.assertEqual(self.front.request("GET", "/", headers={"If-None-Match": answer["etag"]})[0], 304)
        self.assertEqual(self.front.request("GET", "/no/such/page")[0], 404)
        self.assertEqual(self.front.request("GET", "/studio/")[1]["location"], "/studio")
        blob = b"a part of a film" * 1000
        name = hashlib.sha256(blob).hexdigest()
        status, _, body = self.studio.call("PUT", "/upload", blob, {"X-SHA-256": name})
        self.assertEqual(status, 201, body)
        self.assertTrue(json.loads(body)["url"].startswith(self.front.url + "/"), body)
        status, answer, part = self.front.request("GET", "/" + name, headers={"Range": "bytes=100-199"})
        self.assertEqual((status, part, answer["content-range"]), (206, blob[100:200], f"bytes 100-199/{len(blob)}"))

    def test_the_clients_address_is_passed_on(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as upstream:
            threading.Thread(target=upstream.serve_forever, daemon=True).start()
            front = self.front_class(self.folder / "front-of-echo", upstream.server_address[1])
            try:
                front.start()
                fields = front.get_json("/")
                chain = ", ".join(value for name, value in fields if name == "x-forwarded-for")
                self.assertEqual(chain.split(", ")[-1], "127.0.0.1")
                connection = front.connect()
                connection.request("GET", "/", headers={"X-Forwarded-For": "203.0.113.9"})
                fields = json.loads(connection.getresponse().read())
                connection.close()
                chain = ", ".join(value for name, value in fields if name == "x-forwarded-for")
                self.assertEqual(chain.split(", ")[-1], "127.0.0.1", "a client cannot choose its address")
            finally:
                front.stop()
                upstream.shutdown()

    def test_a_film_is_published_and_watched(self):
        answer = self.publish()
        self.assertEqual(answer.code, 0, answer.errors)
        output = self.folder / "watched.mp4"
        watched = swarma("watch", answer.json["title_id"], "--node", self.front.url, "--data", self.folder / "stranger", "--output", output, *self.front.trust())
        self.assertEqual(watched.code, 0, watched.errors)
        self.assertGreater(output.stat().st_size, 4 << 20)


class NginxTest(Proxied, unittest.TestCase):
    front_class = Nginx


class CaddyTest(Proxied, unittest.TestCase):
    front_class = Caddy


class HaproxyTest(Proxied, unittest.TestCase):
    front_class = Haproxy


class NginxWithDefaultsTest(Proxied, unittest.TestCase):
    front_class = NginxWithDefaults

    def test_a_film_is_published_and_watched(self):
        answer = self.publish()
        self.assertEqual((answer.code, answer.reason), (1, "proxy_body_limit"), answer.errors)
        self.assertIn("client_max_body_size", answer.errors)

    test_the_clients_address_is_passed_on = None  # nginx's defaults pass none on


del Proxied

if __name__ == "__main__":
    unittest.main()
