//! `gptos ssh`: the user's own ssh, with a socket of this session forwarded and a stub for the shell over there.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::arguments::SshArguments;
use super::output::Output;
use super::ssh_answers::FarAnswers;
use super::{ExitStatus, provider_ask};
use crate::config::{ConfigFile, Guard};
use crate::offline::Translator;
use crate::paths::Paths;
use crate::ssh::{Front, Gate, Plan, Stub, cancel, forbids, has_master, resolve, run as run_ssh, serve, socket_name};

/// How long the other side waits for an answer of this machine alone, in seconds.
const WAIT: u64 = 5;
/// How much longer than the deadline of a request it waits where providers are asked.
const MARGIN: u64 = 3;

/// A session that fails sooner than this, before anybody over there has asked, had probably no `sh` to begin with, as on a switch, on
/// Windows or on a server for git.
const FAILS_EARLY: Duration = Duration::from_secs(5);
/// What a shell answers to a command that it does not know or may not run. Another status may be that of a command which the server runs
/// in place of ours, and nobody wants that to be run twice.
const UNKNOWN_COMMAND: [u8; 2] = [126, 127];
/// What servers that know no shell answer. The user decides whether to try again.
const PERHAPS_UNKNOWN: [u8; 2] = [1, 128];

/// Runs ssh. A session that cannot have the keys is a plain one.
pub(super) fn run(arguments: &SshArguments, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let program = OsString::from("ssh");
    let off = if arguments.providers { provider_ask::off_here(paths) } else { None };
    if let Some(why) = &off {
        output.remark(&format!("no provider is asked in this session: {why}"));
    }
    let session = match prepare(&program, arguments, off.is_none(), paths) {
        Ok(session) => session,
        Err(reason) => {
            if let Some(reason) = reason {
                output.remark(&format!("{reason}, so this is a plain session"));
            }
            None
        }
    };
    output.flush();
    let plain = || run_ssh(&program, &arguments.rest, |_| {});
    let ended = match session.map(|session| session.hold(&program, &arguments.rest)) {
        Some(Ok(Ended::Refused)) => {
            output.remark("the other side does not start `sh`, so this is a plain session");
            plain()
        }
        Some(Ok(Ended::Early(status))) => {
            output.remark("if the other side does not start `sh`, `ssh` gives a plain session");
            Ok(status)
        }
        Some(Ok(Ended::With(status))) => Ok(status),
        Some(Err(error)) => Err(error),
        None => plain(),
    };
    match ended {
        Ok(status) => ExitStatus::Passed(status),
        Err(error) => {
            output.error(&format!("ssh: {error}"), Some("is the OpenSSH client installed?"));
            ExitStatus::Internal
        }
    }
}

/// A session with the keys that is ready to begin.
struct Session {
    front: Front,
    gate: Arc<Gate>,
    runtime: Runtime,
    arguments: Vec<OsString>,
    /// What is forwarded, where a master would go on with it.
    shared: Option<OsString>,
}

/// How such a session has ended.
enum Ended {
    /// With this status.
    With(u8),
    /// Before anybody over there asked, with a status that servers without a shell give.
    Early(u8),
    /// Before it began: the other side did not take our command.
    Refused,
}

/// Looks whether there will be a shell at this terminal, and gets everything ready for its questions. Without a session there may be a
/// reason to be told.
fn prepare(program: &OsStr, arguments: &SshArguments, may_ask: bool, paths: &Paths) -> Result<Option<Session>, Option<String>> {
    let has_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let Plan::Shell { .. } = Plan::read(&arguments.rest) else { return Ok(None) };
    // What ssh does not understand it says itself.
    let Some(settings) = resolve(program, &arguments.rest).filter(|_| has_terminal) else { return Ok(None) };
    if let Some(reason) = forbids(&settings) {
        return Err(reason.map(str::to_owned));
    }
    let told = |what: &dyn std::fmt::Display| Some(what.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| told(&format_args!("there are no threads for the keys: {error}")))?;
    let name = socket_name().map_err(|error| told(&error))?;
    let mut front = Front::bind(paths, &format!("ssh-{}", &name[..16])).map_err(|error| told(&error))?;
    let listener = front.take();
    let asks_providers = arguments.providers && may_ask;
    let answers = FarAnswers::new(paths, asks_providers);
    let (config, _) = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current();
    let socket = format!("/tmp/.gptos-{name}");
    let command = Stub {
        socket: &socket,
        keys: [Some(config.shell.key.as_str()), config.shell.key2.as_deref()].into_iter().flatten().collect(),
        tools: Translator::embedded().tools(),
        wait: if asks_providers { answers.deadline().as_secs() + MARGIN } else { WAIT },
        guard: config.guard != Guard::Off,
    }
    .command();
    let gate = Arc::new(Gate::new(Arc::new(answers)));
    if let Some(listener) = listener {
        let gate = Arc::clone(&gate);
        runtime.spawn(async move { drop(serve(listener, gate).await) });
    }
    let mut forwarded = OsString::from(format!("{socket}:"));
    forwarded.push(front.path());
    let mut words: Vec<OsString> = vec!["-t".into(), "-R".into(), forwarded.clone()];
    words.extend(arguments.rest.iter().cloned());
    words.push(command.into());
    Ok(Some(Session { front, gate, runtime, arguments: words, shared: has_master(&settings).then_some(forwarded) }))
}

impl Session {
    /// Waits for the end of ssh; the socket goes with it.
    fn hold(self, program: &OsStr, asked: &[OsString]) -> io::Result<Ended> {
        let begun = Instant::now();
        let (front, handle) = (self.front, self.runtime.handle().clone());
        let ended = run_ssh(program, &self.arguments, |ssh| {
            handle.spawn(pass_on(ssh));
        });
        self.runtime.shutdown_background();
        drop(front);
        if let Some(forwarding) = &self.shared {
            cancel(program, forwarding, asked);
        }
        let is_early = begun.elapsed() < FAILS_EARLY && !self.gate.was_reached();
        Ok(match ended? {
            status if is_early && UNKNOWN_COMMAND.contains(&status) => Ended::Refused,
            status if is_early && PERHAPS_UNKNOWN.contains(&status) => Ended::Early(status),
            status => Ended::With(status),
        })
    }
}

/// What the terminal sends goes to ssh as well, which decides; this process stays to clean up. What only this process is sent is passed on.
async fn pass_on(ssh: Pid) {
    let [interrupt, quit, end, hang_up] = [SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate(), SignalKind::hangup()];
    let (Ok(mut interrupt), Ok(mut quit), Ok(mut end), Ok(mut hang_up)) = (signal(interrupt), signal(quit), signal(end), signal(hang_up))
    else {
        return;
    };
    loop {
        let passed = tokio::select! {
            _ = interrupt.recv() => None,
            _ = quit.recv() => None,
            _ = end.recv() => Some(Signal::TERM),
            _ = hang_up.recv() => Some(Signal::HUP),
        };
        if let Some(passed) = passed {
            let _ = kill_process(ssh, passed);
        }
    }
}
