//! Owns the scripts for terminals of macOS. The terminal's file is an argument of the script, never a part of it. A
//! script that finds no such terminal fails.

use crate::tmux::words;

/// iTerm2's sessions, tabs and windows (iterm2.com/documentation-scripting.html).
const ITERM: &str = r#"on run argv
  tell application "iTerm2"
    repeat with w in windows
      repeat with t in tabs of w
        repeat with s in sessions of t
          if tty of s is (item 1 of argv) then
            select w
            select t
            select s
            activate
            return
          end if
        end repeat
      end repeat
    end repeat
  end tell
  error "no window has this terminal"
end run"#;

/// Terminal's tabs and windows (its scripting dictionary).
const TERMINAL: &str = r#"on run argv
  tell application "Terminal"
    repeat with w in windows
      repeat with t in tabs of w
        if tty of t is (item 1 of argv) then
          set selected of t to true
          set frontmost of w to true
          activate
          return
        end if
      end repeat
    end repeat
  end tell
  error "no window has this terminal"
end run"#;

/// The command that shows a terminal in iTerm2.
pub fn iterm(tty: &str) -> Vec<String> {
    words(&["osascript", "-e", ITERM, tty])
}

/// The command that shows a terminal in Terminal.
pub fn terminal(tty: &str) -> Vec<String> {
    words(&["osascript", "-e", TERMINAL, tty])
}
