//! The key on a line without `??`: what it may become, or what its words ask for.

use super::ask::Ask;
use crate::api::UNRECORDED;
use crate::complete::{self, Reading};
use crate::config::ConfigFile;
use crate::domain::AuditMode;
use crate::line::partial::{self, Becomes, Whole};
use crate::line::standing::Standing;
use crate::paths::Paths;
use crate::protocol::{Answer, Mode, Via, WireCandidate};
use crate::validate::judge;

/// Answers a line without `??`. What it may become is found in this process; words are asked like all others.
pub(super) fn answer(
    ask: &mut Ask,
    (line, cursor): (&str, usize),
    (standing, paths): (&Standing, &Paths),
    put: &mut dyn FnMut(&Ask) -> Answer,
) -> Answer {
    let reading = partial::decide(line, &ask.facts);
    let mut becomes =
        if reading == Reading::Words || ask.mode == Mode::Fresh { Becomes::default() } else { partial::becomes(line, cursor, &ask.facts) };
    let mut whole = partial::whole(line, &ask.facts);
    let before = becomes.lines.len();
    let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
    if config.audit == AuditMode::Required {
        // There is no record of what is found in this process.
        let policy = standing.policy(&ask.facts);
        let may_be_given = |wire: &WireCandidate| {
            wire.clone().into_candidate().is_some_and(|found| judge(&found, &policy).is_ok_and(|found| !found.wants_a_record()))
        };
        becomes.lines.retain(may_be_given);
        whole = whole.filter(|whole| may_be_given(&whole.stays));
    }
    let held = (becomes.lines.len() < before).then(|| UNRECORDED.to_owned());
    let asked_next = config.providers.first().map(|provider| provider.name.clone());
    let mut answer = what_it_becomes(ask, line, (reading, whole, asked_next), becomes, put);
    answer.remarks.extend(held);
    answer.has_provider |= !config.providers.is_empty();
    answer
}

fn what_it_becomes(
    ask: &mut Ask,
    line: &str,
    (reading, whole, asked_next): (Reading, Option<Whole>, Option<String>),
    becomes: Becomes,
    put: &mut dyn FnMut(&Ask) -> Answer,
) -> Answer {
    let given = |candidates| Answer { candidates, ..Answer::default() };
    let is_fresh = ask.mode == Mode::Fresh;
    let Becomes { lines: mut found, is_finished } = becomes;
    let is_name = |one: &WireCandidate| one.reading.as_deref() == Some(complete::NAME);
    match (reading, whole) {
        // Of a program another name that begins like its own, and of a file another file, is no more than a second thought.
        (Reading::Command, Some(whole)) if !is_fresh && (is_finished || whole.is_understood && found.iter().all(is_name)) => {
            if found.is_empty() && whole.is_understood && !complete::has_form(line) {
                ask.aim.cursor = None;
                let said = said_offline(ask, line, true, put);
                if !said.candidates.is_empty() {
                    return said;
                }
            }
            found.insert(0, whole.stays);
            let may_ask = ask.mode == Mode::Normal && !line.starts_with([' ', '\t']);
            Answer { more: asked_next.filter(|_| may_ask), ..given(found) }
        }
        (Reading::Command, _) if !found.is_empty() => given(found),
        (Reading::Command, whole) => {
            let mut answer = put(ask);
            ask.aim.cursor = None;
            if answer.candidates.is_empty() {
                answer = said_offline(ask, line, whole.is_some(), put);
            }
            answer.candidates.extend(whole.filter(|_| answer.candidates.is_empty()).map(|whole| whole.stays));
            answer
        }
        (Reading::Words | Reading::Either, whole) => {
            ask.aim.cursor = None;
            let whole = whole.filter(|_| reading == Reading::Either && complete::has_form(line));
            let is_whole = whole.is_some();
            if found.is_empty() {
                let mut answer = put(ask);
                if let Some(whole) = whole {
                    partial::join(&mut answer, vec![whole.stays], line, is_whole);
                }
                return answer;
            }
            let mut answer = put(&Ask { mode: Mode::Offline, ..ask.clone() });
            partial::join(&mut answer, found, line, is_whole);
            answer
        }
    }
}

/// What the words of a line come to without a provider. They come to something else than a whole command says, unless they are sure to be about
/// its program.
fn said_offline(ask: &Ask, line: &str, is_whole: bool, put: &mut dyn FnMut(&Ask) -> Answer) -> Answer {
    let mut answer = put(&Ask { mode: Mode::Offline, ..ask.clone() });
    answer.candidates.retain(|one| !is_whole || one.via != Via::Guess && partial::is_alike(one, line));
    answer
}
