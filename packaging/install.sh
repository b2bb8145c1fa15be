#!/bin/sh
# Installs the programs of this folder with their hooks, skills, completions and manual pages, and registers them with
# Claude Code. `make install` and the .deb use it, too.
#
#   ./install.sh [--uninstall] [PREFIX=…] [SETUP=…] [DESTDIR=…] [LIBDIR=…]
#
# PREFIX: an absolute path (default ~/.local; of an installed folder: where its links are). SETUP: yes registers without asking,
# no registers nothing (default: ask; with DESTDIR: no). DESTDIR: put before all paths, for packagers. LIBDIR: where the
# folder claude-sessions goes (default PREFIX/share; of an installed folder: where that is).
# Needs only what POSIX has. Exits: 0 done, 1 no, 64 usage, 65 a file is not the one that was packed, 74 disk.
#
# Must stay true: a file that is not ours is left alone; the file of a running program is replaced, never overwritten; hooks
# are removed before their programs. Records are not touched.
set -eu
# Others may run what is installed, but not change it. What cs-setup writes is as the person wants it.
asked=$(umask)
umask 022

main() {
	here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
	action=install
	for word; do
		case $word in
		--uninstall) action=uninstall ;;
		--help | -h) sed -n '2,/^set -eu/s/^#[ ]\{0,1\}//p' "$0" && exit ;;
		PREFIX=*) PREFIX=${word#*=} ;;
		DESTDIR=*) DESTDIR=${word#*=} ;;
		LIBDIR=*) LIBDIR=${word#*=} ;;
		SETUP=*) SETUP=${word#*=} ;;
		*) fail 64 "$word is not an option; see $0 --help" ;;
		esac
	done
	find_places
	case $SETUP in ask | yes | no) ;; *) fail 64 "SETUP is ask, yes or no" ;; esac
	$action
}

fail() {
	code=$1
	shift
	printf 'install.sh: error: %s\n' "$*" >&2
	exit "$code"
}

find_places() {
	DESTDIR=${DESTDIR:-}
	if [ -z "${SETUP:-}" ]; then SETUP=ask && { [ -z "$DESTDIR" ] || SETUP=no; }; fi
	if is_installed && { [ -z "${PREFIX:-}" ] || [ ! -e "$DESTDIR$PREFIX/share/claude-sessions" ]; }; then
		there=${here#"$DESTDIR"}
		LIBDIR=${LIBDIR:-${there%/claude-sessions}}
		[ -n "${PREFIX:-}" ] || find_prefix
	elif [ -z "${PREFIX:-}" ]; then
		[ -n "${HOME:-}" ] || fail 64 "HOME is not set; name a folder, such as PREFIX=/usr/local"
		PREFIX=$HOME/.local
	fi
	LIBDIR=${LIBDIR:-$PREFIX/share}
	for path in "$PREFIX" "$LIBDIR" "${DESTDIR:-/}"; do
		case $path in /*) ;; *) fail 64 "$path is not an absolute path" ;; esac
	done
	share=$LIBDIR/claude-sessions
	to_share=$DESTDIR$share
	to_bin=$DESTDIR$PREFIX/bin
	to_pages=$DESTDIR$PREFIX/share
	if [ -e "$to_share/.git" ] || [ -e "$to_share/Cargo.toml" ]; then
		fail 64 "$to_share is a checkout, not an installation; name another PREFIX or LIBDIR"
	fi
}

# Whether this is an installation: an archive has RELEASE, a checkout no programs beside this file.
is_installed() {
	case $here in */claude-sessions) [ -x "$here/bin/cs-setup" ] && [ ! -e "$here/RELEASE" ] ;; *) false ;; esac
}

# Finds the PREFIX of this installation by its link: above LIBDIR, in ~/.local, on PATH.
find_prefix() {
	IFS=:
	set -f
	for folder in "${LIBDIR%/*}/bin" "${HOME:-}/.local/bin" $PATH; do
		if is_link "$DESTDIR$folder/cs-setup" "$LIBDIR/claude-sessions"; then
			PREFIX=${folder%/bin}
			break
		fi
	done
	unset IFS
	set +f
	[ -n "${PREFIX:-}" ] || fail 64 "no link to $here/bin is on PATH; name the PREFIX that was installed to"
}

# Whether $1 is a link to the program of this name in the installation $2, whose path may lead through other links.
is_link() {
	[ -L "$1" ] || return 1
	# shellcheck disable=SC3013 # every shell that is called sh has it
	case $(readlink "$1") in "$2/bin/"*) ;; *) [ "$1" -ef "$DESTDIR$2/bin/${1##*/}" ] ;; esac
}

# What is copied as it is, if it is here.
FILES=".claude-plugin hooks skills README.md LICENSE THIRD-PARTY.txt THIRD-PARTY-rust.html install.sh"

install() {
	# shellcheck disable=SC3013 # every shell that is called sh has it
	[ ! "$here" -ef "$to_share" ] || fail 64 "this is what is installed; it can only be run with --uninstall"
	[ -x "$here/bin/cs-setup" ] || fail 65 "$here/bin has no programs; take a released archive, or run make install"
	verify
	[ -n "$DESTDIR" ] || suits
	mkdir -p "$to_share/bin" "$to_bin" || exit 74
	for file in $FILES; do
		[ ! -e "$here/$file" ] || put "$here/$file" "$to_share/$file"
	done
	for program in "$here"/bin/cs "$here"/bin/cs-*; do
		put "$program" "$to_share/bin/${program##*/}"
		link "${program##*/}"
	done
	pages "$here/bin" | while read -r page; do
		[ ! -e "$here/share/$page" ] || put_page "$page"
	done
	name_other
	umask "$asked"
	[ "$SETUP" != ask ] || "$to_share/bin/cs-setup" install
	[ "$SETUP" != yes ] || "$to_share/bin/cs-setup" install --yes
}

uninstall() {
	[ -d "$to_share" ] || echo "install.sh: nothing is installed in $to_share; name the PREFIX or LIBDIR if it is elsewhere" >&2
	umask "$asked"
	if [ "$SETUP" != no ] && [ -x "$to_share/bin/cs-setup" ]; then
		"$to_share/bin/cs-setup" uninstall --yes
		"$to_share/bin/cs-setup" uninstall --yes --codex
	fi
	for link in "$to_bin"/cs "$to_bin"/cs-*; do
		! is_link "$link" "$share" || rm -f "$link"
	done
	pages "$to_share/bin" | while read -r page; do
		if [ -e "$to_pages/$page" ] && is_ours "$page"; then rm -f "$to_pages/$page"; fi
	done
	for folder in bash-completion/completions fish/vendor_completions.d man/man1 zsh/site-functions; do
		(cd "$to_pages" 2>/dev/null && rmdir -p "$folder" 2>/dev/null) || :
	done
	cd "$to_share" 2>/dev/null || return 0
	# shellcheck disable=SC2086 # one word per file
	rm -rf $FILES bin
	cd /
	rmdir "$to_share" 2>/dev/null || fail 74 "$to_share has files that are not ours; they were left alone"
	rmdir "$DESTDIR$LIBDIR" 2>/dev/null || :
	rmdir "$to_pages" 2>/dev/null || :
	rmdir "$to_bin" 2>/dev/null || :
}

# Compares what is here with the sums that were packed with it. A checkout has none. `OK` is a word of the language.
verify() {
	if [ ! -f "$here/SHA256SUMS" ]; then
		[ ! -e "$here/RELEASE" ] || fail 65 "$here/SHA256SUMS is missing; unpack the archive again"
		return 0
	fi
	packed=$(sed 's/^[^ ]*  //' "$here/SHA256SUMS")
	more=$(cd "$here" && find . ! -type d ! -path ./SHA256SUMS | sed 's|^\./||' | grep -vxF "$packed") || :
	[ -z "$more" ] || fail 65 "not packed with it; unpack the archive into a new folder:
$more"
	if command -v sha256sum >/dev/null; then
		wrong=$(cd "$here" && LC_ALL=C sha256sum -c SHA256SUMS 2>&1 | grep -v ': OK$') || :
	elif command -v shasum >/dev/null; then
		wrong=$(cd "$here" && LC_ALL=C shasum -a 256 -c SHA256SUMS 2>&1 | grep -v ': OK$') || :
	elif command -v openssl >/dev/null; then
		wrong=$(cd "$here" && while read -r sum file; do
			[ "$(openssl dgst -sha256 -r "$file" | cut -d ' ' -f 1)" = "$sum" ] || printf '%s: FAILED\n' "$file"
		done <SHA256SUMS)
	else
		echo "install.sh: sha256sum, shasum and openssl are missing, so the files were not verified" >&2
		return 0
	fi
	[ -z "$wrong" ] || fail 65 "not as it was packed; unpack the archive again:
$wrong"
}

# Whether the programs are those for this machine.
suits() {
	target=$(sed -n 's/^target //p' "$here/RELEASE" 2>/dev/null) || :
	machine=$(uname -m)
	case $machine in amd64) machine=x86_64 ;; arm64) machine=aarch64 ;; esac
	system=$(uname -s)
	case $target in
	*-linux-*) built_for="Linux ${target%%-*}" ;;
	*-darwin) built_for="Darwin ${target%%-*}" ;;
	*) built_for="$system $machine" ;;
	esac
	[ "$built_for" = "$system $machine" ] ||
		fail 1 "this archive is for $target, but this machine is $system on $machine; take the archive for it"
	"$here/bin/cs" --version >/dev/null 2>&1 || fail 1 "$here/bin/cs does not run here; build from source with make install"
}

# Copies file or folder $1 to a temporary name and renames it to $2, so that $2 is never half a copy. If both are equal, it
# does nothing.
put() {
	! diff -r -q "$1" "$2" >/dev/null 2>&1 || return 0
	rm -rf "$2.new"
	cp -RP "$1" "$2.new" || exit 74
	[ ! -d "$2" ] || rm -rf "$2"
	mv -f "$2.new" "$2" || exit 74
}

# Links program $1 into PREFIX/bin. A file there that is not our link is left alone; this is an error, except for `cs`, a
# name that other programs have, too.
link() {
	case $(readlink "$to_bin/$1" || ls -d "$to_bin/$1" 2>/dev/null) in
	"" | "$share/bin/$1" | */share/claude-sessions/bin/"$1") ln -sf "$share/bin/$1" "$to_bin/$1" || exit 74 ;;
	*)
		echo "$to_bin/$1: not ours, left alone" >&2
		[ "$1" = cs ] || exit 1
		;;
	esac
}

# Prints where the completions and manual pages of the programs in folder $1 are, in PREFIX/share.
pages() {
	for program in "$1"/cs "$1"/cs-*; do
		name=${program##*/}
		printf '%s\n' "bash-completion/completions/$name" "fish/vendor_completions.d/$name.fish" "man/man1/$name.1"
	done
	echo zsh/site-functions/_claude_sessions
}

# Whether page $1, which exists, is not that of another package.
is_ours() {
	grep -q claude-sessions "$to_pages/$1"
}

put_page() {
	if [ -e "$to_pages/$1" ] && ! is_ours "$1"; then
		echo "$to_pages/$1: not ours, left alone" >&2
	else
		mkdir -p "$(dirname "$to_pages/$1")" || exit 74
		put "$here/share/$1" "$to_pages/$1"
	fi
}

# Names another program `cs` on PATH. Nothing is done about it.
name_other() {
	(
		IFS=:
		for folder in $PATH; do
			# shellcheck disable=SC3013
			if [ ! -x "$folder/cs" ] || [ "$folder/cs" -ef "$to_share/bin/cs" ]; then continue; fi
			echo "another cs is on PATH: $folder/cs; the one that comes first on PATH runs, ours is $share/bin/cs" >&2
			break
		done
	)
}

# The last line: all of it is read before anything is done, since --uninstall removes this file.
main "$@"
