#!/bin/sh
# Writes the two lock files anew: hashes, no addresses. Needs uv (pip install uv).
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header "$@"; }
printf 'hatchling\neditables\n' > locks/build.in
compile pyproject.toml locks/build.in -o locks/runtime.lock
compile pyproject.toml locks/build.in --group test -c locks/runtime.lock -o locks/test.lock
