# Completion of claude-sessions for fish; cs, beside the program, knows what can be completed.
function __claude_sessions
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    test (count $current) -gt 0; or set current ''
    set -l program (command -s -- $words[1]); and set program (realpath -- $program); or return
    # Another program may have the name cs.
    set -l folder (dirname -- $program)
    test -x $folder/cs-session; or return
    # A program that was named by its path may be anybody's: only a cs that is on PATH is run.
    set -l own (realpath -- $folder/cs); or return
    set -l known
    for path in (command -a -s cs)
        string match -q '/*' -- $path; and test (realpath -- $path) = $own; and set known 1
    end
    test -n "$known"; or return
    set -l name (basename -- $program | string match -v cs)
    set -l found ($folder/cs --complete $name $words[2..] $current 2>/dev/null </dev/null)
    # An option with its value in one word: fish wants the whole word.
    set -l before (string match -r -- '^--[a-z-]+=' $current)
    set -l value (string replace -r -- '^--[a-z-]+=' '' $current)
    switch "$found[1]"
        case ''
            return
        case ':files'
            printf "$before%s\n" (__fish_complete_path "$value")
        case ':folders'
            printf "$before%s\n" (__fish_complete_directories "$value" '')
        case '*'
            printf "$before%s\n" $found
    end
end
for program in NAMES
    complete -c $program -e
    complete -c $program -f -k -a '(__claude_sessions)'
end
