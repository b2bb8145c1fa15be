#!/bin/sh
# Tries the archive $1 (packaging/try.sh) where there is nothing but a shell and tar: in an empty root with busybox. Programs
# that are not static get the libraries that they name. Needs Linux, busybox and the right to change the root.
# Exits: 0 it works, 1 it does not, 77 it cannot be tried here.
set -eu
archive=$1
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd -P)

busybox=$(command -v busybox) || { echo "busybox is missing; apt-get install busybox-static" >&2; exit 77; }
if [ "$(id -u)" -eq 0 ]; then
	rooted() { unshare -m "$@"; }
elif unshare -rm true 2>/dev/null; then
	rooted() { unshare -rm "$@"; }
else
	rooted() { sudo -n unshare -m "$@"; }
fi
rooted true 2>/dev/null || { echo "unshare is not allowed here" >&2; exit 77; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/usr" "$root/tmp" "$root/proc" "$root/dev" "$root/unpacked"
ln -s ../bin "$root/usr/bin"
cp "$busybox" "$root/bin/busybox"
for name in $("$busybox" --list); do
	[ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
done
tar -xzf "$archive" -C "$root/unpacked"
for program in "$busybox" "$root"/unpacked/*/bin/*; do
	for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*'); do
		[ -e "$root$library" ] || { mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"; }
	done
done
rm -rf "$root/unpacked"
cp "$archive" "$root/tmp/"
cp "$here/try.sh" "$root/try.sh"
# shellcheck disable=SC2016 # the inner shell replaces them
rooted sh -c 'mount --rbind /proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$1" /bin/sh /try.sh "/tmp/$2"' \
	sh "$root" "$(basename "$archive")"
