#!/usr/bin/env bash
# A Pokemon Showdown server on this machine only, to play on: launchers/showdown.sh [port]; Ctrl-C ends it
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

python=$root/.venv/bin/python
if [[ ! -x $python ]]; then
    echo "showdown.sh: $python is not there: run \`make setup\`" >&2
    exit 2
fi
exec "$python" "$root/launchers/showdown_server.py" "$@"
