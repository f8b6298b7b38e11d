# The steps of scripts/demo; sourced by it.

fatbuildrctl=$root/apps/cli/bin/fatbuildrctl
fatbuildrd=$root/apps/daemon/bin/fatbuildrd

ctl() {
  "$fatbuildrctl" "$@"
}

# timed TITLE COMMAND…: shows what it prints, keeps how long it took.
timed() {
  local title=$1 start
  shift
  start=$(now_ms)
  printf '\n== %s\n' "$title"
  "$@"
  timings+=("$(printf '%-20s %8s' "$title" "$(seconds_since "$start")")")
}

write_configuration() {
  mkdir -p "$demo/etc/instances.d"
  cat >"$demo/etc/fatbuildr.yml" <<YAML
paths:
  state: $demo/state
  cache: $demo/cache
  run: $demo/run
api:
  listen: { host: 127.0.0.1, port: $port }
worker:
  name: demo
images:
  rpm: { distribution: debian }
  osi: { distribution: debian }
log:
  format: text
YAML
  cat >"$demo/etc/instances.d/default.yml" <<YAML
name: Demo
gpg:
  name: Fatbuildr demo
  email: demo@fatbuildr.invalid
formats:
  deb:
    - name: $suite
      env: $suite
      tag: deb12
  rpm:
    - name: el9
      tag: el9
      builder: rpmbuild
      releasever: 9
      repositories:
        - { id: tiny, baseurl: 'http://127.0.0.1:$rpm_port' }
  osi:
    - name: images
      packages: $suite
YAML
}

farm_is_running() {
  [ -e "$demo/fatbuildrd.pid" ] && kill -0 "$(cat "$demo/fatbuildrd.pid")" 2>/dev/null && ctl version >/dev/null 2>&1
}

start_farm() {
  if farm_is_running; then
    echo 'It runs already.'
    return
  fi
  if curl --silent --output /dev/null --max-time 2 "$url/livez"; then
    die "port $port is taken by another program; choose another with FATBUILDR_DEMO_PORT"
  fi
  setsid "$fatbuildrd" --config "$demo/etc/fatbuildr.yml" >>"$demo/fatbuildrd.log" 2>&1 </dev/null &
  echo $! >"$demo/fatbuildrd.pid"
  local try
  for ((try = 0; try < 150; try++)); do
    sleep 0.2
    kill -0 "$(cat "$demo/fatbuildrd.pid")" 2>/dev/null || break
    if ctl workers list --json 2>/dev/null | grep -q '"online"'; then
      echo "fatbuildrd runs; its log is $demo/fatbuildrd.log"
      return
    fi
  done
  tail -n 30 "$demo/fatbuildrd.log" >&2
  die "the farm did not start; the end of its log is above"
}

stop_farm() {
  local pid try
  [ -e "$demo/fatbuildrd.pid" ] || return 0
  pid=$(cat "$demo/fatbuildrd.pid")
  kill -TERM "$pid" 2>/dev/null || return 0
  for ((try = 0; try < 300; try++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  rm -f "$demo/fatbuildrd.pid"
}

ensure_keyring() {
  if ctl keyring show 2>/dev/null; then return; fi
  ctl keyring create
}

# The source cache holds files by their sha256, so one from anywhere will do.
ensure_source() {
  local sha256=31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b
  local upstream=https://ftp.gnu.org/gnu/hello/hello-2.10.tar.gz cached=$demo/cache/sources/sha256/$sha256
  if [ -e "$cached" ]; then
    echo 'The tarball is in the source cache.'
  elif curl --fail --silent --head --max-time 10 --output /dev/null "$upstream"; then
    echo "The worker will fetch $upstream"
  else
    echo "$upstream cannot be reached; the same file comes from this machine's APT source packages."
    tarball_from_apt "$sha256" "$cached"
  fi
}

# tarball_from_apt SHA256 FILE: hello's upstream tarball from the host's own archive, with APT's lists kept apart.
tarball_from_apt() {
  local work file
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial" "$work/archives/partial" "$(dirname "$2")"
  host_source_entries >"$work/source.sources"
  local options=(-o "Dir::Etc::sourcelist=$work/source.sources" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work" -o APT::Sandbox::User=root -qq)
  apt-get "${options[@]}" update
  (cd "$work" && apt-get "${options[@]}" source --download-only --only-source hello)
  for file in "$work"/hello_*.orig.tar.*; do
    if [ "$(sha256sum "$file" | cut -d' ' -f1)" = "$1" ]; then
      install -m 644 "$file" "$2"
      rm -rf "$work"
      return
    fi
  done
  die "APT has no hello source with sha256 $1; put the file at $2"
}

# The host's deb822 and one-line sources, as sources of source packages.
host_source_entries() {
  local file
  for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] || continue
    case $file in
      *.sources) sed 's/^Types:.*/Types: deb-src/' "$file" ;;
      *) sed -nE 's/^deb(-src)? +(\[([^]]*)\] +)?([^ ]+) +([^ ]+) +(.*)$/Types: deb-src\nURIs: \4\nSuites: \5\nComponents: \6\n/p' "$file" ;;
    esac
    echo
  done
}

# build_example FORMAT ARTIFACT DISTRIBUTION
build_example() {
  task=$(ctl build --basedir "$root/examples" --format "$1" --artifact "$2" --distribution "$3" \
    --name 'Fatbuildr demo' --email demo@fatbuildr.invalid --msg 'Build of the demo' --batch)
  ctl watch "$task"
}

make_clean_root() {
  rm -rf --one-file-system "$demo/clean"
  mkdir -p "$demo/clean"
  if [ ! -e "$demo/clean.tar" ]; then
    mmdebstrap --quiet --format=tar --variant=apt "$suite" "$demo/clean.tar.part"
    mv "$demo/clean.tar.part" "$demo/clean.tar"
  fi
  tar --extract --file "$demo/clean.tar" --directory "$demo/clean"
  echo "A minimal $suite in $demo/clean"
}

# nspawn complains of a directory that only systemd's own services have; that line says nothing here.
in_clean_root() {
  systemd-nspawn --quiet --register=no --keep-unit --directory "$demo/clean" --pipe -- "$@" \
    2> >(grep -v 'Attempted to remove disk file system' >&2)
}

# Debian has a hello of its own, and a newer one: the version says which is meant.
install_hello() {
  local version installed
  version=$(ctl show "$task" --json | node --print 'JSON.parse(fs.readFileSync(0, "utf8")).version')
  curl --fail --silent --show-error --output "$demo/clean/etc/apt/sources.list.d/farm.sources" \
    "$url/default/deb/$suite.sources"
  in_clean_root apt-get -o APT::Update::Error-Mode=any update
  in_clean_root apt-get -qq install --yes --no-install-recommends "hello=$version"
  installed=$(in_clean_root dpkg-query --show --showformat='${Version}' hello)
  [ "$installed" = "$version" ] || die "hello $installed is installed, not $version"
  echo
  in_clean_root apt-cache policy hello
  in_clean_root hello
}

report() {
  printf '\n== What was built\n'
  ctl show "$task"
  if shows deb; then ctl registry list --distribution "$suite"; fi
  if shows rpm; then ctl registry list --format rpm --distribution el9; fi
  printf '\n== Where\n'
  if shows deb; then printf 'for apt     %s\n' "$url/default/deb/$suite.sources"; fi
  if shows rpm; then printf 'for dnf     %s\n' "$url/default/rpm/el9.repo"; fi
  if shows osi; then printf 'images      %s\n' "$url/default/osi/images/main/SHA256SUMS"; fi
  printf 'on disk     %s\n' "$demo/state/registry/default"
  printf '\n== How long it took (a build waits for what checks its packages beside publishing)\n'
  printf '%s\n' "${timings[@]}"
  printf '%-20s %8s\n' 'all together' "$(seconds_since "$began")"
  if shows deb; then ctl show "$task" --json | node "$root/scripts/farm-time.ts"; fi
}

addresses() {
  cat <<TEXT

The farm is still running.
  API             $url/api/v1/docs
  command line    export FATBUILDR_URI=$FATBUILDR_URI; $fatbuildrctl --help
  repository      $url/default/deb
  stop it         kill \$(cat $demo/fatbuildrd.pid)      (it waits for what runs, half a minute at most)
  start it again  $fatbuildrd --config $demo/etc/fatbuildr.yml
TEXT
}
