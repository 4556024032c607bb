//! `POST /v1/line`: what a line editor asks without starting a process. It is answered within a moment from what this machine
//! knows by itself, or with the record `ask`: then the shell starts the program, as if nobody had been asked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use tokio::time::Instant;

use super::{Backend, Behind, InFlight, Setup, Shared, caller, to_mode, to_record};
use crate::domain::Risk;
use crate::line::question::{Question, Wish};
use crate::line::records::{self, Asker, Offered, Records};
use crate::line::standing::Standing;
use crate::line::{WANT, aloud, first_use, needs, partial, present, reading};
use crate::protocol::{Mode, Record};
use crate::suggest::pipeline::{Outcome, Reply, Request};
use crate::suggest::track::Track;

/// How long an answer may take here. The shell waits 20 ms and starts the program then.
const LIMIT: Duration = Duration::from_millis(15);
/// How long one may take that nobody waits for.
const PATIENT_LIMIT: Duration = Duration::from_millis(100);
/// How long the files may be counted that a command reaches. The program has more time for it.
const COUNT_LIMIT: Duration = Duration::from_millis(5);
/// Most directories that are looked at side by side; the others are left to the program.
const MOST_LOOKS: usize = 8;

/// The directories that are being looked at. One whose server is gone keeps a thread for as long as that takes, and no
/// second one.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks(Arc<Mutex<HashMap<PathBuf, Looking>>>);

/// How a directory is being looked at.
#[derive(Debug, Default)]
struct Looking {
    threads: usize,
    /// It did not answer in time.
    stuck: bool,
}

/// The right to look at a directory, held by the thread that does.
struct Look {
    looks: Looks,
    place: PathBuf,
}

impl Looks {
    fn begin(&self, place: &Path) -> Option<Look> {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let threads: usize = looks.values().map(|looking| looking.threads).sum();
        let looking = looks.entry(place.to_owned()).or_default();
        if threads >= MOST_LOOKS || looking.stuck {
            looks.retain(|_, looking| looking.threads > 0);
            return None;
        }
        looking.threads += 1;
        Some(Look { looks: self.clone(), place: place.to_owned() })
    }

    /// It did not answer in time, unless it just has.
    fn is_stuck(&self, place: &Path) {
        if let Some(looking) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
            looking.stuck = true;
        }
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        let mut looks = self.looks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(looking) = looks.get_mut(&self.place) {
            looking.threads -= 1;
            if looking.threads == 0 {
                looks.remove(&self.place);
            }
        }
    }
}

pub(super) async fn line(State(shared): State<Shared>, asked: HeaderMap, body: Bytes) -> Response<Body> {
    let headers = HeaderMap::from_iter(shared.build.clone());
    let question = match Question::read(&body) {
        Ok(question) => Question { caller: caller(&asked).or(question.caller), ..question },
        Err(error) => return (StatusCode::BAD_REQUEST, headers, error.to_string()).into_response(),
    };
    let asker = question.context.wants_pipes().filter(|_| question.wish == Wish::Answer).map(|pid| (pid, question.clone()));
    let answered = shared.line(question).await;
    let mut records = Records::default();
    if answered.is_some()
        && let Some((pid, question)) = asker
        && let Some(place) = shared.pipes.open(&shared, question, pid)
    {
        records.add("pipes", &place, "");
    }
    (headers, records.and(answered.unwrap_or_else(ask)).into_text()).into_response()
}

impl Shared {
    /// The records that answer the question, if they are at hand.
    pub(super) async fn line(&self, question: Question) -> Option<Records> {
        let _in_flight = InFlight::new(&self.activity);
        let begun = Instant::now();
        let wish = question.wish;
        let (look, setup) = self.look_for(&question).await?;
        let (place, backend) = (look.place.clone(), Arc::clone(&self.backend));
        let work = tokio::task::spawn_blocking(move || {
            let _look = look;
            let answered = answer(&question, &setup, backend.as_ref(), begun);
            answered.map(|(records, given)| (records, given.map(|given| (given, setup))))
        });
        let limit = if wish == Wish::Answer { LIMIT } else { PATIENT_LIMIT };
        let Ok(answered) = tokio::time::timeout(limit, work).await else {
            self.looks.is_stuck(&place);
            return None;
        };
        let (records, given) = answered.ok().flatten()?;
        if wish == Wish::Answer {
            self.activity.requests.fetch_add(1, Ordering::Relaxed);
        }
        // Told of here: who gets an answer too late asks the program, and that is told of then. It wakes threads, so it comes after the
        // answer: what is spawned here runs when the task that writes it has nothing more to do.
        if let Some(((request, reply), setup)) = given {
            let (backend, behind) = (Arc::clone(&self.backend), Behind::new(&self.activity));
            tokio::spawn(async move {
                backend.pipeline().given(&request, reply, begun, &setup.providers);
                drop(behind);
            });
        }
        Some(records)
    }

    /// Whether a shell is answered here: one with this build and this configuration, whose programs are known and whose
    /// directory is not known to be stuck.
    async fn look_for(&self, question: &Question) -> Option<(Look, Setup)> {
        let setup = self.backend.setup();
        let [(_, build), _] = &self.build;
        let is_ours = build.as_bytes() == question.build.as_bytes() && self.backend.config_file() == question.config_file.as_deref();
        // What is told once is told by the program.
        let is_silent = [&setup.problem, &setup.notice].into_iter().flatten().all(|notice| notice.is_told());
        if !(is_ours
            && is_silent
            && setup.resident
            && self.backend.pipeline().is_ready_for(&question.facts, question.wish != Wish::Answer).await)
        {
            return None;
        }
        Some((self.looks.begin(&question.facts.cwd)?, setup))
    }
}

/// Says that the shell is to start the program.
pub(super) fn ask() -> Records {
    let mut records = Records::default();
    records.add("ask", "", "");
    ended(records)
}

fn ended(mut records: Records) -> Records {
    records.add("end", "0", "");
    records
}

/// What can be said at once, and the question with its reply where somebody asked; `None` leaves it to the program. It may block for as long as the
/// shell's directory does.
fn answer(question: &Question, setup: &Setup, backend: &dyn Backend, begun: Instant) -> Option<(Records, Option<(Request, Reply)>)> {
    let mut facts = question.facts.clone();
    // The first answer of an installation comes with a line of help, which the program writes.
    if question.wish == Wish::Answer && first_use::is_due(question.state_dir.as_deref()) {
        return None;
    }
    // So does the one that says what needs the user.
    if question.wish == Wish::Answer {
        let needs = setup.needs(backend.pipeline());
        if needs::is_due(question.state_dir.as_deref(), needs.iter().map(|need| need.cause.name())) {
            return None;
        }
    }
    // A shell may have come here through a link, and the project's files lie where the directory really is.
    facts.cwd = facts.cwd.canonicalize().ok()?;
    let standing = Standing::read(question.config_file.as_deref(), &facts.cwd, facts.home.as_deref());
    let policy = standing.policy(&facts);
    let mut records = Records::default();
    if question.wish == Wish::Reading {
        reading::read(std::str::from_utf8(&question.context.query).ok()?, &facts, &policy, &mut records);
        return Some((ended(records), None));
    }
    let typed = question.wish == Wish::Ghost;
    let (query, mut aim) = question.context.asks().ok()?;
    // A command that was begun is for the program, which looks around for what it may become.
    if aim.cursor.take().is_some() && !partial::is_words(&String::from_utf8_lossy(&question.context.query), &facts) {
        return None;
    }
    if aloud::asks_about_nothing(query.as_str()) {
        return None;
    }
    if let Some(line) = aloud::asked(query.as_str(), &facts).filter(|_| aim.is_plain()) {
        return (!typed && records::explain(line, &facts, &policy, &mut records)).then(|| (ended(records), None));
    }
    let (mut mode, mut no_cache) = (Mode::Normal, false);
    standing.tighten(&mut mode, &mut no_cache);
    let request = Request {
        query,
        aim,
        facts,
        mode: to_mode(mode),
        want: WANT,
        others: false,
        use_cache: !no_cache,
        patient: false,
        session: 0,
        offered_keys: Vec::new(),
        rules: Arc::new(setup.rules.strictest(standing.rules())),
        context: setup.context.clone(),
        deadline: begun + LIMIT,
        now: SystemTime::now(),
        track: Track::new(SystemTime::now()).in_trace(question.caller),
    };
    let reply = backend.pipeline().at_once(&request, &setup.providers, typed)?;
    let Record::Answer(mut answer) = to_record(Outcome::Reply(reply.clone()), setup) else { return None };
    standing.remark(&mut answer, Mode::Normal);
    if !question.holes {
        answer.candidates.retain(|candidate| candidate.holes.is_empty());
    }
    let mut shown = present::suggestions(&mut answer, &policy.for_words(request.query.as_str()));
    // What nobody asked for yet is shown if its source is sure of it, and if it does no great harm.
    let may_show = |best: &present::Shown| best.is_sure() && best.risk() <= Risk::Medium && !present::stays_out(best.command());
    if typed && !shown.first().is_some_and(may_show) {
        return None;
    }
    let asker = Asker { facts: &request.facts, started: begun.into_std(), count_limit: COUNT_LIMIT, patient: false, may_widen: true };
    // Without a suggestion the program looks for something else to say.
    if shown.is_empty() || records::offer(&mut shown, &answer, &asker, &mut records) != Offered::Given {
        return None;
    }
    Some((ended(records), (!typed).then_some((request, reply))))
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
