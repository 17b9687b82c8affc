"""What must never be seen outside of a creator's home: the secrets of a title, opened with the home's own keys from the protocol page
alone; and a search for them in the memory of a process and in files."""
import base64
import hashlib
import hmac
import json
import re
import subprocess
from pathlib import Path


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def openssl(*arguments, stdin=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=True).stdout


def hkdf(key, info):
    """HKDF-SHA256 with an empty salt, 32 bytes."""
    extracted = hmac.new(b"\0" * 32, key, hashlib.sha256).digest()
    return hmac.new(extracted, info.encode() + b"\1", hashlib.sha256).digest()


def agree(scalar, peer, folder):
    """X25519 by the openssl program."""
    mine, theirs = folder / "mine.der", folder / "theirs.der"
    mine.write_bytes(bytes.fromhex("302e020100300506032b656e04220420") + scalar)
    theirs.write_bytes(bytes.fromhex("302a300506032b656e032100") + peer)
    return openssl("pkeyutl", "-derive", "-inkey", mine, "-keyform", "DER", "-peerkey", theirs, "-peerform", "DER")


def unwrap(key, wrapped):
    """AES key unwrap (RFC 3394)."""
    a, blocks = wrapped[:8], [wrapped[i:i + 8] for i in range(8, len(wrapped), 8)]
    n = len(blocks)
    for j in range(5, -1, -1):
        for i in range(n, 0, -1):
            t = (int.from_bytes(a, "big") ^ (n * j + i)).to_bytes(8, "big")
            plain = openssl("enc", "-d", "-aes-256-ecb", "-nopad", "-K", key.hex(), stdin=t + blocks[i - 1])
            a, blocks[i - 1] = plain[:8], plain[8:]
    assert a == b"\xa6" * 8, "the package is not for this key"
    return b"".join(blocks)


def open_sealed(jwe, identity_file, folder):
    """The JSON of a sealed package; `folder` takes scratch files and belongs to the caller."""
    secrets = unb64(json.loads(Path(identity_file).read_text())["secrets"])
    header, wrapped, iv, ciphertext, _ = jwe.split(".")
    claims = json.loads(unb64(header))
    agreed = agree(secrets[32:64], unb64(claims["epk"]["x"]), folder)
    sized = lambda text: len(text).to_bytes(4, "big") + text
    info = sized(b"ECDH-ES+A256KW") + sized(unb64(claims.get("apu", ""))) + sized(unb64(claims.get("apv", ""))) + (256).to_bytes(4, "big")
    content_key = unwrap(hashlib.sha256((1).to_bytes(4, "big") + agreed + info).digest(), unb64(wrapped))
    counter = unb64(iv) + (2).to_bytes(4, "big")          # GCM is CTR from 2 on; the tag is not needed here
    return json.loads(openssl("enc", "-d", "-aes-256-ctr", "-K", content_key.hex(), "-iv", counter.hex(), stdin=unb64(ciphertext)))


def keys_of(title_secret, groups, slots, tracks):
    """name → every key that follows from a title secret: group roots, tree nodes, content keys. `tracks`: id → group."""
    found = {"title secret": title_secret, "title secret as text": base64.urlsafe_b64encode(title_secret).rstrip(b"="),
             "title secret in hex": title_secret.hex().encode()}
    depth = (slots - 1).bit_length()
    for group in groups:
        level = [hkdf(title_secret, f"swarma/1 group {group}")]
        found[f"root of {group}"] = level[0]
        for at in range(1, depth + 1):
            level = [hkdf(node, f"swarma/1 {side}") for node in level for side in ("left", "right")]
            found.update({f"node {at}.{i} of {group}": node for i, node in enumerate(level) if (i << (depth - at)) < slots})
        for track in (t for t, of in tracks.items() if of == group):
            found.update({f"content key {track}:{slot}": hkdf(level[slot], f"swarma/1 track {track}") for slot in range(slots)})
    return found


def find_in(pieces, needles):
    """The names of those needles that occur in the pieces of bytes."""
    pattern = re.compile(b"|".join(re.escape(n) for n in needles.values()))
    names = {needle: name for name, needle in needles.items()}
    return {names[match] for piece in pieces for match in pattern.findall(piece)}


def memory_of(pid, piece=8 << 20, overlap=128):
    """Everything a process has mapped and that can be read, in pieces that overlap."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, mode = line.split()[:2]
            begin, end = (int(address, 16) for address in addresses.split("-"))
            if "r" not in mode or line.endswith(("[vvar]", "[vsyscall]")):
                continue
            while begin < end:
                try:
                    memory.seek(begin)
                    yield memory.read(min(piece, end - begin))
                except (OSError, ValueError):
                    break                                  # a hole, or a device
                begin += piece - overlap if begin + piece < end else piece


def files_in(folder):
    return (path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())
