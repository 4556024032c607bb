//! What a trail holds, as lines for people and as rows for programs.

use super::ExitStatus;
use super::arguments::AuditFormat;
use super::output::{Output, visible};
use crate::audit::{Change, Entry, Kept, Moment, Moments, Offer, Step};

/// Prints what happened since a moment.
pub(super) fn show(moments: &Moments, since: u64, output: &mut Output<'_>) -> ExitStatus {
    let mut printed = false;
    for moment in moments.all.iter().filter(|moment| moment.at_ms() >= since) {
        printed = true;
        match moment {
            Moment::Entry(entry) => step(entry, output),
            Moment::Kept(kept) => output.line(&format!("{}  {}", stamp(kept.at_ms), changed(&kept.change))),
        }
    }
    if !printed && !moments.is_cut {
        output.remark("nothing is recorded");
    }
    whole(moments, output)
}

fn step(entry: &Entry, output: &mut Output<'_>) {
    let when = stamp(entry.at_ms);
    match &entry.step {
        Step::Asked { query, shell, mode } => {
            let mode = if mode == "normal" { String::new() } else { format!(", {mode}") };
            output.bold_line(&format!("{when}  {}  ({shell}{mode}, {})", visible(query), entry.id));
        }
        Step::Offered { offers } if offers.is_empty() => output.line("    nothing was suggested"),
        Step::Offered { offers } => offers.iter().for_each(|offer| output.line(&format!("    {}", offered(offer)))),
        Step::Canceled => output.line("    nobody waited for the answer"),
        Step::Ran { command, edited, status, risk, findings, .. } => {
            let edited = if *edited == Some(true) { ", edited" } else { "" };
            let rules = if findings.is_empty() { String::new() } else { format!(": {}", findings.join(", ")) };
            output.line(&format!("    {when}  ran  {}  (exit {status}{edited}, risk {risk}{rules}, {})", visible(command), entry.id));
        }
    }
}

fn changed(change: &Change) -> String {
    match change {
        Change::TurnedOn => "recording was turned on".to_owned(),
        Change::TurnedOff => "recording was turned off".to_owned(),
        Change::Dropped { first_kept } => format!("the records before number {first_kept} were dropped"),
        Change::Forgot { records: 1 } => "one record was forgotten".to_owned(),
        Change::Forgot { records } => format!("{records} records were forgotten"),
        Change::CutOff { bytes } => format!("{bytes} bytes of a record whose writer had ended were cut off"),
    }
}

/// Says which files are missing in what was printed.
fn whole(moments: &Moments, output: &mut Output<'_>) -> ExitStatus {
    if moments.is_cut {
        output.error("audit: records that were on the disk are gone from its end", Some("`gptos audit verify` tells more"));
        return ExitStatus::NoAnswer;
    }
    let Some(first) = moments.unread.first() else { return ExitStatus::Success };
    let others = moments.unread.len() - 1;
    let others = if others == 0 { String::new() } else { format!(" and {others} more") };
    output.error(&format!("audit: {first}{others} cannot be read to its end"), Some("`gptos audit verify` says why"));
    ExitStatus::NoAnswer
}

fn offered(offer: &Offer) -> String {
    let model = offer.model.as_ref().map(|model| format!(" {}", visible(model))).unwrap_or_default();
    let rules = if offer.findings.is_empty() { String::new() } else { format!(": {}", offer.findings.join(", ")) };
    format!("{}  ({}{model}, risk {}{rules})", visible(&offer.command), visible(&offer.source), offer.risk)
}

/// Prints everything for another program.
pub(super) fn export(moments: &Moments, format: AuditFormat, output: &mut Output<'_>) -> ExitStatus {
    if format == AuditFormat::Csv {
        output.data("id,at_ms,step,query,command,source,model,risk,findings,edited,status,shell,count\r\n");
    }
    for moment in &moments.all {
        match format {
            AuditFormat::Jsonl => output.data(&format!("{}\n", serde_json::to_string(moment).unwrap_or_default())),
            AuditFormat::Csv => {
                for row in rows(moment) {
                    let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
                    output.data(&format!("{}\r\n", cells.join(",")));
                }
            }
        }
    }
    whole(moments, output)
}

/// One row for each step, and of suggestions one for each; that nothing was suggested is a row without a command.
fn rows(moment: &Moment) -> Vec<Vec<String>> {
    let entry = match moment {
        Moment::Entry(entry) => entry,
        Moment::Kept(kept) => return vec![kept_row(kept)],
    };
    let row = |step: &str, cells: [&str; 9]| {
        let cells = cells.into_iter().map(str::to_owned);
        [entry.id.clone(), entry.at_ms.to_string(), step.to_owned()].into_iter().chain(cells).chain([String::new()]).collect()
    };
    match &entry.step {
        Step::Asked { query, shell, .. } => vec![row("asked", [query, "", "", "", "", "", "", "", shell])],
        Step::Offered { offers } if offers.is_empty() => vec![row("offered", [""; 9])],
        Step::Offered { offers } => offers
            .iter()
            .map(|offer| {
                let (model, findings) = (offer.model.as_deref().unwrap_or_default(), offer.findings.join(" "));
                row("offered", ["", &offer.command, &offer.source, model, &offer.risk, &findings, "", "", ""])
            })
            .collect(),
        Step::Canceled => vec![row("canceled", [""; 9])],
        Step::Ran { command, edited, status, shell, risk, findings } => {
            let edited = edited.map(|edited| edited.to_string()).unwrap_or_default();
            vec![row("ran", ["", command, "", "", risk, &findings.join(" "), &edited, &status.to_string(), shell])]
        }
    }
}

fn kept_row(kept: &Kept) -> Vec<String> {
    let (step, count) = match kept.change {
        Change::TurnedOn => ("turned_on", String::new()),
        Change::TurnedOff => ("turned_off", String::new()),
        Change::Dropped { first_kept } => ("dropped", first_kept.to_string()),
        Change::Forgot { records } => ("forgot", records.to_string()),
        Change::CutOff { bytes } => ("cut_off", bytes.to_string()),
    };
    let cells = [String::new(), kept.at_ms.to_string(), step.to_owned()].into_iter();
    cells.chain(std::iter::repeat_n(String::new(), 9)).chain([count]).collect()
}

/// A cell as spreadsheets read it. One that they would take for a formula begins with an apostrophe, and of what controls a terminal
/// only the end of a line stands as it is.
fn quoted(cell: &str) -> String {
    let is_shown = |c: char| c == '\n' || c == '\t' || !c.is_control();
    let shown = |c: char| if is_shown(c) { c.to_string() } else { c.escape_default().to_string() };
    let cell: String = cell.chars().map(shown).collect();
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, cell.replace('"', "\"\""))
}

/// A moment in universal time.
fn stamp(at_ms: u64) -> String {
    let (days, seconds) = (at_ms / 86_400_000, at_ms / 1000 % 86_400);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of a number of days since 1970, in the calendar that begins its years in March.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year_of_era + era * 400, if month < 10 { month + 3 } else { month - 9 });
    (year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_a_date() {
        assert_eq!(stamp(0), "1970-01-01 00:00:00Z");
        assert_eq!(stamp(951_782_399_000), "2000-02-28 23:59:59Z");
        assert_eq!(stamp(951_782_400_000), "2000-02-29 00:00:00Z");
        assert_eq!(stamp(1_798_761_599_999), "2026-12-31 23:59:59Z");
    }

    #[test]
    fn every_step_is_a_row_and_every_row_has_all_columns() {
        let offer = |command: &str| Offer {
            command: command.to_owned(),
            source: "cache".to_owned(),
            model: None,
            risk: "safe".to_owned(),
            findings: Vec::new(),
        };
        let rows = |step: Step| rows(&Moment::Entry(Entry { id: "ab".to_owned(), at_ms: 7, step }));
        let asked = Step::Asked { query: "words".to_owned(), shell: "zsh".to_owned(), mode: "normal".to_owned() };
        for (step, name, commands) in [
            (asked, "asked", &[""][..]),
            (Step::Offered { offers: vec![offer("ls"), offer("ls -a")] }, "offered", &["ls", "ls -a"]),
            (Step::Offered { offers: Vec::new() }, "offered", &[""]),
            (Step::Canceled, "canceled", &[""]),
        ] {
            let rows = rows(step);
            assert_eq!(rows.iter().map(|row| row[4].as_str()).collect::<Vec<_>>(), commands, "{name}");
            assert!(rows.iter().all(|row| row.len() == 13 && row[..3] == ["ab", "7", name]), "{rows:?}");
        }
    }

    #[test]
    fn a_cell_is_no_formula_and_ends_where_it_ends() {
        assert_eq!(quoted("ls"), "\"ls\"");
        assert_eq!(quoted("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(quoted("a\u{1b}[2Jb\u{9b}\r\u{7f}\tc"), "\"a\\u{1b}[2Jb\\u{9b}\\r\\u{7f}\tc\"");
        assert_eq!(quoted("echo \"a,b\"\nc"), "\"echo \"\"a,b\"\"\nc\"");
    }
}
