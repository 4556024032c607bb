# GPT-OS on the other side of an ssh session, first part: makes a private place, puts the forwarded socket and the stubs there, and goes on
# in `run`. Whatever is missing gives a plain session and one line that says why. Read by any POSIX sh.

s='@SOCKET@' d=

# The shell as ssh would have started it.
login() {
    unset SHLVL
    case ${SHELL##*/} in
        zsh | bash | fish | sh | dash | ash | ksh | mksh | yash | csh | tcsh) exec "$SHELL" -l ;;
    esac
    exec "${SHELL:-/bin/sh}"
}

plain() {
    rm -f "$s"
    [ -z "$d" ] || rm -rf "$d"
    printf 'gptos: %s, so this is a plain session\n' "$1" >&2
    login
}

# ssh shows the message of the day only where it starts the shell itself.
[ -e "$HOME/.hushlogin" ] || cat /run/motd.dynamic /etc/motd 2>/dev/null
case ${SHELL##*/} in
    zsh | bash | fish) ;;
    *) plain "there are no keys for ${SHELL##*/}" ;;
esac
[ -S "$s" ] || plain 'the server forwards no sockets'
# A folder that mktemp makes can be entered by its owner alone. The socket keeps working under its new name.
d=$(mktemp -d /tmp/gptos.XXXXXX) && mv "$s" "$d/s" || plain 'there is no private place in /tmp'
{
@FILES@
} || plain 'the disk is full'
exec sh "$d/run" "$d"
