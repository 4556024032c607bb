//! From the key to the command in the line of a real zsh, through the resident's socket and through a process, press by press in turn.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Presses of each kind.
const PRESSES: usize = 300;

/// The shell presses its own key. A press ends when the line holds the command and was drawn; the guard that follows is left out.
const RC: &str = r#"
eval "$('BINARY' init zsh)"
__gptos_load
zmodload zsh/datetime
typeset -g __build=$_GPTOS_BUILD; typeset -gF __begun=0; typeset -gi __presses=0 __fd=0
functions[__bench_drawn]=$functions[__gptos_guard_arm]
__gptos_guard_arm() {
    emulate -L zsh
    local kind=socket
    [[ -n $_GPTOS_BUILD ]] || kind=process
    [[ $BUFFER == ls* ]] || kind=wrong
    print -r -- "$kind $(( (EPOCHREALTIME - __begun) * 1000000 ))" >>'TIMES'
    __bench_soon
}
__bench_soon() { exec {__fd}</dev/null; zle -F -w $__fd _bench-press }
__bench_press() {
    emulate -L zsh
    zle -F $1
    exec {1}<&-
    (( __presses++ < 2 * PRESSES )) || { : >'DONE'; return 0 }
    __gptos_forget
    _GPTOS_AWAY_UNTIL=0
    BUFFER='QUERY'
    _GPTOS_BUILD=
    (( __presses % 2 )) && _GPTOS_BUILD=$__build
    __begun=$EPOCHREALTIME
    zle gptos-translate
}
zle -N _bench-press __bench_press
__bench_begin() { add-zle-hook-widget -d line-init __bench_begin; __bench_soon }
autoload -Uz add-zle-hook-widget
add-zle-hook-widget line-init __bench_begin
"#;

/// Feeds nothing and reads what the shell draws, until it is done.
const DRIVER: &str = r#"
zmodload zsh/zpty zsh/zselect
zpty bench 'exec zsh -i'
for ((i = 0; i < 3000; i++)); do
    [[ -e DONE ]] && break
    while zpty -rt bench chunk; do :; done
    zselect -t 2
done
zpty -d bench
"#;

/// Measures with this binary; a resident must be running for this home and this runtime directory.
pub(super) fn report(binary: &Path, (home, runtime): (&Path, &Path), query: &str) {
    let (times, done) = (home.join("times"), home.join("done"));
    let rc = RC.replace("BINARY", &binary.display().to_string()).replace("PRESSES", &PRESSES.to_string()).replace("QUERY", query);
    fs::write(home.join(".zshrc"), rc.replace("TIMES", &times.display().to_string()).replace("DONE", &done.display().to_string())).unwrap();
    let mut command = Command::new("zsh");
    command.args(["-f", "-c", &DRIVER.replace("DONE", &done.display().to_string())]).env_clear().current_dir(home);
    command.env("PATH", "/usr/bin:/bin").env("HOME", home).env("XDG_RUNTIME_DIR", runtime).env("TERM", "xterm").env("LANG", "C.UTF-8");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let text = fs::read_to_string(times).unwrap_or_default();
    for kind in ["socket", "process", "wrong"] {
        let mut found: Vec<f64> = text.lines().filter_map(|line| line.strip_prefix(kind)?.trim().parse().ok()).collect();
        found.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| found.get((found.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(f64::NAN);
        println!(
            "zsh, key to command, by {kind:<10} {:>4} presses  p10 {:>6.0} µs  p50 {:>6.0} µs  p99 {:>6.0} µs",
            found.len(),
            at(0.1),
            at(0.5),
            at(0.99)
        );
    }
}
