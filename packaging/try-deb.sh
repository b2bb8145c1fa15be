#!/bin/sh
# Tries the package of Debian $1 with dpkg in an empty root: installs it, lets a user who may not change it register it, plays
# a hook, removes and purges it, and looks whether anything is left. Exits: 0 it works, 1 it does not, 77 it cannot be tried here.
set -eu
deb=$1
command -v dpkg >/dev/null || { echo "dpkg is missing" >&2; exit 77; }
# dpkg gives files to root, so it must be root, at least for itself.
if [ "$(id -u)" -ne 0 ]; then
	if unshare -r true 2>/dev/null; then exec unshare -r sh "$0" "$deb"; fi
	if sudo -n true 2>/dev/null; then exec sudo -n sh "$0" "$deb"; fi
	echo "dpkg needs root, and neither unshare nor sudo is allowed here" >&2
	exit 77
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/home/shop" "$root/tmp"
touch "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/available"
unset CS_HOME CLAUDE_CONFIG_DIR CODEX_HOME XDG_CONFIG_HOME XDG_DATA_HOME

fail() {
	printf 'try-deb.sh: error: %s\n' "$*" >&2
	exit 1
}

# An empty root has no C library as a package, no configuration and no doors to other systems.
debian() {
	PATH=$PATH:/usr/sbin:/sbin dpkg "--root=$root" --log=/dev/null --force-depends --force-not-root --force-bad-path \
		--force-unsafe-io "$@" >"$root/tmp/said" 2>&1 || fail "dpkg $*: $(cat "$root/tmp/said")"
}

# Runs a program as a user: HOME is theirs, what is installed is not. Where root is the only user, as that.
if setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
	chown -R 65534:65534 "$root/home"
	as_user() { env "HOME=$root/home" PATH=/usr/bin:/bin setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
else
	as_user() { env "HOME=$root/home" PATH=/usr/bin:/bin "$@"; }
fi

debian -i "$deb"
programs=$root/usr/lib/claude-sessions/bin
for link in "$root"/usr/bin/*; do
	[ -x "$root$(readlink "$link")" ] || fail "$link leads nowhere"
done
[ -f "$root/usr/share/man/man1/cs-session.1.gz" ] || fail "there are no manual pages"
as_user "$programs/cs-setup" install --yes >"$root/tmp/said" 2>&1 || fail "cs-setup install: $(cat "$root/tmp/said")"
printf '{"session_id":"e998145e-4e5d-40c9-a3a6-681ad5bd51c9","transcript_path":"/x.jsonl","cwd":"%s","hook_event_name":"UserPromptSubmit","prompt":"Greet every visitor"}' \
	"$root/home/shop" | as_user "$programs/cs-hook"
as_user "$programs/cs-session" list | grep -q "Greet every visitor" || fail "the conversation was not recorded"
as_user "$programs/cs-setup" uninstall --yes >"$root/tmp/said" 2>&1 || fail "cs-setup uninstall: $(cat "$root/tmp/said")"

debian --remove claude-sessions
debian --purge claude-sessions
left=$(find "$root" -mindepth 1 ! -path "$root/var*" ! -path "$root/home*" ! -path "$root/tmp*")
[ -z "$left" ] || fail "this is left: $left"
echo "installed, recorded and purged: $(basename "$deb")"
