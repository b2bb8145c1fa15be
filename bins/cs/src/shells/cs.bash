# Completion of claude-sessions for bash; cs, beside the program, knows what can be completed.
_claude_sessions() {
    local program folder name found line known=
    COMPREPLY=()
    program=$(type -P "${1/#\~\//$HOME/}") && program=$(readlink -f "$program") || return 0
    # Another program may have the name cs.
    folder=${program%/*} name=${program##*/}
    [ "$name" != cs ] || name=
    [ -x "$folder/cs-session" ] || return 0
    # A program that was named by its path may be anybody's: only a cs that is on PATH is run.
    while IFS= read -r line; do
        case $line in /*) [ "$(readlink -f "$line")" != "$(readlink -f "$folder/cs")" ] || known=1 ;; esac
    done < <(type -aP cs)
    [ -n "$known" ] || return 0
    found=$("$folder/cs" --complete ${name:+"$name"} "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null) || return 0
    case $found in
        :files)
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2") ;;
        :folders)
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$2") ;;
        ?*)
            while IFS= read -r line; do COMPREPLY+=("${line%%$'\t'*}"); done <<<"$found" ;;
    esac
}
complete -F _claude_sessions NAMES
