//! What the integration costs in a real bash, fish and zsh: until the first prompt, an Enter on a line that is none of ours, and a press of the
//! key whose answer is in the cache, press by press in turn with `/bin/true` from the same shell.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Presses of the key, Enters, and starts of each shell.
const PRESSES: usize = 300;
const ENTERS: usize = 200;
const STARTS: usize = 40;
/// How long a shell may take for all of its presses.
const PATIENCE: Duration = Duration::from_secs(120);

/// The loop runs inside one key of the shell. A sign on a pipe stands before and behind what is measured, and this process looks at the clock.
const SHELLS: [(&str, &str, &str, &str); 3] = [
    (
        "bash",
        ".bashrc",
        "bind -x '\"\\e[24;8~\": __bench'",
        r"
__bench() {
  local i
  __gptos_load
  for ((i = 0; i < PRESSES; i++)); do
    READLINE_LINE='?? QUERY' READLINE_POINT=3
    __gptos_prompt
    sign a; __gptos_request
    sign b; command /bin/true
    sign c
    [[ $READLINE_LINE == ls* ]] || sign w
  done
  sign z
}
sign() { printf %s $1 >'SIGNS'; }",
    ),
    (
        "fish",
        ".config/fish/config.fish",
        r"bind \e\[24\;8~ __bench",
        r"
function __bench
    __gptos_load
    for i in (seq PRESSES)
        __gptos_new_prompt
        commandline -r '?? QUERY'
        sign a; __gptos_key
        sign b; command /bin/true
        sign c
        string match -q 'ls*' -- (commandline -b); or sign w
    end
    sign z
end
function sign; echo -n $argv[1] >'SIGNS'; end",
    ),
    (
        "zsh",
        ".zshrc",
        r"zle -N __bench; bindkey '\e[24;8~' __bench",
        r"
__bench() {
    emulate -L zsh
    integer i=0
    for ((i = 0; i < PRESSES; i++)); do
        __gptos_release TERM
        __gptos_forget
        __gptos_guard_lift
        BUFFER='?? QUERY'
        sign a; zle gptos-translate
        sign b; command /bin/true
        sign c
        [[ $BUFFER == ls* ]] || sign w
    done
    sign z
}
sign() { print -rn $1 >'SIGNS' }",
    ),
];

/// Starts a shell, waits until it is idle, types what it is told to and reads what the shell draws. Arguments: the shell, a key, how many lines
/// are entered, the file with the process number of the shell, where the processor time of a line goes, and the file that ends it all.
const DRIVER: &str = r#"
zmodload zsh/zpty zsh/zselect
drain() { while zpty -rt bench chunk; do :; done }
rest() { zselect -t $1; drain }
integer i=0 tries=0
zpty bench "exec $1 -i"
if [[ -n $2 ]] || (( $3 )); then
    for ((i = 0; i < 15; i++)); do rest 10; done
fi
[[ -z $2 ]] || zpty -wn bench $'\e[24;8~'
if (( $3 )); then
    read pid <$4
    for ((i = 0; i < 5; i++)); do zpty -wn bench $':\r'; rest 5; done
    read before more </proc/$pid/schedstat
    for ((i = 0; i < $3; i++)); do
        zpty -wn bench :
        rest 1
        zpty -wn bench $'\r'
        rest 2
    done
    read after more </proc/$pid/schedstat
    print -r -- $(( (after - before) / $3 )) >$5
    : >$6
fi
until [[ -e $6 ]] || (( tries++ > 12000 )); do rest 1; done
zpty -d bench
"#;

/// Starts a shell, and says so when its first prompt is there: what is read while the shell waits for keys does not count, nor what it would have
/// done later without the integration. Arguments: the shell and the pipe for the signs.
const STARTER: &str = r#"
zmodload zsh/zpty
print -rn s >$2
zpty bench "exec $1 -i"
zpty -r bench chunk '*READY>*'
print -rn t >$2
zpty -d bench
"#;

/// Where the files of the shells are, and the binary and the words they ask with. A resident must be running for this home.
struct Stage<'a> {
    home: &'a Path,
    runtime: &'a Path,
    signs: PathBuf,
    sent: Receiver<(u8, Instant)>,
    query: &'a str,
}

/// Measures with this binary; a resident must be running for this home and this runtime directory.
pub(super) fn report(binary: &Path, (home, runtime): (&Path, &Path), query: &str) {
    let signs = home.join("signs");
    assert!(Command::new("mkfifo").arg(&signs).status().unwrap().success());
    // Open for writing as well, so that a shell never waits for a reader.
    let mut pipe = File::options().read(true).write(true).open(&signs).unwrap();
    let (sender, sent) = channel();
    thread::spawn(move || {
        // They are handed on when a shell is done: to wake another thread for each would take a processor from what is measured.
        let (mut sign, mut signs) = ([0], Vec::new());
        while pipe.read_exact(&mut sign).is_ok() {
            signs.push((sign[0], Instant::now()));
            if matches!(sign[0], b's' | b't' | b'z') && signs.drain(..).any(|sign| sender.send(sign).is_err()) {
                break;
            }
        }
    });
    let stage = Stage { home, runtime, signs, sent, query };
    for (shell, rc, bind, functions) in SHELLS {
        let rc = home.join(rc);
        fs::create_dir_all(rc.parent().unwrap()).unwrap();
        // Without it a new fish reads all manual pages in the background.
        fs::create_dir_all(home.join(".local/share/fish/generated_completions")).unwrap();
        let script = home.join(format!("gptos.{shell}"));
        let init = Command::new(binary).args(["init", shell]).env_clear().env("HOME", home).output().unwrap();
        fs::write(&script, init.stdout).unwrap();
        let functions = stage.filled(functions);
        let source = format!("source '{}'\n", script.display());
        fs::write(&rc, format!("{functions}\n{source}{bind}\n")).unwrap();
        stage.press(shell);
        stage.starts(shell, &rc, &script, binary);
        let number = if shell == "fish" { "$fish_pid" } else { "$$" };
        let pid = format!("echo {number} >'{}'\n", home.join("pid").display());
        let spent = || [String::new(), source.clone()].map(|lines| stage.enter(shell, &rc, &format!("{functions}\n{pid}{lines}")));
        let runs = [spent(), spent(), spent()];
        let least = |which: usize| at(&runs.iter().map(|run| run[which]).collect::<Vec<_>>(), 0.0);
        println!("{shell}, an Enter, processor time {:>6.0} µs, without us {:>6.0} µs", least(1), least(0));
    }
}

impl Stage<'_> {
    fn filled(&self, text: &str) -> String {
        text.replace("PRESSES", &PRESSES.to_string()).replace("QUERY", self.query).replace("SIGNS", &self.signs.display().to_string())
    }

    /// A zsh that drives another shell.
    fn driver(&self, text: &str, arguments: &[&OsStr]) -> Command {
        let mut command = Command::new("zsh");
        command.args(["-f", "-c", text, "driver"]).args(arguments).env_clear().current_dir(self.home);
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.home).env("XDG_RUNTIME_DIR", self.runtime).env("TERM", "xterm");
        command.env("LANG", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs the driver while `until` is true, with this key or that many lines.
    fn drive(&self, shell: &str, key: &str, lines: usize, mut until: impl FnMut() -> bool) {
        let done = self.home.join("done-here");
        let _ = fs::remove_file(&done);
        let count = lines.to_string();
        let files = [self.home.join("pid"), self.home.join("spent"), done.clone()];
        let arguments: Vec<&OsStr> =
            [shell, key, &count].map(OsStr::new).into_iter().chain(files.iter().map(|file| file.as_os_str())).collect();
        let mut driver = self.driver(DRIVER, &arguments).spawn().unwrap();
        while until() {}
        if lines == 0 {
            fs::write(&done, "").unwrap();
        }
        driver.wait().unwrap();
    }

    /// The next sign and when it came; `None` when the shell says nothing more.
    fn next(&self) -> Option<(u8, Instant)> {
        self.sent.recv_timeout(PATIENCE).ok()
    }

    fn press(&self, shell: &str) {
        let (mut presses, mut floor, mut wrong, mut last) = (Vec::new(), Vec::new(), 0, (b' ', Instant::now()));
        self.drive(shell, "key", 0, || {
            let Some(sign) = self.next() else { return false };
            let took = sign.1.duration_since(last.1).as_secs_f64() * 1e6;
            match (last.0, sign.0) {
                (b'a', b'b') => presses.push(took),
                (b'b', b'c') => floor.push(took),
                (_, b'w') => wrong += 1,
                _ => {}
            }
            last = sign;
            sign.0 != b'z'
        });
        let shown = |found: &[f64]| format!("p10 {:>6.0} µs  p50 {:>6.0} µs", at(found, 0.1), at(found, 0.5));
        println!(
            "{shell}, key to command {:>4} presses ({wrong} wrong)  {}   /bin/true {}   ratios {:.2} {:.2}",
            presses.len(),
            shown(&presses),
            shown(&floor),
            at(&presses, 0.1) / at(&floor, 0.1),
            at(&presses, 0.5) / at(&floor, 0.5)
        );
    }

    /// The time to the first prompt with nothing, with the text in a file, with the line that the installer writes, and with that line about `/bin/true`,
    /// in turn. The last three as what they add to the first.
    fn starts(&self, shell: &str, rc: &Path, script: &Path, binary: &Path) {
        let of = |program: String| match shell {
            "bash" => format!("eval \"$({program})\"\n"),
            "fish" => format!("{program} | source\n"),
            _ => format!("source <({program})\n"),
        };
        let prompt = match shell {
            "fish" => "function fish_prompt; echo -n READ; echo -n 'Y> '; end\nfunction fish_greeting; end\n",
            _ => "PS1=READ PS1+='Y> '\n",
        };
        let lines = [
            String::new(),
            format!("source '{}'\n", script.display()),
            of(format!("{} init {shell}", binary.display())),
            of("/bin/true".to_owned()),
        ];
        let mut found = [const { Vec::new() }; 4];
        for _ in 0..STARTS {
            for (line, found) in lines.iter().zip(&mut found) {
                fs::write(rc, format!("{prompt}{line}")).unwrap();
                let mut driver = self.driver(STARTER, &[shell.as_ref(), self.signs.as_os_str()]).spawn().unwrap();
                let (begun, there) = (self.next().unwrap(), self.next().unwrap());
                assert_eq!((begun.0, there.0), (b's', b't'), "{shell}: {line}");
                found.push(there.1.duration_since(begun.1).as_secs_f64() * 1e6);
                driver.wait().unwrap();
            }
        }
        let added = |which: usize, share: f64| at(&found[which], share) - at(&found[0], share);
        let shown = |which: usize| format!("p10 {:>5.0} µs  p50 {:>5.0} µs", added(which, 0.1), added(which, 0.5));
        println!(
            "{shell}, first prompt after {:.1} ms; later by: the text {}   by `gptos init` {}   by /bin/true there {}",
            at(&found[0], 0.5) / 1000.0,
            shown(1),
            shown(2),
            shown(3)
        );
    }

    /// Nanoseconds of processor time of a line, as microseconds.
    fn enter(&self, shell: &str, rc: &Path, text: &str) -> f64 {
        fs::write(rc, text).unwrap();
        let _ = fs::remove_file(self.home.join("spent"));
        self.drive(shell, "", ENTERS, || false);
        // What the start said is of no interest.
        while self.sent.try_recv().is_ok() {}
        fs::read_to_string(self.home.join("spent")).ok().and_then(|text| text.trim().parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1000.0)
    }
}

/// The value below which this share of them lies.
fn at(found: &[f64], share: f64) -> f64 {
    let mut found = found.to_vec();
    found.sort_unstable_by(f64::total_cmp);
    found.get((found.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}
