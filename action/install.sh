#!/usr/bin/env bash
# Puts the programs onto the PATH of the next steps: those in $BIN, else those of the release $VERSION, whose archive must
# have the checksum $SHA256. This download is the action's only use of the network.
set -euo pipefail

if [ -n "${BIN:-}" ]; then
    cd "$BIN"
    pwd >>"$GITHUB_PATH"
    exit
fi
case $VERSION in
    v[0-9]*) ;;
    *) echo "::error::version: name a release, such as v1.0.0, or a folder with the programs as bin"; exit 64 ;;
esac
if [ -z "${SHA256:-}" ]; then
    echo "::error::sha256: name the checksum of the release's archive; a download that nobody compared is not run"
    exit 64
fi
case "$(uname -s) $(uname -m)" in
    "Linux x86_64") target=x86_64-unknown-linux-musl ;;
    "Linux aarch64") target=aarch64-unknown-linux-musl ;;
    "Darwin x86_64") target=x86_64-apple-darwin ;;
    "Darwin arm64") target=aarch64-apple-darwin ;;
    *) echo "::error::there is no release for $(uname -s) on $(uname -m); build the programs and name their folder as bin"; exit 64 ;;
esac
archive=claude-sessions-${VERSION#v}-$target.tar.gz
place=$RUNNER_TEMP/claude-sessions
mkdir -p "$place"
curl --fail --silent --show-error --location --proto '=https' --max-time 300 --output "$place/$archive" \
    "https://github.com/claude-sessions/claude-sessions/releases/download/$VERSION/$archive"
echo "$SHA256  $place/$archive" | { sha256sum --check --quiet 2>/dev/null || shasum -a 256 --check --quiet; } || {
    echo "::error::$archive of $VERSION does not have the checksum that the workflow names"
    exit 1
}
tar -xzf "$place/$archive" -C "$place" --strip-components=1
echo "$place/bin" >>"$GITHUB_PATH"
