//! What a key press starts, and what the integration tells: the words on the line become records for the shell.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::ask::{Ask, Surroundings};
use super::output::{Output, visible};
use super::{ExitStatus, at_hand, begun, facts, hints, pages};
use crate::audit::Writer;
use crate::client::Unavailable;
use crate::config::ConfigFile;
use crate::config::reserved::key_name;
use crate::domain::{Aim, Query, ShellFacts, ShellKind};
use crate::line::context::{self, Context};
use crate::line::one_go::{Unseen, in_one_go, plain_words};
use crate::line::records::{self, Asker, Offered, Records};
use crate::line::standing::Standing;
use crate::line::{WANT, aloud, first_use, needs, present, wire_rules};
use crate::paths::Paths;
use crate::platform::uptime;
use crate::protocol::{Answer, Mode, RanRequest, WarmRequest, WireAim, WireShell};
use crate::suggest::pipeline::Ran;
use crate::system::blast;
use crate::validate::Policy;
use crate::wiring;

/// How many it lists.
const LISTED: usize = 8;
/// No progress sign before this: most answers are there by then, and a flicker is worse than nothing.
const PROGRESS_AFTER: Duration = Duration::from_millis(120);
/// How long `warm` waits for the resident.
const WARM_LIMIT: Duration = Duration::from_millis(100);
/// How long `prefetch` waits for the resident; it runs in the background as well.
const PREFETCH_LIMIT: Duration = Duration::from_secs(1);
/// How long a prompt waits for what is to be told before it.
const NOTICE_LIMIT: Duration = Duration::from_millis(200);
/// How long `ran` waits for the resident; it runs in the background and nobody reads its result.
const RAN_LIMIT: Duration = Duration::from_millis(500);
/// How long `ran` waits for the disk when it remembers a line by itself.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// Hands one record to the shell.
pub(super) fn record(output: &mut Output<'_>, kind: &str, text: &str, note: &str) {
    let mut records = Records::default();
    records.add(kind, text, note);
    output.data(records.as_str());
}

/// What the integration wants of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// A provider's, at once.
    pub fresh: bool,
    /// More of them, to choose from.
    pub list: bool,
    /// Commands with holes as well.
    pub holes: bool,
    /// Only what is at hand.
    pub at_once: bool,
}

/// `gptos widget`: the words on standard input.
pub(super) fn of_words(shell: ShellKind, shell_version: String, wish: Wish, output: &mut Output<'_>) -> ExitStatus {
    let surroundings = Surroundings::look();
    let written = context::read(std::io::stdin().lock());
    if let Ok(written) = &written
        && !wish.fresh
        && !wish.list
        && let Some(records) = at_hand::ask(&at_hand::Asking { shell, version: &shell_version, holes: wish.holes }, written, &surroundings)
    {
        output.data(&if wish.at_once { in_one_go(&records, shell, None) } else { records });
        return ExitStatus::Success;
    }
    if wish.at_once {
        return ExitStatus::NotAtOnce;
    }
    let status = match understood(written) {
        Ok((query, aim, context)) => {
            let mut facts = facts::gather(shell, shell_version);
            context.tell(&mut facts);
            if !wish.fresh && aim.refines.is_none() && aim.scope.is_none() {
                if aloud::asks_about_nothing(&query) {
                    record(output, "msg", aloud::NOTHING_NAMED, "");
                    return ended(ExitStatus::NoAnswer, output);
                }
                if let Some(line) = aloud::asked(&query, &facts) {
                    let policy = Standing::look(&surroundings.paths, &facts).policy(&facts);
                    return ended(explained(line, &facts, &policy, output), output);
                }
            }
            let mode = if wish.fresh { Mode::Fresh } else { Mode::Normal };
            let standing = Standing::look(&surroundings.paths, &facts);
            let want = if wish.list { LISTED } else { WANT };
            let mut ask = Ask { mode, others: wish.list, ..Ask::new(query, aim, facts, want) };
            ask.obey(&standing);
            let mut put = |ask: &Ask| put(ask, &standing, &surroundings, output);
            let line = String::from_utf8_lossy(&context.query);
            let mut answer = match ask.aim.cursor {
                Some(cursor) => begun::answer(&mut ask, (&line, cursor), (&standing, &surroundings.paths), &mut put),
                None => put(&ask),
            };
            // Of a line that was read as words there may be other ways, of a command that was completed not.
            let may_widen = !wish.list && !wish.fresh && ask.aim.cursor.is_none();
            answer.candidates.truncate(want);
            standing.remark(&mut answer, mode);
            if !wish.holes {
                answer.candidates.retain(|candidate| candidate.holes.is_empty());
            }
            answered(&mut answer, &ask, may_widen, (&standing, &surroundings), output)
        }
        Err(reason) => {
            record(output, "msg", &visible(&reason), "");
            ExitStatus::Usage
        }
    };
    ended(status, output)
}

/// Answers a line that the shell has not looked at, since that costs fish more than it costs here.
pub(super) fn of_line(asking: &at_hand::Asking<'_>, names: &str, output: &mut Output<'_>) -> ExitStatus {
    let written = context::read(std::io::stdin().lock()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let line = written.strip_suffix('\n').unwrap_or(&written);
    let Some(words) = plain_words(line) else {
        output.data("other\n");
        return ExitStatus::NotAtOnce;
    };
    // From the next time on the shell may ask without a process, unless each question says which trace it is part of.
    let shell = rustix::process::getppid().filter(|_| facts::variable("TRACEPARENT").is_none());
    let wanted = shell.map(|shell| format!("pipes={}\0", shell.as_raw_nonzero())).unwrap_or_default();
    let question = format!("{words}\0{names}\0\0{wanted}");
    let Some(records) = at_hand::ask(asking, question.as_bytes(), &Surroundings::look()) else { return ExitStatus::NotAtOnce };
    output.data(&in_one_go(&records, asking.shell, Some(Unseen { line, words, told: "", uptime: &uptime() })));
    ExitStatus::Success
}

/// Asks, and shows that the work goes on.
fn put(ask: &Ask, standing: &Standing, surroundings: &Surroundings, output: &mut Output<'_>) -> Answer {
    let mut next = surroundings.started + PROGRESS_AFTER;
    let mut offered = false;
    surroundings.ask(ask, &mut |waiting| {
        let meanwhile = waiting.meanwhile.as_ref().filter(|_| !offered);
        if let Some(mut shown) = meanwhile.and_then(|wire| present::meanwhile(wire, &standing.policy(&ask.facts).for_words(&ask.query))) {
            present::examine(&mut [&mut shown], &ask.facts);
            offered = true;
            record(output, "meanwhile", shown.command(), &shown.note());
        }
        if Instant::now() >= next {
            next = Instant::now() + PROGRESS_AFTER;
            let elapsed = surroundings.started.elapsed().as_millis().to_string();
            record(output, "tick", &elapsed, waiting.on.as_deref().unwrap_or_default());
            output.flush();
            // Nobody reads, so nobody wants the answer; ending closes the connection, which cancels the work.
            if output.is_closed() {
                std::process::exit(i32::from(ExitStatus::Cancelled.code()));
            }
        }
    })
}

fn ended(status: ExitStatus, output: &mut Output<'_>) -> ExitStatus {
    record(output, "end", &status.code().to_string(), "");
    status
}

/// Reads a line aloud; nobody else is asked.
fn explained(line: &str, facts: &ShellFacts, policy: &Policy, output: &mut Output<'_>) -> ExitStatus {
    let mut records = Records::default();
    let is_read = records::explain(line, facts, policy, &mut records);
    output.data(records.as_str());
    if is_read { ExitStatus::Success } else { ExitStatus::NoAnswer }
}

fn answered(
    answer: &mut Answer,
    ask: &Ask,
    may_widen: bool,
    (standing, surroundings): (&Standing, &Surroundings),
    output: &mut Output<'_>,
) -> ExitStatus {
    let mut shown = present::suggestions(answer, &standing.policy(&ask.facts).for_words(&ask.query));
    if shown.is_empty() {
        let examples = pages::of_answer(answer, &standing.policy(&ask.facts));
        leave_needs(answer, surroundings);
        record(output, "msg", &visible(&hints::no_answer(answer, &ask.query, &examples, &surroundings.paths)), "");
        return ExitStatus::NoAnswer;
    }
    let mut records = Records::default();
    let asker = Asker { facts: &ask.facts, started: surroundings.started, count_limit: blast::TIME_LIMIT, patient: true, may_widen };
    let offered = records::offer(&mut shown, answer, &asker, &mut records);
    // They fill the list up, to be read: what a page says a program can do is not what was asked for.
    if ask.others {
        for example in pages::of_answer(answer, &standing.policy(&ask.facts)) {
            records.add("row", &visible(&format!("from tldr: {} · {}", example.command(), example.remark())), "");
        }
    }
    // A row of its own: a message is cut together with the note, and such a line is shown only once, or once a day.
    if offered == Offered::Given {
        let needs = answer.needs.iter().map(|need| (need.cause.as_str(), need.text.as_str()));
        let state = surroundings.paths.state_dir.as_deref();
        let key = || key_of_the_shell(&surroundings.paths);
        let help = first_use::help(ask.facts.shell, &surroundings.paths, &key);
        let line = help.or_else(|| needs::claim(state, needs).map(str::to_owned));
        line.into_iter().for_each(|line| records.add("row", &visible(&line), ""));
    }
    leave_needs(answer, surroundings);
    output.data(records.as_str());
    if offered == Offered::Given { ExitStatus::Success } else { ExitStatus::NoAnswer }
}

/// What the key is called, as far as it is known here: a shell's own start-up file may choose another.
fn key_of_the_shell(paths: &Paths) -> String {
    let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
    Some(key_name(&config.shell.key)).filter(|name| !name.is_empty()).unwrap_or_else(|| "the key".to_owned())
}

/// What could not be told beside the answer is told before the next prompt.
fn leave_needs(answer: &Answer, surroundings: &Surroundings) {
    if !answer.needs.is_empty() {
        let needs = answer.needs.iter().map(|need| (need.cause.as_str(), need.text.as_str()));
        needs::leave(surroundings.paths.state_dir.as_deref(), needs);
    }
}

/// Tells one line of what was left for the prompt. A prompt waits for no disk that does not answer.
pub(super) fn notice(output: &mut Output<'_>) -> ExitStatus {
    let (done, told) = std::sync::mpsc::sync_channel(1);
    let look = move || drop(done.send(needs::take(Surroundings::look().paths.state_dir.as_deref())));
    if std::thread::Builder::new().spawn(look).is_ok()
        && let Ok(Some(text)) = told.recv_timeout(NOTICE_LIMIT)
    {
        output.line(&format!("gptos: {}", visible(&text)));
    }
    ExitStatus::Success
}

/// Lets the resident open a connection to the provider that would be asked. No words are sent: there are hardly any yet. Where
/// none runs one is started, so that its answers can stand behind the words while they are typed; the shell looks for them when this ends.
pub(super) fn warm(shell: ShellKind) -> ExitStatus {
    let surroundings = Surroundings::look();
    let Some(channel) = surroundings.answering_channel() else { return ExitStatus::Success };
    surroundings.await_resident(&channel);
    let facts = facts::gather(shell, String::new());
    let mut ask = Ask::new(String::new(), Aim::default(), facts, 1);
    ask.obey(&Standing::look(&surroundings.paths, &ask.facts));
    if ask.mode == Mode::Offline {
        return ExitStatus::Success;
    }
    let config_file = surroundings.paths.config_file.as_ref().map(|file| file.to_string_lossy().into_owned());
    let request = WarmRequest { config_file, shell: WireShell::from_facts(&ask.facts, &[]) };
    if let Ok(body) = serde_json::to_vec(&request) {
        let _ = channel.exchange("POST", "/v1/warm", &body, WARM_LIMIT);
    }
    ExitStatus::Success
}

/// Hands the resident words that are being typed. Nothing is started for it, and where only this machine may know of the
/// words, or nothing may be kept, nothing is sent.
pub(super) fn prefetch(shell: ShellKind, session: Option<u32>, shell_version: String) -> ExitStatus {
    let Ok((query, aim, context)) = read_context() else { return ExitStatus::Usage };
    let (mut facts, surroundings) = (facts::gather(shell, shell_version), Surroundings::look());
    context.tell(&mut facts);
    if aloud::asked(&query, &facts).is_some() || aloud::asks_about_nothing(&query) {
        return ExitStatus::Success;
    }
    let is_private = Query::from_bytes(query.as_bytes()).is_ok_and(|query| query.is_private());
    let mut ask = Ask::new(query, aim, facts, 1);
    ask.obey(&Standing::look(&surroundings.paths, &ask.facts));
    if ask.mode == Mode::Normal
        && !ask.no_cache
        && !is_private
        && let Some(channel) = surroundings.answering_channel()
    {
        let mut request = ask.on_wire(&surroundings.paths);
        request.session = session.map(u64::from).or(request.session);
        let _ = channel.prefetch(request, &facts::variable, PREFETCH_LIMIT);
    }
    ExitStatus::Success
}

/// Reads what the shell integration writes: the words, what they are about, and what it knows of its shell.
fn read_context() -> Result<(String, Aim, Context), String> {
    understood(context::read(std::io::stdin().lock()))
}

fn understood(written: std::io::Result<Vec<u8>>) -> Result<(String, Aim, Context), String> {
    let context = Context::from_bytes(&written.map_err(|error| format!("standard input: {error}"))?);
    let (query, aim) = context.asks()?;
    Ok((query.to_wire(), aim, context))
}

/// Reads the query from standard input, no more of it than tells that it is too long. A blank in front of it stays.
pub(super) fn read_query() -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(Query::MAX_BYTES * 2).unwrap_or(u64::MAX);
    std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
    Query::from_bytes(&bytes).map(|query| query.to_wire()).map_err(|error| error.to_string())
}

pub(super) fn ran(shell: ShellKind, status: i32) -> ExitStatus {
    let mut text = String::new();
    let limit = u64::try_from(Query::MAX_BYTES * 8).unwrap_or(u64::MAX);
    if std::io::stdin().lock().take(limit).read_to_string(&mut text).is_err() {
        return ExitStatus::Usage;
    }
    let mut fields = text.trim_end_matches('\n').split('\0');
    let (Some(query), Some(command)) = (fields.next(), fields.next()) else { return ExitStatus::Usage };
    let Ok(aim) = context::aim(&context::keyed(fields.map(str::as_bytes))) else { return ExitStatus::Usage };
    // What came of words that are for this machine alone is not kept.
    if Query::from_bytes(query.as_bytes()).is_ok_and(|query| query.is_private()) {
        return ExitStatus::Success;
    }
    let (facts, surroundings) = (facts::gather(shell, String::new()), Surroundings::look());
    let standing = Standing::look(&surroundings.paths, &facts);
    let command = command.trim_end_matches('\n').to_owned();
    let Ok(query) = Query::from_bytes(query.as_bytes()) else { return ExitStatus::Usage };
    let config_file = surroundings.paths.config_file.as_ref().map(|file| file.to_string_lossy().into_owned());
    let request = RanRequest {
        query: query.as_str().to_owned(),
        command,
        status,
        aim: WireAim::from_aim(&aim),
        no_memory: !standing.keeps_answers(),
        rules: Some(wire_rules::to_wire(standing.rules())),
        config_file,
        shell: WireShell::from_facts(&facts, &[]),
    };
    let body = serde_json::to_vec(&request).unwrap_or_default();
    match surroundings.answering_channel().map(|channel| channel.exchange("POST", "/v1/ran", &body, RAN_LIMIT)) {
        Some(Ok(_)) => ExitStatus::Success,
        // It may have been remembered all the same, and twice would count double.
        Some(Err(Unavailable::Unresponsive)) => ExitStatus::NoAnswer,
        // Without a resident for this configuration this process remembers it; it runs behind the prompt, so nobody waits.
        Some(Err(_)) | None => {
            let backend = wiring::direct(&surroundings.paths, Writer::Behind);
            let rules = Arc::new(backend.setup().rules.strictest(standing.rules()));
            let keeps = standing.keeps_answers();
            let ran = Ran { query: &query, aim: &aim, command: &request.command, status, rules: &rules, keeps };
            backend.pipeline().record_ran(&ran, &facts, SystemTime::now());
            backend.pipeline().flush_memory(FLUSH_LIMIT);
            ExitStatus::Success
        }
    }
}
