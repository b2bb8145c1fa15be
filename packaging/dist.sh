#!/bin/sh
# Packs a release for one target into dist/: claude-sessions-VERSION-TARGET.tar.gz, for Linux claude-sessions_VERSION_ARCH.deb,
# and SHA256SUMS of everything that is there. `make dist` calls it.
#
# TARGET: a target of rustc (default: that of this machine). PROGRAMS_FROM: a folder of programs that are built already; else
# they are built here. CS: a `cs` that runs on this machine, if those of TARGET do not. DIST: where to (default dist).
# SOURCE_DATE_EPOCH: the time of all files, in seconds (default: the time of the last commit).
# LEVEL: how much gzip tries (default 9; 1 is quick, for trials).
# Needs cargo, gzip and, unless SOURCE_DATE_EPOCH is set, git. Only cargo uses the network, for packages that it does not have.
#
# Must stay true: the same sources, compiler and target make the same bytes, in whatever folder and by whomever. So no path
# of the builder, no owner and no time but SOURCE_DATE_EPOCH is in them.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
export LC_ALL=C

fail() {
	printf 'dist.sh: error: %s\n' "$*" >&2
	exit 1
}

host=$(rustc -vV | sed -n 's/^host: //p')
TARGET=${TARGET:-$host}
DIST=${DIST:-dist}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} || fail "no commit; set SOURCE_DATE_EPOCH"
export SOURCE_DATE_EPOCH
folder=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
cargo_home=${CARGO_HOME:-$HOME/.cargo}

# Builds into a folder of its own: the same programs without these options are of no use here.
build() {
	[ -d "$(rustc --print target-libdir --target "$TARGET")" ] || fail "no standard library for $TARGET; try: rustup target add $TARGET"
	case $TARGET in *-linux-musl)
		# With the linker that comes with rustc, a build needs no C compiler for TARGET, and is the same on every system.
		upper=$(printf %s "$TARGET" | tr 'a-z-' 'A-Z_')
		export "CARGO_TARGET_${upper}_LINKER=rust-lld"
		;;
	esac
	set --
	for manifest in bins/*/Cargo.toml; do
		set -- "$@" -p "$(basename "$(dirname "$manifest")")"
	done
	unset RUSTC_WORKSPACE_WRAPPER RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
	RUSTC_WRAPPER=$root/packaging/rustc.sh CS_ROOT=$root CS_CARGO_HOME=$cargo_home \
		cargo build --locked --release --bins --target "$TARGET" --target-dir "$folder/dist" "$@"
	PROGRAMS_FROM=$folder/dist/$TARGET/release
	for manifest in bins/*/Cargo.toml; do
		program=$PROGRAMS_FROM/$(basename "$(dirname "$manifest")")
		for path in "$root/" "$cargo_home/" "$folder/"; do
			! grep -q -a -F "$path" "$program" || fail "$program contains the path $path"
		done
	done
}

# The package of Debian: what install.sh installs below /usr, and what Debian wants beside it.
debian() {
	case $TARGET in
	x86_64-*) arch=amd64 ;;
	aarch64-*) arch=arm64 ;;
	*) fail "which architecture of Debian is $TARGET? Add it to packaging/dist.sh" ;;
	esac
	mkdir "$stage/root" "$stage/control" "$stage/deb"
	sh "$stage/$name/install.sh" PREFIX=/usr LIBDIR=/usr/lib "DESTDIR=$stage/root" SETUP=no
	usr=$stage/root/usr
	# dpkg removes what it installed, Debian has another folder for completions of zsh and for licences.
	rm "$usr/lib/claude-sessions/install.sh" "$usr/lib/claude-sessions/INSTALLED"
	mkdir -p "$usr/share/zsh/vendor-completions" "$usr/share/doc/claude-sessions"
	mv "$usr/share/zsh/site-functions/_claude_sessions" "$usr/share/zsh/vendor-completions/"
	rmdir "$usr/share/zsh/site-functions"
	cat LICENSE "$stage/$name/THIRD-PARTY.txt" >"$usr/share/doc/claude-sessions/copyright"
	gzip -9nc CHANGELOG.md >"$usr/share/doc/claude-sessions/changelog.gz"
	gzip -9n "$usr"/share/man/man1/*.1
	depends=
	case $TARGET in *-gnu)
		# Nothing, if all programs are static after all.
		glibc=$(grep -aoh 'GLIBC_2\.[0-9]*' "$usr"/lib/claude-sessions/bin/* | sort -t . -k 2n | tail -n 1)
		[ -z "$glibc" ] || depends="Depends: libc6 (>= ${glibc#GLIBC_}), libgcc-s1
"
		;;
	esac
	size=$(find "$stage/root" -type f -exec cat {} + | wc -c)
	sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$((size / 1024))/" packaging/debian-control |
		while IFS= read -r line; do
			case $line in @DEPENDS@) printf %s "$depends" ;; *) printf '%s\n' "$line" ;; esac
		done >"$stage/control/control"
	echo 2.0 >"$stage/deb/debian-binary"
	packed "$stage/control" . >"$stage/deb/control.tar.gz"
	packed "$stage/root" . >"$stage/deb/data.tar.gz"
	pack ar "$SOURCE_DATE_EPOCH" "$stage/deb/debian-binary" "$stage/deb/control.tar.gz" "$stage/deb/data.tar.gz" \
		>"$DIST/claude-sessions_${version}_$arch.deb"
}

pack() {
	"$pack" "$@"
}

# Prints folder $1 as a compressed archive, everything in it below $2.
packed() {
	pack tar "$1" "$2" "$SOURCE_DATE_EPOCH" >"$stage/tar" && gzip -nc"${LEVEL:-9}" "$stage/tar"
}

# All packages, also those of tests: cargo lists what is linked only if it has them.
if [ -z "${PROGRAMS_FROM:-}" ]; then
	cargo fetch --quiet --locked --target "$TARGET"
	build
fi
export PROGRAMS_FROM
pack=$(cargo build --quiet --locked -p pack --message-format=json | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
name=claude-sessions-$version-$TARGET
mkdir -p "$DIST"

sh packaging/assemble.sh "$stage/$name"
printf 'version %s\ntarget %s\n' "$version" "$TARGET" >"$stage/$name/RELEASE"
pack licences "$TARGET" >"$stage/$name/THIRD-PARTY.txt"
library=$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html
[ ! -f "$library" ] || cp "$library" "$stage/$name/THIRD-PARTY-rust.html"
pack sums "$stage/$name" >"$stage/SHA256SUMS" # no && here: `set -e` would not see that it failed
mv "$stage/SHA256SUMS" "$stage/$name/"
packed "$stage/$name" "$name" >"$DIST/$name.tar.gz"
case $TARGET in *-linux-*) debian ;; esac
pack sums "$DIST" >"$stage/SHA256SUMS"
mv "$stage/SHA256SUMS" "$DIST/"
cat "$DIST/SHA256SUMS"
