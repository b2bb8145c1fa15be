#!/bin/sh
# Puts together what is installed: creates the folder $1, which is a plugin (.claude-plugin, hooks, skills, bin), with
# install.sh, and with completions and manual pages in share/. The only recipe for that: `make install` installs from
# such a folder, and `make dist` packs one.
#
# Relative paths are those of the repository's root.
# PROGRAMS_FROM: the folder of the built programs (default bin). CS: a `cs` that runs on this machine, beside the other
# programs, for the pages (default $PROGRAMS_FROM/cs). SOURCE_DATE_EPOCH: the date in manual pages, in seconds.
set -eu
cd "$(dirname "$0")/.."
to=$1
from=${PROGRAMS_FROM:-bin}
cs=${CS:-$from/cs}

# Programs that people do not type: they get no completions.
UNTYPED=" cs-hook cs-heartbeat cs-deliver cs-wake cs-guard "

[ ! -e "$to" ] || { echo "assemble.sh: $to exists; name a new folder" >&2; exit 64; }
"$cs" --version >/dev/null || { echo "assemble.sh: $cs does not run here; set CS to one that does" >&2; exit 1; }
mkdir -p "$to/bin" "$to/share/bash-completion/completions" "$to/share/fish/vendor_completions.d" "$to/share/man/man1" \
	"$to/share/zsh/site-functions"

# The plugin.
cp -RP .claude-plugin hooks skills README.md LICENSE packaging/install.sh "$to/"
# The programs are beside them, so nothing has to look for them.
[ ! -f packaging/direct.sh ] || sh packaging/direct.sh "$to"

# The programs: links to the files, where that is possible.
for manifest in bins/*/Cargo.toml; do
	program=$(basename "$(dirname "$manifest")")
	ln "$from/$program" "$to/bin/$program" 2>/dev/null || cp "$from/$program" "$to/bin/$program"
done

# Completions and manual pages, which are as old as the sources.
if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
	CS_NOW=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
	export CS_NOW TZ=UTC
fi
"$cs" completions zsh >"$to/share/zsh/site-functions/_claude_sessions"
"$cs" completions bash >"$to/.bash"
"$cs" completions fish >"$to/.fish"
for program in "$to"/bin/*; do
	program=${program##*/}
	"$cs" man "$program" >"$to/share/man/man1/$program.1"
	case $UNTYPED in *" $program "*) continue ;; esac
	cp "$to/.bash" "$to/share/bash-completion/completions/$program"
	cp "$to/.fish" "$to/share/fish/vendor_completions.d/$program.fish"
done
rm "$to/.bash" "$to/.fish"
