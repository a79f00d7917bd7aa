#!/usr/bin/env bash
# Shows the curves of every run under runs/, on this machine only: launchers/tensorboard.sh [directory] [options]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

tensorboard=$root/.venv/bin/tensorboard
if [[ ! -x $tensorboard ]]; then
    echo "tensorboard.sh: $tensorboard is not there: run \`make setup\`" >&2
    exit 2
fi
directory=$root/runs
if [[ $# -gt 0 && $1 != -* ]]; then
    directory=$1
    shift
fi
if [[ ! -d $directory ]]; then
    echo "tensorboard.sh: there is no $directory: start a run first, or name the directory of one" >&2
    exit 2
fi
exec "$tensorboard" --logdir "$directory" --host 127.0.0.1 "$@"
