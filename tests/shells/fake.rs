//! A scripted stand-in for the `gptos` binary: a POSIX sh script that speaks the widget protocol and writes down how it was called.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gptos::domain::ShellKind;
use gptos::line::one_go::in_one_go;

/// What the script does for one call of the `widget` verb.
#[derive(Clone, Default)]
struct Reply {
    ticks: Vec<(Duration, String)>,
    delay: Duration,
    /// It waits for the file `go` as well.
    told: bool,
    output: Vec<u8>,
    finale: &'static str,
}

impl Reply {
    /// Whether it is whole and comes at once, so that a call with `--at-once` gets it.
    fn is_at_hand(&self) -> bool {
        let is_whole = self.output.ends_with(b"\0end\x000\0\0") && !self.output.iter().any(|byte| matches!(byte, b'\n' | b'\x1f'));
        is_whole
            && std::str::from_utf8(&self.output).is_ok()
            && self.ticks.is_empty()
            && self.delay.is_zero()
            && !self.told
            && self.finale.is_empty()
    }
}

/// What the script says to `gptos guard`.
#[derive(Clone, Debug)]
pub enum Ruling {
    /// The line runs; the risk.
    Pass(&'static str),
    /// It needs a second Enter: the risk and the reason.
    Hold(&'static str, &'static str),
    /// It never runs: what is missing.
    Stop(&'static str),
    /// It could not be judged: why.
    Message(&'static str),
    /// These bytes and the end.
    Raw(&'static [u8]),
    /// No answer at all.
    Hang,
    /// Death by SIGABRT.
    Crash,
}

/// Builds the script. Replies are used in order, the last one for every further call; calls with `--fresh` have their own list
/// and fall back to the ordinary one while that is empty.
#[derive(Clone)]
pub struct FakeHelper {
    dir: PathBuf,
    replies: Vec<Reply>,
    fresh: Vec<Reply>,
    last_is_fresh: bool,
    rulings: Vec<(String, Ruling)>,
}

/// One `gptos ran` report.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub shell: String,
    pub status: String,
    pub query: String,
    pub command: String,
}

impl FakeHelper {
    /// A script inside `dir` (created if absent) that has no reply yet.
    pub fn new(dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref().join("fake-gptos");
        fs::create_dir_all(&dir).unwrap();
        Self { dir, replies: Vec::new(), fresh: Vec::new(), last_is_fresh: false, rulings: Vec::new() }
    }

    /// Answers with these `(command, note)` pairs.
    pub fn answer_after(self, delay: Duration, answers: &[(&str, &str)]) -> Self {
        let mut output = Vec::new();
        for (command, note) in answers {
            record(&mut output, "cmd", command, note);
        }
        record(&mut output, "end", "0", "");
        self.push(Reply { delay, output, ..Reply::default() })
    }

    /// Answers with these `(command, holes, note)` triples; the holes are their texts, apart by blanks.
    pub fn holed_after(self, delay: Duration, answers: &[(&str, &str, &str)]) -> Self {
        let mut output = Vec::new();
        for (command, holes, note) in answers {
            if !holes.is_empty() {
                record(&mut output, "holes", holes, "");
            }
            record(&mut output, "cmd", command, note);
        }
        record(&mut output, "end", "0", "");
        self.push(Reply { delay, output, ..Reply::default() })
    }

    /// The answer for a call with `--fresh`.
    pub fn fresh_after(mut self, delay: Duration, answers: &[(&str, &str)]) -> Self {
        let mut plain = Self { replies: Vec::new(), ..self.clone() }.answer_after(delay, answers);
        self.fresh.append(&mut plain.replies);
        self.last_is_fresh = true;
        self
    }

    /// Has no answer, only a line for the user.
    pub fn message_after(self, delay: Duration, text: &str) -> Self {
        let mut output = Vec::new();
        record(&mut output, "msg", text, "");
        record(&mut output, "end", "1", "");
        self.push(Reply { delay, output, finale: "exit 1", ..Reply::default() })
    }

    /// Writes these bytes and ends, with no `end` record added.
    pub fn raw_after(self, delay: Duration, bytes: &[u8]) -> Self {
        self.push(Reply { delay, output: bytes.to_vec(), ..Reply::default() })
    }

    /// Dies of SIGABRT.
    pub fn crash_after(self, delay: Duration) -> Self {
        self.push(Reply { delay, finale: "kill -ABRT $$", ..Reply::default() })
    }

    /// Never answers.
    pub fn hang(self) -> Self {
        self.push(Reply { delay: Duration::from_secs(600), ..Reply::default() })
    }

    /// Never stops writing.
    pub fn flood(self) -> Self {
        self.push(Reply { finale: "exec yes", ..Reply::default() })
    }

    /// Adds a `more NAME` record to the reply declared last.
    pub fn more(mut self, name: &str) -> Self {
        let mut output = Vec::new();
        record(&mut output, "more", name, "");
        let reply = self.last();
        output.append(&mut reply.output);
        reply.output = output;
        self
    }

    /// Adds the pipes at this place to the reply declared last.
    pub fn pipes(mut self, place: &Path) -> Self {
        let mut output = Vec::new();
        record(&mut output, "pipes", place.to_str().unwrap(), "");
        let reply = self.last();
        output.append(&mut reply.output);
        reply.output = output;
        self
    }

    /// Adds a `tick` record, sent `pause` after the one before, ahead of the reply declared last.
    pub fn tick(mut self, pause: Duration, elapsed_ms: u32, waiting_for: &str) -> Self {
        self.last().ticks.push((pause, format!("tick\\000{elapsed_ms}\\000{waiting_for}\\000")));
        self
    }

    /// Adds a `meanwhile` record, sent `pause` after the progress before it, ahead of the reply declared last.
    pub fn meanwhile(mut self, pause: Duration, command: &str, note: &str) -> Self {
        let mut record = String::from("meanwhile\\000");
        for field in [command, note] {
            for byte in field.bytes() {
                let _ = write!(record, "\\{byte:03o}");
            }
            record.push_str("\\000");
        }
        self.last().ticks.push((pause, record));
        self
    }

    /// Sends the reply declared last when the file `go` exists: after the time that its delay says, at the earliest.
    pub fn when_told(mut self) -> Self {
        self.last().told = true;
        self
    }

    /// Lets the replies declared with `when_told` go.
    pub fn tell(&self) {
        fs::write(self.dir.join("go"), "").unwrap();
    }

    /// Rules so on every line that holds `part`. The rulings are tried in the order of their declaration; a line that none is about passes.
    pub fn ruling(mut self, part: &str, ruling: Ruling) -> Self {
        self.rulings.push((part.to_owned(), ruling));
        self
    }

    /// Writes the script and returns its path, the value for `Setup::bin`.
    pub fn write(&self) -> PathBuf {
        let dir = self.dir.display();
        let guard = self.guard_script();
        let at_hand: Vec<String> =
            self.replies.iter().enumerate().filter(|(_, reply)| reply.is_at_hand()).map(|(index, _)| (index + 1).to_string()).collect();
        let (at_hand, last) = (at_hand.join(" "), self.replies.len());
        let mut script = format!(
            r#"#!/bin/sh
dir='{dir}'
if [ "$1" = ran ]; then
    printf '%s\n%s\n' "$2" "$3" >"$dir/ran.$$"
    cat >>"$dir/ran.$$"
    mv "$dir/ran.$$" "$dir/ran-$$"
    exit 0
fi
if [ "$1" = warm ]; then
    echo "$*" >>"$dir/warm"
    exit 0
fi
if [ "$1" = prefetch ]; then
    echo "$*" >>"$dir/prefetch-calls"
    {{ tr '\0' '\n' | head -n 1; }} >>"$dir/prefetched"
    exit 0
fi
if [ "$1" = guard ]; then
    {guard}
fi
at_hand=' {at_hand} '
last={last}
case " $* " in
# The tests want to see the words, so the shell is to look at its line.
*' --line '*) printf 'other\n'; exit 75 ;;
*' --at-once '*)
    n=$(($(grep -vc -e '--fresh' "$dir/calls" 2>/dev/null || :) + 1))
    [ "$n" -le "$last" ] || n=$last
    case $at_hand in *" $n "*) ;; *) exit 75 ;; esac ;;
esac
trap 'echo "$$" >>"$dir/terminated"; kill "$!" 2>/dev/null; exit 143' TERM INT HUP
printf '%s\n' "$$" >>"$dir/pids"
printf '%s\n' "$*" >>"$dir/calls"
cat >"$dir/query.$$"
n=$(($(ls "$dir" | grep -c '^query-') + 1))
mv "$dir/query.$$" "$dir/query-$n"
say() {{
    case " $arguments " in *' bash --at-once '*) tr '\0' '\037' <"$1" ;; *' --at-once '*) cat "$1.laid" ;; *) cat "$1" ;; esac
}}
pause() {{
    case $1 in 0|0.000) return ;; esac
    sleep "$1" &
    wait "$!"
}}
arguments=$*
kind=reply
case " $* " in *' --fresh '*)
    kind=fresh
    n=$(grep -c -e '--fresh' "$dir/calls") ;;
*)
    n=$(grep -vc -e '--fresh' "$dir/calls") ;;
esac
"#
        );
        let fresh = if self.fresh.is_empty() { &self.replies } else { &self.fresh };
        for (kind, replies) in [("reply", &self.replies), ("fresh", fresh)] {
            let _ = writeln!(script, "if [ $kind = {kind} ]; then case $n in");
            for (index, reply) in replies.iter().enumerate() {
                let output = self.dir.join(format!("{kind}-{}", index + 1));
                fs::write(&output, &reply.output).unwrap();
                if let Ok(records) = std::str::from_utf8(&reply.output) {
                    fs::write(output.with_extension("laid"), in_one_go(records, ShellKind::Fish, None)).unwrap();
                }
                let label = if index + 1 == replies.len() { "*".to_owned() } else { (index + 1).to_string() };
                let _ = writeln!(script, "{label})");
                for (pause, tick) in &reply.ticks {
                    let _ = writeln!(script, "    pause {:.3}\n    printf '{tick}'", pause.as_secs_f64());
                }
                let finale = if reply.finale.is_empty() { "exit 0" } else { reply.finale };
                let _ = writeln!(script, "    pause {:.3}", reply.delay.as_secs_f64());
                if reply.told {
                    script.push_str("    until [ -e \"$dir/go\" ]; do pause 0.02; done\n");
                }
                let _ = writeln!(script, "    date +%s%N >>\"$dir/answered\"\n    say '{}'\n    {finale} ;;", output.display());
            }
            script.push_str("esac; fi\n");
        }
        let path = self.dir.join("gptos");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Counting the files would lose a line when two shells ask at once, so each call's number is claimed by a directory.
    fn guard_script(&self) -> String {
        let mut script = String::from(
            r#"n=1
    until mkdir "$dir/line-$n.d" 2>/dev/null; do n=$((n + 1)); done
    cat >"$dir/line-$n.part"
    printf '%s\n' "$$" >>"$dir/guard-pids"
    printf '%s\n' "$*" >>"$dir/guard-calls"
    mv "$dir/line-$n.part" "$dir/line-$n"
    line=$(tr -d '\0' <"$dir/line-$n")
    case $line in
"#,
        );
        for (index, (part, ruling)) in self.rulings.iter().enumerate() {
            let mut output = Vec::new();
            let finale = match ruling {
                Ruling::Pass(risk) => ruled(&mut output, "pass", risk, ""),
                Ruling::Hold(risk, text) => ruled(&mut output, "hold", risk, text),
                Ruling::Stop(text) => ruled(&mut output, "stop", "placeholder", text),
                Ruling::Message(text) => ruled(&mut output, "msg", text, ""),
                Ruling::Raw(bytes) => {
                    output.extend_from_slice(bytes);
                    "exit 0"
                }
                Ruling::Hang => "exec sleep 600",
                Ruling::Crash => "kill -ABRT $$",
            };
            let path = self.dir.join(format!("ruling-{index}"));
            fs::write(&path, &output).unwrap();
            let part = part.replace('\'', r"'\''");
            let _ = writeln!(script, "    *'{part}'*) cat '{}'; {finale} ;;", path.display());
        }
        script.push_str("    esac\n    printf 'pass\\0none\\0\\0end\\0000\\0\\0'\n    exit 0");
        script
    }

    /// The lines that were to be judged, in the order of the calls.
    pub fn judged(&self) -> Vec<String> {
        (1..).map_while(|n| fs::read_to_string(self.dir.join(format!("line-{n}"))).ok()).collect()
    }

    /// The arguments of each `guard` call.
    pub fn guard_calls(&self) -> Vec<String> {
        self.lines("guard-calls")
    }

    /// The process ids of the `guard` calls.
    pub fn guard_pids(&self) -> Vec<u32> {
        self.lines("guard-pids").iter().map(|line| line.parse().unwrap()).collect()
    }

    /// The queries read on stdin, in the order of the calls.
    pub fn queries(&self) -> Vec<String> {
        self.asked(0)
    }

    /// The names of functions and aliases that came with each query; empty where none came.
    pub fn names(&self) -> Vec<String> {
        self.asked(1)
    }

    /// The shell options that came with each query; empty where none came.
    pub fn options(&self) -> Vec<String> {
        self.asked(2)
    }

    /// What came behind the options with each query, apart by blanks, but for the wish for pipes.
    pub fn told(&self) -> Vec<String> {
        self.written()
            .iter()
            .map(|text| {
                text.split('\0').skip(3).filter(|field| !field.is_empty() && !field.starts_with("pipes=")).collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// All that was written with each query.
    pub fn written(&self) -> Vec<String> {
        (1..).map_while(|n| fs::read_to_string(self.dir.join(format!("query-{n}"))).ok()).collect()
    }

    fn asked(&self, field: usize) -> Vec<String> {
        self.written().iter().map(|text| text.split('\0').nth(field).unwrap_or_default().to_owned()).collect()
    }

    /// The arguments of each `widget` call.
    pub fn calls(&self) -> Vec<String> {
        self.lines("calls")
    }

    /// The process ids of the `widget` calls.
    pub fn pids(&self) -> Vec<u32> {
        self.lines("pids").iter().map(|line| line.parse().unwrap()).collect()
    }

    /// The process ids of the `widget` calls that a signal ended.
    pub fn terminated(&self) -> Vec<u32> {
        self.lines("terminated").iter().map(|line| line.parse().unwrap()).collect()
    }

    /// Nanoseconds since the epoch at which each reply was about to be written.
    pub fn answered_at(&self) -> Vec<u128> {
        self.lines("answered").iter().map(|line| line.parse().unwrap()).collect()
    }

    /// The `gptos ran` reports received so far.
    pub fn ran(&self) -> Vec<Ran> {
        let mut reports = Vec::new();
        for entry in fs::read_dir(&self.dir).unwrap() {
            let path = entry.unwrap().path();
            if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ran-")) {
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            let mut lines = text.splitn(3, '\n');
            let (shell, status, body) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
            let (query, command) = body.split_once('\0').expect("a NUL between the query and the command");
            let command = command.strip_suffix('\0').unwrap_or(command);
            reports.push(Ran { shell: shell.into(), status: status.into(), query: query.into(), command: command.into() });
        }
        reports
    }

    /// The calls of `gptos warm` so far.
    pub fn warmed(&self) -> Vec<String> {
        self.lines("warm")
    }

    /// The words of each call of `gptos prefetch` so far.
    pub fn prefetched(&self) -> Vec<String> {
        self.lines("prefetched")
    }

    /// The parent of each such call and its arguments.
    pub fn prefetch_calls(&self) -> Vec<String> {
        self.lines("prefetch-calls")
    }

    fn lines(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.dir.join(name)).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn push(mut self, reply: Reply) -> Self {
        self.replies.push(reply);
        self.last_is_fresh = false;
        self
    }

    fn last(&mut self) -> &mut Reply {
        let list = if self.last_is_fresh { &mut self.fresh } else { &mut self.replies };
        list.last_mut().expect("a reply was declared before")
    }
}

fn ruled(output: &mut Vec<u8>, kind: &str, text: &str, note: &str) -> &'static str {
    record(output, kind, text, note);
    record(output, "end", "0", "");
    "exit 0"
}

fn record(output: &mut Vec<u8>, kind: &str, text: &str, note: &str) {
    for field in [kind, text, note] {
        output.extend_from_slice(field.as_bytes());
        output.push(0);
    }
}
