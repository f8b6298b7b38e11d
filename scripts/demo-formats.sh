# What scripts/demo shows of each format; sourced by it.

shows() {
  [[ " $formats " == *" $1 "* ]]
}

demo_deb() {
  timed 'tool image' ctl images create --format deb
  timed 'build environment' ctl images env-create --distribution "$suite"
  timed 'source' ensure_source
  timed 'build and publish' build_example deb hello "$suite"
  timed 'clean root' make_clean_root
  timed 'apt-get install' install_hello
}

demo_rpm() {
  timed 'tool image, rpm' ctl images create --format rpm
  timed 'environment, rpm' ctl images env-create --distribution el9
  timed 'source' ensure_source
  timed 'build an RPM' build_example rpm hello el9
  timed 'dnf install' install_rpm
}

demo_osi() {
  timed 'tool image, osi' ctl images create --format osi
  timed 'build an image' build_example osi appliance images
  timed 'verify the image' verify_image
}

# A distribution of one package, which the tests make of this machine's own Debian: no mirror of another is needed.
serve_rpm_distribution() {
  local try
  node "$root/scripts/serve-rpm-distribution.ts" "$demo/cache" "$rpm_port" &
  rpm_server=$!
  for ((try = 0; try < 3000; try++)); do
    kill -0 "$rpm_server" 2>/dev/null || die "the RPM distribution is not served; what it said is above"
    if curl --fail --silent --head --output /dev/null "http://127.0.0.1:$rpm_port/repodata/repomd.xml"; then return; fi
    sleep 0.2
  done
  die 'the RPM distribution was not ready within ten minutes'
}

stop_rpm_distribution() {
  [ -z "${rpm_server:-}" ] || kill "$rpm_server" 2>/dev/null || true
}

# Both checks of signatures are on for what the farm made; the distribution beside it is not signed.
install_rpm() {
  local client=$demo/rpm-client directory installed version file
  version=$(ctl show "$task" --json | node --print 'JSON.parse(fs.readFileSync(0, "utf8")).version')
  rm -rf --one-file-system "$client"
  for directory in repos cache log persist keys; do mkdir -p "$client/$directory"; done
  echo '[main]' >"$client/dnf.conf"
  echo '%_dbpath /var/lib/rpm' >"$client/.rpmmacros"
  curl --fail --silent --show-error --output "$client/repos/farm.repo" "$url/default/rpm/el9.repo"
  curl --fail --silent --show-error --output "$client/keyring.asc" "$url/default/keyring.asc"
  printf '[tiny]\nname=tiny\nbaseurl=http://127.0.0.1:%s\ngpgcheck=0\n' "$rpm_port" >"$client/repos/tiny.repo"
  HOME=$client dnf --assumeyes --quiet --installroot "$client/root" --config "$client/dnf.conf" --releasever=9 \
    --setopt="reposdir=$client/repos" --setopt="cachedir=$client/cache" --setopt="logdir=$client/log" \
    --setopt="persistdir=$client/persist" --setopt=pluginpath=/nonexistent --setopt=keepcache=1 install hello
  for directory in "$client"/cache/*/pubring; do
    [ ! -d "$directory" ] || gpgconf --homedir "$directory" --kill gpg-agent
  done
  installed=$(HOME=$client rpm --root "$client/root" -q --queryformat '%{version}-%{release}' hello)
  [ "$installed" = "$version" ] || die "hello $installed is installed, not $version"
  rpmkeys --dbpath "$client/keys" --import "$client/keyring.asc"
  for file in "$client"/cache/default-*/packages/hello-*.rpm; do rpmkeys --dbpath "$client/keys" -Kv "$file"; done
  chroot "$client/root" hello
}

# As a client does: the signature of the checksums, then the checksums, then what is in the image.
verify_image() {
  local work=$demo/image-client images=$url/default/osi/images/main version file
  version=$(ctl show "$task" --json | node --print 'JSON.parse(fs.readFileSync(0, "utf8")).version')
  rm -rf "$work"
  install --directory --mode 700 "$work"
  cd "$work"
  curl --fail --silent --show-error --remote-name-all "$images/SHA256SUMS" "$images/SHA256SUMS.gpg" "$url/default/keyring.asc"
  gpg --homedir "$work" --batch --no-autostart --quiet --output keyring.gpg --dearmor keyring.asc
  gpgv --keyring "$work/keyring.gpg" SHA256SUMS.gpg SHA256SUMS
  grep -E "  appliance_${version//+/\\+}\." SHA256SUMS >ours
  for file in $(sed 's/^[^ ]*  //' ours); do curl --fail --silent --show-error --remote-name "$images/$file"; done
  sha256sum --check --strict ours
  tar --list --auto-compress --file "appliance_$version".tar* >content
  grep -E '^(\./)?(usr/lib/os-release|etc/motd)$' content
  cd "$root"
}
