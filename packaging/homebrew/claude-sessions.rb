# The formula of a release. packaging/gather.sh replaces the words between @ by the version and the sums of the archives.
class ClaudeSessions < Formula
  desc "Records conversations of Claude Code and Codex as plain files"
  homepage "https://github.com/claude-sessions/claude-sessions"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "https://github.com/claude-sessions/claude-sessions/releases/download/v@VERSION@/claude-sessions-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@aarch64-apple-darwin@"
    end
    on_intel do
      url "https://github.com/claude-sessions/claude-sessions/releases/download/v@VERSION@/claude-sessions-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/claude-sessions/claude-sessions/releases/download/v@VERSION@/claude-sessions-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "https://github.com/claude-sessions/claude-sessions/releases/download/v@VERSION@/claude-sessions-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@x86_64-unknown-linux-musl@"
    end
  end

  def install
    system "sh", "./install.sh", "PREFIX=#{prefix}", "SETUP=no"
  end

  def caveats
    <<~EOS
      To record your conversations, run once: cs-setup install
      Before you uninstall, run: cs-setup uninstall
    EOS
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/cs-session --version")
  end
end
