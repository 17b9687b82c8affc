# Installs what a command needs, once: packages by apt-get, Node.js from the npm registry where Debian's is too old.

# packages_in NAME…: the package names of tools/packages/NAME.txt
packages_in() {
  local name
  for name in "$@"; do grep -v '^#' "tools/packages/$name.txt"; done | sort -u
}

missing_of() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"
  done
}

# need LIST…: the packages of these lists are installed when this returns.
need() {
  command -v dpkg-query >/dev/null || die "this script installs with apt-get (Debian 12 or its kin). Elsewhere, provide: $(packages_in "$@" | xargs)"
  local missing
  mapfile -t missing < <(missing_of $(packages_in "$@"))
  [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || \
    die "these packages are missing and you are neither root nor have sudo. Ask an administrator for: apt-get install $*"
  say "installing $*"
  mkdir -p build
  apt-cache show --no-all-versions "$@" >/dev/null 2>&1 || apt_update
  apt_get_install "$@" || { apt_update; apt_get_install "$@"; } || die "apt-get could not install these packages; its words are in build/apt.log"
}

apt_update() {
  as_root apt-get update >>build/apt.log 2>&1 || die "apt-get update failed; its words are in build/apt.log"
}

# Services that come with a package (postgresql, nginx) are not started: the tests run their own, as ordinary processes.
apt_get_install() {
  local policy=/usr/sbin/policy-rc.d ours=0 result=0
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null && as_root chmod +x $policy && ours=1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >>build/apt.log 2>&1 || result=$?
  [ $ours = 0 ] || as_root rm -f $policy
  return $result
}

node_is_new_enough() {
  command -v npm >/dev/null && command -v node >/dev/null || return 1
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' || return 1
  [ "$(npm --version | cut -d. -f1)" -ge 10 ]   # older ones copy linked packages, and then miss theirs in the lock file
}

# Node.js 20.19 and npm 10, or newer, are in PATH when this returns.
need_node() {
  local ours=$PWD/build/tools/node_modules
  [ ! -x "$ours/node/bin/node" ] || PATH=$ours/node/bin:$ours/.bin:$PATH
  node_is_new_enough && return
  command -v npm >/dev/null || apt_install nodejs npm
  if ! node_is_new_enough; then
    say "installing Node.js 22 and npm 11 into build/tools"
    mkdir -p build/tools
    npm install --prefix build/tools --no-audit --no-fund --no-save node@22 npm@11 >build/tools/npm.log 2>&1 || \
      die "npm could not install Node.js; its words are in build/tools/npm.log"
    PATH=$ours/node/bin:$ours/.bin:$PATH
  fi
  node_is_new_enough || die "no usable Node.js: $(command -v node) is $(node --version), npm $(npm --version)"
}

# npm_packages FOLDER: what its lock file names is in FOLDER/node_modules
npm_packages() {
  [ -f "$1/node_modules/.package-lock.json" ] && [ ! "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ] && return
  quietly "build/npm-$(basename "$1").log" npm ci --prefix "$1" --no-audit --no-fund
}
