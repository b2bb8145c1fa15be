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
# Must stay true: what is ours is decided by `foreign`, `is_free` and `is_link` alone, for files by the list of their sums,
# claude-sessions/INSTALLED, before anything is written. The file of a running program is replaced, never overwritten; at
# each moment a file is the old or the new one, whole, and the list names all that may have been written. Hooks are removed
# before their programs. Records are not touched.
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
	list=$to_share/INSTALLED
	stage=$to_share/.claude-sessions.new
	if [ -e "$to_share/.git" ] || [ -e "$to_share/Cargo.toml" ]; then
		fail 64 "$to_share is a checkout, not an installation; name another PREFIX or LIBDIR"
	fi
}

# Whether this is an installation, or a part of one: it has a list. One of before there were lists has programs, no RELEASE.
is_installed() {
	case $here in
	*/claude-sessions) [ -f "$here/INSTALLED" ] || { [ -x "$here/bin/cs-setup" ] && [ ! -e "$here/RELEASE" ]; } ;;
	*) false ;;
	esac
}

# Finds the PREFIX of this installation: its list says it, else its link: above LIBDIR, in ~/.local, on PATH.
find_prefix() {
	PREFIX=$(sed -n 's/^prefix //p' "$here/INSTALLED" 2>/dev/null) || :
	[ -z "$PREFIX" ] || return 0
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

# What is copied as it is, if it is here. This file comes first, so that what follows can be removed.
FILES="install.sh .claude-plugin hooks skills README.md LICENSE THIRD-PARTY.txt THIRD-PARTY-rust.html"
line='
'
summing="sha256sum"
command -v sha256sum >/dev/null || summing="shasum -a 256"
command -v "${summing%% *}" >/dev/null || summing="cksum"

install() {
	# shellcheck disable=SC3013 # every shell that is called sh has it
	[ ! "$here" -ef "$to_share" ] || fail 64 "this is what is installed; it can only be run with --uninstall"
	[ -x "$here/bin/cs-setup" ] || fail 65 "$here/bin has no programs; take a released archive, or run make install"
	verify
	[ -n "$DESTDIR" ] || suits
	look
	rm -rf "$stage"
	mkdir -p "$to_bin" "$stage" || fail 74 "no program was installed"
	[ -w "$to_bin" ] || fail 74 "$to_bin cannot be written; no program was installed"
	trap unfinished EXIT
	trap 'exit 130' HUP INT TERM
	write_list "$known"
	put install.sh
	put_files
	for program in $programs; do
		if is_free "$program"; then
			ln -sf "$share/bin/$program" "$to_bin/$program" || exit 74
		else
			echo "$to_bin/$program: not ours, left alone" >&2
		fi
	done
	put_pages
	remove_but "$(printf '%s\n' "$new" | paths)"
	write_list "$new"
	rmdir "$stage" || :
	trap - EXIT HUP INT TERM
	name_other
	umask "$asked"
	[ "$SETUP" != ask ] || register
	[ "$SETUP" != yes ] || register --yes
}

# Finds out what is to be written ($files, $pages and $programs, with the sums $new), and what may be replaced ($known).
# Fails if anything else is in the way, but leaves pages of others alone ($theirs), and a program `cs`.
look() {
	files=$(files_in "$here")
	programs=$(cd "$here/bin" && ls -d cs cs-* 2>/dev/null) || :
	new=$(printf '%s\n' "$files" | sums "$here")
	known=$(listed)$line$new
	in_the_way=$(
		printf '%s\n' "$files" | foreign "$to_share"
		for program in $programs; do
			[ "$program" = cs ] || is_free "$program" || printf '%s\n' "$to_bin/$program"
		done
	)
	[ -z "$in_the_way" ] ||
		fail 1 "not ours, left alone; nothing was installed. Move it away, or name another PREFIX or LIBDIR:
$in_the_way"
	pages=$(pages_of "$programs" | there "$here/share")
	new=$new$line$(printf '%s\n' "$pages" | sums "$here/share" pages/)
	known=$known$line$new
	theirs=$(printf '%s\n' "$pages" | foreign "$to_pages" pages/)
}

# Says what is there, if something prevents the rest.
unfinished() {
	code=$?
	echo "install.sh: only a part was installed in $share; run it again to complete that, or with --uninstall to remove it" >&2
	exit "$code"
}

register() {
	"$to_share/bin/cs-setup" install "$@" || {
		code=$?
		echo "install.sh: the programs are installed in $share. To register them: $share/bin/cs-setup install" >&2
		exit "$code"
	}
}

uninstall() {
	[ -d "$to_share" ] || echo "install.sh: nothing is installed in $to_share; name the PREFIX or LIBDIR if it is elsewhere" >&2
	umask "$asked"
	if [ "$SETUP" != no ] && [ -x "$to_share/bin/cs-setup" ]; then
		"$to_share/bin/cs-setup" uninstall --yes
		"$to_share/bin/cs-setup" uninstall --yes --codex
	fi
	known=$(listed)
	for link in "$to_bin"/cs "$to_bin"/cs-*; do
		! is_link "$link" "$share" || rm -f "$link"
	done
	remove_but install.sh
	for folder in bash-completion/completions fish/vendor_completions.d man/man1 zsh/site-functions; do
		(cd "$to_pages" 2>/dev/null && rmdir -p "$folder" 2>/dev/null) || :
	done
	[ -d "$to_share" ] || return 0
	rm -rf "$stage"
	# What it needs to be run again comes last.
	remove_but ""
	[ -z "$known" ] || rm -f "$list"
	cd /
	rmdir "$to_share" 2>/dev/null || fail 74 "not ours, or changed, so left alone:
$(find "$to_share" ! -type d)"
	rmdir "$DESTDIR$LIBDIR" 2>/dev/null || :
	rmdir "$to_pages" 2>/dev/null || :
	rmdir "$to_bin" 2>/dev/null || :
}

# Prints the paths of the files in folder $1 that an installation has.
files_in() {
	(
		cd "$1"
		for file in $FILES bin/cs bin/cs-*; do
			[ ! -e "$file" ] || find "$file" ! -type d
		done
	)
}

# Prints where the completions and manual pages of the programs $1 are, in PREFIX/share.
pages_of() {
	for program in $1; do
		printf '%s\n' "bash-completion/completions/$program" "fish/vendor_completions.d/$program.fish" "man/man1/$program.1"
	done
	echo zsh/site-functions/_claude_sessions
}

# Of the paths that it reads, prints those that are there in folder $1.
there() {
	while IFS= read -r path; do
		[ -n "$path" ] || continue
		if [ -e "$1/$path" ] || [ -L "$1/$path" ]; then printf '%s\n' "$path"; fi
	done
}

# Of the paths that it reads, prints the sum and the path of those that are files in folder $1, with $2 before the path. No
# file of ours has a name with other characters. POSIX has only cksum, busybox may have only sha256sum.
# shellcheck disable=SC2086 # words
sums() {
	grep -v '[^A-Za-z0-9._/-]' | while IFS= read -r path; do
		if [ -f "$1/$path" ] && [ ! -L "$1/$path" ]; then printf '%s\n' "$path"; fi
	done | (cd "$1" 2>/dev/null && xargs $summing) |
		sed -n -e 's|^\([0-9]*\) \([0-9]*\) |\1:\2  |' -e '/ -$/d' -e "s|^\([0-9a-f:]*\)  \(..*\)|\1 ${2:-}\2|p"
}

# Prints the paths in the sums that it reads.
paths() {
	sed 's/^[^ ]* //'
}

# Prints the sums of what was installed: the list. Without a list, it was installed before there were any; then that which has
# one of our names is ours, and a page that names us.
listed() {
	if [ -f "$list" ]; then
		sed '/^prefix /d' "$list"
	elif [ -x "$to_share/bin/cs-setup" ] && grep -q '"cs-sessions"' "$to_share/.claude-plugin/plugin.json" 2>/dev/null; then
		files_in "$to_share" | sums "$to_share"
		pages_of "$(cd "$to_share/bin" && ls -d cs cs-* 2>/dev/null)" | while IFS= read -r page; do
			! grep -q claude-sessions "$to_pages/$page" 2>/dev/null || printf '%s\n' "$page"
		done | sums "$to_pages" pages/
	fi
}

write_list() {
	{ printf 'prefix %s\n' "$PREFIX" && printf '%s\n' "$1" | sed '/^$/d' | sort -u; } >"$stage/INSTALLED" || exit 74
	mv -f "$stage/INSTALLED" "$list" || exit 74
}

# Of the paths that it reads, prints those that are there in folder $1 but not ours: their sums, with $2 before the path, are
# not in $known. A folder of ours is a folder, no link to one.
foreign() {
	wanted=$(cat)
	{
		printf '%s\n' "$wanted" | sums "$1" "${2:-}" | grep -vxF "$known" | paths | sed "s|^${2:-}||"
		printf '%s\n' "$wanted" | there "$1" | while IFS= read -r path; do
			if [ -L "$1/$path" ] || [ ! -f "$1/$path" ]; then printf '%s\n' "$path"; fi
		done
		[ -n "${2:-}" ] || printf '%s\n' "$wanted" | sed -n -e 's|/[^/]*$||p' -e 's|/.*||p' | sort -u | there "$1" |
			while IFS= read -r path; do
				if [ -L "$1/$path" ] || [ ! -d "$1/$path" ]; then printf '%s\n' "$path"; fi
			done
	} | while IFS= read -r path; do printf '%s\n' "$1/$path"; done
	[ ! -e "$1" ] || [ -d "$1" ] || printf '%s\n' "$1"
}

# Whether nothing is in PREFIX/bin where the link to program $1 goes, or a link to it, here or in another installation.
is_free() {
	case $(readlink "$to_bin/$1" || ls -d "$to_bin/$1" 2>/dev/null) in
	"" | "$share/bin/$1" | */share/claude-sessions/bin/"$1") ;;
	*) false ;;
	esac
}

# Copies file $1 to a temporary place, and renames it to what it is. If it is the same, it does nothing.
put() {
	! cmp -s "$here/$1" "$to_share/$1" || return 0
	cp -P "$here/$1" "$stage/${1##*/}" && mv -f "$stage/${1##*/}" "$to_share/$1" || exit 74
}

# Puts the files where they belong: first all are copied, then those of each folder are renamed at once.
put_files() {
	printf '%s\n' "$files" | while IFS= read -r file; do
		! cmp -s "$here/$file" "$to_share/$file" || continue
		mkdir -p "$stage/${file%"${file##*/}"}" && cp -P "$here/$file" "$stage/$file" || exit 74
	done
	# The programs come before the hooks that name them.
	for folder in bin $(cd "$stage" && find . -depth -type d | grep -vx -e . -e ./bin) .; do
		set -- "$stage/$folder"/*
		[ ! -e "$1" ] || { mkdir -p "$to_share/$folder" && mv -f "$@" "$to_share/$folder/"; } || exit 74
		[ "$folder" = . ] || [ ! -d "$stage/$folder" ] || rmdir "$stage/$folder"
	done
}

put_pages() {
	printf '%s\n' "$pages" | while IFS= read -r page; do
		[ -n "$page" ] || continue
		to=$to_pages/$page
		case "$line$theirs$line" in *"$line$to$line"*) echo "$to: not ours, left alone" >&2 && continue ;; esac
		! cmp -s "$here/share/$page" "$to" || continue
		mkdir -p "${to%/*}" && cp -P "$here/share/$page" "$to.claude-sessions" && mv -f "$to.claude-sessions" "$to" || exit 74
	done
}

# Removes what is ours ($known), without the paths $1, and folders that are empty then.
remove_but() {
	gone=$(printf '%s\n' "$known" | paths | grep -vxF "$1" | sort -u) || :
	printf '%s\n' "$gone" | sed '/^pages\//d' | sums "$to_share" | grep -xF "$known" | paths |
		(cd "$to_share" 2>/dev/null && xargs rm -f) || :
	printf '%s\n' "$gone" | sed -n 's/^pages\///p' | sums "$to_pages" pages/ | grep -xF "$known" | paths | sed 's/^pages\///' |
		(cd "$to_pages" 2>/dev/null && xargs rm -f) || :
	printf '%s\n' "$gone" | sed -n 's/^pages\///p' | while IFS= read -r page; do
		rm -f "$to_pages/$page.claude-sessions"
	done
	for folder in $(printf '%s\n' "$gone" | sed -n -e '/^pages\//d' -e 's|/[^/]*$||p' -e 's|/.*||p' | sort -ru); do
		rmdir "$to_share/$folder" 2>/dev/null || :
	done
	for link in "$to_bin"/cs-*; do
		if [ ! -e "$link" ] && is_link "$link" "$share"; then rm -f "$link"; fi
	done
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
