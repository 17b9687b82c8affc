"""Payments on a chain and ownership of tokens, against a real EVM node (anvil) and contracts by OpenZeppelin.

anvil's own accounts are the wallets: they pay, and they sign typed data (eth_signTypedData_v4).
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from program import PATIENCE, PROGRAM, free_port
from terms import TermsTest, npm_packages, skip

CHAIN = 31337
PRICE = 10**16 + 7


class Anvil:
    def __init__(self, chain=CHAIN, started_at=None):
        program = next(HERE.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*"), None)
        if program is None:
            skip("there is no anvil for this kind of machine")
        self.url = f"http://127.0.0.1:{free_port()}"
        more = ["--timestamp", str(started_at)] if started_at else []
        self.process = subprocess.Popen([program, "--host", "127.0.0.1", "--port", self.url.rpartition(":")[2], "--chain-id", str(chain), "--silent", *more],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30 * PATIENCE
        while True:
            try:
                self.accounts = self.call("eth_accounts")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("anvil did not start")
                time.sleep(0.05)

    def call(self, method, *parameters):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30 * PATIENCE) as answer:
            answer = json.load(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, sender, to, value=0, data="0x", **more):
        """The transaction's hash, once it is in a block."""
        made = self.call("eth_sendTransaction", {"from": sender, "to": to, "value": hex(value), "data": data, **more})
        self.receipt(made)
        return made

    def receipt(self, transaction):
        deadline = time.monotonic() + 30 * PATIENCE
        while (receipt := self.call("eth_getTransactionReceipt", transaction)) is None:
            if time.monotonic() > deadline:
                raise RuntimeError("anvil took the transaction into no block")
            time.sleep(0.02)
        return receipt

    def mine(self, blocks):
        self.call("anvil_mine", hex(blocks))

    def sign(self, account, challenge):
        return self.call("eth_signTypedData_v4", account, challenge["typed_data"])

    def stop(self):
        self.process.kill()
        self.process.wait()


class Contract:
    def __init__(self, chain, owner, compiled):
        self.chain, self.owner, self.selectors = chain, owner, compiled["selectors"]
        made = chain.call("eth_sendTransaction", {"from": owner, "data": compiled["code"]})
        self.address = chain.receipt(made)["contractAddress"]

    def send(self, sender, function, *arguments, **more):
        words = "".join(f"{int(a, 16) if isinstance(a, str) else a:064x}" for a in arguments)
        return self.chain.send(sender, self.address, 0, "0x" + self.selectors[function] + words, **more)


def everybody():
    """The chain, its contracts and its people: payee, two viewers, and who makes the tokens."""
    chain = Anvil(started_at=int(time.time()) - 7200)
    done = subprocess.run(["node", HERE / "compile.mjs"], capture_output=True, text=True, timeout=120 * PATIENCE)
    if done.returncode != 0:
        chain.stop()
        raise RuntimeError(done.stderr)
    compiled = json.loads(done.stdout)
    maker = chain.accounts[0]
    contracts = {name: Contract(chain, maker, compiled[name]) for name in compiled}
    contracts["Fake"] = Contract(chain, maker, compiled["Coin"])
    return chain, contracts


npm_packages(HERE)
chain, contracts = everybody()
maker, alice, bob, payee = chain.accounts[0], chain.accounts[1], chain.accounts[2], chain.accounts[9]
coin, fake, badge, items = (contracts[name] for name in ("Coin", "Fake", "Badge", "Items"))
old = {"native": chain.send(alice, payee, PRICE)}  # two hours before anybody asks for it
for person in (alice, bob):
    for token in (coin, fake):
        token.send(maker, "transfer(address,uint256)", person, 10**20)
badge.send(maker, "give(address,uint256)", alice, 7)
items.send(maker, "give(address,uint256,uint256)", alice, 3, 5)
chain.call("evm_setNextBlockTimestamp", hex(int(time.time())))
chain.mine(1)


def tearDownModule():
    chain.stop()


PAYMENT = {"amount": str(PRICE), "address": payee, "chain_id": CHAIN, "confirmations": 3}


class PaymentTest(TermsTest):
    options = ("--evm-rpc", f"{CHAIN}={chain.url}", "--evm-rpc", f"5={chain.url}")
    leaves = {
        "native": ("crypto_payment", {"method": "evm_native", **PAYMENT}),
        "token": ("crypto_payment", {"method": "erc20", "token": coin.address, **PAYMENT}),
        "five": ("crypto_payment", {"method": "evm_native", **PAYMENT, "chain_id": 5}),
        "unknown": ("crypto_payment", {"method": "evm_native", **PAYMENT, "chain_id": 77}),
    }

    def answer(self, action, account, transaction, **more):
        return {"transaction": transaction, "signature": chain.sign(account, action["challenge"]), **more}

    def pay(self, account, path, amount=PRICE, to=payee, token=coin):
        if path == "native":
            return chain.send(account, to, amount)
        return token.send(account, "transfer(address,uint256)", to, amount)

    def try_out(self, path, account=alice, **payment):
        """What the node says about one payment that lies deep enough."""
        viewer = self.viewer()
        action = self.start(viewer, path)
        transaction = self.pay(account, path, **payment)
        chain.mine(3)
        return self.complete(viewer, action, self.answer(action, account, transaction))

    def test_the_challenge_says_what_is_paid_to_whom(self):
        challenge = self.start(self.viewer(), "native")["challenge"]
        self.assertEqual((challenge["amount"], challenge["payee"].lower(), challenge["chain_id"], challenge["confirmations"]), (str(PRICE), payee, CHAIN, 3))
        self.assertEqual(challenge["uri"], f"ethereum:{challenge['payee']}@{CHAIN}?value={PRICE}")
        challenge = self.start(self.viewer(), "token")["challenge"]
        self.assertEqual((challenge["token"].lower(), challenge["uri"]),
                         (coin.address, f"ethereum:{challenge['token']}@{CHAIN}/transfer?address={challenge['payee']}&uint256={PRICE}"))

    def test_a_payment_opens_once_it_lies_deep_enough(self):
        for path in ("native", "token"):
            with self.subTest(path):
                viewer = self.viewer()
                action = self.start(viewer, path)
                answer = self.answer(action, alice, self.pay(alice, path))
                for depth in (1, 2):
                    problem = self.refused(self.complete(viewer, action, answer), 409, "not_yet")
                    self.assertEqual((problem["confirmations"], problem["confirmations_needed"]), (depth, 3))
                    chain.mine(1)
                status, done = self.complete(viewer, action, answer)
                claims = self.granted((status, done))
                self.assertEqual((claims["trust"], claims["evidence"]["transaction"]), (1, answer["transaction"]))
                self.assertEqual(self.unlock(viewer, path, done["attestation"])[0], 200)

    def test_waiting_takes_no_tries(self):
        viewer = self.viewer()
        action = self.start(viewer, "native")
        answer = self.answer(action, alice, "0x" + "12" * 32)
        for _ in range(12):
            self.refused(self.complete(viewer, action, answer), 409, "not_yet")
        answer["transaction"] = self.pay(alice, "native")
        chain.mine(3)
        self.granted(self.complete(viewer, action, answer))

    def test_what_does_not_meet_the_price(self):
        self.refused(self.try_out("native", amount=PRICE - 1), 403, "payment_too_small")
        self.refused(self.try_out("token", amount=PRICE - 1), 403, "payment_too_small")
        self.refused(self.try_out("native", to=bob), 403, "payment_wrong_payee")
        self.refused(self.try_out("token", to=bob), 403, "payment_wrong_payee")
        self.refused(self.try_out("token", token=fake), 403, "payment_wrong_token")

    def test_a_payment_that_failed_on_the_chain(self):
        viewer = self.viewer()
        action = self.start(viewer, "token")
        failed = coin.send(alice, "transfer(address,uint256)", payee, 10**30, gas="0x30000")
        chain.mine(3)
        self.refused(self.complete(viewer, action, self.answer(action, alice, failed)), 403, "payment_failed")

    def test_a_payment_made_before_it_was_asked_for(self):
        viewer = self.viewer()
        action = self.start(viewer, "native")
        self.refused(self.complete(viewer, action, self.answer(action, alice, old["native"])), 403, "payment_too_old")

    def test_the_payment_of_somebody_else(self):
        for path in ("native", "token"):
            thief, victim = self.viewer(), self.viewer()
            stolen, action = self.start(thief, path), self.start(victim, path)
            transaction = self.pay(alice, path)
            chain.mine(3)
            reason = {"native": "payment_by_another", "token": "payment_not_found"}[path]
            self.refused(self.complete(thief, stolen, self.answer(stolen, bob, transaction)), 403, reason)
            # Her signature, as the thief saw it go by, is for her viewer key and her action.
            seen = self.answer(action, alice, transaction)
            self.refused(self.complete(thief, stolen, seen), 403, reason)
            self.refused(self.complete(thief, action, seen), 403, "action_wrong_viewer")
            self.granted(self.complete(victim, action, seen))

    def test_a_payment_is_used_once_over_viewers_and_titles(self):
        for path in ("native", "token"):
            first, second = self.viewer(), self.viewer()
            actions = [self.start(first, path), self.start(first, path), self.start(second, path), self.start(first, path, self.other_id)]
            transaction = self.pay(alice, path)
            chain.mine(3)
            self.granted(self.complete(first, actions[0], self.answer(actions[0], alice, transaction)))
            for viewer, action in ((first, actions[1]), (second, actions[2]), (first, actions[3])):
                self.refused(self.complete(viewer, action, self.answer(action, alice, transaction)), 403, "payment_used")

    def test_two_viewers_at_the_same_moment(self):
        viewers = [self.viewer() for _ in range(4)]
        actions = [self.start(viewer, "native") for viewer in viewers]
        transaction = self.pay(alice, "native")
        chain.mine(3)
        answers = [self.answer(action, alice, transaction) for action in actions]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            done = list(pool.map(self.complete, viewers, actions, answers))
        self.assertEqual(sorted(status for status, _ in done), [200, 403, 403, 403], done)

    def test_two_transfers_in_one_transaction_are_two_payments(self):
        """Named by the number of their log; the wrong number finds nothing."""
        viewer = self.viewer()
        action = self.start(viewer, "token")
        transaction = self.pay(alice, "token")
        chain.mine(3)
        self.refused(self.complete(viewer, action, self.answer(action, alice, transaction, log_index=1)), 403, "payment_not_found")
        self.granted(self.complete(viewer, action, self.answer(action, alice, transaction, log_index=0)))

    def test_a_payment_that_the_chain_takes_back(self):
        viewer = self.viewer()
        action = self.start(viewer, "native")
        answer = self.answer(action, alice, self.pay(alice, "native"))
        chain.mine(1)
        self.refused(self.complete(viewer, action, answer), 409, "not_yet")
        chain.call("anvil_reorg", 2, [])
        chain.mine(3)
        problem = self.refused(self.complete(viewer, action, answer), 409, "not_yet")
        self.assertEqual(problem["confirmations"], 0)
        answer["transaction"] = self.pay(alice, "native")
        chain.mine(3)
        self.granted(self.complete(viewer, action, answer))

    def test_another_chain(self):
        """Nobody here knows chain 77; and who was named for chain 5 turns out to serve another."""
        self.assertFalse(self.leaf("unknown")["available"])
        viewer = self.viewer()
        leaf = self.leaf("unknown")
        self.refused(viewer.post("/v1/actions/start", {"title_id": self.title_id, "requirement": leaf["requirement"], "key": leaf["key"]}), 422, "no_verifier")
        action = self.start(viewer, "five")
        self.refused(self.complete(viewer, action, self.answer(action, alice, old["native"])), 503, "chain_mismatch")

    def test_answers_that_are_none(self):
        viewer = self.viewer()
        action = self.start(viewer, "native")
        good = self.answer(action, alice, "0x" + "12" * 32)
        self.refused(self.complete(viewer, action, {**good, "transaction": "0x12"}), 400, "bad_transaction")
        self.refused(self.complete(viewer, action, {**good, "signature": "0x12"}), 403, "wallet_signature_bad")
        self.refused(self.complete(viewer, action, {"transaction": good["transaction"]}), 400, "bad_member")

    def test_a_node_of_the_chain_that_is_away_uses_nothing_up(self):
        away = Anvil()
        node = self.start_node("waiting", "--evm-rpc", f"{CHAIN}={away.url}")
        title = self.publish("Away", node)
        viewer = self.viewer(node)
        action = self.start(viewer, "native", title)
        answer = {"transaction": away.send(alice, payee, PRICE), "signature": away.sign(alice, action["challenge"])}
        away.mine(3)
        away.call("anvil_dumpState")
        away.process.send_signal(19)  # SIGSTOP: it accepts connections and says nothing
        try:
            self.refused(self.complete(viewer, action, answer), 503, "chain_unreachable")
        finally:
            away.process.send_signal(18)
        self.granted(self.complete(viewer, action, answer))
        away.stop()
        second = self.start(viewer, "native", title)
        for _ in range(12):
            self.refused(self.complete(viewer, second, {**answer, "signature": chain.sign(alice, second["challenge"])}), 503, "chain_unreachable")

    def test_two_nodes_of_a_chain_must_agree(self):
        other = Anvil()
        node = self.start_node("careful", "--evm-rpc", f"{CHAIN}={chain.url}", "--evm-rpc", f"{CHAIN}={other.url}")
        title = self.publish("Careful", node)
        viewer = self.viewer(node)
        action = self.start(viewer, "native", title)
        answer = self.answer(action, alice, self.pay(alice, "native"))
        chain.mine(3)
        self.refused(self.complete(viewer, action, answer), 409, "not_yet")  # the other has never heard of it
        other.stop()
        self.refused(self.complete(viewer, action, answer), 503, "chain_unreachable")

    def test_swarma_watch_pays_by_a_wallet(self):
        """The person at the terminal reads what is asked, pays, signs, and types both in."""
        terminal, stdin = os.openpty()
        film = self.folder / "paid.mp4"
        program = subprocess.Popen([PROGRAM, "watch", self.title_id, "--node", self.node.url, "--data", self.folder / "watcher", "--path", "token", "--output", film],
                                   stdin=stdin, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        os.close(stdin)
        told = []
        for line in program.stderr:
            told.append(line)
            if line.startswith("Sign this"):
                break
        typed_data = json.loads(told[-1][told[-1].index("{"):])
        self.assertIn(f"Pay {PRICE} units of the token {coin.address}", "".join(told))
        self.assertIn("fee", "".join(told))
        transaction, signature = self.pay(alice, "token"), chain.call("eth_signTypedData_v4", alice, typed_data)
        os.write(terminal, f"{transaction}\n{signature}\n".encode())
        said = program.stderr.readline()
        while "blocks deep" not in said and said:
            said = program.stderr.readline()
        chain.mine(3)
        self.assertEqual(program.wait(60 * PATIENCE), 0, program.stderr.read())
        self.assertGreater(film.stat().st_size, 1000)
        program.stderr.close()
        os.close(terminal)


class OwnershipTest(TermsTest):
    options = ("--evm-rpc", f"{CHAIN}={chain.url}")
    leaves = {
        "badge": ("allowlist_token", {"nft": "erc721", "chain_id": CHAIN, "token": badge.address, "token_id": "7"}),
        "any": ("allowlist_token", {"nft": "erc721", "chain_id": CHAIN, "token": badge.address}),
        "nobody": ("allowlist_token", {"nft": "erc721", "chain_id": CHAIN, "token": badge.address, "token_id": "8"}),
        "item": ("allowlist_token", {"nft": "erc1155", "chain_id": CHAIN, "token": items.address, "token_id": "3"}),
        "empty": ("allowlist_token", {"nft": "erc721", "chain_id": CHAIN, "token": bob, "token_id": "7"}),
    }

    @classmethod
    def setUpClass(cls):
        chain.mine(70)  # what anvil calls final lies 64 blocks deep
        super().setUpClass()

    def try_out(self, path, account, viewer=None):
        viewer = viewer or self.viewer()
        action = self.start(viewer, path)
        return self.complete(viewer, action, {"signature": chain.sign(account, action["challenge"])})

    def test_who_owns_the_token_may_watch(self):
        for path in ("badge", "any", "item"):
            viewer = self.viewer()
            status, done = self.try_out(path, alice, viewer)
            claims = self.granted((status, done))
            self.assertLessEqual(claims["exp"] - claims["iat"], 600)
            self.assertEqual(self.unlock(viewer, path, done["attestation"])[0], 200)

    def test_who_does_not_may_not(self):
        for path in ("badge", "any", "item"):
            self.refused(self.try_out(path, bob), 403, "not_owner")
        self.refused(self.try_out("nobody", alice), 403, "not_owner")  # the contract refuses to say
        self.refused(self.try_out("empty", alice), 403, "not_owner")   # there is no contract

    def test_a_signature_for_another_action(self):
        viewer = self.viewer()
        first, second = self.start(viewer, "badge", self.other_id), self.start(viewer, "badge", self.other_id)
        signature = chain.sign(alice, first["challenge"])
        self.refused(self.complete(viewer, second, {"signature": signature}), 403, "not_owner")
        self.granted(self.complete(viewer, first, {"signature": signature}))

    def test_an_account_opens_a_title_for_three_viewers(self):
        carol = chain.accounts[3]
        items.send(maker, "give(address,uint256,uint256)", carol, 3, 1)
        chain.mine(70)
        viewers = [self.viewer() for _ in range(4)]
        for viewer in viewers[:3]:
            self.granted(self.try_out("item", carol, viewer))
        self.refused(self.try_out("item", carol, viewers[3]), 403, "account_used_up")
        self.granted(self.try_out("item", carol, viewers[0]))

    def test_a_token_that_was_handed_on(self):
        dave, erin = chain.accounts[4], chain.accounts[5]
        badge.send(maker, "give(address,uint256)", dave, 100)
        chain.mine(70)
        self.granted(self.try_out("any", dave))
        badge.send(dave, "transferFrom(address,address,uint256)", dave, erin, 100)
        self.granted(self.try_out("any", dave))  # not final yet
        self.refused(self.try_out("any", erin), 403, "not_owner")
        chain.mine(70)
        self.refused(self.try_out("any", dave), 403, "not_owner")
        self.granted(self.try_out("any", erin))


if __name__ == "__main__":
    unittest.main()
