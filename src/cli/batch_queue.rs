//! Several queries of a batch at a time, their results in the order of the lines.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use super::ExitStatus;
use super::batch::{BatchAnswer, Line, QUERIES, Wrong, parse, print, read_line, result_line};
use super::output::Output;

/// Queries that are answered at the same time.
const WIDTH: usize = 10;
/// Lines that may be under way: while an early one is slow, so many results after it may wait to be written. Then the input
/// is not read further, so neither providers nor memory are flooded.
const WINDOW: usize = 4 * WIDTH;

/// Answers one query.
pub type Answering = dyn Fn(&str) -> BatchAnswer + Send + Sync;

/// Where a line stands: among the lines that are not empty, and in the input.
#[derive(Clone, Copy)]
struct Place {
    turn: u64,
    line: u64,
}

enum Work {
    Query(Value, String),
    Failed(Failed),
}

enum Failed {
    Wrong(Wrong),
    /// The query with this id was understood, and answering it broke something inside.
    Broken(Value),
    TooLong,
    Unreadable(String),
}

type Done = Result<String, Failed>;

/// Like [`super::batch::translate`] for queries that wait for somebody else most of the time. A result is written as soon
/// as those before it are, however slowly the input comes.
pub fn translate(input: impl BufRead + Send + 'static, answer: Arc<Answering>, output: &mut Output<'_>) -> ExitStatus {
    let (to_work, work) = sync_channel::<(Place, Work)>(1);
    let (to_main, done) = sync_channel::<(u64, (Place, Done))>(WINDOW);
    let (written, turns) = sync_channel::<()>(WINDOW);
    for _ in 0..WINDOW {
        let _ = written.try_send(());
    }
    let work = Arc::new(Mutex::new(work));
    let mut n_workers = 0;
    for _ in 0..WIDTH {
        let (work, to_main, answer) = (Arc::clone(&work), to_main.clone(), Arc::clone(&answer));
        let worker = thread::Builder::new().name("batch".to_owned()).spawn(move || answer_from(&work, &to_main, answer.as_ref()));
        n_workers += usize::from(worker.is_ok());
    }
    drop(to_main);
    // It may wait for its input for ever; the process does not wait for it.
    let reader = thread::Builder::new().name("batch-input".to_owned()).spawn(move || read_all(input, &turns, &to_work));
    if n_workers == 0 || reader.is_err() {
        output.error("batch: no thread can be started", None);
        return ExitStatus::Internal;
    }
    write_in_order(&done, &written, output)
}

fn read_all(mut input: impl BufRead, turns: &Receiver<()>, to_work: &SyncSender<(Place, Work)>) {
    let mut line = Vec::new();
    let mut place = Place { turn: 0, line: 0 };
    loop {
        place.line += 1;
        let work = match read_line(&mut input, &mut line) {
            Ok(Line::End) => return,
            Ok(Line::Whole) if line.trim_ascii().is_empty() => continue,
            Ok(Line::Whole) => match parse(&line, &QUERIES) {
                Ok((id, query)) => Work::Query(id, query),
                Err(wrong) => Work::Failed(Failed::Wrong(wrong)),
            },
            Ok(Line::TooLong) => Work::Failed(Failed::TooLong),
            Err(error) => Work::Failed(Failed::Unreadable(error.to_string())),
        };
        let ends = matches!(work, Work::Failed(Failed::Unreadable(_)));
        if turns.recv().is_err() || to_work.send((place, work)).is_err() || ends {
            return;
        }
        place.turn += 1;
    }
}

fn answer_from(work: &Mutex<Receiver<(Place, Work)>>, to_main: &SyncSender<(u64, (Place, Done))>, answer: &Answering) {
    loop {
        let taken = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((place, work)) = taken else { return };
        let done = match work {
            // A result that never comes would hold back all that follow it.
            Work::Query(id, query) => match catch_unwind(AssertUnwindSafe(|| answer(&query))) {
                Ok(answer) => Ok(result_line(&id, &answer)),
                Err(_) => Err(Failed::Broken(id)),
            },
            Work::Failed(failed) => Err(failed),
        };
        if to_main.send((place.turn, (place, done))).is_err() {
            return;
        }
    }
}

fn write_in_order(done: &Receiver<(u64, (Place, Done))>, written: &SyncSender<()>, output: &mut Output<'_>) -> ExitStatus {
    let (mut n_understood, mut n_wrong, mut turn) = (0_u64, 0_u64, 0);
    let mut early: BTreeMap<u64, (Place, Done)> = BTreeMap::new();
    while !output.is_closed() {
        let Ok((number, one)) = done.recv() else { break };
        early.insert(number, one);
        while let Some((place, done)) = early.remove(&turn) {
            turn += 1;
            let line = place.line;
            match done {
                Ok(result) => {
                    n_understood += 1;
                    print(&result, output);
                }
                Err(Failed::Wrong(wrong)) => {
                    n_wrong += 1;
                    output.error(&format!("batch: line {line}: {}", wrong.cause), wrong.hint);
                    if let Some(id) = wrong.id {
                        print(&result_line(&id, &BatchAnswer::default()), output);
                    }
                }
                Err(Failed::Broken(id)) => {
                    n_understood += 1;
                    output.error(&format!("batch: line {line}: no answer because of a defect in gptos"), None);
                    print(&result_line(&id, &BatchAnswer::default()), output);
                }
                Err(Failed::TooLong) => {
                    n_wrong += 1;
                    output.error(&format!("batch: line {line}: longer than 32 MiB"), None);
                }
                Err(Failed::Unreadable(cause)) => {
                    output.error(&format!("batch: standard input: {cause}"), None);
                    return ExitStatus::Internal;
                }
            }
            let _ = written.try_send(());
        }
    }
    if n_understood == 0 && n_wrong > 0 { ExitStatus::Usage } else { ExitStatus::Success }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::cli::output::tests::Captured;

    fn run(input: impl BufRead + Send + 'static, answer: Arc<Answering>) -> (ExitStatus, Vec<String>, String) {
        let captured = Captured::default();
        let mut output = captured.output();
        let status = translate(input, answer, &mut output);
        let status = output.finish(status);
        (status, captured.out().lines().map(str::to_owned).collect(), captured.err())
    }

    fn echo(query: &str) -> BatchAnswer {
        BatchAnswer { command: Some(query.to_owned()), ..BatchAnswer::default() }
    }

    #[test]
    fn results_come_in_the_order_of_the_lines_and_ten_are_made_at_once() {
        let (under_way, most) = (Arc::new((Mutex::new(0), Condvar::new())), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        let answer = move |query: &str| {
            let (count, changed) = &*under_way;
            let mut count = count.lock().unwrap();
            *count += 1;
            seen.fetch_max(*count, Ordering::Relaxed);
            changed.notify_all();
            // The first ten wait for each other, so that they are surely made at the same time.
            count = changed.wait_timeout_while(count, Duration::from_secs(10), |count| *count < WIDTH && query.len() == 1).unwrap().0;
            if query.len() > 1 {
                *count -= 1;
            }
            echo(query)
        };
        let lines: String = (0..100).map(|id| format!("{{\"id\":{id},\"query\":\"{id}\"}}\n")).collect();
        let (status, out, err) = run(Cursor::new(lines), Arc::new(answer));
        assert_eq!((status, err.as_str(), out.len()), (ExitStatus::Success, "", 100));
        for (id, line) in out.iter().enumerate() {
            assert!(line.starts_with(&format!("{{\"id\":{id},\"command\":\"{id}\"")), "{line}");
        }
        assert!(most.load(Ordering::Relaxed) >= WIDTH);
    }

    #[test]
    fn wrong_lines_are_told_of_in_their_place() {
        let input = "\nx\n{\"id\":1}\n\n{\"id\":2,\"query\":\"ls\"}\n";
        let (status, out, err) = run(Cursor::new(input), Arc::new(echo));
        assert_eq!(status, ExitStatus::Success);
        assert!(err.contains("line 2: not JSON") && err.contains("line 3: `query`: missing"), "{err}");
        assert!(out.len() == 2 && out[0].starts_with("{\"id\":1,\"command\":null") && out[1].starts_with("{\"id\":2,\"command\":\"ls\""));
        assert_eq!(run(Cursor::new("x\n"), Arc::new(echo)).0, ExitStatus::Usage);
        assert_eq!(run(Cursor::new(""), Arc::new(echo)).0, ExitStatus::Success);
    }

    #[test]
    fn an_answer_that_panics_is_told_of_and_holds_back_no_other() {
        let lines: String = (0..100).map(|id| format!("{{\"id\":{id},\"query\":\"{id}\"}}\n")).collect();
        let answer = |query: &str| if query.ends_with('7') { panic!("on purpose") } else { echo(query) };
        let (status, out, err) = run(Cursor::new(lines), Arc::new(answer));
        assert_eq!((status, out.len()), (ExitStatus::Success, 100), "{err}");
        for (id, line) in out.iter().enumerate() {
            let command = if id % 10 == 7 { "null".to_owned() } else { format!("\"{id}\"") };
            assert!(line.starts_with(&format!("{{\"id\":{id},\"command\":{command}")), "{line}");
        }
        let told: Vec<_> = err.lines().filter(|line| line.starts_with("gptos: ")).collect();
        assert_eq!(told.len(), 10, "{err}");
        assert_eq!(told[0], "gptos: batch: line 8: no answer because of a defect in gptos");
    }

    /// Gives its second line only after the first one was answered.
    struct Conversation(Arc<(Mutex<bool>, Condvar)>, Vec<&'static str>);

    impl Read for Conversation {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.1.len() == 1 {
                let answered = self.0.1.wait_timeout_while(self.0.0.lock().unwrap(), Duration::from_secs(10), |answered| !*answered);
                assert!(*answered.unwrap().0, "the first answer came before the second line was there");
            }
            let Some(line) = self.1.pop() else { return Ok(0) };
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }

    #[test]
    fn a_result_does_not_wait_for_the_next_line() {
        let answered = Arc::new((Mutex::new(false), Condvar::new()));
        let lines = vec!["{\"id\":2,\"query\":\"b\"}\n", "{\"id\":1,\"query\":\"a\"}\n"];
        let input = std::io::BufReader::new(Conversation(Arc::clone(&answered), lines));
        let answer = move |query: &str| {
            *answered.0.lock().unwrap() = true;
            answered.1.notify_all();
            echo(query)
        };
        assert_eq!(run(input, Arc::new(answer)).1.len(), 2);
    }
}
