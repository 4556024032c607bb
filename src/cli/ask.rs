//! One question, answered by the resident when it can and in this process when it cannot.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{direct, facts};
use crate::client::{Channel, Question, Unavailable, Waiting, autostart};
use crate::config;
use crate::domain::{Aim, ShellFacts, TraceParent};
use crate::line::standing::Standing;
use crate::line::wire_rules;
use crate::paths::Paths;
use crate::platform::OwnBinary;
use crate::protocol::{Answer, Mode, SuggestRequest, WireAim, WireShell};
use crate::validate::CustomRules;

/// Longest deadline the configuration allows, which bounds how long a client waits for a resident.
const LONGEST_DEADLINE: Duration = Duration::from_secs(60);

/// How long the start of a resident is waited for where nobody waits for the answer, and how often it is looked after.
const START_LIMIT: Duration = Duration::from_secs(3);
const START_TICK: Duration = Duration::from_millis(5);

/// What to ask.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) query: String,
    pub(super) aim: Aim,
    pub(super) facts: ShellFacts,
    pub(super) mode: Mode,
    pub(super) want: usize,
    /// Other ways than the answer as well.
    pub(super) others: bool,
    pub(super) no_cache: bool,
    pub(super) patient: bool,
    /// The rules that hold where the shell stands.
    pub(super) rules: Arc<CustomRules>,
}

/// Where this program finds its resident and its files.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) paths: Paths,
    pub(super) binary: Option<OwnBinary>,
    pub(super) started: Instant,
}

impl Surroundings {
    pub(super) fn look() -> Self {
        let started = Instant::now();
        let paths = Paths::from_environment();
        Self { paths, binary: OwnBinary::look().ok(), started }
    }

    /// The same surroundings for a question that was asked at `started`.
    pub(super) fn since(&self, started: Instant) -> Self {
        Self { paths: self.paths.clone(), binary: self.binary.clone(), started }
    }

    /// The way to the resident; `None` when no socket path is possible.
    pub(super) fn channel(&self) -> Option<Channel> {
        let caller = std::env::var("TRACEPARENT").ok().as_deref().and_then(TraceParent::parse);
        Some(Channel { socket: self.paths.runtime().ok()?.socket.clone(), binary: self.binary.clone(), caller })
    }

    /// The way to a resident that may answer this shell: one that is told something by its environment which the resident does
    /// not know is answered here, as one with another configuration file is.
    pub(super) fn answering_channel(&self) -> Option<Channel> {
        if config::is_overridden() { None } else { self.channel() }
    }

    /// Asks the resident, and answers here when it cannot. Never fails: an answer may hold no candidate.
    pub(super) fn ask(&self, ask: &Ask, progress: &mut dyn FnMut(&Waiting)) -> Answer {
        let unavailable = match self.answering_channel() {
            Some(channel) => {
                let question = Question {
                    request: ask.on_wire(&self.paths),
                    facts: &ask.facts,
                    variable: &facts::variable,
                    deadline: self.started + LONGEST_DEADLINE,
                };
                match channel.suggest(question, progress) {
                    Ok(answer) => return answer,
                    Err(unavailable) => unavailable,
                }
            }
            None => Unavailable::NotRunning,
        };
        self.directly(ask, &unavailable, progress)
    }

    /// Where nobody listens on the channel, and the configuration does not say otherwise, starts a resident and waits until it listens.
    pub(super) fn await_resident(&self, channel: &Channel) {
        if !channel.is_absent() || !config::ConfigFile::new(self.paths.config_file.clone(), self.paths.home.clone()).current().0.resident {
            return;
        }
        self.start_resident();
        let until = Instant::now() + START_LIMIT;
        while !channel.is_listening() && Instant::now() < until {
            std::thread::sleep(START_TICK);
        }
    }

    fn start_resident(&self) {
        if let Some(binary) = &self.binary {
            let _ = autostart::start(&binary.path, &|name| std::env::var_os(name));
        }
    }

    fn directly(&self, ask: &Ask, unavailable: &Unavailable, progress: &mut dyn FnMut(&Waiting)) -> Answer {
        let loaded = direct::Loaded::from(&self.paths);
        // It starts in the background and serves the next key press; this one does not wait for it.
        if *unavailable == Unavailable::NotRunning && loaded.config.resident && !config::is_overridden() {
            self.start_resident();
        }
        let mut answer = loaded.answer(ask, self.started, progress);
        if *unavailable == Unavailable::Foreign {
            answer.remarks.push("the resident's socket belongs to another user and was not used".to_owned());
        }
        answer
    }
}

impl Ask {
    /// A question of a person that may be answered in every way.
    pub(super) fn new(query: String, aim: Aim, facts: ShellFacts, want: usize) -> Self {
        Self { query, aim, facts, mode: Mode::Normal, want, others: false, no_cache: false, patient: false, rules: Arc::default() }
    }

    /// Has it obey what holds where the shell stands.
    pub(super) fn obey(&mut self, standing: &Standing) {
        standing.tighten(&mut self.mode, &mut self.no_cache);
        self.rules = Arc::clone(standing.rules());
    }

    pub(super) fn on_wire(&self, paths: &Paths) -> SuggestRequest {
        SuggestRequest {
            query: self.query.clone(),
            aim: WireAim::from_aim(&self.aim),
            mode: self.mode,
            want: self.want,
            others: self.others,
            no_cache: self.no_cache,
            patient: self.patient,
            session: Some(u64::from(std::os::unix::process::parent_id())),
            config_file: paths.config_file.as_ref().map(|file| file.to_string_lossy().into_owned()),
            deadline_ms: None,
            rules: Some(wire_rules::to_wire(&self.rules)),
            shell: WireShell::from_facts(&self.facts, &[]),
        }
    }
}
