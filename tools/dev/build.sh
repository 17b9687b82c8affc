# Configuring and compiling, by preset (CMakePresets.json).

# configure PRESET [-DOPTION=VALUE…]: the first time, or when an option differs from what is configured
configure() {
  local preset=$1 dir=build/$1 option changed=0
  shift
  [ -f "$dir/build.ninja" ] || changed=1
  for option in "$@"; do
    option=${option#-D}
    grep -qE "^${option%%=*}:[A-Z]+=${option#*=}\$" "$dir/CMakeCache.txt" 2>/dev/null || changed=1
  done
  [ $changed = 0 ] || quietly "$dir.configure.log" cmake --preset "$preset" "$@"
}

# compile PRESET [TARGET…]
compile() {
  local preset=$1
  shift
  local targets=("${@:-all}")
  cmake --build "build/$preset" --target "${targets[@]}"
}

# The pages, which are compiled into the program: web/dist. Made anew when a source is newer.
build_pages() {
  [ -f web/package.json ] || return 0
  need_node
  [ ! -f sdk/ts/package-lock.json ] || npm_packages sdk/ts
  npm_packages web
  [ -f web/dist/index.html ] && [ -z "$(find web sdk/ts \( -name node_modules -o -name .out -o -path web/dist \) -prune -o -type f -newer web/dist/index.html -print -quit)" ] && return
  say "building the pages"
  quietly build/pages.log npm run build --prefix web
}

# The release program, at build/swarma. Tests are configured only once somebody asks for them: they need more packages.
cmd_build() {
  need build
  build_pages
  [ -f build/release/build.ninja ] || configure release -DSWARMA_TESTS=OFF
  compile release swarma
  ln -sfn release/swarma build/swarma
}
