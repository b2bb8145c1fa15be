#!/usr/bin/env bash
# Compares cs-usage with ccusage on a made-up corpus: totals must be the same; times are printed.
# Opt-in: needs npm and the network (the npm registry). Nothing is kept except the output.
# Usage: bash tests/compare-usage.sh [SESSIONS [MESSAGES [FILLER]]]   (400 250 1500 make about 0.9 GB)
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "compare-usage: npm is missing" >&2; exit 1; }
cargo build --release --quiet -p cs-usage
cargo build --quiet -p bench --bin transcripts
target=${CARGO_TARGET_DIR:-target}
ours=$(cd "$target/release" && pwd)/cs-usage
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
(cd "$place" && npm init -y >/dev/null 2>&1 && npm install --silent ccusage @ccusage/ccusage-linux-x64 >/dev/null)
theirs="$place/node_modules/@ccusage/ccusage-linux-x64/bin/ccusage"
chmod +x "$theirs"
"$target/debug/transcripts" "$place/claude" "${1:-400}" "${2:-250}" "${3:-1500}"
mkdir "$place/home"
run() { env -i HOME="$place/home" CLAUDE_CONFIG_DIR="$place/claude" CS_HOME="$place/cs" TZ=UTC PATH="$PATH" "$@"; }
# Prints processor time and elapsed time in seconds.
timed() {
    what=$1; shift
    { time -p run "$@" >"$place/out" 2>/dev/null; } 2>"$place/time"
    awk -v what="$what" '/^real/ {r = $2} /^user/ {u = $2} /^sys/ {s = $2}
        END {printf "%-14s %6.2f s processor, %6.2f s elapsed\n", what, u + s, r}' "$place/time"
}
run "$theirs" claude daily --offline --json >/dev/null
for round in 1 2 3; do
    timed "ccusage" "$theirs" claude daily --offline --json
    rm -rf "$place/cs"
    timed "cs-usage cold" "$ours" daily --json
    timed "cs-usage warm" "$ours" daily --json
done
run "$theirs" claude daily --offline --json | tr -d ' \n' | sed 's/.*"totals":{//' >"$place/theirs"
run "$ours" daily --json >"$place/ours"
sum() { sed "s/.*\"$1\":\([0-9.]*\).*/\1/" "$place/ours" | awk '{s += $1} END {printf "%.6f", s}'; }
their() { tr ',{}' '\n\n\n' <"$place/theirs" | awk -F: -v name="\"$1\"" '$1 == name {printf "%.6f", $2; exit}'; }
status=0
for pair in input_tokens:inputTokens output_tokens:outputTokens cache_creation_input_tokens:cacheCreationTokens \
    cache_read_input_tokens:cacheReadTokens total_tokens:totalTokens cost_usd:totalCost; do
    a=$(sum "${pair%%:*}") b=$(their "${pair##*:}")
    [ "$a" = "$b" ] && same=same || { same=DIFFERENT status=1; }
    printf '%-28s %20s %20s %s\n' "${pair%%:*}" "$a" "$b" "$same"
done
exit $status
