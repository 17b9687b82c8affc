"""A node's own certificate fits the address it is reached by and is not past its end; SIGHUP; what --public-url may be."""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from program import PATIENCE, PROGRAM, free_port, swarma
from viewer import openssl


class TlsTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="swarma-tls-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data, self.port = self.folder / "node", free_port()
        self.own = self.data / "tls/certificate.pem"

    def serve(self, *options, before=()):
        """A node that has said it is ready; ended with the test."""
        log = open(self.folder / "log", "ab")
        node = subprocess.Popen([*before, PROGRAM, "serve", "--data", self.data, "--log-format", "json", *map(str, options)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        log.close()

        self.addCleanup(self.end, node)
        self.assertIn("ready", node.stdout.readline(), self.log())
        return node

    @staticmethod
    def end(node):
        """Kills it, and what stands before it (faketime)."""
        if node.poll() is None:
            os.killpg(node.pid, signal.SIGKILL)
        node.wait()
        node.stdout.close()

    def stop(self, node):
        node.terminate()
        self.assertEqual(node.wait(30 * PATIENCE), 0)

    def log(self):
        return (self.folder / "log").read_text()

    def wait_for(self, word):
        ends = time.monotonic() + 20 * PATIENCE
        while word not in self.log():
            self.assertLess(time.monotonic(), ends, f"{word} is not in the log: {self.log()[-500:]}")
            time.sleep(0.05)

    def names(self, file=None):
        text = openssl("x509", "-in", file or self.own, "-noout", "-ext", "subjectAltName").decode()
        return set(re.findall(r"(?:DNS|IP Address):([^,\s]+)", text))

    def served(self, name="127.0.0.1"):
        """The certificate that a client is shown, as PEM."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(True))

    def make_certificate(self, name, *options):
        """A certificate by an authority of our own, and its key."""
        ca, file, key = self.folder / "ca.pem", self.folder / "given.pem", self.folder / "given.key"
        if not ca.exists():
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.folder / "ca.key", "-out", ca, "-subj", "/CN=authority")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", self.folder / "request", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1")
        openssl("x509", "-req", "-in", self.folder / "request", "-CA", ca, "-CAkey", self.folder / "ca.key", "-CAcreateserial", "-copy_extensions", "copy",
                "-out", file, *(options or ("-days", "90")))
        return file, key

    # --- the node's own ------------------------------------------------------------------------------------------
    def test_a_new_address_is_in_it(self):
        self.stop(self.serve("--tls", "--listen", f"127.0.0.1:{self.port}"))
        self.assertEqual(self.names(), {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"})
        before = self.own.read_bytes()
        self.stop(self.serve("--tls", "--listen", f"127.0.0.1:{self.port}"))
        self.assertEqual(self.own.read_bytes(), before, "nothing changed, so viewers need not trust another one")
        self.stop(self.serve("--tls", "--listen", f"127.0.0.5:{self.port}"))
        self.assertIn("127.0.0.5", self.names())

    def test_the_public_name_is_in_it(self):
        self.stop(self.serve("--tls", "--listen", f"127.0.0.1:{self.port}", "--public-url", f"https://Films.Test:{self.port}/"))
        self.assertIn("films.test", self.names())
        self.stop(self.serve("--tls", "--listen", f"127.0.0.1:{self.port}", "--public-url", "https://other.test"))
        self.assertIn("other.test", self.names())
        self.assertNotIn("films.test", self.names())

    def test_all_addresses_are_in_it_when_it_listens_on_all(self):
        self.stop(self.serve("--tls", "--listen", f"0.0.0.0:{self.port}"))
        addresses = {line.split()[3].split("/")[0] for line in subprocess.run(["ip", "-4", "-o", "address", "show", "up"], capture_output=True, text=True).stdout.splitlines()} \
            if shutil.which("ip") else {"127.0.0.1"}
        self.assertLessEqual(addresses, self.names())

    @unittest.skipIf(os.environ.get("SWARMA_SANITIZED"), "libfaketime and the sanitizers need clock_gettime of each other while they start")
    @unittest.skipUnless(shutil.which("faketime"), "needs faketime (tools/packages/test.txt)")
    def test_one_past_its_end_is_renewed(self):
        self.stop(self.serve("--tls", "--listen", f"127.0.0.1:{self.port}"))
        before = self.own.read_bytes()
        node = self.serve("--tls", "--listen", f"127.0.0.1:{self.port}", before=("faketime", "-f", "+790d"))
        self.end(node)
        self.assertNotEqual(self.own.read_bytes(), before)
        later = int(time.time()) + 790 * 86400
        self.assertEqual(subprocess.run(["openssl", "x509", "-in", self.own, "-noout", "-checkend", str(later + 86400 - int(time.time()))], capture_output=True).returncode, 0)

    def test_a_broken_one_is_made_anew(self):
        self.stop(self.serve("--tls", "--listen", f"127.0.0.1:{self.port}"))
        (self.data / "tls/key.pem").write_text("")
        self.serve("--tls", "--listen", f"127.0.0.1:{self.port}")
        self.assertEqual(self.served(), self.own.read_text())

    # --- given files ---------------------------------------------------------------------------------------------
    def test_sighup_takes_changed_files_again_and_never_ends_the_node(self):
        file, key = self.make_certificate("first.test")
        node = self.serve("--tls-certificate", file, "--tls-key", key, "--listen", f"127.0.0.1:{self.port}")
        self.assertEqual(self.served(), file.read_text())
        self.make_certificate("second.test")
        node.send_signal(signal.SIGHUP)
        self.wait_for("certificate_loaded")
        self.assertEqual(self.served(), file.read_text())
        good = self.served()
        key.write_text("not a key")
        node.send_signal(signal.SIGHUP)
        self.wait_for("certificate_unusable")
        self.assertEqual(self.served(), good, "what cannot be used is not taken")
        self.assertIsNone(node.poll())
        self.stop(node)

    def test_sighup_without_a_certificate_is_only_noted(self):
        node = self.serve("--listen", f"127.0.0.1:{self.port}")
        for _ in range(3):
            node.send_signal(signal.SIGHUP)
        self.wait_for("reloading")
        self.assertEqual(swarma("titles", "--node", f"http://127.0.0.1:{self.port}", "--data", self.folder / "stranger").code, 0)
        self.stop(node)

    @unittest.skipIf(os.environ.get("SWARMA_SANITIZED"), "libfaketime and the sanitizers need clock_gettime of each other while they start")
    @unittest.skipUnless(shutil.which("faketime"), "needs faketime (tools/packages/test.txt)")
    def test_a_given_one_past_its_end_is_named(self):
        file, key = self.make_certificate("old.test")
        for days, word in (("+80d", "certificate_expires_soon"), ("+100d", "certificate_expired")):
            node = self.serve("--tls-certificate", file, "--tls-key", key, "--listen", f"127.0.0.1:{self.port}", before=("faketime", "-f", days))
            self.assertIn(word, self.log())
            self.end(node)

    def test_strict_transport_is_for_certificates_of_an_authority(self):
        def strict(*options):
            node = self.serve(*options, "--listen", f"127.0.0.1:{self.port}", "--public-url", "https://films.test")
            answer = subprocess.run(["curl", "-sk", "-o", "/dev/null", "-D", "-", f"https://127.0.0.1:{self.port}/"], capture_output=True, text=True, check=True).stdout
            self.stop(node)
            return "strict-transport-security" in answer.lower()
        file, key = self.make_certificate("films.test")
        self.assertTrue(strict("--tls-certificate", file, "--tls-key", key))
        self.assertFalse(strict("--tls"), "who has to trust it by hand could not, once it is pinned")
        self.assertFalse(strict("--tls-certificate", self.own, "--tls-key", self.data / "tls/key.pem"))

    # --- the public address --------------------------------------------------------------------------------------
    def test_a_public_address_that_cannot_work_is_refused_at_the_start(self):
        for url in ("films.example.org", "ftp://films.example.org", "https://films.example.org/films/", "https://films.example.org?x", "https://me@films.example.org",
                    "https://films.example.org:99999", "https://bücher.example", "https://0.0.0.0", "nonsense"):
            answer = swarma("serve", "--data", self.data, "--listen", "127.0.0.1:0", "--public-url", url, timeout=20)
            self.assertEqual((answer.code, answer.reason), (1, "bad_public_url"), f"{url}: {answer.errors}")
        answer = swarma("serve", "--data", self.data, "--listen", "127.0.0.1:0", "--tls", "--public-url", "http://films.example.org", timeout=20)
        self.assertEqual((answer.code, answer.reason), (1, "bad_public_url"))

    def test_a_public_address_is_normalised(self):
        self.serve("--listen", f"127.0.0.1:{self.port}", "--public-url", f"HTTP://LocalHost:{self.port}/")
        answer = swarma("link", "--node", f"http://localhost:{self.port}", "--data", self.data, "--json")
        self.assertEqual(answer.code, 0, answer.errors)
        self.assertTrue(answer.json["link"].startswith(f"http://localhost:{self.port}/studio/link#"), answer.json)


if __name__ == "__main__":
    unittest.main()
