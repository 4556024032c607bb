#!/bin/sh
# Installs gptos for the current user: binary, man page and completions below ~/.local, and, only when told, one line
# in the shell's start-up file. Needs no root and no network beyond the crate registry. Read it before you run it:
# it is short on purpose.
#
#   ./install.sh                       build, install, ask about the line for your shell
#   ./install.sh --shell zsh           the same and add the line without asking (zsh, bash or fish; may be repeated)
#   ./install.sh --from FILE.tar.gz    install a prebuilt binary; FILE.tar.gz.sha256 must lie beside it
#   ./install.sh --build-only          build target/release/gptos and stop
#   ./install.sh --uninstall           remove everything again; keys in the keyring when you say so
set -eu

prefix=${GPTOS_PREFIX:-"${HOME:-}/.local"}
marker='# gptos: words to commands'
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "install.sh: $1"
    [ -z "${2:-}" ] || say "hint: $2"
    exit 1
}

usage() { sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0"; }

# --- checks, all of them before anything is compiled ---------------------------------------------------------------

version_at_least() { # HAVE WANT, both dotted numbers
    awk -v have="$1" -v want="$2" 'BEGIN {
        split(have, h, "."); split(want, w, ".")
        for (i = 1; i <= 3; i++) { if (h[i] + 0 > w[i] + 0) exit 0; if (h[i] + 0 < w[i] + 0) exit 1 }
        exit 0
    }'
}

check_tools() {
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$here/Cargo.toml")
    how="get it from https://rustup.rs, or install a prebuilt binary with: ./install.sh --from FILE.tar.gz"
    if ! command -v cargo >/dev/null 2>&1 || ! command -v rustc >/dev/null 2>&1; then
        fail "Rust $wanted or newer is missing" "$how"
    fi
    have=$(rustc --version | awk '{print $2}')
    version_at_least "${have%%-*}" "$wanted" || fail "rustc $have is too old, $wanted or newer is needed" "$how"
    command -v cc >/dev/null 2>&1 || fail "a C compiler (cc) is missing" "on Debian or Ubuntu: apt install gcc libc6-dev; on macOS: xcode-select --install"
    target=${CARGO_TARGET_DIR:-"$here/target"}
    mkdir -p "$target" || fail "cannot write to $target" "set CARGO_TARGET_DIR to a directory of yours"
    free_kb=$(df -Pk "$target" | awk 'NR == 2 {print $4}')
    [ "${free_kb:-0}" -ge 2097152 ] || fail "less than 2 GB of disk are free in $target" "set CARGO_TARGET_DIR to a larger disk"
    if [ -r /proc/meminfo ]; then
        memory_kb=$(awk '/^MemAvailable:/ {m = $2} /^SwapFree:/ {s = $2} END {print m + s}' /proc/meminfo)
        [ "$memory_kb" -ge 2000000 ] || fail "less than 2 GB of memory are free" "close something, add swap, or use --from FILE.tar.gz"
    fi
}

check_home() {
    [ -n "${HOME:-}" ] || fail "HOME is not set" "run it from your own login"
    mkdir -p "$prefix/bin" 2>/dev/null || true
    [ -w "$prefix/bin" ] || fail "cannot write to $prefix/bin" "set GPTOS_PREFIX to a directory of yours"
}

# --- build ---------------------------------------------------------------------------------------------------------

build() {
    cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
    say "building gptos: about $((10 / cores + 1)) minutes on $cores cores the first time"
    # Linking statically and at a fixed address belongs to this one binary: as flags for the whole build they would break
    # procedural macros. Both save start-up time, which every key press pays.
    flags=
    [ "$(uname -s)" = Linux ] && flags='-C target-feature=+crt-static -C relocation-model=static'
    # shellcheck disable=SC2086  # the flags are words, and there may be none
    (cd "$here" && cargo rustc --locked --release --bin gptos -- $flags) || fail "the build failed" "its first error stands above"
}

# --- install -------------------------------------------------------------------------------------------------------

check_sum() { # FILE: compares with FILE.sha256
    [ -r "$1" ] || fail "cannot read $1"
    [ -r "$1.sha256" ] || fail "$1.sha256 is missing" "it must lie beside the archive"
    expected=$(awk '{print $1; exit}' "$1.sha256")
    if command -v sha256sum >/dev/null 2>&1; then
        actual=$(sha256sum "$1" | awk '{print $1}')
    else
        actual=$(shasum -a 256 "$1" | awk '{print $1}')
    fi
    [ "$expected" = "$actual" ] || fail "the sha256 of $1 does not match" "download it again"
}

put() { # SOURCE DESTINATION MODE: replaces by rename, so that a running gptos keeps its file
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.new" && chmod "$3" "$2.new" && mv -f "$2.new" "$2"
}

put_binary() { # BINARY: one that does not run here replaces none that does
    mkdir -p "$prefix/bin"
    new=$prefix/bin/gptos.new
    cp "$1" "$new" && chmod 755 "$new"
    case $("$new" --version 2>/dev/null || :) in
        'gptos '*) mv -f "$new" "$prefix/bin/gptos" ;;
        *)
            rm -f "$new"
            fail "this gptos does not run on this machine" "take an archive for $(uname -s) on $(uname -m), or build it: ./install.sh"
            ;;
    esac
}

install_files() { # BINARY
    work=$(mktemp -d "${TMPDIR:-/tmp}/gptos-install.XXXXXX")
    trap 'rm -rf "$work" "${unpacked:-}"' EXIT
    put_binary "$1"
    "$prefix/bin/gptos" man >"$work/gptos.1"
    put "$work/gptos.1" "$prefix/share/man/man1/gptos.1" 644
    for shell in bash zsh fish; do "$prefix/bin/gptos" completions "$shell" >"$work/$shell"; done
    put "$work/bash" "$prefix/share/bash-completion/completions/gptos" 644
    put "$work/zsh" "$prefix/share/zsh/site-functions/_gptos" 644
    put "$work/fish" "$prefix/share/fish/vendor_completions.d/gptos.fish" 644
    say "installed $prefix/bin/gptos, its man page and its completions"
}

# --- the one line in the start-up file -----------------------------------------------------------------------------

start_up_file() { # SHELL
    case $1 in
        zsh) echo "${ZDOTDIR:-$HOME}/.zshrc" ;;
        # A login bash reads .bash_profile alone; where one exists and does not lead to .bashrc, the line goes there.
        bash)
            if [ "$(uname -s)" = Darwin ] || { [ -f "$HOME/.bash_profile" ] && ! grep -q bashrc "$HOME/.bash_profile"; }; then
                echo "$HOME/.bash_profile"
            else
                echo "$HOME/.bashrc"
            fi
            ;;
        fish) echo "${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d/gptos.fish" ;;
    esac
}

quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# shellcheck disable=SC2016  # the variables in the line are for the shell that reads it later
# The path is absolute, PATH is extended only where the directory is missing, and all is silent if the file is gone.
start_up_line() { # SHELL
    program=$(quoted "$prefix/bin/gptos")
    directory=$(quoted "$prefix/bin")
    case $1 in
        fish)
            printf 'if test -x %s; contains -- %s $PATH; or set -gx PATH %s $PATH; status is-interactive; and %s init fish | source; end %s\n' \
                "$program" "$directory" "$directory" "$program" "$marker"
            ;;
        *)
            # zsh reads a file line by line and an eval in one go; only the first lets the script turn aliases off before the rest is read.
            load="eval \"\$($program init bash)\""
            [ "$1" = bash ] || load="source <($program init zsh)"
            printf 'if [ -x %s ]; then case ":$PATH:" in *:%s:*) ;; *) PATH=%s:$PATH ;; esac; case $- in *i*) %s ;; esac; fi %s\n' \
                "$program" "$directory" "$directory" "$load" "$marker"
            ;;
    esac
}

without_line() { # FILE: its text without our line
    awk -v marker="$marker" 'substr($0, length($0) - length(marker) + 1) != marker' "$1"
}

# Writes through the file and not over it, so that a linked or specially permitted start-up file stays what it is.
add_line() { # SHELL
    file=$(start_up_file "$1")
    mkdir -p "$(dirname "$file")"
    kept=
    [ ! -f "$file" ] || kept=$(without_line "$file" && printf .)
    kept=${kept%.}
    case $kept in '' | *"
") ;; *) kept="$kept
" ;; esac
    line=$(start_up_line "$1")
    printf '%s%s\n' "$kept" "$line" >"$file" || fail "cannot write $file"
    say "added one line to $file; open a new $1 to use it"
}

offer_line() {
    shell=$(basename "${SHELL:-sh}")
    case $shell in
        zsh | bash | fish) ;;
        *) shell=bash ;;
    esac
    say ""
    for each in zsh bash fish; do
        say "for $each, this line in $(start_up_file "$each"):"
        say "  $(start_up_line "$each")"
    done
    if [ -t 0 ] && [ -z "${CI:-}" ]; then
        printf 'add it for %s now? [y/N] ' "$shell" >&2
        read -r reply || reply=
        case $reply in y | Y | yes) add_line "$shell" ;; esac
    else
        say "add it with: ./install.sh --shell $shell"
    fi
}

remove_lines() {
    for file in "${ZDOTDIR:-$HOME}/.zshrc" "$HOME/.bashrc" "$HOME/.bash_profile" "${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d/gptos.fish"; do
        if [ -f "$file" ] && grep -qF "$marker" "$file"; then
            kept=$(without_line "$file" && printf .)
            kept=${kept%.}
            # A file that held nothing but our line was ours.
            if [ -z "$kept" ]; then rm -f "$file"; else printf '%s' "$kept" >"$file"; fi
            say "removed the line from $file"
        fi
    done
}

# Keys in the keyring stay unless the user says otherwise: without a terminal nobody can, so the command that does it later is told.
offer_keys() {
    [ -x "$prefix/bin/gptos" ] || return 0
    names=$("$prefix/bin/gptos" auth status --json 2>/dev/null | grep -o '"name":"[a-z0-9_-]*","source":"keyring"' | cut -d '"' -f 4 | tr '\n' ' ')
    names=${names% }
    [ -n "$names" ] || return 0
    if [ -t 0 ] && [ -z "${CI:-}" ]; then
        printf 'remove from the keyring the keys of %s too? [y/N] ' "$names" >&2
        read -r reply || reply=
        case $reply in
            y | Y | yes)
                for name in $names; do "$prefix/bin/gptos" auth logout "$name" || true; done
                return 0
                ;;
        esac
    fi
    say "your keyring still holds keys for gptos; this removes them:"
    if [ "$(uname -s)" = Darwin ]; then
        for name in $names; do say "  security delete-generic-password -s gptos -a $name"; done
    else
        say "  secret-tool clear application gptos    (of the package libsecret-tools)"
    fi
}

uninstall() {
    offer_keys
    [ ! -x "$prefix/bin/gptos" ] || "$prefix/bin/gptos" daemon stop 2>/dev/null || true
    remove_lines
    rm -f "$prefix/bin/gptos" "$prefix/share/man/man1/gptos.1" "$prefix/share/bash-completion/completions/gptos" \
        "$prefix/share/zsh/site-functions/_gptos" "$prefix/share/fish/vendor_completions.d/gptos.fish"
    rm -rf "${XDG_CACHE_HOME:-$HOME/.cache}/gptos" "${XDG_STATE_HOME:-$HOME/.local/state}/gptos" "/tmp/gptos-$(id -u)"
    [ -z "${XDG_RUNTIME_DIR:-}" ] || rm -rf "$XDG_RUNTIME_DIR/gptos"
    [ ! -d "/run/user/$(id -u)/gptos" ] || rm -rf "/run/user/$(id -u)/gptos"
    # Directories that only gptos filled go as well; rmdir leaves those with other content alone.
    for directory in bin share/man/man1 share/man share/bash-completion/completions share/bash-completion share/zsh/site-functions share/zsh \
        share/fish/vendor_completions.d share/fish share state ''; do
        rmdir "$prefix/$directory" 2>/dev/null || true
    done
    rmdir "${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d" 2>/dev/null || true
    say "gptos is gone; your configuration, if any, stays in ${XDG_CONFIG_HOME:-$HOME/.config}/gptos"
}

# --- the main job, once --------------------------------------------------------------------------------------------

show_it_works() {
    sentence='find files bigger than 100 MB changed this week'
    before=$(date +%s%N 2>/dev/null || echo 0)
    command=$("$prefix/bin/gptos" translate --offline --no-cache --shell bash -- "$sentence") || fail "the first translation failed" "run: $prefix/bin/gptos \"$sentence\""
    after=$(date +%s%N 2>/dev/null || echo 0)
    say ""
    say "  ?? $sentence"
    printf '  %s\n' "$command"
    case $before$after in
        *[!0-9]* | 00) say "  translated on this machine, without a network" ;;
        *) say "  translated on this machine, without a network, in $(((after - before) / 1000000)).$(((after - before) / 100000 % 10)) ms" ;;
    esac
}

archive=
shells=
while [ $# -gt 0 ]; do
    case $1 in
        --build-only) check_tools && build && exit 0 ;;
        --uninstall) check_home && uninstall && exit 0 ;;
        --from) [ $# -ge 2 ] || fail "--from needs a file"; archive=$2; shift ;;
        --shell)
            case ${2:-} in zsh | bash | fish) shells="$shells $2"; shift ;; *) fail "--shell needs zsh, bash or fish" ;; esac
            ;;
        -h | --help) usage && exit 0 ;;
        *) fail "unknown option $1" "./install.sh --help lists them" ;;
    esac
    shift
done

check_home
if [ -n "$archive" ]; then
    check_sum "$archive"
    unpacked=$(mktemp -d "${TMPDIR:-/tmp}/gptos-unpack.XXXXXX")
    trap 'rm -rf "$unpacked"' EXIT
    if ! tar -xzf "$archive" -C "$unpacked" gptos 2>/dev/null || [ ! -f "$unpacked/gptos" ] || [ -L "$unpacked/gptos" ]; then
        fail "$archive holds no gptos" "take one of those that a release brings"
    fi
    install_files "$unpacked/gptos"
    rm -rf "$unpacked"
else
    check_tools
    build
    install_files "${CARGO_TARGET_DIR:-"$here/target"}/release/gptos"
fi
if [ -n "$shells" ]; then
    for shell in $shells; do add_line "$shell"; done
else
    offer_line
fi
show_it_works
say "  next: $prefix/bin/gptos setup    (a key, model servers, services; two minutes, every question may be skipped)"
