"""Unlocking by e-mail: a whole node, a viewer who knows only the protocol page, and aiosmtpd, a mail server that others wrote, with
STARTTLS and with TLS from the start.

aiosmtpd is installed from PyPI into build/tools/aiosmtpd, in the versions of requirements.txt. Where PyPI cannot be reached the test
says so and counts as skipped (77).
"""
import concurrent.futures
import json
import logging
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
import warnings
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
sys.path.insert(0, str(HERE))
from films import make_film
from mail_servers import WORD, Exim, PostOffice, code_in, link_in, make_certificates, serve_mail
from peers import why_not_installed
from program import PATIENCE, PROGRAM, REPOSITORY, Node, swarma
from viewer import Viewer, b64, compact

TOOLS = REPOSITORY / "build/tools/aiosmtpd"
POLICY = {"version": 1, "paths": [
    {"id": "any", "requires": {"requirement": "email_verify", "params": {}}},
    {"id": "school", "requires": {"requirement": "email_verify", "params": {"allow": ["example.org", "xn--bcher-kva.example"], "deny": ["bad.example.org"]}}}]}


def run_in_tools():
    """Goes on under the Python that has aiosmtpd."""
    if why := why_not_installed(TOOLS, HERE / "requirements.txt"):
        print("skipped: aiosmtpd " + why)
        sys.exit(77)
    os.execv(TOOLS / "bin/python", [TOOLS / "bin/python", *sys.argv])


class MailTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-mail-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        make_certificates(cls.folder)
        (cls.folder / "word").write_text(WORD + "\n")
        cls.office = PostOffice()
        cls.server = serve_mail(cls.folder, cls.office, kind="starttls", enable_SMTPUTF8=True, authenticator=cls.office.log_in, auth_required=True)
        cls.addClassCleanup(cls.server.stop)
        cls.film = make_film(cls.folder / "film.mp4", 8, "320x180")
        cls.node = cls.make_node("node", f"smtp://127.0.0.1:{cls.server.port}", "--smtp-user", "films", "--smtp-password-file", cls.folder / "word")
        cls.title_id = cls.publish(cls.node)
        cls.count = 0

    @classmethod
    def make_node(cls, name, url, *options, ca="mail"):
        node = Node(cls.folder / name, "--smtp-url", url, "--smtp-from", "Films of the valley <films@example.org>", "--smtp-ca-file", cls.folder / f"{ca}.pem",
                    "--trusted-proxy", "127.0.0.1", *options).start()
        cls.addClassCleanup(lambda: node.process.poll() is None and node.kill())
        return node

    @classmethod
    def publish(cls, node):
        policy = cls.folder / "policy.json"
        policy.write_text(json.dumps(POLICY))
        answer = swarma("publish", cls.film, "--node", node.url, "--data", node.data, "--policy", policy, "--title", "Post", "--ladder", "copy", "--json")
        assert answer.code == 0, answer.errors
        return answer.json["title_id"]

    # --- words -----------------------------------------------------------------------------------------------------
    def viewer(self, node=None):
        """Each from a network of its own."""
        type(self).count += 1
        viewer = Viewer(node or self.node, self.folder / f"viewer{self.count}")
        viewer.elsewhere = {"X-Forwarded-For": f"198.51.{self.count}.7"}
        return viewer

    def offer(self, node, title_id):
        body = compact({"title_id": title_id})
        status, _, answer = node.request("POST", "/v1/requirements/offer", body, {"Content-Type": "application/json", "Idempotency-Key": b64(body)})
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def start(self, viewer, path="any", title_id=None):
        title_id = title_id or self.title_id
        leaf = next(p for p in self.offer(viewer.node, title_id)["paths"] if p["id"] == path)["requires"]
        status, action = viewer.post("/v1/actions/start", {"title_id": title_id, "requirement": "email_verify", "key": leaf["key"]}, headers=viewer.elsewhere)
        self.assertEqual(status, 200, action)
        return action

    def order(self, viewer, action, address, **headers):
        return viewer.post("/v1/actions/continue", {"action_id": action["action_id"], "message": {"address": address}}, headers={**viewer.elsewhere, **headers})

    def ordered(self, viewer, action, address):
        status, answer = self.order(viewer, action, address)
        self.assertEqual(status, 200, answer)
        return answer["reply"]

    def complete(self, viewer, action, **response):
        return viewer.post("/v1/actions/complete", {"action_id": action["action_id"], "response": response}, headers=viewer.elsewhere)

    def refused(self, answered, status, reason):
        got, problem = answered
        self.assertEqual((got, problem.get("type", "").removeprefix("/problems/")), (status, reason), problem)

    def opens(self, viewer, attestation, path="any", title_id=None):
        offer = self.offer(viewer.node, title_id or self.title_id)
        status, answer = viewer.post("/v1/keys/request", viewer.key_request(offer, path, attestations=[attestation]))
        self.assertEqual(status, 200, answer)

    # --- what opens ------------------------------------------------------------------------------------------------
    def test_a_code_opens_the_film(self):
        viewer = self.viewer()
        action = self.start(viewer)
        self.assertEqual(action["challenge"], {"from": "films@example.org", "digits": 8})
        self.assertEqual(self.ordered(viewer, action, "ada@example.net")["mail"], "sent")
        letter = self.office.letter("ada@example.net")
        self.assertEqual((letter["From"], letter["To"], letter["Auto-Submitted"]), ("Films of the valley <films@example.org>", "ada@example.net", "auto-generated"))
        self.refused(self.complete(viewer, action, code="0000 0000"), 403, "mail_code_wrong")
        self.refused(self.complete(self.viewer(), action, code=code_in(letter)), 403, "action_wrong_viewer")
        status, done = self.complete(viewer, action, code=code_in(letter))
        self.assertEqual(status, 200, done)
        self.opens(viewer, done["attestation"])
        self.assertEqual(self.office.logins[-1], ("films", WORD))
        self.assertTrue(all(encrypted for _, encrypted in self.office.mails))

    def test_a_link_opens_it_from_another_device_but_not_by_being_looked_at(self):
        viewer = self.viewer()
        action = self.start(viewer)
        self.refused(self.complete(viewer, action), 409, "not_yet")
        self.ordered(viewer, action, "link@example.net")
        link = link_in(self.office.letter("link@example.net"))
        self.assertEqual(f"{link.scheme}://{link.netloc}", self.node.url)
        for _ in range(3):  # as programs do that look through mails
            status, headers, page = self.node.request("GET", f"{link.path}?{link.query}")
            self.assertEqual(status, 200, page)
        self.assertIn(b"<form", page)
        self.assertIn("no-store", headers["cache-control"])
        self.refused(self.complete(viewer, action), 409, "not_yet")
        key, token = (parse_qs(link.query)[name][0] for name in ("state", "token"))
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        where = f"/v1/actions/return/{key}"
        self.assertIn(f'action="return/{key}"'.encode(), page)
        self.assertEqual(self.node.request("POST", where, urlencode({"token": "x" * 22}), form)[0], 403)
        self.refused(self.complete(viewer, action), 409, "not_yet")
        status, headers, page = self.node.request("POST", where, urlencode({"token": token}), form)
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"), page)
        status, done = self.complete(viewer, action)
        self.assertEqual(status, 200, done)
        self.opens(viewer, done["attestation"])
        self.assertEqual(self.node.request("POST", where, urlencode({"token": token}), form)[0], 404)

    def test_only_the_last_mail_counts_and_the_next_one_has_to_wait(self):
        viewer = self.viewer()
        first, second = self.start(viewer), self.start(viewer)
        self.ordered(viewer, first, "twice@example.net")
        old = code_in(self.office.letter("twice@example.net"))
        status, problem = self.order(viewer, first, "twice@example.net")
        self.assertEqual((status, problem["type"]), (429, "/problems/too_many_mails"), problem)
        self.ordered(viewer, second, "twice@example.net")
        self.office.letter("twice@example.net", 2)
        self.refused(self.complete(viewer, second, code=old), 403, "mail_code_wrong")

    # --- no flood --------------------------------------------------------------------------------------------------
    def test_a_retry_sends_no_second_mail(self):
        viewer = self.viewer()
        action, key = self.start(viewer), str(uuid.uuid4())
        answers = [self.order(viewer, action, "again@example.net", **{"Idempotency-Key": key}) for _ in range(2)]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0][0], 200, answers)
        action = self.start(viewer)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:  # two keys, each twice at once
            others = [Viewer.__new__(Viewer) for _ in range(4)]
            for n, other in enumerate(others):
                other.__dict__.update(viewer.__dict__)
                other.folder = self.folder / f"{viewer.folder.name}-{n}"
                other.folder.mkdir()
                other.node = Node.__new__(Node)
                other.node.__dict__.update(self.node.__dict__)
                other.node.connection = None
            keys = [str(uuid.uuid4()) for _ in range(2)] * 2
            statuses = sorted(status for status, _ in pool.map(lambda o, k: self.order(o, action, "again@example.net", **{"Idempotency-Key": k}), others, keys))
        self.assertIn(200, statuses)
        self.assertLessEqual(set(statuses), {200, 409, 429})
        self.assertEqual(len(self.office.to("again@example.net")), 2)

    def test_a_mailbox_gets_three_an_hour_whoever_asks(self):
        spellings = ["victim@example.net", "Victim+a@example.net", "victim+b@EXAMPLE.net", "VICTIM@example.net", "victim+c@example.net"]
        replies = []
        for spelling in spellings:
            viewer = self.viewer()
            replies.append(self.ordered(viewer, self.start(viewer), spelling))
        self.assertEqual({reply["mail"] for reply in replies}, {"sent"})  # nobody learns that others asked
        got = [e for e, _ in self.office.mails if e.rcpt_tos[0].lower().startswith("victim")]
        self.assertEqual(len(got), 3)

    def test_a_viewer_asks_for_five_an_hour_and_a_network_for_twenty(self):
        viewer = self.viewer()
        for n in range(5):
            self.ordered(viewer, self.start(viewer), f"five{n}@example.net")
        self.refused(self.order(viewer, self.start(viewer), "five5@example.net"), 429, "too_many_mails")
        network = {"X-Forwarded-For": "203.0.113.9"}
        for n in range(21):
            other = self.viewer()
            other.elsewhere = network
            answered = self.order(other, self.start(other), f"net{n}@example.net")
            if n < 20:
                self.assertEqual(answered[0], 200, answered)
        self.refused(answered, 429, "too_many_mails")

    # --- what goes wrong -------------------------------------------------------------------------------------------
    def test_nobody_learns_which_mailboxes_exist(self):
        viewer = self.viewer()
        reply = self.ordered(viewer, self.start(viewer), "nobody@example.net")
        other = self.ordered(viewer, self.start(viewer), "somebody@example.net")
        self.assertEqual((reply["mail"], set(reply)), (other["mail"], set(other)))
        self.assertEqual(self.office.to("nobody@example.net"), [])

    def test_trouble_is_told_from_not_knowing(self):
        viewer = self.viewer()
        self.refused(self.order(viewer, self.start(viewer), "later@example.net"), 503, "mail_unavailable")
        action = self.start(viewer)
        self.assertEqual(self.ordered(viewer, action, "lost@example.net")["mail"], "unknown")
        status, done = self.complete(viewer, action, code=code_in(self.office.letter("lost@example.net")))
        self.assertEqual(status, 200, done)  # it had arrived

    def test_domains_are_those_of_the_terms(self):
        viewer = self.viewer()
        action = self.start(viewer, "school")
        self.assertEqual((action["challenge"]["allow"], action["challenge"]["deny"]), (["example.org", "xn--bcher-kva.example"], ["bad.example.org"]))
        for address in ("ada@example.net", "ada@notexample.org", "ada@bad.example.org", "ada@x.bad.example.org"):
            self.refused(self.order(viewer, action, address), 403, "domain_not_allowed")
        for address in ("ada", "ada@example.org\r\nBcc: eve@example.net", "ada@example.org, eve@example.net", "ada@localhost"):
            self.refused(self.order(viewer, action, address), 400, "bad_address")
        self.ordered(viewer, action, "Jürgen@mail.BÜCHER.example")
        letter = self.office.letter("Jürgen@mail.xn--bcher-kva.example")
        status, done = self.complete(viewer, action, code=code_in(letter).replace(" ", "-"))
        self.assertEqual(status, 200, done)
        self.opens(viewer, done["attestation"], "school")

    def test_a_server_without_smtputf8_takes_ascii_only(self):
        office = PostOffice()
        server = serve_mail(self.folder, office, kind="implicit", enable_SMTPUTF8=False)
        self.addCleanup(server.stop)
        node = self.make_node("implicit", f"smtps://127.0.0.1:{server.port}")
        title_id, viewer = self.publish(node), self.viewer(node)
        self.refused(self.order(viewer, self.start(viewer, title_id=title_id), "jürgen@example.net"), 422, "mail_address_unsupported")
        action = self.start(viewer, title_id=title_id)
        self.ordered(viewer, action, "ada@example.net")
        status, done = self.complete(viewer, action, code=code_in(office.letter("ada@example.net")))
        self.assertEqual(status, 200, done)
        self.opens(viewer, done["attestation"], title_id=title_id)

    def test_nothing_goes_to_a_server_that_cannot_prove_itself(self):
        office = PostOffice()
        servers = {kind: serve_mail(self.folder, office, kind=kind) for kind in ("starttls", "implicit", "clear")}
        for server in servers.values():
            self.addCleanup(server.stop)
        for kind, url, ca in (("starttls", "smtp", "other"), ("implicit", "smtps", "other"), ("starttls", "smtp", "mail"), ("clear", "smtp", "mail")):
            host = "127.0.0.1" if ca == "other" or kind == "clear" else "localhost"  # the certificate is not for that name
            node = self.make_node(f"wrong-{kind}-{ca}", f"{url}://{host}:{servers[kind].port}", ca=ca)
            title_id, viewer = self.publish(node), self.viewer(node)
            self.refused(self.order(viewer, self.start(viewer, title_id=title_id), "ada@example.net"), 503, "mail_unavailable")
            node.stop()
        self.assertEqual(office.mails, [])

    def test_a_node_without_a_mail_server_says_what_is_missing(self):
        node = Node(self.folder / "mute").start()
        self.addCleanup(lambda: node.process.poll() is None and node.kill())
        title_id, viewer = self.publish(node), self.viewer(node)
        leaf = self.offer(node, title_id)["paths"][0]["requires"]
        self.assertFalse(leaf["available"])
        status, problem = viewer.post("/v1/actions/start", {"title_id": title_id, "requirement": "email_verify", "key": leaf["key"]})
        self.assertEqual(problem["type"], "/problems/no_verifier", problem)
        self.assertIn("--smtp-url", problem["detail"])
        for options in (["--smtp-from", "a@b.example"], ["--smtp-url", "http://x"], ["--smtp-url", "smtp://x.example"], ["--smtp-url", "smtp://x.example", "--smtp-from", "a@b.example", "--smtp-user", "u"]):
            self.assertEqual(swarma("serve", "--data", self.folder / "bad", "--listen", "127.0.0.1:0", *options).reason, "mail_config_bad")

    def test_exim_delivers_both_ways(self):
        program = shutil.which("exim4", path="/usr/sbin:/usr/bin")
        if program is None:
            self.skipTest("exim4 is not installed: apt-get install exim4-daemon-light (takes the place of another mail server)")
        exim = Exim(self.folder, program)
        self.addCleanup(exim.stop)
        for url in (f"smtp://127.0.0.1:{exim.starttls}", f"smtps://127.0.0.1:{exim.implicit}"):
            kind = url.split(":")[0]
            node = self.make_node(f"exim-{kind}", url, "--smtp-user", "films", "--smtp-password-file", self.folder / "word")
            title_id, viewer = self.publish(node), self.viewer(node)
            self.refused(self.order(viewer, self.start(viewer, title_id=title_id), "later@example.net"), 503, "mail_unavailable")
            self.assertEqual(self.ordered(viewer, self.start(viewer, title_id=title_id), "nobody@example.net")["mail"], "sent")
            for address in (f"{kind}@example.net", f"jürgen.{kind}@example.net"):
                action = self.start(viewer, title_id=title_id)
                self.ordered(viewer, action, address)
                letter = exim.letter(address)
                self.assertRegex(letter["Received"], "esmtpsa" if address.isascii() else "utf8esmtpsa")
                status, done = self.complete(viewer, action, code=code_in(letter))
                self.assertEqual(status, 200, done)
            node.stop()
            open_node = self.make_node(f"exim-{kind}-unknown", url)  # it has not logged in
            title_id, viewer = self.publish(open_node), self.viewer(open_node)
            self.refused(self.order(viewer, self.start(viewer, title_id=title_id), "ada@example.net"), 503, "mail_unavailable")
            open_node.stop()

    # --- what is kept, and the terminal -----------------------------------------------------------------------------
    def test_no_address_code_or_password_is_kept_or_logged(self):
        viewer = self.viewer()
        action = self.start(viewer)
        self.ordered(viewer, action, "kept.nowhere@example.net")
        letter = self.office.letter("kept.nowhere@example.net")
        code, token = code_in(letter).replace(" ", ""), parse_qs(link_in(letter).query)["token"][0]
        held = b"".join(path.read_bytes() for path in self.node.data.glob("swarma.db*")) + self.node.log().encode()
        for secret in ("kept.nowhere", code, token, WORD):
            self.assertNotIn(secret.encode(), held)
        self.assertIn(action["action_id"].encode(), held)  # we looked at the right place

    def test_a_terminal_asks_for_address_and_code(self):
        master, slave = pty.openpty()
        watching = subprocess.Popen([PROGRAM, "watch", self.title_id, "--node", self.node.url, "--data", self.folder / "watcher", "--path", "any", "--output", self.folder / "seen.mp4"],
                                    stdin=slave, stdout=subprocess.PIPE, stderr=slave, text=True)
        os.close(slave)
        self.addCleanup(lambda: watching.poll() is None and watching.kill())
        heard = self.talk(master, "", "address")
        heard = self.talk(master, "not an address\n", "address")
        self.assertIn("not an address that mail can be sent to", heard)
        self.talk(master, "terminal@example.net\n", "code of the mail")
        code = code_in(self.office.letter("terminal@example.net"))
        self.talk(master, "1111 1111\n" if code != "1111 1111" else "2222 2222\n", "code of the mail")
        os.write(master, f"{code}\n".encode())
        output, _ = watching.communicate(timeout=60 * PATIENCE)
        self.assertEqual(watching.returncode, 0, output)
        self.assertGreater((self.folder / "seen.mp4").stat().st_size, 10_000)
        os.close(master)

    def talk(self, master, words, until):
        """Types, and reads until a question."""
        os.write(master, words.encode())
        heard, deadline = "", time.monotonic() + 20 * PATIENCE
        while until not in heard.replace(words.strip(), "") or not heard.rstrip().endswith(":"):
            self.assertLess(time.monotonic(), deadline, heard)
            heard += os.read(master, 4096).decode()
        return heard


if __name__ == "__main__":
    if Path(sys.prefix).resolve() != TOOLS.resolve():
        run_in_tools()
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # handshakes that fail on purpose
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="aiosmtpd")
    unittest.main(warnings="ignore")
