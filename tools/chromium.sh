#!/bin/sh
# Installs Debian's Chromium for the browser tests when the machine has none.
# Where it cannot (no Debian, no rights), it says so; the browser tests then skip with that reason.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
say() { printf 'chromium: %s\n' "$*"; }
command -v apt-get >/dev/null 2>&1 || { say "not installed and this is no Debian: the browser tests will be skipped"; exit 0; }
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
say "installing Debian's chromium for the browser tests"
if $as_root apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq chromium >/dev/null 2>&1
then say "installed"
else say "could not be installed (try: sudo apt-get install chromium): the browser tests will be skipped"
fi
