# Shared by the scripts here; sourced, never run.
set -euo pipefail

export HOME=${HOME:-/root}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/fatbuildr

# The distribution's Node is too old to run TypeScript: ours comes first, for npm and every tool too.
node_version=24.21.0
node_home=$cache/node-$node_version
export PATH=$node_home/bin:$root/node_modules/.bin:$PATH:/usr/sbin:/sbin

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

need_root() {
  [ "$(id -u)" -eq 0 ] || die "$1 needs root. Run it as root, or prepare the machine once with: sudo scripts/setup ${2:-runtime}"
}

now_ms() {
  local now=${EPOCHREALTIME/[.,]/}
  echo $((now / 1000))
}

# seconds_since MS: prints "3.2s" and a newline
seconds_since() {
  local ms=$(($(now_ms) - $1))
  printf '%d.%ds\n' $((ms / 1000)) $((ms % 1000 / 100))
}

# step TITLE COMMAND…: one line when it went well; everything it printed when it did not.
# The command is a process of its own: whatever fails in it ends it, and its EXIT trap is its own.
step() {
  local title=$1 start log status
  shift
  start=$(now_ms)
  log=$(mktemp)
  printf '%s … ' "$title"
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if [ $status -eq 0 ]; then
    seconds_since "$start"
  else
    printf 'failed (exit status %d)\n' $status
    cat "$log" >&2
  fi
  rm -f "$log"
  return $status
}

# tally VERDICT NAME [REASON]: one line for the counts that scripts/test closes with; nothing outside of it.
tally() {
  [ -z "${FATBUILDR_TALLY:-}" ] || printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$FATBUILDR_TALLY"
}
