"""A node with titles that ask for something, and viewers who try to meet that: what the tests of requirements share."""
import base64
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from films import make_film
from program import Node, swarma
from viewer import Viewer, b64, compact


def skip(reason):
    """Ends the program as skipped; the reason is what the summary shows."""
    print(f"skipped: {reason}")
    sys.exit(77)


def npm_packages(folder):
    """Installs what the lock file of a folder says, once."""
    stamp, wanted = folder / "node_modules/.installed", folder / "package-lock.json"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return
    if not shutil.which("npm"):
        skip("npm is not here")
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        skip("the npm packages cannot be installed: " + done.stderr.strip()[-300:])
    stamp.write_bytes(wanted.read_bytes())


def payload(jws):
    part = jws.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class TermsTest(unittest.TestCase):
    """`leaves` maps the name of a path to the one requirement it asks for; every title has them all."""
    leaves, options = {}, ()

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-terms-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.count = 0
        cls.node = cls.start_node("node", *cls.options)
        cls.film = make_film(cls.folder / "film.mp4", 4, "160x90")
        cls.title_id, cls.other_id = cls.publish("One"), cls.publish("Two")

    @classmethod
    def start_node(cls, name, *options):
        node = Node(cls.folder / name, *options).start()
        cls.addClassCleanup(lambda: node.process.poll() is None and node.kill())
        return node

    @classmethod
    def publish(cls, name, node=None):
        node = node or cls.node
        policy = cls.folder / "policy.json"
        policy.write_text(json.dumps({"version": 1, "paths": [
            {"id": path, "requires": {"requirement": requirement, "params": params}, "grants": {"ttl_s": 600}}
            for path, (requirement, params) in cls.leaves.items()]}))
        answer = swarma("publish", cls.film, "--node", node.url, "--data", node.data, "--policy", policy, "--title", name, "--ladder", "copy", "--json")
        assert answer.code == 0, answer.errors
        return answer.json["title_id"]

    def viewer(self, node=None):
        type(self).count += 1
        return Viewer(node or self.node, self.folder / f"viewer{self.count}")

    def offer(self, title_id=None, node=None):
        body = compact({"title_id": title_id or self.title_id})
        status, _, answer = (node or self.node).request("POST", "/v1/requirements/offer", body, {"Content-Type": "application/json", "Idempotency-Key": b64(body)})
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def leaf(self, path, title_id=None, node=None):
        return next(p for p in self.offer(title_id, node)["paths"] if p["id"] == path)["requires"]

    def start(self, viewer, path, title_id=None):
        """The action as the node began it: {action_id, challenge, …}."""
        leaf = self.leaf(path, title_id, viewer.node)
        status, action = viewer.post("/v1/actions/start", {"title_id": title_id or self.title_id, "requirement": leaf["requirement"], "key": leaf["key"]})
        self.assertEqual(status, 200, action)
        return action

    def complete(self, viewer, action, response):
        return viewer.post("/v1/actions/complete", {"action_id": action["action_id"], "response": response})

    def granted(self, answered):
        """The attestation's claims."""
        status, answer = answered
        self.assertEqual(status, 200, answer)
        return payload(answer["attestation"])

    def refused(self, answered, status, reason):
        got, problem = answered
        self.assertEqual((got, problem.get("type", "").removeprefix("/problems/")), (status, reason), problem)
        return problem

    def unlock(self, viewer, path, attestation, title_id=None):
        offer = self.offer(title_id, viewer.node)
        return viewer.post("/v1/keys/request", viewer.key_request(offer, path, attestations=[attestation]))
