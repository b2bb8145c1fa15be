#!/usr/bin/env bash
# Verifies committed reports, and looks for secrets in the files that changed since $BASE, and in each commit since then: its
# message, its files and their names. Run by action.yml in a checkout; needs cs-report and cs-redact on PATH, and uses no
# network.
#
# $REPORTS: folders and files with reports, one a line. $RULES: the file of rules in the base, if there is one. $BASE: a commit; without
# one, all files are looked at. $STRICT: whether candidates fail, too. $GITHUB_STEP_SUMMARY and $GITHUB_OUTPUT: files to
# append to.
# Exits: 0 clean, 1 a report fails or something was found, else what a program failed with.
#
# Must stay true: no text of a secret is printed; what a repository names (files, rules) is never run, is no option, and is
# no command to the runner; a pull request is judged by the rules of its base.
set -euo pipefail
export LC_ALL=C.UTF-8

summary=${GITHUB_STEP_SUMMARY:-/dev/null}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
result=0

# Runs git so that the configuration and the attributes of a repository start nothing.
git_plain() {
    GIT_CONFIG_NOSYSTEM=1 GIT_OPTIONAL_LOCKS=0 GIT_NO_LAZY_FETCH=1 git --no-pager -c core.fsmonitor=false \
        -c core.hooksPath=/dev/null -c core.pager=cat -c diff.external= -c log.showSignature=false "$@"
}

# Notes how a part ended: 1 is a finding, everything above is a failure.
note() {
    if [ "$1" -gt "$result" ]; then result=$1; fi
}

# Shows a file on the log. What it contains is no command to the runner: "::" at the beginning of a line would be one.
show() {
    local word
    word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '::stop-commands::%s\n' "$word"
    cat "$1"
    printf '\n::%s::\n' "$word"
}

# Appends a file to the summary, as text.
summarize() {
    {
        printf '\n<pre>\n'
        head -c 60000 "$1" | tr -d '\000' | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'
        printf '\n</pre>\n'
    } >>"$summary"
}

# A base that is not there (a new branch, a shallow checkout) is no base.
base=
if [ -n "${BASE:-}" ] && git_plain rev-parse --quiet --verify --end-of-options "$BASE^{commit}" >"$place/base" 2>/dev/null; then
    base=$(cat "$place/base")
fi

# The rules are those of the base, so that a change cannot switch them off for itself. Without a base, or if it has none,
# the programs find the checkout's own file, which can only add rules.
# Their whole folder is copied, because a file of rules may extend another one beside it.
rules=()
if [ -n "${RULES:-}" ] && [ -n "$base" ]; then
    folder=$(dirname -- "$RULES")
    if [ "$folder" = . ]; then only=(); else only=(-- ":(literal)$folder"); fi
    git_plain ls-tree -r -z --full-tree "$base" ${only[@]+"${only[@]}"} | while IFS=$'\t' read -r -d '' head file; do
        case $head in 100*) ;; *) continue ;; esac
        case "/$file/" in */../* | */./* | *//*) continue ;; esac
        # Of the top folder only itself, not the whole tree.
        case $folder:$file in .:*/*) continue ;; esac
        mkdir -p "$place/rules/$(dirname -- "$file")"
        git_plain cat-file blob "$(printf '%s' "$head" | cut -d ' ' -f 3)" >"$place/rules/$file"
    done
    [ ! -f "$place/rules/$RULES" ] || rules=(--rules "$place/rules/$RULES")
fi

# Whether this is a plain file, reached through no link: a link would lead out of the repository.
is_plain() {
    local at=$1
    [ -f "$at" ] || return 1
    while [ "$at" != . ] && [ "$at" != / ]; do
        [ ! -L "$at" ] || return 1
        at=$(dirname -- "$at")
    done
}

# The reports that are committed.
: >"$place/reports"
while IFS= read -r from; do
    [ -n "$from" ] || continue
    git_plain ls-files -z -- ":(literal)$from" >>"$place/reports"
done <<<"${REPORTS:-reports}"
reports=()
while IFS= read -r -d '' file; do
    case $file in
        *.md | *.markdown | *.html | *.csv | *.json | *.jsonl) is_plain "./$file" && reports+=("./$file") ;;
    esac
done <"$place/reports"

echo "## Reports" >>"$summary"
if [ ${#reports[@]} -eq 0 ]; then
    echo "no reports" | tee -a "$summary"
else
    status=0
    cs-report verify --table ${rules[@]+"${rules[@]}"} "${reports[@]}" >"$place/verified" 2>&1 || status=$?
    show "$place/verified"
    summarize "$place/verified"
    note "$status"
fi
echo "reports=${#reports[@]}" >>"${GITHUB_OUTPUT:-/dev/null}"

# The files that changed; all files without a base.
if [ -n "$base" ]; then
    git_plain diff --no-ext-diff --no-textconv --name-only --diff-filter=d -z "$base...HEAD" >"$place/changed" 2>/dev/null ||
        git_plain diff --no-ext-diff --no-textconv --name-only --diff-filter=d -z "$base" HEAD >"$place/changed"
else
    git_plain ls-files -z >"$place/changed"
fi
changed=()
while IFS= read -r -d '' file; do
    is_plain "./$file" && changed+=("./$file")
done <"$place/changed"

strict=()
[ "${STRICT:-true}" = false ] || strict=(--strict)
echo "## Secrets in changed files" >>"$summary"
if [ ${#changed[@]} -eq 0 ]; then
    echo "no changed files" | tee -a "$summary"
else
    status=0
    : >"$place/found"
    # No command line is too long; xargs says 123 if one of several runs failed.
    printf '%s\0' "${changed[@]}" |
        xargs -0 -n 500 sh -c 'cs-redact check --table "$@"; status=$?; [ $status -le 1 ] || echo $status >>"$0.failed"; exit $status' \
            "$place/found" ${strict[@]+"${strict[@]}"} ${rules[@]+"${rules[@]}"} >"$place/found" 2>&1 || status=$?
    if [ -s "$place/found.failed" ]; then
        status=$(head -n 1 "$place/found.failed")
    elif [ "$status" -ne 0 ]; then
        status=1
    fi
    show "$place/found"
    if [ "$status" -eq 0 ]; then
        echo "nothing found in ${#changed[@]} changed files" | tee -a "$summary"
    else
        summarize "$place/found"
    fi
    note "$status"
fi

# Each commit: what a later one removes stays in the history. A shallow checkout does not have them.
echo "## Secrets in commits" >>"$summary"
if [ -z "$base" ] || [ "$(git_plain rev-parse --is-shallow-repository)" = true ]; then
    echo "not looked at: the history is not here; fetch-depth: 0 of actions/checkout fetches it" | tee -a "$summary"
else
    git_plain rev-list --reverse "$base..HEAD" -- >"$place/commits"
    status=0
    cs-redact check --table ${strict[@]+"${strict[@]}"} ${rules[@]+"${rules[@]}"} --commits - \
        <"$place/commits" >"$place/found" 2>&1 || status=$?
    show "$place/found"
    if [ "$status" -eq 0 ]; then
        echo "nothing found in $(($(wc -l <"$place/commits"))) commits" | tee -a "$summary"
    else
        summarize "$place/found"
    fi
    note "$status"
fi

case $result in
    0) echo "clean" ;;
    1) echo "::error::a report does not verify, or a secret was found; see the summary" ;;
    *) echo "::error::the check could not be completed (exit $result); see the summary" ;;
esac
exit "$result"
