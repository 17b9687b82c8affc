"""Every film publishes and plays back whole: length, tracks, captions, pictures; copies to the bit.

Runs over the real films ($SWARMA_MEDIA, or what stands in for them) and over films of our own that are awkward on purpose.
"""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from films import decodes_cleanly, ffmpeg, films_folder, first_sound, make_film, packet_hashes, probe, streams, time_span
from program import Node, swarma

REAL = ["bbb_720p_h264_aac_120s.mp4", "bbb_720p_vp8_vorbis_30s.webm", "flower_540p_h264_aac.mp4",
        "nasa_13013_two_video_two_audio_two_sub.mp4", "pattern-hd-no-bar.mp4", "pattern-sd-with-large-logo-bar.mp4",
        "phone_720p_rot180_vfr.mp4", "popeye_p1_hevc_pgs.mkv", "sintel_trailer_720p_multitrack.mkv", "vp9cake_vertical_vp9_opus.webm",
        "extras/av1_1s.mp4", "extras/bbb_576i_mpeg2_ac3_interlaced.ts"]
TEXT_SUBTITLES = {"subrip", "mov_text", "webvtt", "ass", "ssa"}
LANGUAGES = {"eng": "en", "ger": "de", "deu": "de", "spa": "es", "fre": "fr", "fra": "fr", None: "und"}
SSIM_GOAL = 0.95


def awkward_films():
    """name → function that makes the film in a folder."""
    def srt(folder):
        path = folder / "cues.srt"
        path.write_text("1\n00:00:00,500 --> 00:00:02,000\nFirst cue\n\n2\n00:00:03,500 --> 00:00:04,600\nOver a cut\n\n")
        return path

    def tracks(folder):
        plain = make_film(folder / "three.mkv", 6, "320x180", 25, 3, "-ac:a:1", "6")
        ffmpeg("-i", plain, "-i", srt(folder), "-map", "0", "-map", "1:s", "-c", "copy", "-metadata:s:a:0", "language=eng",
               "-metadata:s:a:1", "language=ger", "-metadata:s:a:2", "language=spa", "-metadata:s:s:0", "language=fre", folder / "tracks.mkv")
        return folder / "tracks.mkv"

    def rotated(folder):
        plain = make_film(folder / "plain.mp4", 4, "640x360")
        ffmpeg("-i", plain, "-c", "copy", "-metadata:s:v:0", "rotate=90", folder / "rotated.mp4")
        return folder / "rotated.mp4"

    def late_sound(folder):
        plain = make_film(folder / "for_late.mp4", 6, "320x180")
        ffmpeg("-i", plain, "-itsoffset", "1.5", "-i", plain, "-map", "0:v", "-map", "1:a", "-c", "copy", "-t", "6", folder / "late.mkv")
        return folder / "late.mkv"

    return {
        "odd_size": lambda f: make_film(f / "odd.mkv", 4, "321x241", 24, 1, "-c:v", "ffv1", "-pix_fmt", "yuv420p"),
        "uneven_frames": lambda f: make_film(f / "vfr.mkv", 6, "320x180", 30, 1, "-vf", "select='not(mod(n,7))+not(mod(n,3))'", "-fps_mode", "vfr"),
        "interlaced": lambda f: make_film(f / "fields.ts", 4, "720x576", 50, 1, "-vf", "tinterlace=interleave_top", "-c:v", "mpeg2video",
                                          "-flags", "+ilme+ildct", "-b:v", "6M", "-c:a", "mp2"),
        "silent": lambda f: make_film(f / "silent.mp4", 4, "320x180", 24, 0),
        "ten_bit": lambda f: make_film(f / "ten.mkv", 4, "320x180", 24, 1, "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-c:a", "libopus"),
        "one_second": lambda f: make_film(f / "second.mp4", 1, "320x180"),
        "many_tracks": tracks, "rotated": rotated, "late_sound": late_sound,
    }


def language(stream):
    tag = stream.get("tags", {}).get("language")
    return LANGUAGES.get(tag, tag)


def best_video(path):
    """(index among the video streams, stream) of the one that is kept: the largest."""
    found = streams(path, "video")
    index = max(range(len(found)), key=lambda n: found[n]["width"] * found[n]["height"])
    return index, found[index]


def frame_seconds(stream):
    numerator, _, denominator = stream["avg_frame_rate"].partition("/")
    return float(denominator or 1) / float(numerator) if float(numerator) else 0.1


def ssim(output, source, index, stream):
    """Mean SSIM of the output against the source, frames paired by time, at the output's size."""
    shown = streams(output, "video")[0]
    fields = "bwdif=mode=send_frame," if stream.get("field_order", "progressive") not in ("progressive", "unknown") else ""
    later = 0.3 * frame_seconds(stream)   # so that rounded times never pair a frame with its neighbour
    graph = (f"[0:v:0]setpts=PTS-STARTPTS+{later:.6f}/TB,format=yuv420p[a];"
             f"[1:v:{index}]{fields}scale={shown['width']}:{shown['height']}:flags=bicubic,format=yuv420p,setpts=PTS-STARTPTS[b];[a][b]ssim=shortest=1")
    words = ffmpeg("-i", output, "-i", source, "-filter_complex", graph, "-fps_mode", "passthrough", "-f", "null", "-").stderr
    return float(re.search(r"SSIM.* All:([0-9.]+)", words)[1])


def cue_texts(path, index):
    """The words of a text subtitle track, cue by cue, without markup."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", f"0:s:{index}", "-f", "webvtt", "-"],
                          capture_output=True, text=True, check=True)
    blocks = re.split(r"\n\n+", done.stdout.strip())[1:]
    return [" ".join(re.sub(r"<[^>]*>", "", block.split("\n", 1)[1]).split()) for block in blocks if "-->" in block.split("\n", 1)[0] and "\n" in block]


class FilmsTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swarma-films-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.node = Node(cls.folder / "node").start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())

    def publish(self, film, ladder):
        return swarma("publish", film, "--node", self.node.url, "--data", self.folder / "node", "--policy", "open", "--ladder", ladder, "--json")

    def watch(self, title_id):
        output = self.folder / "watched.mp4"
        output.unlink(missing_ok=True)
        answer = swarma("watch", title_id, "--node", self.node.url, "--data", self.folder / "stranger", "--output", output, "--json")
        self.assertEqual(answer.code, 0, answer.errors)
        return output

    def check_whole(self, film):
        """Ladder auto: everything but the encoder's losses comes back."""
        answer = self.publish(film, "auto")
        self.assertEqual(answer.code, 0, answer.errors)
        output = self.watch(answer.json["title_id"])
        index, stream = best_video(film)
        self.check_lengths(film, output, index, stream, answer.json["duration_ms"] / 1000)
        self.check_sound(film, output)
        self.check_captions(film, output)
        self.assertEqual(decodes_cleanly(output), "")
        top = max(answer.json["renditions"], key=lambda r: r["width"] * r["height"])
        if top["copied"]:
            self.assertEqual(packet_hashes(output, "v:0"), packet_hashes(film, f"v:{index}"))
        else:
            self.assertGreaterEqual(ssim(output, film, index, stream), SSIM_GOAL)
            self.check_no_upscale(answer.json["renditions"], stream)

    def check_no_upscale(self, renditions, stream):
        short = min(stream["width"], stream["height"])
        for rendition in renditions:
            self.assertLessEqual(min(rendition["width"], rendition["height"]), short + 1, rendition)

    def check_lengths(self, film, output, index, stream, duration):
        frame = frame_seconds(stream)
        spans = [time_span(film, f"v:{index}")] + [time_span(film, f"a:{n}") for n in range(len(streams(film, "audio")))]
        began, ended = min(start for start, _ in spans), max(end for _, end in spans)
        captions = [time_span(film, f"s:{n}")[1] for n, s in enumerate(streams(film, "subtitle")) if s["codec_name"] in TEXT_SUBTITLES]
        # A last cue may hang over the end of picture and sound.
        self.assertGreaterEqual(duration, ended - began - frame - 0.025, "duration_ms of the title")
        self.assertLessEqual(duration, max([ended, *captions]) - began + frame + 0.025, "duration_ms of the title")
        start, end = time_span(output, "v:0")
        self.assertAlmostEqual(end - start, spans[0][1] - spans[0][0], delta=frame + 0.001, msg="length of the picture")
        for n, (_, a_end) in enumerate(spans[1:]):
            _, o_end = time_span(output, f"a:{n}")
            self.assertAlmostEqual(first_sound(output, n), first_sound(film, n), delta=frame + 0.06, msg=f"start of sound {n} against the picture")
            # Never shorter than it was; silence may fill it up to the end of the film.
            self.assertGreaterEqual(o_end - start, a_end - spans[0][0] - 0.05, f"end of sound {n} against the picture")
            self.assertLessEqual(o_end - start, ended - spans[0][0] + frame + 0.05, f"end of sound {n} against the picture")

    def check_sound(self, film, output):
        wanted, got = [language(s) for s in streams(film, "audio")], [language(s) for s in streams(output, "audio")]
        self.assertGreaterEqual(len(got), len(wanted), "a sound track is missing")
        self.assertEqual(sorted(set(wanted)), sorted(set(got)), "languages of the sound tracks")

    def check_captions(self, film, output):
        texts = [(n, s) for n, s in enumerate(streams(film, "subtitle")) if s["codec_name"] in TEXT_SUBTITLES]
        got = streams(output, "subtitle")
        self.assertEqual([language(s) for _, s in texts], [language(s) for s in got], "caption tracks")
        for out_index, (index, _) in enumerate(texts):
            self.assertEqual(cue_texts(output, out_index), cue_texts(film, index), f"cues of caption track {index}")

    def check_copy(self, film):
        """Ladder copy: the packets are the same to the bit, or the refusal says why they cannot be."""
        index, stream = best_video(film)
        answer = self.publish(film, "copy")
        rotated = any(int(d.get("rotation", 0)) for d in stream.get("side_data_list", []))
        if stream["codec_name"] != "h264" or stream.get("pix_fmt") not in ("yuv420p", "yuvj420p") or rotated:
            self.assertEqual((answer.code, answer.reason), (1, "cannot_copy"), answer.errors)
            return
        self.assertEqual(answer.code, 0, answer.errors)
        self.assertEqual([r["copied"] for r in answer.json["renditions"]], [True])
        output = self.watch(answer.json["title_id"])
        self.assertEqual(packet_hashes(output, "v:0"), packet_hashes(film, f"v:{index}"))
        carried = [packet_hashes(output, f"a:{n}") for n in range(len(streams(output, "audio")))]
        for n, sound in enumerate(streams(film, "audio")):
            late = time_span(film, f"a:{n}")[0] - time_span(film, f"v:{index}")[0] > 0.1   # begins with silence that has to be made
            if sound["codec_name"] == "aac" and sound.get("profile") == "LC" and sound["channels"] <= 2 and not late:
                self.check_carried(packet_hashes(film, f"a:{n}"), carried, n)

    def check_carried(self, wanted, carried, n):
        """One of the tracks is this sound to the bit. Packets that are never heard (priming, before the edit list) may be left out."""
        for got in carried:
            for skipped in range(3):
                if got in (wanted[skipped:], wanted[skipped:-1]):
                    return
        self.fail(f"sound {n} is not carried to the bit: {len(wanted)} packets became {[len(got) for got in carried]}")


def real_film(name):
    return lambda _folder: films_folder() / name


def add_cases():
    films = {re.sub(r"\W", "_", Path(name).stem): real_film(name) for name in REAL} | awkward_films()
    for name, make in films.items():
        setattr(FilmsTest, f"test_{name}_plays_back_whole", lambda self, make=make: self.check_whole(make(self.folder)))
        setattr(FilmsTest, f"test_{name}_as_a_copy", lambda self, make=make: self.check_copy(make(self.folder)))


add_cases()

if __name__ == "__main__":
    unittest.main()
