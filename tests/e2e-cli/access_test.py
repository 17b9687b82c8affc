"""The access endpoints by raw HTTP, by a viewer who knows only the protocol page: what is granted, and every refusal."""
import json
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import make_film
from program import Node, swarma
from viewer import Viewer, b64, compact

PROMISE = {"requirement": "goodwill_ack", "params": {"text": "I will tell a friend."}}
POLICY = {"version": 1, "paths": [
    {"id": "preview", "grants": {"slots": [0, 1], "ttl_s": 600}},
    {"id": "promise", "requires": PROMISE, "grants": {"ttl_s": 600, "window_s": 8, "unlock_s": 3600, "count": 4}},
    {"id": "once", "requires": {"requirement": "goodwill_ack", "params": {"text": "Only once."}}, "grants": {"ttl_s": 600, "max_plays": 1}}]}


def payload(jws):
    import base64
    part = jws.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-access-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())
        film = make_film(cls.folder / "film.mp4", 24, "320x180")
        policy = cls.folder / "policy.json"
        policy.write_text(json.dumps(POLICY))
        cls.title_id, cls.other_id = (cls.publish(film, policy, name) for name in ("One", "Two"))
        cls.count = 0

    @classmethod
    def publish(cls, film, policy, name):
        answer = swarma("publish", film, "--node", cls.node.url, "--data", cls.folder / "node", "--policy", policy, "--title", name, "--ladder", "copy", "--json")
        assert answer.code == 0, answer.errors
        return answer.json["title_id"]

    def viewer(self):
        type(self).count += 1
        return Viewer(self.node, self.folder / f"viewer{self.count}")

    def offer(self, title_id=None):
        body = compact({"title_id": title_id or self.title_id})
        status, _, answer = self.node.request("POST", "/v1/requirements/offer", body, {"Content-Type": "application/json", "Idempotency-Key": b64(body)})
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def leaf(self, offer, path):
        return next(p for p in offer["paths"] if p["id"] == path)["requires"]

    def attested(self, viewer, path="promise", title_id=None):
        offer = self.offer(title_id)
        return offer, viewer.attest(offer["title_id"], self.leaf(offer, path))

    def unlock(self, viewer, slots):
        """The first grant of an unlock."""
        offer, attestation = self.attested(viewer)
        status, answer = viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=slots, attestations=[attestation]))
        self.assertEqual(status, 200, answer)
        return offer, answer["grant"]

    def refused(self, answered, status, *reasons):
        got, problem = answered
        self.assertEqual(got, status, problem)
        self.assertIn(problem["type"].removeprefix("/problems/"), reasons, problem)
        return problem

    # --- what is given -------------------------------------------------------------------------------------------
    def test_the_preview_opens_to_anybody_and_ends_where_it_says(self):
        viewer, offer = self.viewer(), self.offer()
        status, answer = viewer.post("/v1/keys/request", viewer.key_request(offer, "preview"))
        self.assertEqual(status, 200, answer)
        grant = payload(answer["grant"])
        self.assertEqual((grant["slots"], grant["aud"], grant["title_id"]), ([0, 1], viewer.jkt, self.title_id))
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(offer, "preview", slots=[0, 2])), 403, "outside_scope", "policy_unmet")

    def test_grants_roll_on_until_the_count_is_used_up(self):
        viewer = self.viewer()
        offer, grant = self.unlock(viewer, [0, 2])
        for first in (2, 3, 4):
            status, answer = viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[first, first + 1], unlock=grant))
            self.assertEqual(status, 200, answer)
            grant = answer["grant"]
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[5, 6], unlock=grant)), 403, "too_many_grants")

    # --- evidence ------------------------------------------------------------------------------------------------
    def evidence(self, viewer, grant_id, status=200):
        path = f"/v1/grants/{grant_id}/evidence"
        got, _, answer = self.node.request("GET", path, headers={"DPoP": viewer.proof("GET", path, b"", htd="")})
        self.assertEqual(got, status, answer)
        return json.loads(answer)

    def verified(self, evidence):
        """What the program and the script of the guide, which knows nothing of it, say of a file."""
        folder = self.folder / "evidence"
        folder.mkdir(exist_ok=True)
        file = folder / "evidence.json"
        file.write_text(json.dumps(evidence))
        root = Path(__file__).resolve().parent.parent.parent
        script = folder / "verify-evidence.mjs"
        shutil.copy(root / "docs/guide/examples/verify-evidence.mjs", script)
        if not (folder / "node_modules").exists():
            (folder / "node_modules").symlink_to(root / "sdk/ts/node_modules")
        other = subprocess.run(["node", script, file], capture_output=True, text=True)
        ours = swarma("verify", "evidence", file, "--data", self.folder / "nobody")
        self.assertEqual(ours.code == 0, other.returncode == 0, ours.errors + other.stderr)
        return ours

    def test_anybody_can_check_a_grant_without_the_node(self):
        viewer = self.viewer()
        offer, grant = self.unlock(viewer, [0, 2])
        evidence = self.evidence(viewer, payload(grant)["grant_id"])
        self.assertEqual(evidence["grant"], grant)
        self.assertEqual(self.verified(evidence).code, 0)
        status, further = viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[2, 3], unlock=grant))
        self.assertEqual(status, 200, further)
        self.assertEqual(self.verified(self.evidence(viewer, payload(further["grant"])["grant_id"])).code, 0)
        # Not for others, and not without what it rests on.
        self.evidence(self.viewer(), payload(grant)["grant_id"], status=404)
        self.assertEqual(self.verified({**evidence, "attestations": []}).code, 1)
        self.assertEqual(self.verified({**evidence, "issuers": []}).code, 1)
        _, foreign = self.attested(self.viewer())
        self.assertEqual(self.verified({**evidence, "attestations": [foreign]}).code, 1)
        _, other_grant = self.unlock(self.viewer(), [0, 2])
        self.assertEqual(self.verified({**evidence, "grant": other_grant}).code, 1)
        self.assertEqual(self.verified({**evidence, "grant": grant[:-4] + "AAAA"}).code, 1)

    # --- attestations --------------------------------------------------------------------------------------------
    def test_without_a_proof_of_the_requirement_nothing_opens(self):
        viewer, offer = self.viewer(), self.offer()
        problem = self.refused(viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[0, 1])), 403, "policy_unmet")
        self.assertEqual([(u["path"], u["requirement"]) for u in problem["unmet"]], [("promise", "goodwill_ack")])
        self.assertTrue(problem["unmet"][0]["how"])

    def test_an_attestation_is_good_once(self):
        viewer = self.viewer()
        offer, attestation = self.attested(viewer)
        request = viewer.key_request(offer, "promise", slots=[0, 2], attestations=[attestation])
        self.assertEqual(viewer.post("/v1/keys/request", request)[0], 200)
        self.refused(viewer.post("/v1/keys/request", request), 403, "attestation_used")

    def test_the_attestation_of_another_viewer(self):
        offer, attestation = self.attested(self.viewer())
        thief = self.viewer()
        self.refused(thief.post("/v1/keys/request", thief.key_request(offer, "promise", slots=[0, 1], attestations=[attestation])), 403, "attestation_wrong_viewer")

    def test_an_attestation_for_another_title(self):
        viewer = self.viewer()
        _, attestation = self.attested(viewer, title_id=self.other_id)
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(self.offer(), "promise", slots=[0, 1], attestations=[attestation])), 403, "attestation_wrong_title")

    def test_an_attestation_that_the_viewer_signed(self):
        viewer = self.viewer()
        offer, attestation = self.attested(viewer)
        header = {"alg": "EdDSA", "kid": payload(attestation)["issuer"], "typ": "swarma-attestation+jwt"}
        own = viewer.sign(header, {**payload(attestation), "attestation_id": "AAAAAAAAAAAAAAAAAAAAAA"})
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[0, 1], attestations=[own])), 403, "attestation_forged")

    def test_a_revoked_attestation(self):
        viewer = self.viewer()
        offer, attestation = self.attested(viewer)
        name = payload(attestation)["attestation_id"]
        self.assertEqual(self.node.get_json(f"/v1/attestations/{name}")["state"], "valid")
        self.assertEqual(viewer.post("/v1/attestations/revoke", {"attestation_id": name})[0], 200)
        self.assertEqual(self.node.get_json(f"/v1/attestations/{name}")["state"], "revoked")
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[0, 1], attestations=[attestation])), 403, "attestation_revoked")

    def test_one_play_is_one_play(self):
        viewer = self.viewer()
        for expected in (200, 403):
            offer, attestation = self.attested(viewer, "once")
            status, answer = viewer.post("/v1/keys/request", viewer.key_request(offer, "once", attestations=[attestation]))
            self.assertEqual(status, expected, answer)
        self.assertEqual(answer["type"], "/problems/max_plays")

    def test_the_wrong_answer_to_a_challenge(self):
        viewer, offer = self.viewer(), self.offer()
        leaf = self.leaf(offer, "promise")
        _, action = viewer.post("/v1/actions/start", {"title_id": self.title_id, "requirement": leaf["requirement"], "key": leaf["key"]})
        wrong = {"action_id": action["action_id"], "response": {"accepted": True, "text_hash": b64(bytes(32))}}
        self.refused(viewer.post("/v1/actions/complete", wrong), 403, "wrong_text")
        self.refused(self.viewer().post("/v1/actions/complete", wrong), 403, "action_wrong_viewer")

    # --- grants --------------------------------------------------------------------------------------------------
    def test_the_grant_of_another_viewer_does_not_roll_on(self):
        offer, grant = self.unlock(self.viewer(), [0, 1])
        thief = self.viewer()
        self.refused(thief.post("/v1/keys/request", thief.key_request(offer, "promise", slots=[1, 2], unlock=grant)), 403, "grant_wrong_viewer")

    def test_a_revoked_unlock_does_not_roll_on(self):
        viewer = self.viewer()
        offer, grant = self.unlock(viewer, [0, 1])
        self.assertEqual(viewer.post("/v1/keys/revoke", {"unlock_id": payload(grant)["unlock_id"]})[0], 200)
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[1, 2], unlock=grant)), 403, "grant_revoked")

    def test_a_stranger_cannot_revoke(self):
        viewer = self.viewer()
        offer, grant = self.unlock(viewer, [0, 1])
        self.refused(self.viewer().post("/v1/keys/revoke", {"unlock_id": payload(grant)["unlock_id"]}), 404, "unlock_unknown")
        self.assertEqual(viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[1, 2], unlock=grant))[0], 200)

    def test_more_than_the_window_at_once(self):
        viewer = self.viewer()
        offer, attestation = self.attested(viewer)
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(offer, "promise", slots=[0, 6], attestations=[attestation])), 403, "outside_scope", "policy_unmet")

    def test_an_older_revision(self):
        viewer = self.viewer()
        self.refused(viewer.post("/v1/keys/request", viewer.key_request(self.offer(), "preview", revision=7)), 409, "not_current_revision")

    # --- proofs (DPoP) -------------------------------------------------------------------------------------------
    def preview(self, viewer, **headers):
        return viewer.key_request(self.offer(), "preview")

    def test_no_proof(self):
        viewer = self.viewer()
        self.refused(viewer.post("/v1/keys/request", self.preview(viewer), headers={"DPoP": None}), 401, "proof_required")

    def test_a_proof_is_good_once(self):
        viewer = self.viewer()
        request = self.preview(viewer)
        proof = viewer.proof("POST", "/v1/keys/request", compact(request))
        self.assertEqual(viewer.post("/v1/keys/request", request, proof)[0], 200)
        self.refused(viewer.post("/v1/keys/request", request, proof), 401, "replayed_proof")

    def test_a_proof_for_something_else(self):
        viewer = self.viewer()
        request = self.preview(viewer)
        body = compact(request)
        wrong = {"another body": viewer.proof("POST", "/v1/keys/request", body + b" "), "another path": viewer.proof("POST", "/v1/keys/revoke", body),
                 "another method": viewer.proof("PUT", "/v1/keys/request", body),
                 "another host": viewer.proof("POST", "/v1/keys/request", body, htu="http://example.org/v1/keys/request"),
                 "an old one": viewer.proof("POST", "/v1/keys/request", body, iat=int(time.time()) - 600),
                 "one of the future": viewer.proof("POST", "/v1/keys/request", body, iat=int(time.time()) + 600)}
        for what, proof in wrong.items():
            with self.subTest(what):
                self.refused(viewer.post("/v1/keys/request", request, proof), 401, "invalid_dpop_proof")

    def test_a_proof_without_the_servers_nonce(self):
        viewer = self.viewer()
        request = self.preview(viewer)
        self.refused(viewer.post("/v1/keys/request", request, viewer.proof("POST", "/v1/keys/request", compact(request), nonce="made-up")), 401, "use_dpop_nonce")

    def test_a_proof_by_another_key_than_it_shows(self):
        viewer, other = self.viewer(), self.viewer()
        request = self.preview(viewer)
        proof = viewer.proof("POST", "/v1/keys/request", compact(request))
        forged = other.proof("POST", "/v1/keys/request", compact(request)).rsplit(".", 1)[1]
        self.refused(viewer.post("/v1/keys/request", request, proof.rsplit(".", 1)[0] + "." + forged), 401, "invalid_dpop_proof")

    # --- what changes state --------------------------------------------------------------------------------------
    def test_strangers_change_nothing(self):
        viewer = self.viewer()
        token = compact({"did": self.node.get_json("/v1/node")["owner"], "ttl_s": 60, "scope": "publish"})
        for method, path, body in (("POST", "/v1/titles", b"{}"), ("DELETE", f"/v1/titles/{self.title_id}", b""), ("POST", "/v1/tokens", token),
                                   ("PUT", "/upload", b"{}"), ("POST", "/v1/media/upload?name=x.mp4", b"{}")):
            bare = path.split("?")[0]
            claims = {} if body else {"htd": None}
            proof = viewer.proof(method, bare, body, **claims)
            for headers in ({}, {"DPoP": proof}):
                with self.subTest(f"{method} {path}", proof=bool(headers)):
                    status, _, answer = self.node.request(method, path, body, {"Idempotency-Key": "k", "Content-Type": "application/json", "X-SHA-256": "0" * 64, **headers})
                    self.assertIn(status, (401, 403), answer)
        self.assertEqual(self.node.get_json(f"/v1/titles/{self.title_id}")["title"]["title_id"], self.title_id)


if __name__ == "__main__":
    unittest.main()
