"""The comparisons. Each function measures one thing and returns rows of the table."""
import hashlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import time

import measure
from films import ffmpeg, make_film, media_folder
from idle import bench_idle
from measure import ROOT, WORK, Row, take_turns
from program import PROGRAM, Node, swarma

ROUNDS = int(os.environ.get("SWARMA_BENCH_ROUNDS", "5"))


def bench_serve():
    """A 1 MB blob from the directory store, against nginx serving the same file."""
    folder = measure.fresh_folder("serve")
    data = os.urandom(1 << 20)
    name = hashlib.sha256(data).hexdigest()
    rows = []
    with Node(folder / "node") as node:
        path = folder / "node/blobs" / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        assert node.get(f"/{name}") == data
        (folder / "root").mkdir()
        (folder / "root" / name).write_bytes(data)
        with measure.Nginx(folder, folder / "root") as nginx:
            for connections in (64, 2000):
                rows.append(serve_row(node, nginx, name, connections))
    return rows


def bench_serve_tls():
    """The same with TLS 1.3 on both sides, and the same certificate."""
    folder = measure.fresh_folder("serve_tls")
    data = os.urandom(1 << 20)
    name = hashlib.sha256(data).hexdigest()
    path = folder / "node/blobs" / name[:2] / name
    with Node(folder / "node", "--tls") as node:
        node.url = f"https://127.0.0.1:{node.port}"
        for file in (path, folder / "root" / name):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        with measure.Nginx(folder, folder / "root", tls=folder / "node/tls") as nginx:
            return [serve_row(node, nginx, name, 64, "1 MB under TLS")]


def serve_row(node, nginx, name, connections, what="1 MB"):
    trouble, cost = set(), {"ours": [], "nginx": []}

    def load(who, url, pid):
        def act():
            cpu = measure.cpu_seconds(pid)
            rate, bad = measure.wrk(f"{url}/{name}", connections, 5)
            cost[who].append((measure.cpu_seconds(pid) - cpu) / (rate * 5) * 1e6)
            trouble.update({f"{who}: {bad}"} if bad else set())
            return rate
        return act
    ours, theirs = take_turns(ROUNDS, load("ours", node.url, node.process.pid), load("nginx", nginx.url, nginx.process.pid))
    value, spread = measure.ratio(ours, theirs)
    detail = (f"{statistics.median(ours):.0f} against {statistics.median(theirs):.0f} MB/s {spread}; CPU per MB "
              f"{statistics.median(cost['ours']):.0f} against {statistics.median(cost['nginx']):.0f} µs" + "".join(f"; {t}" for t in sorted(trouble)))
    return Row(f"serve {what}, {connections} connections, requests/s to nginx", ">= 1.0", f"{value:.2f}", value >= 1.0 and not trouble, detail)


def long_film(folder):
    """About 180 MB of H.264 and AAC: a real clip ten times over where there is one."""
    source = media_folder() / "bbb_720p_h264_aac_120s.mp4" if media_folder() else None
    if source is None or not source.exists():
        source = make_film(folder / "clip.mp4", 60, "1280x720", 24, 1, "-b:v", "2500k")
    film = folder / "long.mp4"
    ffmpeg("-stream_loop", "9", "-i", source, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", "-movflags", "+faststart", film)
    return film


def publish_command(film, node, *options):
    return [PROGRAM, "publish", film, "--node", node.url, "--data", node.data, "--policy", "open", "--json", "--quiet", *options]


def bench_publish():
    """Packaging without encoding, everything included: probe, encryption, hashing, upload, durable storage, signing."""
    folder = measure.fresh_folder("publish")
    film = long_film(folder)
    count = iter(range(1000))
    with Node(folder / "node") as node:
        def ours():
            taken, _ = measure.run_timed(publish_command(film, node, "--ladder", "copy", "--title", f"Run {next(count)}"))
            os.sync()
            return taken

        def theirs():
            # Into a new folder each time: ext4 searches long for a free inode just after many files were deleted.
            out = measure.fresh_folder(f"publish/hls{next(count)}")
            taken, _ = measure.run_timed(["ffmpeg", "-nostdin", "-v", "error", "-i", film, "-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "hls",
                                          "-hls_time", "4", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", out / "film.m3u8"])
            os.sync()
            return taken
        ours(), theirs()   # both once for nothing: caches
        a, b = take_turns(ROUNDS, ours, theirs)
    value, spread = measure.ratio(a, b)
    size = film.stat().st_size / 1e6
    shutil.rmtree(folder)
    return [Row("publish --ladder copy, wall time to ffmpeg -c copy -f hls", "<= 1.10", f"{value:.2f}", value <= 1.10,
                f"{size:.0f} MB in {statistics.median(a):.2f} s against {statistics.median(b):.2f} s {spread}")]


def bench_ladder():
    """The CPU time of a publish with encoding, against one ffmpeg process with the same encoders, sizes and settings."""
    folder = measure.fresh_folder("ladder")
    film, unfit_to_copy = folder / "film.mp4", ["-c:v", "mpeg4", "-q:v", "2"]
    if media_folder():
        ffmpeg("-ss", "10", "-t", "30", "-i", media_folder() / "bbb_720p_h264_aac_120s.mp4", *unfit_to_copy, "-c:a", "aac", film)
    else:
        make_film(film, 30, "1280x720", 24, 1, *unfit_to_copy)
    count = iter(range(1000))
    with Node(folder / "node") as node:
        def publish():
            wall, cpu, output = measure.run_told(publish_command(film, node, "--ladder", "720,480,360", "--title", f"Run {next(count)}"))
            if copied := [r["name"] for r in json.loads(output)["renditions"] if r["copied"]]:
                raise RuntimeError(f"the peer encodes every rendition, and {copied} was copied: not the same work")
            return wall, cpu
        a, b = take_turns(max(3, ROUNDS - 2), lambda: publish()[1], lambda: measure.run_timed(one_ffmpeg(film, folder / "out"))[1])
    value, spread = measure.ratio(a, b)
    return [Row("ladder 720+480+360, CPU time to one ffmpeg process", "<= 1.05", f"{value:.2f}", value <= 1.05,
                f"30 s of film in {statistics.median(a):.1f} s against {statistics.median(b):.1f} s of CPU {spread}")]


PRESET, CRF = "veryfast", 20            # src/content/media/encode_video.cpp, plan.cpp
SIZES = [(1280, 720), (854, 480), (640, 360)]


def most_bits(width, height):
    """The cap of src/content/media/ladder.cpp at up to 30 pictures a second."""
    return round(3.5e6 * (width * height / (1280 * 720)) ** 0.8)


def one_ffmpeg(film, out):
    """The same ladder as publish makes, as one ffmpeg command: one decode, the same encoder settings and keyframes."""
    out.mkdir(exist_ok=True)
    scaled = [f"[s{n}]scale={w}:{h}:flags=bicubic,format=yuv420p[v{n}]" for n, (w, h) in enumerate(SIZES)]
    graph = "[0:v]split=3" + "".join(f"[s{n}]" for n in range(len(SIZES))) + ";" + ";".join(scaled)
    fragments = ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof"]
    command = ["ffmpeg", "-nostdin", "-y", "-v", "error", "-i", film, "-filter_complex", graph]
    for n, size in enumerate(SIZES):
        command += ["-map", f"[v{n}]", "-c:v", "libx264", "-preset", PRESET, "-profile:v", "high", "-crf", CRF, "-maxrate", most_bits(*size),
                    "-bufsize", 2 * most_bits(*size), "-g", 288, "-force_key_frames", "expr:gte(t,n_forced*4)", "-forced-idr", 1,
                    "-flags", "+cgop", *fragments, out / f"{n}.mp4"]
    return command + ["-map", "0:a", "-c:a", "aac", "-b:a", "160k", *fragments, out / "sound.mp4"]


def bench_seal():
    program = ROOT / "build/release/bench/bench_seal"
    ours, gcm, sha = [], [], []
    for _ in range(max(3, ROUNDS - 2)):
        ours.append(json.loads(subprocess.run([program, "2"], capture_output=True, text=True, check=True).stdout)["bytes_per_second"])
        gcm.append(measure.openssl_speed("aes-256-gcm"))
        sha.append(measure.openssl_speed("sha256"))
    value, spread = measure.ratio(ours, [1 / (1 / g + 1 / s) for g, s in zip(gcm, sha)])
    return [Row("encrypt + hash, to 1/(1/GCM + 1/SHA) of openssl speed", ">= 0.8", f"{value:.2f}", value >= 0.8,
                f"{statistics.median(ours) / 1e9:.2f} GB/s; AES-256-GCM {statistics.median(gcm) / 1e9:.2f}, SHA-256 {statistics.median(sha) / 1e9:.2f} {spread}")]


def small_title(folder, node, policy):
    film = folder / "film.mp4"
    if not film.exists():
        make_film(film, 20, "320x180")
    answer = swarma("publish", film, "--node", node.url, "--data", node.data, "--policy", policy, "--ladder", "copy", "--title", policy, "--json")
    if answer.code != 0:
        raise RuntimeError(answer.errors)
    return answer.json["title_id"]


THREE_PROOFS = {"version": 1, "paths": [{"id": "three", "requires": {"allOf": [
    {"requirement": "goodwill_ack", "params": {"text": f"I will tell friend number {n}."}} for n in range(3)]}}]}


def bench_keys():
    """Keys for a title, each request by another viewer: proof, policy, count, signature, sealing; without attestations and with three."""
    folder = measure.fresh_folder("keys")
    (folder / "three.json").write_text(json.dumps(THREE_PROOFS))
    rows = [key_requests_inside()]
    with Node(folder / "node") as node:
        for what, policy, count, goal in (("without attestations", "open", 8000, 5500), ("with three attestations", str(folder / "three.json"), 2000, 5000)):
            title, rates, walls = small_title(folder, node, policy), [], []
            for _ in range(ROUNDS):
                done = subprocess.run([ROOT / "build/release/bench/bench_key_requests", node.url, title, str(count), str(node.process.pid)], capture_output=True, text=True)
                if done.returncode != 0:
                    raise RuntimeError(done.stderr[-1500:])
                answer = json.loads(done.stdout)
                rates.append(answer["granted"] / answer["server_cpu_seconds"])
                walls.append(answer["granted"] / answer["wall_seconds"])
            value = statistics.median(rates)
            rows.append(Row(f"key requests per second of the node's CPU, over HTTP, {what}", f">= {goal}", f"{value:.0f}", value >= goal,
                            f"[{min(rates):.0f}..{max(rates):.0f}]; {statistics.median(walls):.0f}/s over HTTP with the load beside it on the same cores"))
    return rows


def key_requests_inside():
    """Broker and key agent in one process, no HTTP: attestation, policy, count, signature, sealing, the database."""
    rates = []
    for _ in range(ROUNDS):
        done = subprocess.run([ROOT / "build/release/bench/bench_access", "--benchmark_filter=^broker_request", "--benchmark_format=json"],
                              capture_output=True, text=True, check=True)
        rates.append(1e6 / json.loads(done.stdout)["benchmarks"][0]["cpu_time"])
    value = statistics.median(rates)
    return Row("key requests per second of CPU, broker and agent", ">= 5000", f"{value:.0f}", value >= 5000, f"[{min(rates):.0f}..{max(rates):.0f}]")


def bench_policy():
    """One way of a policy as creators write them, three proofs at hand; and all four ways, with the sentences for those that are not met."""
    rows = []
    for name, what, goal in (("evaluate_path", "one way, met by three proofs", 1_000_000), ("evaluate_all_paths", "a policy of four ways, two refused in sentences", 0)):
        rates = []
        for _ in range(ROUNDS):
            done = subprocess.run([ROOT / "build/release/bench/bench_access", f"--benchmark_filter=^{name}$", "--benchmark_format=json"],
                                  capture_output=True, text=True, check=True)
            rates.append(1e9 / json.loads(done.stdout)["benchmarks"][0]["cpu_time"])
        value = statistics.median(rates)
        rows.append(Row(f"policy evaluations per second of CPU: {what}", f">= {goal}" if goal else "-", f"{value:.0f}", value >= goal, f"[{min(rates):.0f}..{max(rates):.0f}]"))
    return rows


def bench_start():
    """From fork to the first answer of /health, on a folder with a title in it."""
    folder = measure.fresh_folder("start")
    node = Node(folder / "node")
    with node:
        small_title(folder, node, "goodwill")
        node.stop()
    taken = [time_to_answer(node) for _ in range(20)]
    value = statistics.median(taken) * 1000
    return [Row("start of a node to its first answer", "< 100 ms", f"{value:.0f} ms", value < 100, f"[{min(taken) * 1000:.0f}..{max(taken) * 1000:.0f}] of 20 starts")]


def time_to_answer(node):
    began = time.monotonic()
    process = subprocess.Popen([PROGRAM, "serve", "--data", node.data, "--listen", f"127.0.0.1:{node.port}", "--log-level", "off"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.monotonic() - began < 10:
            with socket.socket() as connection:
                if connection.connect_ex(("127.0.0.1", node.port)) == 0:
                    connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    if connection.recv(16).startswith(b"HTTP/1.1 200"):
                        return time.monotonic() - began
            time.sleep(0.001)
        raise RuntimeError("no answer within 10 s")
    finally:
        process.terminate()
        process.wait(20)


CASES = {"serve": bench_serve, "serve_tls": bench_serve_tls, "publish": bench_publish, "ladder": bench_ladder, "seal": bench_seal, "keys": bench_keys, "policy": bench_policy, "start": bench_start, "idle": bench_idle}
