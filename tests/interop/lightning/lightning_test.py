"""crypto_payment by lightning, against a FAKE node that speaks like LND and like Core Lightning; its invoices are made by npm bolt11.

What only a real node can show (routing, fees, settlement) is not shown here.
"""
import http.client
import json
import shutil
import ssl
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from program import PATIENCE
from terms import TermsTest, npm_packages

npm_packages(HERE)


class FakeNode:
    def __init__(self, folder):
        self.certificate, key = folder / "tls.cert", folder / "tls.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", self.certificate,
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.macaroon, self.rune = folder / "invoice.macaroon", folder / "rune"
        self.macaroon.write_bytes(bytes.fromhex("0201036c6e64"))
        self.rune.write_text("cnVuZQ==\n")
        self.process = subprocess.Popen(["node", HERE / "fake_node.mjs", self.certificate, key, "0201036c6e64", "cnVuZQ=="], stdout=subprocess.PIPE, text=True)
        started = json.loads(self.process.stdout.readline())
        self.port, self.payee = started["port"], started["payee"]
        self.url = f"https://127.0.0.1:{self.port}"

    def tell(self, what, **body):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20 * PATIENCE, context=ssl.create_default_context(cafile=self.certificate))
        connection.request("POST", f"/fake/{what}", json.dumps(body))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def pay(self, action):
        return self.tell("pay", invoice=action["challenge"]["invoice"])["preimage"]

    def stop(self):
        self.process.kill()
        self.process.wait()


folder = Path(tempfile.mkdtemp(prefix="swarma-fake-lightning-"))
fake = FakeNode(folder)


def tearDownModule():
    fake.stop()
    shutil.rmtree(folder, ignore_errors=True)


class LightningCases:
    leaves = {"pay": ("crypto_payment", {"method": "lightning", "amount": "21", "address": fake.payee}),
              "msat": ("crypto_payment", {"method": "lightning", "amount": "1500", "unit": "msat"}),
              "stranger": ("crypto_payment", {"method": "lightning", "amount": "21", "address": "02" + "ab" * 32}),
              "euro": ("crypto_payment", {"method": "lightning", "amount": "21", "unit": "eur"})}

    def tearDown(self):
        fake.tell("mood", mood="")

    def begin(self, viewer, path):
        """The answer to actions/start."""
        leaf = self.leaf(path)
        return viewer.post("/v1/actions/start", {"title_id": self.title_id, "requirement": leaf["requirement"], "key": leaf["key"]})

    def test_the_challenge_says_what_is_paid_to_whom(self):
        challenge = self.start(self.viewer(), "pay")["challenge"]
        self.assertEqual((challenge["amount_msat"], challenge["payee"], challenge["uri"]), (21000, fake.payee, "lightning:" + challenge["invoice"]))
        self.assertEqual(self.start(self.viewer(), "msat")["challenge"]["amount_msat"], 1500)

    def test_a_preimage_opens(self):
        viewer = self.viewer()
        action = self.start(viewer, "pay")
        self.refused(self.complete(viewer, action, {"preimage": "ab" * 32}), 403, "wrong_preimage")
        status, done = self.complete(viewer, action, {"preimage": fake.pay(action)})
        self.granted((status, done))
        self.assertEqual(self.unlock(viewer, "pay", done["attestation"])[0], 200)

    def test_the_node_finds_out_by_itself(self):
        viewer = self.viewer()
        action = self.start(viewer, "pay")
        for _ in range(12):
            self.refused(self.complete(viewer, action, {}), 409, "not_yet")  # takes no tries
        fake.pay(action)
        self.granted(self.complete(viewer, action, {}))

    def test_an_invoice_that_ran_out(self):
        viewer = self.viewer()
        action = self.start(viewer, "pay")
        fake.tell("cancel", invoice=action["challenge"]["invoice"])
        self.refused(self.complete(viewer, action, {}), 403, "invoice_expired")

    def test_a_payment_opens_once_and_for_its_viewer(self):
        viewer, thief = self.viewer(), self.viewer()
        action, theirs = self.start(viewer, "pay"), self.start(thief, "pay")
        preimage = fake.pay(action)
        self.refused(self.complete(thief, theirs, {"preimage": preimage}), 403, "wrong_preimage")
        self.refused(self.complete(thief, action, {"preimage": preimage}), 403, "action_wrong_viewer")
        self.granted(self.complete(viewer, action, {"preimage": preimage}))
        self.refused(self.complete(viewer, action, {"preimage": preimage}), 409, "action_completed")
        again = self.start(viewer, "pay")
        self.refused(self.complete(viewer, again, {"preimage": preimage}), 403, "wrong_preimage")

    def test_who_pays_and_closes_the_program_loses_nothing(self):
        """A new action takes what was paid for the earlier ones, each once."""
        viewer = self.viewer()
        first, second = self.start(viewer, "pay"), self.start(viewer, "pay")
        preimage = fake.pay(first)
        self.granted(self.complete(viewer, second, {}))
        self.refused(self.complete(viewer, first, {"preimage": preimage}), 403, "payment_used")

    def test_an_invoice_that_does_not_fit_is_not_handed_on(self):
        self.refused(self.begin(self.viewer(), "stranger"), 503, "lightning_invoice_bad")
        fake.tell("mood", mood="stranger")
        self.refused(self.begin(self.viewer(), "pay"), 503, "lightning_invoice_bad")
        fake.tell("mood", mood="cheap")
        self.refused(self.begin(self.viewer(), "pay"), 503, "lightning_invoice_bad")

    def test_a_node_that_says_nothing_is_not_a_no(self):
        viewer = self.viewer()
        action = self.start(viewer, "pay")
        fake.pay(action)
        fake.tell("mood", mood="silent")
        self.refused(self.complete(viewer, action, {}), 503, "lightning_unreachable")
        fake.tell("mood", mood="")
        self.granted(self.complete(viewer, action, {}))

    def test_another_currency_is_not_offered(self):
        self.assertEqual([self.leaf(path)["available"] for path in ("pay", "euro")], [True, False])


class LndTest(LightningCases, TermsTest):
    options = ("--lnd-url", fake.url, "--lnd-macaroon-file", fake.macaroon, "--lightning-certificate", fake.certificate)

    def test_a_key_that_cannot_be_read(self):
        node = self.start_node("keyless", "--lnd-url", fake.url, "--lnd-macaroon-file", folder / "gone", "--lightning-certificate", fake.certificate)
        title, viewer = self.publish("Keyless", node), self.viewer(node)
        leaf = self.leaf("pay", title, node)
        problem = self.refused(viewer.post("/v1/actions/start", {"title_id": title, "requirement": leaf["requirement"], "key": leaf["key"]}), 503, "lightning_not_set_up")
        self.assertNotIn(str(folder), json.dumps(problem))

    def test_another_certificate_than_the_one_that_was_named(self):
        node = self.start_node("careful", "--lnd-url", fake.url, "--lnd-macaroon-file", fake.macaroon)
        title, viewer = self.publish("Careful", node), self.viewer(node)
        leaf = self.leaf("pay", title, node)
        self.refused(viewer.post("/v1/actions/start", {"title_id": title, "requirement": leaf["requirement"], "key": leaf["key"]}), 503, "lightning_unreachable")


class CoreLightningTest(LightningCases, TermsTest):
    options = ("--cln-url", fake.url, "--cln-rune-file", fake.rune, "--lightning-certificate", fake.certificate)


if __name__ == "__main__":
    unittest.main()
