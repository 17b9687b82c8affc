#!/usr/bin/env python3
"""Films that stand in for the real ones where those are not: the same names, and the properties that tests ask about.

  make_films.py [FOLDER]     default: build/films; what is there already stays

Real films ($SWARMA_MEDIA, or ../shared/media beside the repository) go before these: they hold what nobody thought of. Every film
here is a moving test picture made by ffmpeg; the bitmap subtitles, which ffmpeg does not write, are put together by hand.
"""
import fcntl
import os
import struct
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
MADE = REPOSITORY / "build/films"


def ffmpeg(*arguments):
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"ffmpeg {' '.join(map(str, arguments))}: {done.stderr[-1500:]}")


def picture(size, rate, seconds):
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"]


def tone(seconds, frequency=440):
    return ["-f", "lavfi", "-i", f"sine=frequency={frequency}:sample_rate=48000:duration={seconds}"]


def h264(keyframe_every):
    return ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "1200k", "-pix_fmt", "yuv420p", "-g", keyframe_every]


AAC = ["-c:a", "aac", "-ac", "2"]


def two_minutes(path):
    ffmpeg(*picture("1280x720", 24, 120), *tone(120), *h264(48), *AAC, "-movflags", "+faststart", path)


def thirty_seconds_vp8(path):
    ffmpeg(*picture("1280x720", 24, 30), *tone(30), "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "2M", "-c:a", "libvorbis", "-ac", 2, path)


def flower(path):
    ffmpeg(*picture("960x540", "30000/1001", 5.055), *tone(5.055), *h264(60), *AAC, path)


def several_of_each(path):
    cues = srt(path.parent / "nasa.srt", 15)
    ffmpeg(*picture("320x180", 25, 16.6), *picture("480x270", "30000/1001", 16.6), *tone(16.6), *tone(16.6, 660), "-i", cues,
           *[part for stream in ("0:v", "2:a", "4:s", "1:v", "3:a", "4:s") for part in ("-map", stream)],
           *h264(50), *AAC, "-c:s", "mov_text", *languages("a", "eng", "eng"), *languages("s", "eng", "eng"), path)
    cues.unlink()


def upright(size):
    return lambda path: ffmpeg(*picture(size, 30, 6.9), *tone(6.9), *h264(60), *AAC, path)


def phone(path):
    plain = path.with_suffix(".plain.mp4")
    ffmpeg(*picture("1280x720", 30, 2.4), *tone(2.4), "-vf", "select='not(mod(n,3))+not(mod(n,13))'", "-fps_mode", "vfr", *h264(20),
           "-c:a", "aac", "-ac", 1, *languages("a", "eng"), "-video_track_timescale", 90000, plain)
    ffmpeg("-i", plain, "-c", "copy", "-metadata:s:v:0", "rotate=180", path)
    plain.unlink()


def bitmap_subtitles(path):
    sup = path.with_suffix(".sup")
    sup.write_bytes(b"".join(pgs_caption(start, start + 1.5) for start in (0.5, 3.0)))
    ffmpeg(*picture("1440x1074", 24, 6), "-i", sup, "-map", "0:v", "-map", "1:s", "-c:v", "libx265", "-preset", "ultrafast",
           "-x265-params", "log-level=error", "-pix_fmt", "yuv420p", "-c:s", "copy", *languages("s", "eng"), path)
    sup.unlink()


def trailer(path):
    cues = srt(path.parent / "trailer.srt", 50)
    ffmpeg(*picture("1280x720", 24, 52.2), *tone(53), *tone(30, 660), "-i", cues, "-map", "0:v", "-map", "1:a", "-map", "2:a",
           *["-map", "3:s"] * 3, *h264(48), "-c:a", "aac", "-ac:a:0", 2, "-ac:a:1", 6, "-c:s", "srt",
           *languages("a", "eng", "ger"), *languages("s", "eng", "ger", "spa"), path)
    cues.unlink()


def cake(path):
    ffmpeg(*picture("360x640", 30, 8), *tone(8), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "1M", "-c:a", "libopus", path)


def av1(path):
    ffmpeg(*picture("160x90", 24, 1), "-c:v", "libaom-av1", "-cpu-used", 8, "-crf", 20, "-b:v", 0, path)


def interlaced(path):
    ffmpeg(*picture("720x576", 50, 5), *tone(5), "-vf", "tinterlace=interleave_top,fieldorder=tff,setsar=64/45", "-c:v", "mpeg2video",
           "-flags", "+ilme+ildct", "-b:v", "6M", "-c:a", "ac3", "-ac", 2, path)


def truncated(path):
    whole = (path.parent.parent / "bbb_720p_h264_aac_120s.mp4").read_bytes()
    path.write_bytes(whole[:1_500_000])


def box(kind, content):
    return struct.pack(">I", 8 + len(content)) + kind + content


def without_index(path):
    path.write_bytes(box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + box(b"free", b"") + box(b"mdat", bytes(range(256)) * 16))


def sound_alone(path):
    ffmpeg(*tone(13.2), "-c:a", "libmp3lame", "-ac", 2, path)


def still(path):
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=332x332", "-frames:v", 1, path)


def srt(path, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n:02},900\nSecond {n}\n" for n in range(seconds)))
    return path


def languages(kind, *tags):
    return [part for n, tag in enumerate(tags) for part in (f"-metadata:s:{kind}:{n}", f"language={tag}")]


def pgs_caption(start, end):
    """One caption of Presentation Graphics: a white square of 16 × 16 from `start` to `end`, in seconds."""
    def segment(at, kind, content):
        return b"PG" + struct.pack(">IIBH", round(at * 90_000), 0, kind, len(content)) + content

    def composition(at, number, objects):
        state = 0x80 if objects else 0
        return segment(at, 0x16, struct.pack(">HHBHBBBB", 1440, 1074, 0x10, number, state, 0, 0, objects) + b"\0\0\0\0\2\0\3\0" * objects)

    window = segment(start, 0x17, struct.pack(">BBHHHH", 1, 0, 512, 768, 16, 16))
    palette = segment(start, 0x14, bytes([0, 0, 1, 235, 128, 128, 255]))
    pixels = (b"\0" + bytes([0x80 | 16, 1]) + b"\0\0") * 16  # each line: 16 of colour 1, end of line
    picture_data = segment(start, 0x15, struct.pack(">HBB", 0, 0, 0xC0) + struct.pack(">I", len(pixels) + 4)[1:] + struct.pack(">HH", 16, 16) + pixels)
    shown = composition(start, 0, 1) + window + palette + picture_data + segment(start, 0x80, b"")
    return shown + composition(end, 1, 0) + segment(end, 0x17, struct.pack(">BBHHHH", 1, 0, 512, 768, 16, 16)) + segment(end, 0x80, b"")


FILMS = {
    "README.md": lambda path: path.write_text("Films made by tests/make_films.py: none of this is a film.\n" * 10),
    "bbb_720p_h264_aac_120s.mp4": two_minutes,
    "bbb_720p_vp8_vorbis_30s.webm": thirty_seconds_vp8,
    "flower_540p_h264_aac.mp4": flower,
    "nasa_13013_two_video_two_audio_two_sub.mp4": several_of_each,
    "pattern-hd-no-bar.mp4": upright("720x1280"),
    "pattern-sd-with-large-logo-bar.mp4": upright("480x720"),
    "phone_720p_rot180_vfr.mp4": phone,
    "popeye_p1_hevc_pgs.mkv": bitmap_subtitles,
    "sintel_trailer_720p_multitrack.mkv": trailer,
    "vp9cake_vertical_vp9_opus.webm": cake,
    "extras/av1_1s.mp4": av1,
    "extras/bbb_576i_mpeg2_ac3_interlaced.ts": interlaced,
    "extras/bbb_truncated_moov_first.mp4": truncated,
    "extras/broken_no_moov.mp4": without_index,
    "extras/nasa_audio_only.mp3": sound_alone,
    "extras/still_grapefruit.jpg": still,
    "subtitles/TOS-fr-Goofy.srt": lambda path: srt(path, 40),
}


def make_films(folder=MADE):
    """Makes what is missing and returns the folder. Several processes at once wait for one another."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, make in FILMS.items():
            path = folder / name
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_name("half-" + path.name)   # a run that is stopped leaves nothing that looks finished
            make(half)
            half.rename(path)
    return folder


def real_films():
    """The real films, or None."""
    folder = Path(os.environ.get("SWARMA_MEDIA") or REPOSITORY.parent / "shared/media")
    return folder if folder.is_dir() else None


if __name__ == "__main__":
    if len(sys.argv) == 1 and real_films():
        print(f"the real films are in {real_films()}")
    else:
        print(make_films(*sys.argv[1:]))
