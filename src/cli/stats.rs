//! `gptos stats`: what the days brought, for people: answers, tokens, money, and what was learned.

use std::path::Path;

use serde::Serialize;

use super::ExitStatus;
use super::arguments::StatsArguments;
use super::columns;
use super::daemon::exchange;
use super::facts;
use super::output::{Output, visible};
use crate::config::{Config, ConfigFile};
use crate::domain::{Day, Money};
use crate::memory::FileMemory;
use crate::paths::Paths;
use crate::providers;
use crate::stats::{self, Calls, Days, EDGES, Row, StatsError, Times};

/// Columns of a terminal that does not tell its width.
const USUAL_WIDTH: usize = 80;
/// In a narrower one times are told by two numbers alone.
const PICTURE_WIDTH: usize = 60;
/// Parts of a whole that stand below each other, the least first.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same where the terminal has letters only.
const PLAIN_STEPS: [char; 8] = ['.', '.', ':', ':', '-', '=', '#', '#'];

/// All that is told.
#[derive(Debug, Serialize)]
struct Report {
    since: String,
    days: u32,
    /// Answers, by what gave them.
    answers: Vec<Answers>,
    total: u64,
    /// The share of answers that were at hand from before, from 0 to 1.
    cache_hit_rate: Option<f64>,
    models: Vec<ModelReport>,
    spent: Spent,
    prices_as_of: &'static str,
    learned: Learned,
}

#[derive(Debug, Serialize)]
struct Answers {
    source: String,
    count: u64,
    /// The time within which half of them came, in milliseconds; `None`: beyond all that is told apart.
    p50_ms: Option<u64>,
    p95_ms: Option<u64>,
    /// How many took up to each of `le_ms`, and longer than the one before.
    histogram: Vec<Place>,
}

#[derive(Debug, Serialize)]
struct Place {
    le_ms: Option<u64>,
    count: u64,
}

#[derive(Debug, Serialize)]
struct ModelReport {
    provider: String,
    model: String,
    calls: u64,
    input_tokens: u64,
    output_tokens: u64,
    /// Calls whose tokens nobody told.
    guessed_calls: u64,
    /// `known`, `free`, `unknown`, or `partly` where it was known for some calls.
    price: &'static str,
    cost_usd: Option<f64>,
    unpriced_calls: u64,
}

#[derive(Debug, Serialize)]
struct Spent {
    day_usd: f64,
    day_cap_usd: Option<f64>,
    month_usd: f64,
    month_cap_usd: Option<f64>,
    day_tokens: u64,
    day_tokens_cap: Option<u64>,
}

#[derive(Debug, Default, Serialize)]
struct Learned {
    lines: usize,
    questions: usize,
    answers: u64,
}

/// Prints it.
pub(super) fn run(arguments: &StatsArguments, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let Some(state) = paths.state_dir.as_deref() else {
        output.error("stats: no home directory, so nothing is counted", Some("set HOME"));
        return ExitStatus::NoAnswer;
    };
    // A resident writes seldom. Without one everything is written.
    let _ = exchange("POST", "/v1/stats/flush");
    let failed = |error: StatsError, output: &mut Output<'_>| {
        output.error(&format!("stats: {error}"), Some("a file of another kind can be moved away, then a new one is begun"));
        ExitStatus::Internal
    };
    if arguments.mend {
        return match stats::mend(state) {
            Ok(damage) => {
                output.remark(&damage.map_or_else(|| "nothing is damaged".to_owned(), |damage| format!("mended: {}", cause(&damage))));
                ExitStatus::Success
            }
            Err(error) => failed(error, output),
        };
    }
    let (days, damage) = match stats::days(state) {
        Ok(found) => found,
        Err(error) => return failed(error, output),
    };
    let (config, problem) = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current();
    let (today, count) = (stats::today(), arguments.days());
    let first = Day(today.0 - i32::try_from(count).unwrap_or(i32::MAX) + 1);
    // Of the time before anything was counted nothing is told.
    let first = days.first().map_or(first, |known| known.max(first)).min(today);
    let report = Report::new(&days, (first, today), &config, learned(state));
    if let Some(problem) = problem {
        output.error(&problem.to_string(), problem.hint.as_deref());
        output.remark("the caps here are those of the defaults; a background process that runs keeps to those it has read before");
    }
    if let Some(damage) = damage {
        output.remark(&damage);
    }
    if arguments.json {
        output.data(&format!("{}\n", serde_json::to_string(&report).unwrap_or_default()));
    } else {
        let width = output.columns().unwrap_or(USUAL_WIDTH);
        show(&report, width, if facts::writes_utf8() { &STEPS } else { &PLAIN_STEPS }, output);
    }
    ExitStatus::Success
}

/// What was damaged, without what to do about it.
fn cause(damage: &str) -> &str {
    damage.split(": ").next().unwrap_or(damage)
}

fn learned(state: &Path) -> Learned {
    let Ok(lines) = FileMemory::open(state).and_then(|memory| memory.all()) else { return Learned::default() };
    let mut questions: Vec<&str> = lines.iter().map(|line| line.query.as_str()).collect();
    questions.sort_unstable();
    questions.dedup();
    Learned { lines: lines.len(), questions: questions.len(), answers: 0 }
}

impl Report {
    fn new(days: &Days, (first, today): (Day, Day), config: &Config, learned: Learned) -> Self {
        let row = days.since(first);
        let total: u64 = row.answers.values().map(Times::count).sum();
        let of = |sources: &[&str]| sources.iter().filter_map(|source| row.answers.get(*source)).map(Times::count).sum::<u64>();
        let caps = config.online.caps;
        let mut answers: Vec<_> = row.answers.iter().map(|(source, times)| Answers::new(source, times)).collect();
        answers.sort_by_key(|answers| std::cmp::Reverse(answers.count));
        Self {
            since: first.to_string(),
            days: u32::try_from(today.0 - first.0 + 1).unwrap_or_default(),
            answers,
            total,
            cache_hit_rate: (total > 0).then(|| of(&["cache", "stale"]) as f64 / total as f64),
            models: models(&row),
            spent: Spent {
                day_usd: dollars(days.spent_since(today)),
                day_cap_usd: caps.day.map(dollars),
                month_usd: dollars(days.spent_since(today.first_of_month())),
                month_cap_usd: caps.month.map(dollars),
                day_tokens: days.tokens_since(today),
                day_tokens_cap: caps.day_tokens,
            },
            prices_as_of: providers::AS_OF,
            learned: Learned { answers: of(&["ran"]), ..learned },
        }
    }
}

impl Answers {
    fn new(source: &str, times: &Times) -> Self {
        let edges = EDGES.iter().map(|edge| Some(*edge)).chain([None]);
        let histogram = edges.zip(times.places()).map(|(le_ms, count)| Place { le_ms, count }).collect();
        Self { source: source.to_owned(), count: times.count(), p50_ms: times.within(50), p95_ms: times.within(95), histogram }
    }

    /// How many took how long, as a picture of one line. What is rare is seen as well.
    fn picture(&self, steps: &[char; 8]) -> String {
        let most = self.histogram.iter().map(|place| place.count).max().unwrap_or_default().max(1);
        let step = |count: u64| match count {
            0 => ' ',
            count => steps[((count * 8).div_ceil(most) as usize).clamp(1, 8) - 1],
        };
        self.histogram.iter().map(|place| step(place.count)).collect()
    }
}

fn models(row: &Row) -> Vec<ModelReport> {
    let all = row.models.iter().flat_map(|(provider, models)| models.iter().map(move |(model, calls)| (provider, model, calls)));
    let mut reports: Vec<_> =
        all.filter(|(_, _, calls)| calls.calls > 0).map(|(provider, model, calls)| report(provider, model, calls)).collect();
    reports.sort_by_key(|model| std::cmp::Reverse(model.calls));
    reports
}

fn report(provider: &str, model: &str, calls: &Calls) -> ModelReport {
    let has_cost = calls.parts > 0;
    let (price, cost) = match (calls.unpriced > 0, has_cost, calls.free > 0) {
        (true, false, false) => ("unknown", None),
        (true, ..) => ("partly", Some(calls.money())),
        (false, false, true) => ("free", Some(Money(0))),
        (false, ..) => ("known", Some(calls.money())),
    };
    ModelReport {
        provider: provider.to_owned(),
        model: model.to_owned(),
        calls: calls.calls,
        input_tokens: calls.input,
        output_tokens: calls.output,
        guessed_calls: calls.guessed,
        price,
        cost_usd: cost.map(dollars),
        unpriced_calls: calls.unpriced,
    }
}

fn dollars(money: Money) -> f64 {
    money.0 as f64 / 1e9
}

fn amount(dollars: f64) -> String {
    Money((dollars * 1e9).round() as i64).to_string()
}

fn show(report: &Report, width: usize, steps: &[char; 8], output: &mut Output<'_>) {
    let rate = report.cache_hit_rate.map(|rate| format!(", {:.0} % from the cache", rate * 100.0)).unwrap_or_default();
    let days = if report.days == 1 { "today".to_owned() } else { format!("{} days from {}", report.days, report.since) };
    output.line(&format!("{days}: {} answers{rate}", report.total));
    if !report.answers.is_empty() {
        let header = ["SOURCE", "ANSWERS", "P50 MS", "P95 MS", if width < PICTURE_WIDTH { "" } else { "1 MS TO 8 S" }].map(str::to_owned);
        let rows = report.answers.iter().map(|answers| {
            let within = |edge: Option<u64>| edge.map_or_else(|| "> 8192".to_owned(), |edge| edge.to_string());
            let picture = if width < PICTURE_WIDTH { String::new() } else { answers.picture(steps) };
            [visible(&answers.source), answers.count.to_string(), within(answers.p50_ms), within(answers.p95_ms), picture]
        });
        table(std::iter::once(header).chain(rows).collect(), width, &[(0, 8), (4, 0)], output);
    }
    if !report.models.is_empty() {
        let header = ["PROVIDER", "MODEL", "CALLS", "TOKENS IN/OUT", "COST"].map(str::to_owned);
        let rows = report.models.iter().map(|model| {
            let about = if model.guessed_calls > 0 { "about " } else { "" };
            let tokens = format!("{about}{}/{}", model.input_tokens, model.output_tokens);
            let cost = match (model.price, model.cost_usd) {
                ("unknown", _) => "price unknown".to_owned(),
                ("free", _) => "free".to_owned(),
                ("partly", Some(cost)) => format!("{} and {} of unknown price", amount(cost), model.unpriced_calls),
                (_, cost) => amount(cost.unwrap_or_default()),
            };
            [visible(&model.provider), visible(&model.model), model.calls.to_string(), tokens, cost]
        });
        table(std::iter::once(header).chain(rows).collect(), width, &[(1, 8), (0, 8), (4, 8)], output);
        output.line(&format!("prices of {}; `provider.price` in the configuration sets others", report.prices_as_of));
    }
    let of = |cap: Option<f64>| cap.map(|cap| format!(" of {}", amount(cap))).unwrap_or_default();
    let spent = &report.spent;
    let tokens = spent.day_tokens_cap.map(|cap| format!("; {} of {cap} tokens today", spent.day_tokens)).unwrap_or_default();
    output.line(&format!(
        "spent today {}{}, this month {}{}{tokens}",
        amount(spent.day_usd),
        of(spent.day_cap_usd),
        amount(spent.month_usd),
        of(spent.month_cap_usd)
    ));
    let Learned { lines, questions, answers } = report.learned;
    output.line(&format!("learned {lines} lines for {questions} questions; {answers} answers were what you ran before"));
}

fn table<const N: usize>(rows: Vec<[String; N]>, width: usize, may_shrink: &[(usize, usize)], output: &mut Output<'_>) {
    let mut lines = columns::lines(&rows, width, may_shrink).into_iter();
    if let Some(header) = lines.next() {
        output.bold_line(&header);
    }
    lines.for_each(|line| output.line(&line));
}

#[cfg(test)]
#[path = "stats_tests.rs"]
mod tests;
