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

# seconds_since MS: "3.2s"
seconds_since() {
  local ms=$(($(now_ms) - $1))
  printf '%d.%ds' $((ms / 1000)) $((ms % 1000 / 100))
}

# step TITLE COMMAND…: one line when it went well; everything it printed when it did not.
step() {
  local title=$1 start log
  shift
  start=$(now_ms)
  log=$(mktemp)
  printf '%s … ' "$title"
  if "$@" >"$log" 2>&1 </dev/null; then
    printf '%s\n' "$(seconds_since "$start")"
    rm -f "$log"
  else
    local status=$?
    printf 'failed (exit status %d)\n' "$status"
    cat "$log" >&2
    rm -f "$log"
    exit "$status"
  fi
}

# tally VERDICT NAME [REASON]: one line for the counts that scripts/test closes with; nothing outside of it.
tally() {
  [ -z "${FATBUILDR_TALLY:-}" ] || printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$FATBUILDR_TALLY"
}
