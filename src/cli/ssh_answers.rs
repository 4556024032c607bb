//! Answers for the other side of an ssh session. They are made in this process from nothing that is kept: the other side could ask for
//! anything, so it must not find here what this user ran, was answered, configured or has in files.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;

use super::facts;
use crate::api::{Backend, Setup, to_record};
use crate::domain::{Aim, ContextField, Query, Risk, ShellFacts};
use crate::line::WANT;
use crate::line::present::{self, Shown};
use crate::offline::Translator;
use crate::paths::Paths;
use crate::protocol::{Answer, Record, WireCandidate};
use crate::ssh::{Answers, FarCommands, FarPlace, FarQuestion, FarSide, FarTools, Lines, Question, own_rules};
use crate::suggest::fit;
use crate::suggest::pipeline::{Mode, Request, WaitingFor};
use crate::suggest::recording::WITHHELD;
use crate::suggest::track::Track;
use crate::validate::{self, Policy};
use crate::wiring;

/// Pipelines that are kept: a session has one machine, whose facts seldom change.
const MOST_MACHINES: usize = 4;
/// Sentences named where nothing is known.
const NEAREST: usize = 2;

/// What is known of a machine, and the pipeline for it.
type Machines = Vec<(FarSide, Arc<dyn Backend>)>;

/// Answers the questions of one session.
pub(super) struct FarAnswers {
    paths: Paths,
    asks_providers: bool,
    /// The environment of this process: keys and search path are those of home, whatever the other side says of its own.
    here: ShellFacts,
    machines: Mutex<Machines>,
}

impl FarAnswers {
    pub(super) fn new(paths: &Paths, asks_providers: bool) -> Self {
        let here = facts::gather(facts::default_shell(), String::new());
        Self { paths: paths.clone(), asks_providers, here, machines: Mutex::default() }
    }

    /// How long an answer may take.
    pub(super) fn deadline(&self) -> Duration {
        wiring::for_far_side(&self.paths, "", Arc::new(FarCommands::default()), Arc::new(FarPlace)).setup().deadline
    }

    fn backend(&self, side: &FarSide) -> Arc<dyn Backend> {
        // Version, folder and options of the shell make no other machine.
        let same = |known: &FarSide| (known.os, known.flavour, &known.has) == (side.os, side.flavour, &side.has);
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, backend)) = machines.iter().find(|(known, _)| same(known)) {
            return Arc::clone(backend);
        }
        let commands = FarCommands::new(side, Translator::embedded().tools());
        let backend = wiring::for_far_side(&self.paths, side.os, Arc::new(commands), Arc::new(FarPlace));
        if machines.len() >= MOST_MACHINES {
            machines.remove(0);
        }
        machines.push((side.clone(), Arc::clone(&backend)));
        backend
    }

    fn facts(&self, side: &FarSide) -> ShellFacts {
        ShellFacts {
            shell: side.shell,
            shell_version: side.version.clone(),
            cwd: side.cwd.clone().unwrap_or_else(|| "/".into()),
            comments: side.comments,
            ..self.here.clone()
        }
    }

    async fn translate(&self, question: FarQuestion) -> Lines {
        let FarQuestion { side, text } = question;
        let query = match Query::from_bytes(text.as_bytes()) {
            Ok(query) => query,
            Err(error) => return Lines::message(&error.to_string()),
        };
        let backend = self.backend(&side);
        // What is wrong with files here is told here, and names them.
        let setup = Setup { problem: None, notice: None, ..backend.setup() };
        let mut facts = self.facts(&side);
        let key_names: Vec<String> = setup.providers.iter().flat_map(|provider| provider.key_variables()).map(str::to_owned).collect();
        let providers = if self.asks_providers { setup.providers.as_slice() } else { &[] };
        if self.asks_providers {
            facts::add_keys(&mut facts, &key_names);
        }
        let rules = own_rules(&setup.rules);
        let request = Request {
            query,
            aim: Aim::default(),
            facts,
            mode: if self.asks_providers { Mode::Normal } else { Mode::Offline },
            want: WANT,
            use_cache: false,
            others: false,
            patient: false,
            session: u64::from(std::process::id()),
            offered_keys: key_names,
            rules: Arc::clone(&rules),
            context: setup.context.iter().copied().filter(|field| *field == ContextField::Folder).collect(),
            deadline: tokio::time::Instant::now() + setup.deadline,
            now: SystemTime::now(),
            track: Track::new(SystemTime::now()),
        };
        let outcome = backend.pipeline().suggest(&request, providers, &WaitingFor::default()).await;
        let Record::Answer(mut answer) = to_record(outcome, &setup) else { return Lines::message("no answer") };
        let failed = !answer.remarks.is_empty();
        fit_for(&side, &mut answer);
        let policy = policy(&side, rules).for_words(request.query.as_str());
        let shown = present::suggestions(&mut answer, &policy);
        match shown.iter().find(|shown| is_one_line(shown)) {
            Some(best) => suggestion(best, &side, &request.facts),
            None => Lines::message(&self.nothing(&answer, failed, request.query.is_private())),
        }
    }

    /// Why there is no command. What a provider said stays here: it may name the account.
    fn nothing(&self, answer: &Answer, failed: bool, is_private: bool) -> String {
        if answer.remarks.iter().any(|remark| remark.starts_with(WITHHELD)) {
            return format!("{WITHHELD}: at home each must be on record, and nothing is recorded of this session");
        }
        let mut text = match (self.asks_providers, failed, is_private) {
            (true, _, true) => "not sure what that means, and words behind a blank are sent to nobody".to_owned(),
            (true, true, _) => "no answer; `gptos status` at home tells of the providers".to_owned(),
            (true, false, _) => "not sure what that means".to_owned(),
            (false, ..) if answer.has_provider => {
                "not sure what that means; `gptos ssh --providers` would let your providers be asked".to_owned()
            }
            (false, ..) => "not sure what that means".to_owned(),
        };
        let near: Vec<String> = answer.nearest.iter().take(NEAREST).map(|sentence| format!("`{sentence}`")).collect();
        if !near.is_empty() {
            text.push_str(&format!("; near it: {}", near.join(", ")));
        }
        text
    }

    fn check(&self, question: &FarQuestion) -> Lines {
        let rules = own_rules(&self.backend(&question.side).setup().rules);
        let verdict = validate::check(&question.text, &policy(&question.side, rules));
        let reason = verdict.worst().map(|worst| worst.reason.as_str()).unwrap_or_default();
        Lines::default().with("risk", &[verdict.risk.name(), reason])
    }
}

impl Answers for FarAnswers {
    fn answer(&self, question: Question) -> BoxFuture<'_, Lines> {
        Box::pin(async move {
            match question {
                Question::Translate(question) => self.translate(question).await,
                Question::Check(question) => self.check(&question),
            }
        })
    }
}

fn policy(side: &FarSide, rules: Arc<validate::CustomRules>) -> Policy {
    Policy::new(side.shell).with_comments(side.comments).with_rules(rules)
}

/// Leaves out what has to be filled in, for which the stub has no keys, and a `sudo` that its user needs not.
fn fit_for(side: &FarSide, answer: &mut Answer) {
    answer.candidates.retain(|candidate| candidate.holes.is_empty());
    if side.root {
        answer.candidates.iter_mut().for_each(without_sudo);
    }
}

fn without_sudo(candidate: &mut WireCandidate) {
    if let Some(rest) = candidate.command.strip_prefix("sudo ").filter(|rest| !rest.starts_with(['-', ' '])) {
        candidate.command = rest.to_owned();
    }
}

/// One Enter runs every line of a buffer.
fn is_one_line(shown: &Shown) -> bool {
    !shown.command().chars().any(char::is_control)
}

fn suggestion(shown: &Shown, side: &FarSide, facts: &ShellFacts) -> Lines {
    let missing = {
        let commands = FarCommands::new(side, Translator::embedded().tools());
        fit::remarks(shown.command(), shown.programs(), facts, &commands, &FarTools(side.flavour))
    };
    let source = match (shown.provider().is_some(), shown.is_guess()) {
        (true, _) => "a provider",
        (false, true) => "offline, a guess",
        (false, false) => "offline",
    };
    let reason = shown.reason().unwrap_or_default();
    let risk = match (shown.risk(), reason) {
        (risk, "") | (risk @ Risk::None, _) => format!("risk {risk}"),
        (risk, reason) => format!("risk {risk}: {reason}"),
    };
    let note: Vec<String> = [source.to_owned(), risk].into_iter().chain(missing).chain(shown.aloud(facts)).collect();
    Lines::default().with("cmd", &[shown.command(), shown.risk().name(), reason, &note.join(" - ")])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: &str = "shell=bash 5.2\nos=Linux\ntools=gnu\nroot=0\nhas=apt ss ip systemctl sudo\n";

    fn answers(home: &std::path::Path, asks_providers: bool) -> FarAnswers {
        let lookup = |name: &str| (name == "HOME").then(|| home.into());
        FarAnswers::new(&Paths::resolve(&lookup, 0, &|| None), asks_providers)
    }

    fn ask(answers: &FarAnswers, fields: &str, text: &str) -> String {
        let question = FarQuestion::read(format!("{fields}\n{text}").as_bytes()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(answers.answer(Question::Translate(question))).ended()
    }

    fn check(answers: &FarAnswers, text: &str) -> String {
        let question = FarQuestion::read(format!("{FACTS}\n{text}").as_bytes()).unwrap();
        answers.check(&question).ended()
    }

    fn command(answer: &str) -> &str {
        answer.split('\t').nth(1).unwrap_or_default()
    }

    #[test]
    fn an_answer_is_written_for_the_other_side() {
        let home = tempfile::tempdir().unwrap();
        let answers = answers(home.path(), false);
        let gnu = ask(&answers, FACTS, "find files bigger than 100 MB");
        assert!(gnu.starts_with("cmd\tfind ") && gnu.ends_with("\nend\n"), "{gnu}");
        let bsd = FACTS.replace("os=Linux", "os=Darwin").replace("tools=gnu", "tools=bsd");
        let listening = |fields: &str| command(&ask(&answers, fields, "show listening ports")).to_owned();
        assert!(listening(FACTS).contains("ss "), "{}", listening(FACTS));
        let brew = bsd.replace("has=apt ss ip systemctl sudo", "has=brew lsof");
        assert!(listening(&brew).contains("lsof") && !listening(&brew).starts_with("ss"), "{}", listening(&brew));
        let dnf = FACTS.replace("has=apt", "has=dnf");
        let install = |fields: &str| command(&ask(&answers, fields, "install the package htop")).to_owned();
        assert!(install(&dnf).contains("dnf") && install(FACTS).contains("apt"), "{} {}", install(&dnf), install(FACTS));
    }

    #[test]
    fn root_needs_no_sudo() {
        let home = tempfile::tempdir().unwrap();
        let answers = answers(home.path(), false);
        let words = "install the package htop";
        assert!(command(&ask(&answers, FACTS, words)).starts_with("sudo "));
        assert!(!command(&ask(&answers, &FACTS.replace("root=0", "root=1"), words)).contains("sudo"));
    }

    #[test]
    fn nothing_of_the_users_own_is_told() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/gptos");
        std::fs::create_dir_all(folder.join("intents")).unwrap();
        std::fs::write(
            folder.join("config.toml"),
            "[[provider]]\nname = \"secret-vendor\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n\
             [[rules.add]]\nid = \"team-x\"\nprograms = [\"frobnicate\"]\nrisk = \"high\"\nreason = \"pages the secret team\"\n",
        )
        .unwrap();
        let answers = answers(home.path(), false);
        let unknown = ask(&answers, FACTS, "zzyzx qwxv blorf");
        assert!(unknown.starts_with("msg\t") && unknown.contains("--providers") && !unknown.contains("secret"), "{unknown}");
        let checked = check(&answers, "frobnicate now");
        assert_eq!(checked, "risk\thigh\ta rule of your own\nend\n");
        // A file that cannot be read is this user's affair as well.
        std::fs::write(folder.join("config.toml"), "secret = [").unwrap();
        let broken = ask(&super::FarAnswers::new(&answers.paths, true), FACTS, "zzyzx qwxv blorf");
        assert!(!broken.contains("secret") && !broken.contains("config"), "{broken}");
    }

    #[test]
    fn a_line_is_judged() {
        let home = tempfile::tempdir().unwrap();
        let answers = answers(home.path(), false);
        assert!(check(&answers, "sudo rm -rf /").starts_with("risk\tcritical\t"));
        assert!(check(&answers, "ls").starts_with("risk\tnone\t"));
    }
}
