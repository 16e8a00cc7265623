#!/bin/bash
# A study over the nodes of a cluster that share a file system, a shard a task. From the folder of the project:
#
#   sbatch --array=1-16 docs/deploy/slurm-array.sh compare configs/studies/cart-pole-objectives.json
#
# All tasks work in runs/NAME, and the last to end finds every run there and writes the report. After a time limit or a lost
# node the same line goes on: completed runs are kept, others go on from their last checkpoint. Only some of 16 again:
#
#   SHARDS=16 sbatch --array=3,7 docs/deploy/slurm-array.sh compare ...
#
# Where nodes share nothing, RUNS=/local/runs (another folder of runs) and, of what was copied together, leash runs merge.
#
#SBATCH --job-name=leash
#SBATCH --cpus-per-task=8
#SBATCH --mem-per-cpu=1G
#SBATCH --time=04:00:00
#SBATCH --output=leash-%A-%a.log
# Two minutes before its time is over every run ends its update at hand.
#SBATCH --signal=TERM@120
set -eu

if [ $# -lt 2 ]; then
  echo "usage: sbatch --array=1-N $0 compare|sweep FILE... [FLAGS]" >&2
  exit 2
fi
if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  echo "$0: this is no task of an array: sbatch --array=1-N $0 ..." >&2
  exit 2
fi
if [ -z "${SHARDS:-}" ] && [ "$SLURM_ARRAY_TASK_MIN/$SLURM_ARRAY_TASK_MAX" != "1/$SLURM_ARRAY_TASK_COUNT" ]; then
  echo "$0: the array is not 1-N: say SHARDS=N, of how many shards these are some" >&2
  exit 2
fi

threads=${SLURM_CPUS_PER_TASK:-1}
exec srun --cpus-per-task="$threads" npx leash "$@" \
  --shard "$SLURM_ARRAY_TASK_ID/${SHARDS:-$SLURM_ARRAY_TASK_COUNT}" --workers "$threads" --runs "${RUNS:-runs}"
