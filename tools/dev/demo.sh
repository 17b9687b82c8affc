# The main job from end to end: a creator publishes a locked film, a stranger unlocks it and plays it back.

DEMO=build/demo
DEMO_TITLE="The demo film"

now_s() { echo "$EPOCHREALTIME" | tr , .; }
seconds_since() { echo "$1 $(now_s)" | awk '{printf "%.1f", $2 - $1}'; }

# step NAME STARTED RESULT: one line of the summary
step() { printf '  %-34s %7s s   %s\n' "$1" "$(seconds_since "$2")" "$3"; }

cmd_demo() {
  local film=${1:-} started
  [ -z "$film" ] || film=$(readlink -f "$film") || die "there is no file $1"
  [ -z "$film" ] || [ -r "$film" ] || die "cannot read $film"
  need build demo
  started=$(now_s)
  cmd_build
  mkdir -p $DEMO
  echo
  step "program built" "$started" "build/swarma, $(build/swarma --version)"
  [ -n "$film" ] || demo_make_film
  demo_start_node
  demo_publish
  demo_refusal
  demo_watch
  demo_verify
  demo_farewell
}

# 20 s, 1280x720 at 24 pictures a second: a moving test picture, and a tone that rises and falls. Sets `film`.
demo_make_film() {
  local started
  started=$(now_s)
  film=$DEMO/film.mp4
  [ -s $film ] || {
    quietly $DEMO/film.log ffmpeg -nostdin -y -f lavfi -i "testsrc2=size=1280x720:rate=24:duration=20" \
      -f lavfi -i "aevalsrc=0.2*sin(2*PI*t*(330+110*sin(t))):d=20:s=48000" -c:v libx264 -preset veryfast -g 48 -pix_fmt yuv420p \
      -c:a aac -b:a 128k -movflags +faststart $DEMO/film.part.mp4
    mv $DEMO/film.part.mp4 $film
  }
  step "film made" "$started" "$film"
}

demo_is_ours() { tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q "swarma serve --data $DEMO/node"; }

# Ends the node of an earlier demo, starts one on a free port and waits for the line with its URL. Sets `url`, `node_pid`.
demo_start_node() {
  local started tries
  started=$(now_s)
  node_pid=$(cat $DEMO/node.pid 2>/dev/null || echo 0)
  if [ "$node_pid" != 0 ] && demo_is_ours "$node_pid"; then
    kill "$node_pid"
    for ((tries = 0; tries < 150; tries++)); do demo_is_ours "$node_pid" || break; sleep 0.1; done
  fi
  : >$DEMO/node.out
  setsid build/swarma serve --data $DEMO/node --listen 127.0.0.1:0 </dev/null >$DEMO/node.out 2>$DEMO/node.log &
  node_pid=$!
  disown
  echo "$node_pid" >$DEMO/node.pid
  for ((tries = 0; tries < 100; tries++)); do
    url=$(grep -oEm1 'https?://[^ ]+' $DEMO/node.out || true)
    [ -z "$url" ] || break
    kill -0 "$node_pid" 2>/dev/null || { tail -n 20 $DEMO/node.log >&2; die "the node ended at once (its log is $DEMO/node.log)"; }
    sleep 0.1
  done
  [ -n "$url" ] || die "the node printed no URL within 10 s (its log is $DEMO/node.log)"
  url=${url%/}
  step "node started" "$started" "$url"
}

# Sets `title_id`.
demo_publish() {
  local started name=$DEMO_TITLE
  started=$(now_s)
  [ "$film" = $DEMO/film.mp4 ] || name=$(basename "${film%.*}")
  build/swarma publish "$film" --node "$url" --data $DEMO/node --title "$name" --policy goodwill --json >$DEMO/published.json || \
    die "publishing failed"
  title_id=$(jq -er .title_id $DEMO/published.json)
  step "published, encrypted" "$started" "$(jq -r '"\(.duration_ms/1000) s of film in \(.renditions|length) renditions, \(.bytes/1e6*10|round/10) MB"' $DEMO/published.json)"
  printf '  %-46s %s\n' "" "title $title_id"
}

# Without accepting the terms nothing opens: a demo of a lock that is open would be worth nothing.
demo_refusal() {
  local started
  started=$(now_s)
  rm -f $DEMO/refused.mp4
  if build/swarma watch "$title_id" --node "$url" --data $DEMO/passer-by --output $DEMO/refused.mp4 --json \
      </dev/null >$DEMO/refused.json 2>$DEMO/refused.log; then
    die "a stranger who accepted nothing could watch: the film is not locked"
  fi
  [ ! -e $DEMO/refused.mp4 ] || die "a refused stranger was left with a file"
  step "stranger without consent refused" "$started" "$(grep -v '^ *$' $DEMO/refused.log | tail -n 1)"
}

demo_watch() {
  local started
  started=$(now_s)
  rm -rf $DEMO/stranger $DEMO/watched.mp4
  build/swarma watch "$title_id" --node "$url" --data $DEMO/stranger --accept --output $DEMO/watched.mp4 --json >$DEMO/watched.json || \
    die "the stranger could not watch"
  step "unlocked and watched by a stranger" "$started" "$DEMO/watched.mp4"
}

probe_duration() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"; }
probe_tracks() { ffprobe -v error -show_entries stream=codec_type -of csv=p=0 "$1" | tr -d , | sort | uniq -c | awk '{printf "%s%s %s", s, $1, $2; s = ", "}'; }
frame_time() { ffprobe -v error -select_streams v:0 -show_entries stream=avg_frame_rate -of csv=p=0 "$1" | head -n 1 | tr -d , | awk -F/ '{print ($1 > 0) ? ($2 ? $2 : 1) / $1 : 0.1}'; }

# The film that came out is as long as the one that went in, to within a frame, and every picture and sound of it decodes.
demo_verify() {
  local started expected got
  started=$(now_s)
  expected=$(jq -er '.duration_ms / 1000' $DEMO/published.json)
  got=$(probe_duration $DEMO/watched.mp4)
  echo "$expected $got $(frame_time $DEMO/watched.mp4)" | awk '{d = $1 - $2; if (d < 0) d = -d; exit !(d <= $3 + 0.001)}' || \
    die "the film is $expected s long, but what was watched is $got s"
  quietly $DEMO/decode.log ffmpeg -nostdin -v error -xerror -i $DEMO/watched.mp4 -map 0:v -map 0:a? -fps_mode passthrough -enc_time_base -1 -f null -
  [ ! -s $DEMO/decode.log ] || { tail -n 5 $DEMO/decode.log >&2; die "what was watched does not decode cleanly"; }
  step "played back whole" "$started" "$(printf '%.2f s, %s, every frame decodes' "$got" "$(probe_tracks $DEMO/watched.mp4)")"
}

demo_farewell() {
  cat <<END

  The catalog, with the film in it:  $url
  The film's page:                   $url/t/$title_id
  Publish in your browser:           $(build/swarma link --node "$url" --data $DEMO/node 2>/dev/null)  (once, within an hour)
  Watch it in a player:              build/swarma watch $title_id --node $url --accept --listen 127.0.0.1:0
  Stop the node:                     kill $node_pid
END
}
