#!/bin/bash
#SBATCH --job-name=psro
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300
#
# A run on a cluster that takes its nodes away: preempted or out of time, the job saves, is queued
# again and goes on where it was. From the clone, after `make setup`:
#
#   sbatch slurm/psro.sh                                        # +experiment=phase1
#   sbatch --time=2:00:00 slurm/psro.sh +experiment=phase1 name=trial psro.num_iterations=8
#   sbatch --array=0-4 slurm/psro.sh +experiment=phase1         # one run per seed
#
# Partition, account and the like: on the command line, or in slurm/site.sh (see site.sh.example).
# Exit codes: the program's (0, 1, 2, 75), and 3 when restarts commit nothing. docs/how-to/run-on-a-cluster.md.

set -uo pipefail

readonly preempted=75  # psro/machine/exit_codes.py
readonly no_progress=3
readonly idle_starts=3 # so many starts in a row without a new commit, and the job gives up

say() {
    local job="job ${SLURM_JOB_ID:-?} restart ${SLURM_RESTART_COUNT:-0}"
    printf 'psro.sh: %(%F %T)T %s: %s\n' -1 "$job" "$*"
}

fail() {
    say "$2" >&2
    exit "$1"
}

[[ -n ${SLURM_JOB_ID:-} ]] ||
    fail 2 "this is a batch job: start it with sbatch (on one machine: launchers/restarting.py)"
# SLURM runs a copy of this script, so its own path says nothing about the clone.
root=${PSRO_ROOT:-${SLURM_SUBMIT_DIR:-}}
[[ -f $root/slurm/psro.sh ]] ||
    fail 2 "no psro clone in '$root': run sbatch inside the clone, or set PSRO_ROOT to it"
cd "$root" || exit 2
# shellcheck source=/dev/null
[[ ! -f slurm/site.sh ]] || . slurm/site.sh
python=${PSRO_PYTHON:-$root/.venv/bin/python}
[[ -x $python ]] || fail 2 "no Python in $python: run 'make setup' in $root where there is a network"

# What to run.
[[ $# -gt 0 ]] || set -- +experiment=phase1
set -- "executor.num_workers=${SLURM_CPUS_PER_TASK:-1}" "$@" # first: of two, Hydra takes the later
if [[ -n ${SLURM_ARRAY_TASK_ID:-} ]]; then
    case " $*" in
    *" seed="*) fail 2 "an array takes its seeds from --array: leave out seed=" ;;
    esac
    set -- "$@" "seed=$SLURM_ARRAY_TASK_ID"
fi
run_directory=$("$python" launchers/run_directory.py "$@") || exit $?

# Whether restarts get anywhere: a note of how far the run was, and how many starts ago. How far: the
# journal's lines (commits), and when mid-way checkpoints of a training were written, which may take longer
# than the time between two preemptions.
note=$run_directory/slurm_progress
how_far() {
    local commits=0 checkpoints
    [[ ! -f $run_directory/journal.jsonl ]] || commits=$(wc -l <"$run_directory/journal.jsonl")
    checkpoints=$(find "$run_directory" -path '*/scratch/training.ckpt' -printf '%p %T@\n' 2>/dev/null | sort | cksum)
    echo "$commits.${checkpoints%% *}"
}
give_up() {
    fail $no_progress "$idle_starts starts in a row committed nothing to $run_directory and got no \
training on: giving up; the messages above say why, or raise --time"
}
far_before=$(how_far)
idle=0
if [[ ${SLURM_RESTART_COUNT:-0} -gt 0 && -f $note ]]; then
    read -r noted idle <"$note"
    if [[ $noted == "$far_before" ]]; then idle=$((idle + 1)); else idle=0; fi
fi
((idle < idle_starts)) || give_up
if ! { mkdir -p "$run_directory" && echo "$far_before $idle" >"$note.new" && mv "$note.new" "$note"; }; then
    fail 2 "cannot write to $run_directory"
fi

# The program in the background: bash runs a trap only when its foreground child has ended.
child=
received=
interrupted=
# shellcheck disable=SC2329 # the traps call it
forward() {
    received+="$1 "
    interrupted=yes
    [[ -z $child ]] || kill -s "$1" "$child" 2>/dev/null # gone already: then it has ended anyway
}
trap 'forward USR1' USR1 # --signal: the time is nearly up
trap 'forward TERM' TERM # preempted, or cancelled

say "$run_directory: $*"
PYTHONUNBUFFERED=1 "$python" -m psro.main "$@" &
child=$!
for signal in $received; do kill -s "$signal" "$child"; done # came before there was a child
status=127
while :; do
    interrupted=
    wait "$child"
    answer=$?
    ((answer != 127)) || break # collected by the wait before, which a signal made look interrupted
    status=$answer
    [[ -n $interrupted ]] || break
done
# SLURM signals every process of the job when it requeues it: what is called below must survive that.
trap '' USR1 TERM

# 138 and 143: the signal came before the program could handle it; nothing is lost by that.
case $status in
"$preempted" | 138 | 143) ;;
*) exit "$status" ;;
esac
# After TERM alone it is SLURM that decides: it requeues a preempted job itself, and a cancelled one
# is not wanted any more.
if [[ $received != *USR1* ]]; then
    say "stopped${received:+ by ${received% }} with everything saved; the same command goes on from here"
    exit $preempted
fi
if [[ $(how_far) == "$far_before" ]] && ((idle + 1 >= idle_starts)); then give_up; fi
# By its array's name: one task's SLURM_JOB_ID is the whole array's, and all of it would start again.
job=$SLURM_JOB_ID
[[ -z ${SLURM_ARRAY_TASK_ID:-} ]] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
if answer=$(scontrol requeue "$job" 2>&1); then
    say "the time was up; everything is saved and the job is queued again"
else
    say "the time was up; everything is saved, but the job was not queued again ($answer): \
the same command goes on from here"
fi
exit $preempted
