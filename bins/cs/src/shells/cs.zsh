#compdef NAMES
# Completion of claude-sessions for zsh; cs, beside the program, knows what can be completed.
_claude_sessions() {
    local program=${commands[$words[1]]:-${words[1]/#\~\//$HOME/}} line own known
    local -a found values
    program=${program:A}
    # Another program may have the name cs.
    [[ -x ${program:h}/cs-session ]] || return 1
    # A program that was named by its path may be anybody's: only a cs that is on PATH is run.
    own=${program:h}/cs
    for line in "${(@f)$(whence -pa cs)}"; do
        [[ $line == /* && ${line:A} == ${own:A} ]] && known=1
    done
    [[ -n $known ]] || return 1
    found=("${(@f)$("${program:h}/cs" --complete ${${program:t}:#cs} "${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
    # An option with its value in one word: only the value is completed.
    compset -P '--*='
    case $found[1] in
        '') return 1 ;;
        :files) _files ;;
        :folders) _files -/ ;;
        *)
            for line in "${(@)found}"; do
                if [[ $line == *$'\t'* ]]; then
                    values+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
                else
                    values+=("${line//:/\\:}")
                fi
            done
            _describe -V 'claude-sessions' values ;;
    esac
}
if [[ $funcstack[1] == _claude_sessions ]]; then
    _claude_sessions "$@"
else
    compdef _claude_sessions NAMES
fi
