"""Films with an awkward time or structure, as people have them: published, watched, and looked at by ffmpeg.

Each kind has a film that was reported and another one of the same kind.
"""
import array
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import decodes_cleanly, ffmpeg, make_film, probe, streams, time_span  # noqa: E402
from program import PATIENCE, PROGRAM, Node, swarma  # noqa: E402
from studio import Studio  # noqa: E402

X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50"]
MOST_MEMORY = 150 << 20   # bytes, of a process that publishes or watches; sanitizers need more
HOUR = 3600


def flash(seconds, colour="0x303030", size="160x90"):
    """A white picture at every whole second."""
    return ["-f", "lavfi", "-i", f"color={colour}:s={size}:r=25:d={seconds},drawbox=w=iw:h=ih:color=white:t=fill:"
            f"enable='lt(mod(t+0.0005\\,1)\\,0.04)*gte(t\\,0.9)'"]


def beep(seconds, hertz=1000):
    """A sound at the same moments."""
    return ["-f", "lavfi", "-i", f"aevalsrc='0.5*sin(2*PI*{hertz}*t)*lt(mod(t+0.000001\\,1)\\,0.06)*gte(t\\,0.9)':s=48000:d={seconds}"]


def recording(path, seconds, *options, hertz=1000, colour="0x303030", size="160x90", video=X264, audio="aac", form="mpegts"):
    ffmpeg(*flash(seconds, colour, size), *beep(seconds, hertz), *video, "-c:a", audio, *options, "-f", form, path)
    return path


def joined(path, *parts):
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def flashes(path):
    """Seconds at which a white picture begins."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
                           "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "-f", "null", "-"], capture_output=True, text=True, check=True)
    found, white = [], False
    for time, luma in re.findall(r"pts_time:([0-9.]+)\s+lavfi\.signalstats\.YAVG=([0-9.]+)", done.stdout):
        if float(luma) >= 150 and not white:
            found.append(float(time))
        white = float(luma) >= 150
    return found


def beeps(path, rate=8000):
    """Seconds at which sound begins after silence. Read piece by piece: this process's own memory would be counted as that of the next."""
    process = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ac", "1",
                                "-ar", str(rate), "-f", "s16le", "-"], stdout=subprocess.PIPE)
    found, last, at = [], -rate, 0
    with process.stdout as output:
        while piece := output.read(1 << 16):
            for sample in array.array("h", piece):
                if abs(sample) > 2500:
                    if at - last > rate / 5:
                        found.append(at / rate)
                    last = at
                at += 1
    assert process.wait() == 0
    return found


def pictures(path):
    """When each picture of the first video track is first seen, and until when the last one is."""
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time:stream=start_time,duration", "-of", "json", str(path)],
                          capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    stream = said["streams"][0]
    return sorted(float(p["pts_time"]) for p in said["packets"]), float(stream["start_time"]) + float(stream["duration"])


def length(path):
    return float(probe(path)["format"]["duration"])


def run_measured(*arguments):
    """(exit code, output, errors, peak memory in bytes)"""
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    return process.returncode, output.decode(), errors.decode(), usage.ru_maxrss * 1024


class TimelineTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-timeline-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())

    def arguments(self, film, *options):
        return ["publish", film, "--node", self.node.url, "--data", self.folder / "node", "--policy", "open", "--json", "--quiet", *options]

    def publish(self, film, *options):
        """What the node was given, and the film as a stranger gets it; both in bounded memory."""
        code, output, errors, memory = run_measured(*self.arguments(film, *options))
        self.assertEqual(code, 0, errors)
        published = json.loads(output)
        out = self.folder / "watched.mp4"
        out.unlink(missing_ok=True)
        code, _, errors, watching = run_measured("watch", published["title_id"], "--node", self.node.url, "--data", self.folder / "stranger",
                                                 "--output", out, "--json", "--quiet")
        self.assertEqual(code, 0, errors)
        if PATIENCE == 1:
            self.assertLess(memory, MOST_MEMORY, "memory of publishing")
            self.assertLess(watching, MOST_MEMORY, "memory of watching")
        self.assertEqual(decodes_cleanly(out), "")
        self.check_slots(published)
        return published, out

    def check_slots(self, published):
        """No part of the film is longer than 12 s, in any track."""
        record = self.node.get_json(f"/v1/titles/{published['title_id']}")["title"]
        for track in self.node.get_json(f"/{record['details']}")["tracks"]:
            lengths = [float(x) for x in re.findall(r"#EXTINF:([0-9.]+)", self.node.get(f"/{track['playlist']}").decode())]
            self.assertLessEqual(max(lengths), 12.5, track["name"])
            self.assertAlmostEqual(sum(lengths), published["duration_ms"] / 1000, delta=0.6, msg=track["name"])

    def check_sync(self, out, moments, within=0.02):
        seen, heard = flashes(out), beeps(out)
        self.assertEqual(len(seen), moments, seen)
        self.assertEqual(len(heard), moments, heard)
        for see, hear in zip(seen, heard):
            self.assertAlmostEqual(see, hear, delta=within)

    def assert_noted(self, published, *words):
        self.assertTrue(any(all(word in note for word in words) for note in published["notes"]), published["notes"])

    # Joined recordings

    def test_a_clock_that_restarts_is_made_one_timeline(self):
        film = joined(self.folder / "restarts.ts", recording(self.folder / "p1.ts", 6), recording(self.folder / "p2.ts", 6, hertz=1500, colour="0x203060"))
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], 12000, delta=120)
        self.check_sync(out, 10)
        self.assert_noted(published, "clock goes back", "at 0:00:06")
        self.assertAlmostEqual(published["duration_ms"] / 1000, pictures(out)[1], delta=0.1)

    def test_a_clock_that_jumps_back_and_forward(self):
        """Three parts; the first jump back looks like the 33-bit clock's wrap."""
        parts = [recording(self.folder / f"q{n}.ts", 4 + n, "-output_ts_offset", offset, hertz=800 + 300 * n, audio="mp2")
                 for n, offset in enumerate((HOUR, 0, 3 * HOUR))]
        published, out = self.publish(joined(self.folder / "three.ts", *parts))
        self.assertAlmostEqual(published["duration_ms"], 15000, delta=200)
        self.check_sync(out, 3 + 4 + 5)
        self.assert_noted(published, "clock", "1 more place")

    def test_program_streams_that_were_joined(self):
        video = ["-c:v", "mpeg2video", "-g", "12", "-q:v", "4"]
        parts = [recording(self.folder / f"v{n}.vob", 5, hertz=900 + 300 * n, video=video, audio="ac3", form="vob") for n in range(2)]
        published, out = self.publish(joined(self.folder / "joined.vob", *parts))
        self.assertAlmostEqual(published["duration_ms"], 10000, delta=200)
        self.check_sync(out, 8)

    def test_the_wrap_of_the_clock_is_no_joint(self):
        published, out = self.publish(recording(self.folder / "wrap.ts", 8, "-output_ts_offset", 95438))
        self.assertAlmostEqual(published["duration_ms"], 8000, delta=100)
        self.check_sync(out, 7)
        self.assertFalse([note for note in published["notes"] if "clock" in note], published["notes"])

    def test_a_part_without_sound(self):
        recording(self.folder / "loud.ts", 5)
        ffmpeg(*flash(4), *X264, "-f", "mpegts", self.folder / "mute.ts")
        published, out = self.publish(joined(self.folder / "half_mute.ts", self.folder / "loud.ts", self.folder / "mute.ts"))
        self.assertAlmostEqual(published["duration_ms"], 9000, delta=100)
        self.assertEqual((len(flashes(out)), len(beeps(out))), (7, 4))

    def test_parts_with_other_stream_numbers_are_kept_or_refused(self):
        first = recording(self.folder / "pids1.ts", 5)
        other = recording(self.folder / "pids2.ts", 5, "-mpegts_start_pid", "0x200", "-mpegts_pmt_start_pid", "0x1100")
        film = joined(self.folder / "pids.ts", first, other)
        answer = swarma(*self.arguments(film))
        if answer.code == 0:
            self.assertAlmostEqual(answer.json["duration_ms"], 10000, delta=120)
        else:
            self.assertEqual(answer.reason, "streams_change", answer.errors)

    # Gaps

    def test_an_hour_without_sound(self):
        film = self.folder / "gap.mkv"
        ffmpeg("-f", "lavfi", "-i", f"color=gray:s=64x36:r=1:d={HOUR + 10}", "-f", "lavfi", "-i",
               f"sine=d={HOUR + 10},aselect='lt(t,5)+gt(t,{HOUR + 5})'", "-c:v", "mpeg4", "-q:v", "31", "-g", "600", "-c:a", "ac3", "-b:a", "96k", "-ac", "2", film)
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], (HOUR + 10) * 1000, delta=1100)
        self.assertEqual(len(beeps(out)), 2)
        self.assertAlmostEqual(beeps(out)[1], HOUR + 5, delta=0.1)

    def test_sound_that_begins_after_an_hour_and_a_half(self):
        film, start = self.folder / "late.mkv", 5400
        ffmpeg("-f", "lavfi", "-i", f"color=gray:s=64x36:r=1:d={start + 5}", "-itsoffset", start, "-f", "lavfi", "-i", "sine=d=5",
               "-c:v", "mpeg4", "-q:v", "31", "-g", "600", "-c:a", "flac", "-map", "0:v", "-map", "1:a", film)
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], (start + 5) * 1000, delta=1100)
        self.assertAlmostEqual(beeps(out)[0], start, delta=0.1)

    # Pictures that stay

    def last_picture_stays(self):
        """The last picture of 3 s is shown until 8.96 s: a second entry in stts, and the durations that follow from it."""
        plain = self.folder / "y.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=3", "-f", "lavfi", "-i", "sine=d=9", "-c:v", "mpeg4", "-q:v", "8", "-c:a", "aac", "-b:a", "48k",
               "-video_track_timescale", "12800", plain)
        data = bytearray(plain.read_bytes())

        def box(path, at=0, end=None):
            end = len(data) if end is None else end
            while at + 8 <= end:
                size = struct.unpack(">I", data[at:at + 4])[0]
                if bytes(data[at + 4:at + 8]) == path[0]:
                    return (at, size) if len(path) == 1 else box(path[1:], at + 8, at + size)
                at += size
            raise AssertionError(path)

        track = [b"moov", b"trak"]
        path = [*track, b"mdia", b"minf", b"stbl", b"stts"]
        at, _ = box(path)
        count, delta = struct.unpack(">II", data[at + 16:at + 24])
        last = 512 * 150
        data[at + 12:at + 20] = struct.pack(">II", 2, count - 1)
        for depth in range(1, len(path) + 1):
            begin, size = box(path[:depth])
            data[begin:begin + 4] = struct.pack(">I", size + 8)
        data[at + 24:at + 24] = struct.pack(">II", 1, last)
        total = (count - 1) * delta + last
        m, _ = box([*track, b"mdia", b"mdhd"])
        data[m + 24:m + 28] = struct.pack(">I", total)
        k, _ = box([*track, b"tkhd"])
        data[k + 28:k + 32] = struct.pack(">I", total * 1000 // 12800)
        e, _ = box([*track, b"edts", b"elst"])
        data[e + 16:e + 20] = struct.pack(">I", total * 1000 // 12800)
        film = self.folder / "stays.mp4"
        film.write_bytes(data)
        return film

    def test_a_last_picture_that_stays(self):
        film = self.last_picture_stays()
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], 9000, delta=50)
        self.assertAlmostEqual(pictures(out)[1], 8.96, delta=0.05)
        silent = self.folder / "stays.mkv"   # only the container's header says how long
        ffmpeg("-i", film, "-an", "-c", "copy", silent)
        published, out = self.publish(silent)
        self.assertAlmostEqual(published["duration_ms"], 8960, delta=50)
        self.assertAlmostEqual(pictures(out)[1], 8.96, delta=0.05)

    def test_a_matroska_file_that_is_cut_off_is_still_refused(self):
        whole = make_film(self.folder / "whole.mkv", 20, "160x90")
        cut = self.folder / "cut.mkv"
        cut.write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
        self.assertEqual(swarma(*self.arguments(cut)).reason, "file_truncated")

    def slides(self, name, seconds, count, *options):
        for n in range(count):
            ffmpeg("-f", "lavfi", "-i", f"color=c=0x{40 + 40 * n:02x}4040:s=320x180", "-frames:v", "1", self.folder / f"slide{n}.png")
        film = self.folder / name
        ffmpeg("-framerate", f"1/{seconds}", "-i", self.folder / "slide%d.png", *options, "-frames:v", count, "-c:v", "libx264", "-pix_fmt", "yuv420p", film)
        return film

    def test_a_slide_show(self):
        film = self.slides("slides.mp4", 15, 4)
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], 60000, delta=100)
        self.assertAlmostEqual(length(out), 60, delta=0.1)
        for n in range(4):   # each is seen in its time
            shown = ffmpeg("-ss", 15 * n + 7, "-i", out, "-frames:v", "1", "-vf", "signalstats,metadata=print:file=-", "-f", "null", "-").stdout
            source = ffmpeg("-i", self.folder / f"slide{n}.png", "-vf", "format=yuv420p,signalstats,metadata=print:file=-", "-f", "null", "-").stdout
            red = [float(re.search(r"VAVG=([0-9.]+)", text)[1]) for text in (shown, source)]
            self.assertAlmostEqual(red[0], red[1], delta=6)
        copied = swarma(*self.arguments(film, "--ladder", "copy"))
        self.assertEqual(copied.reason, "cannot_copy")   # before the work

    def test_a_picture_that_stays_for_an_hour_and_a_half(self):
        film = self.slides("still.mkv", 5400, 2)
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], 2 * 5400_000, delta=100)
        self.assertAlmostEqual(length(out), 2 * 5400, delta=1)

    def test_sound_that_goes_on_long_after_the_picture(self):
        film = self.folder / "tail.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=3", "-f", "lavfi", "-i", "sine=d=40", "-f", "lavfi", "-i", "sine=d=2", "-map", "0", "-map", "1", "-map", "2",
               *X264, "-c:a", "aac", film)
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], 40000, delta=100)
        self.assertEqual(len(streams(out, "audio")), 2)
        self.assertEqual(swarma(*self.arguments(film, "--ladder", "copy")).reason, "cannot_copy")

    # Structure

    def test_a_cover_that_is_an_ordinary_track(self):
        base = make_film(self.folder / "base.mp4", 8, "320x180", 25)
        ffmpeg("-f", "lavfi", "-i", "testsrc=s=800x800:d=1:r=1", "-frames:v", "1", self.folder / "cover.png")
        film = self.folder / "cover.mkv"
        ffmpeg("-i", base, "-i", self.folder / "cover.png", "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "0", film)
        published, out = self.publish(film)
        self.assertEqual((published["renditions"][0]["width"], published["renditions"][0]["height"]), (320, 180))
        self.assertAlmostEqual(published["duration_ms"], 8000, delta=100)
        self.assert_noted(published, "png", "800×800", "left out")

    def test_a_larger_track_with_few_pictures_comes_first(self):
        base = make_film(self.folder / "base6.mp4", 6, "320x180", 25)
        film = self.folder / "stamps.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x480:r=1:d=6", "-i", base, "-map", "0:v", "-map", "1:v", "-map", "1:a", *X264, "-c:a", "copy", film)
        published, _ = self.publish(film)
        self.assertEqual(published["renditions"][0]["width"], 320)
        self.assert_noted(published, "640×480", "left out")

    def test_h264_in_avi(self):
        base = self.folder / "b_pictures.mp4"
        ffmpeg(*flash(8, size="320x180"), *beep(8), "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50", "-c:a", "aac", base)
        film = self.folder / "film.avi"
        ffmpeg("-i", base, "-c:v", "copy", "-c:a", "libmp3lame", film)
        published, out = self.publish(film)
        self.assertAlmostEqual(published["duration_ms"], 8000, delta=150)
        self.assertEqual(len(pictures(out)[0]), 200)
        self.check_sync(out, 7, within=0.03)   # MP3 brings a delay of its own
        record = self.node.get_json(f"/v1/titles/{published['title_id']}")["title"]
        self.assertTrue(record.get("poster"))
        self.assertIn("storyboard", [t["kind"] for t in self.node.get_json(f"/{record['details']}")["tracks"]])

    def test_h264_with_start_codes_in_avi(self):
        base = make_film(self.folder / "for_codes.mp4", 4, "320x180", 25, 1, "-bf", "0")
        film = self.folder / "codes.avi"
        ffmpeg("-i", base, "-c:v", "copy", "-bsf:v", "h264_mp4toannexb", "-tag:v", "H264", "-c:a", "libmp3lame", film)
        published, out = self.publish(film)
        self.assertEqual(len(pictures(out)[0]), 100)

    def test_a_shape_that_changes(self):
        parts = []
        for n, size in enumerate(("160x90", "320x180", "240x180")):
            parts.append(recording(self.folder / f"shape{n}.ts", 4, "-output_ts_offset", 4 * n, size=size))
        published, out = self.publish(joined(self.folder / "shapes.ts", *parts))
        self.assertAlmostEqual(published["duration_ms"], 12000, delta=150)
        self.assertEqual((len(flashes(out)), len(beeps(out))), (9, 9))
        self.assertFalse(any(r["copied"] for r in published["renditions"]))
        self.assert_noted(published, "changes its size")

    def test_several_programmes(self):
        film = self.folder / "programmes.ts"
        ffmpeg(*flash(6), *beep(6), *flash(6, "0x203060", "320x180"), *beep(6, 1500), "-map", "0", "-map", "1", "-map", "2", "-map", "3", *X264, "-c:a", "mp2",
               "-program", "title=Small:st=0:st=1", "-program", "title=Large:st=2:st=3", "-f", "mpegts", film)
        published, out = self.publish(film)
        self.assertEqual(published["renditions"][0]["width"], 320)
        self.assertEqual([t["id"][:2] for t in published["tracks"] if t["id"].startswith("a")], ["a1"])
        self.check_sync(out, 5)
        self.assert_noted(published, "2 programmes", "“Large”", "left out: “Small”")

    def test_chapters_are_kept(self):
        base = make_film(self.folder / "for_chapters.mp4", 8, "160x90", 25)
        (self.folder / "chapters.txt").write_text(";FFMETADATA1\n" + "".join(
            f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={name}\n" for start, end, name in ((0, 3000, "Opening"), (3000, 8000, "The rest"))))
        for name in ("chapters.mkv", "chapters.mp4"):
            film = self.folder / name
            ffmpeg("-i", base, "-i", self.folder / "chapters.txt", "-map", "0", "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", film)
            published, out = self.publish(film)
            record = self.node.get_json(f"/v1/titles/{published['title_id']}")["title"]
            kept = self.node.get_json(f"/{record['details']}")["chapters"]
            self.assertEqual([c["name"] for c in kept], ["Opening", "The rest"])
            self.assertAlmostEqual(kept[1]["start_ms"], 3000, delta=30)
            done = subprocess.run(["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(out)], capture_output=True, text=True, check=True)
            written = json.loads(done.stdout)["chapters"]
            self.assertEqual([c["tags"]["title"] for c in written], ["Opening", "The rest"])
            self.assertAlmostEqual(float(written[1]["start_time"]), 3, delta=0.03)

    def test_a_caption_does_not_lengthen_the_film(self):
        base = make_film(self.folder / "for_captions.mp4", 5, "160x90", 25)
        srt = self.folder / "long.srt"
        srt.write_text("1\n00:00:01,000 --> 00:00:02,000\nFirst\n\n2\n00:00:04,000 --> 00:00:14,000\nTo the end\n")
        inside = self.folder / "inside.mkv"
        ffmpeg("-i", base, "-i", srt, "-c", "copy", "-c:s", "srt", inside)
        for film, options in ((base, ["--captions", f"en={srt}"]), (inside, [])):
            published, out = self.publish(film, *options)
            self.assertAlmostEqual(published["duration_ms"], 5000, delta=60)
            self.assertLessEqual(time_span(out, "s:0")[1], 5.06)

    def test_sound_that_cannot_be_decoded_is_left_out_before_the_work(self):
        base = make_film(self.folder / "for_noise.mkv", 6, "160x90", 25, 2, "-c:a", "ac3")
        noise = self.folder / "noise.mkv"
        ffmpeg("-i", base, "-map", "0", "-c", "copy", "-bsf:a:1", "noise=amount='1'", noise)
        published, out = self.publish(noise)
        self.assertEqual(len(streams(out, "audio")), 1)
        self.assert_noted(published, "cannot be decoded")

    # Looking before publishing

    def test_check_says_what_publishing_says(self):
        film = joined(self.folder / "check.ts", recording(self.folder / "c1.ts", 3), recording(self.folder / "c2.ts", 3, hertz=1500))
        answer = swarma("publish", "--check", film, "--json")
        self.assertEqual(answer.code, 0, answer.errors)
        said = answer.json
        self.assertTrue(said["can_be_published"])
        published, _ = self.publish(film)
        self.assertEqual(said["film"]["duration_ms"], published["duration_ms"])
        self.assertEqual(said["notes"], published["notes"])
        self.assertEqual(said["plan"]["renditions"], [{k: r[k] for k in ("name", "width", "height", "copied")} for r in published["renditions"]])
        self.assertIn("clock goes back", swarma("publish", "--check", film).output)

    def ask(self, studio, upload, **more):
        """(status, answer) of the node's own look at an upload."""
        body = json.dumps({"upload_id": upload, **more}).encode()
        status, _, answer = studio.call("POST", "/v1/media/check", body, {"Content-Type": "application/json"})
        return status, json.loads(answer)

    def test_the_studio_is_told_the_same(self):
        film = make_film(self.folder / "for_studio.mkv", 6, "160x90", 25, 2)
        studio = Studio(self.node, self.folder / "studio")
        status, answer = self.ask(studio, studio.upload(film.read_bytes()), ladder="64")
        self.assertEqual((status, answer), (200, swarma("publish", "--check", film, "--ladder", "64", "--json").json))
        status, answer = self.ask(studio, studio.upload(b"not a film"))
        self.assertEqual((status, [r["reason"] for r in answer["refusals"]]), (200, ["not_media"]))
        srt = studio.upload(b"no captions at all")
        status, answer = self.ask(studio, studio.upload(film.read_bytes()), captions=[{"language": "en", "upload_id": srt}])
        self.assertEqual((status, [r["reason"] for r in answer["refusals"]]), (200, ["bad_captions"]))
        self.assertEqual(self.node.request("POST", "/v1/media/check", b"{}", {"Content-Type": "application/json"})[0], 401)

    def test_the_studio_is_told_while_the_film_arrives(self):
        plain = make_film(self.folder / "index_last.mp4", 20, "320x180", 25)
        first, matroska, stream = (self.folder / name for name in ("index_first.mp4", "arrives.mkv", "arrives.ts"))
        ffmpeg("-i", plain, "-c", "copy", "-movflags", "+faststart", first)
        ffmpeg("-i", plain, "-c", "copy", matroska)
        ffmpeg("-i", plain, "-c", "copy", stream)
        studio = Studio(self.node, self.folder / "studio2")
        for film in (first, matroska, stream):
            data = film.read_bytes()
            upload = studio.begin_upload(len(data))
            studio.append(upload, 0, data[:len(data) // 2])
            status, answer = self.ask(studio, upload)
            self.assertEqual((status, answer.get("so_far"), answer.get("refusals")), (200, True, []), (film, answer))
            self.assertEqual((answer["film"]["video"]["width"], len(answer["film"]["audio"])), (320, 1))
            studio.append(upload, len(data) // 2, data[len(data) // 2:])
            status, answer = self.ask(studio, upload)
            self.assertEqual((status, answer["so_far"]), (200, False))
            self.assertAlmostEqual(answer["film"]["duration_ms"], 20000, delta=120)
        data = plain.read_bytes()
        upload = studio.begin_upload(len(data))
        studio.append(upload, 0, data[:len(data) // 2])
        status, answer = self.ask(studio, upload)
        self.assertEqual((status, answer["reason"]), (409, "upload_incomplete"))

    def test_check_refuses_with_every_reason(self):
        film = make_film(self.folder / "for_refusal.mkv", 3, "160x90", 25, 1, "-c:v", "mpeg4")
        bad = self.folder / "bad.srt"
        bad.write_text("no captions at all\n")
        answer = swarma("publish", "--check", film, "--ladder", "copy", "--captions", f"en={bad}", "--json")
        self.assertEqual(answer.code, 1)
        self.assertEqual([r["reason"] for r in answer.json["refusals"]], ["cannot_copy", "bad_captions"])
        text = self.folder / "text.mp4"
        text.write_text("not a film")
        answer = swarma("publish", "--check", text, "--json")
        self.assertEqual((answer.code, [r["reason"] for r in answer.json["refusals"]], "film" in answer.json), (1, ["not_media"], False))


if __name__ == "__main__":
    unittest.main()
