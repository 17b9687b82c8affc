"""social_like on Nostr: a real relay (nostr-relay, PyPI), and people whose events nostr-tools (npm) signs."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from peers import why_not_installed
from program import PATIENCE, REPOSITORY, free_port
from terms import TermsTest, npm_packages, skip

TOOLS = REPOSITORY / "build/tools/nostr-relay"
CONFIG = """
DEBUG: false
relay_name: test
storage:
  sqlalchemy.url: sqlite+aiosqlite:///{folder}/nostr.sqlite3
  num_concurrent_reqs: 10
  num_concurrent_adds: 2
  validators:
    - nostr_relay.validators.is_signed
verification:
  nip05_verification: disabled
gunicorn:
  bind: 127.0.0.1:{port}
  workers: 1
  loglevel: warning
  reload: false
authentication:
  enabled: false
message_timeout: 1800
subscription_limit: 32
max_limit: 6000
"""


def install_relay():
    if why := why_not_installed(TOOLS, HERE / "requirements.txt"):
        skip("nostr-relay " + why)


class Relay:
    def __init__(self, folder):
        folder.mkdir()
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        config = folder / "config.yaml"
        config.write_text(CONFIG.format(folder=folder, port=self.port))
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen([TOOLS / "bin/nostr-relay", "-c", config, "serve"], cwd=folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env={**os.environ, "HOME": str(folder)}, start_new_session=True)
        deadline = time.monotonic() + 60 * PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the relay did not start: " + (folder / "log").read_text(errors="replace")[-1500:])
                time.sleep(0.1)

    def stop(self):
        os.killpg(self.process.pid, 9)  # it and its worker, which this test started as a group of their own
        self.process.wait()


class People:
    def __init__(self):
        self.process = subprocess.Popen(["node", HERE / "person.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def key(self):
        return self.ask(do="key")

    def sign(self, key, **event):
        return self.ask(do="sign", secret=key["secret"], event=event)

    def publish(self, key, relay, **event):
        signed = self.sign(key, **event)
        self.ask(do="publish", relay=relay.url, event=signed)
        return signed

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=20 * PATIENCE)
        self.process.stdout.close()


npm_packages(HERE)
install_relay()


class NostrTest(TermsTest):
    @classmethod
    def setUpClass(cls):
        import tempfile
        relays = Path(tempfile.mkdtemp(prefix="swarma-relays-"))
        cls.addClassCleanup(shutil.rmtree, relays, ignore_errors=True)
        cls.people = People()
        cls.addClassCleanup(cls.people.stop)
        cls.relay, cls.second = Relay(relays / "one"), Relay(relays / "two")
        cls.addClassCleanup(cls.relay.stop)
        cls.addClassCleanup(cls.second.stop)
        cls.creator = cls.people.key()
        cls.note = cls.people.publish(cls.creator, cls.relay, kind=1, content="My film is out")
        nevent = cls.people.ask(do="nevent", id=cls.note["id"], author=cls.creator["public"])["text"]
        cls.leaves = {"like": ("social_like", {"network": "nostr", "target": cls.note["id"]}),
                      "repost": ("social_like", {"network": "nostr", "action": "repost", "target": nevent}),
                      "follow": ("social_like", {"network": "nostr", "action": "follow", "target": cls.creator["npub"]}),
                      "nonsense": ("social_like", {"network": "nostr", "target": "my film"}),
                      "elsewhere": ("social_like", {"network": "somewhere", "target": "my film"})}
        cls.options = ("--nostr-relay", cls.relay.url, "--nostr-relay", cls.second.url)
        super().setUpClass()

    def answer(self, action, key, **changes):
        return {"event": self.people.sign(key, **{**action["challenge"]["event"], **changes})}

    def like(self, key, relay=None, **changes):
        event = {"kind": 7, "content": "+", "tags": [["e", self.note["id"]], ["p", self.creator["public"]]], **changes}
        return self.people.publish(key, relay or self.relay, **event)

    def try_out(self, path, key, viewer=None):
        viewer = viewer or self.viewer()
        action = self.start(viewer, path)
        return self.complete(viewer, action, self.answer(action, key))

    def test_a_like_a_repost_and_a_follow_open(self):
        key = self.people.key()
        for path in ("like", "repost", "follow"):
            self.refused(self.try_out(path, key), 403, "not_liked")
        self.like(key)
        self.people.publish(key, self.second, kind=6, content=json.dumps(self.note), tags=[["e", self.note["id"], self.relay.url], ["p", self.creator["public"]]])
        self.people.publish(key, self.relay, kind=3, tags=[["p", "ab" * 32], ["p", self.creator["public"]]])
        for path in ("like", "repost", "follow"):
            viewer = self.viewer()
            status, done = self.try_out(path, key, viewer)
            claims = self.granted((status, done))
            self.assertEqual(claims["trust"], 0.5)
            self.assertNotIn(key["public"], json.dumps(claims))  # the account stays between viewer and node
            self.assertEqual(self.unlock(viewer, path, done["attestation"])[0], 200)

    def test_what_is_no_like(self):
        other = self.people.publish(self.creator, self.relay, kind=1, content="Another note")
        for changes in ({"content": "-"}, {"tags": [["e", self.note["id"]], ["e", other["id"]]]}, {"kind": 1, "content": "I like it"}):
            key = self.people.key()
            self.like(key, **changes)
            self.refused(self.try_out("like", key), 403, "not_liked")
        self.refused(self.try_out("like", self.people.key()), 403, "not_liked")  # others like it, this key does not

    def test_a_like_that_was_taken_back(self):
        key = self.people.key()
        like = self.like(key, created_at=int(time.time()) - 5)
        self.granted(self.try_out("like", key))
        # Taken back at another relay than the one that still has it.
        self.people.publish(key, self.second, kind=5, tags=[["e", like["id"]], ["k", "7"]])
        self.refused(self.try_out("like", key), 403, "not_liked")
        stranger = self.people.key()
        again = self.like(key)
        self.people.publish(stranger, self.second, kind=5, tags=[["e", again["id"]]])  # not his to take back
        self.granted(self.try_out("like", key))

    def test_who_does_not_follow_any_more(self):
        key = self.people.key()
        now = int(time.time())
        self.people.publish(key, self.relay, kind=3, created_at=now - 10, tags=[["p", self.creator["public"]]])
        self.granted(self.try_out("follow", key))
        self.people.publish(key, self.second, kind=3, created_at=now, tags=[])  # the newest list counts, wherever it is
        self.refused(self.try_out("follow", key), 403, "not_liked")

    def test_the_signature_binds_key_viewer_title_and_action(self):
        key = self.people.key()
        self.like(key)
        viewer, thief = self.viewer(), self.viewer()
        action, theirs, elsewhere = self.start(viewer, "like"), self.start(thief, "like"), self.start(viewer, "like", self.other_id)
        answer = self.answer(action, key)
        self.refused(self.complete(thief, theirs, answer), 403, "wrong_event")
        self.refused(self.complete(viewer, elsewhere, answer), 403, "wrong_event")
        self.refused(self.complete(thief, action, answer), 403, "action_wrong_viewer")
        changed = {"event": {**answer["event"], "pubkey": self.creator["public"]}}
        self.refused(self.complete(viewer, action, changed), 403, "event_forged")
        self.refused(self.complete(viewer, action, {"event": {**answer["event"], "sig": "00" * 64}}), 403, "event_forged")
        self.refused(self.complete(viewer, action, self.answer(action, key, kind=1)), 403, "wrong_event")
        self.refused(self.complete(viewer, action, self.answer(action, key, created_at=int(time.time()) - 3600)), 403, "wrong_event")
        self.refused(self.complete(viewer, action, {"event": {"kind": 1}}), 400, "bad_member")
        self.granted(self.complete(viewer, action, answer))

    def test_an_account_opens_a_title_for_three_viewers(self):
        key = self.people.key()
        self.like(key)
        for _ in range(3):
            self.granted(self.try_out("like", key))
        self.refused(self.try_out("like", key), 403, "account_used_up")

    def test_many_accounts_of_one_network_are_trusted_less(self):
        trusts = []
        for _ in range(10):
            key = self.people.key()
            self.like(key)
            action_of = self.start(viewer := self.viewer(), "like", self.other_id)
            trusts.append(self.granted(self.complete(viewer, action_of, self.answer(action_of, key)))["trust"])
        self.assertEqual((trusts[0], trusts[-1]), (0.5, 0.2), trusts)

    def test_what_cannot_be_asked_is_not_offered(self):
        self.assertEqual([self.leaf(path)["available"] for path in ("like", "repost", "follow", "nonsense", "elsewhere")], [True, True, True, False, False])

    def test_relays_that_are_away_are_not_a_no(self):
        relays = Path(self.folder / "relays")
        relays.mkdir()
        mute = Relay(relays / "mute")
        node = self.start_node("away", "--nostr-relay", mute.url)
        title = self.publish("Away", node)
        key, viewer = self.people.key(), self.viewer(node)
        self.like(key, mute)
        action = self.start(viewer, "like", title)
        os.killpg(mute.process.pid, 19)  # SIGSTOP: it takes connections and says nothing
        try:
            self.refused(self.complete(viewer, action, self.answer(action, key)), 503, "relays_unreachable")
        finally:
            os.killpg(mute.process.pid, 18)
        self.granted(self.complete(viewer, action, self.answer(action, key)))
        mute.stop()
        second = self.start(viewer, "like", title)
        self.refused(self.complete(viewer, second, self.answer(second, key)), 503, "relays_unreachable")

    def test_one_relay_of_two_is_enough(self):
        node = self.start_node("half", "--nostr-relay", self.relay.url, "--nostr-relay", "ws://127.0.0.1:9")
        title = self.publish("Half", node)
        key, viewer = self.people.key(), self.viewer(node)
        self.like(key)
        action = self.start(viewer, "like", title)
        self.granted(self.complete(viewer, action, self.answer(action, key)))


if __name__ == "__main__":
    unittest.main()
