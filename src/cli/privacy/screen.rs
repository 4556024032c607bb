//! All of it on one screen of 24 rows and 80 columns.

use std::path::Path;

use super::kept::{Kept, Stock};
use super::sent::{Receiver, Sent, short};
use crate::cli::columns;

const ROWS: usize = 24;
const COLUMNS: usize = 80;

/// A line of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Title(String),
    Plain(String),
}

impl Line {
    #[cfg(test)]
    fn text(&self) -> &str {
        match self {
            Line::Title(text) | Line::Plain(text) => text,
        }
    }
}

/// The screen. What there is no row for stands in the JSON, and a line says so.
pub(super) fn lines(stock: &Stock, sent: &Sent, receivers: &[Receiver], home: Option<&Path>) -> Vec<Line> {
    let mut tail = sending(sent, receivers);
    let head = [
        Line::Plain("No telemetry exists. Secrets are taken out of all that is kept or sent.".to_owned()),
        Line::Title("KEPT HERE, for you alone (OPEN: for others too): what, size, how long, end".to_owned()),
    ];
    let closing = [
        "  delete: gptos cache clear; gptos memory forget --all; gptos audit forget --all",
        "  the history of your shell has your `?? words` too, as it has all lines",
        "  words behind a blank are kept nowhere and sent to nobody",
    ];
    // Everybody who is asked comes before the last detail of what is kept.
    let most_receivers = receivers.len().clamp(1, 5);
    if receivers.len() > most_receivers {
        let more = format!("  and {} more: gptos provider list", receivers.len() - most_receivers);
        let first = tail.len() - receivers.len();
        tail.splice(first + most_receivers.., [Line::Plain(more)]);
    }
    let room = ROWS - head.len() - closing.len() - tail.len();
    let closing = closing.map(|text| Line::Plain(text.to_owned()));
    [head.to_vec(), keeping(stock, room, home), closing.to_vec(), tail].concat()
}

/// What is kept, folder by folder, in so many lines at most.
fn keeping(stock: &Stock, room: usize, home: Option<&Path>) -> Vec<Line> {
    let mut shown: Vec<&Kept> = stock.kept.iter().filter(|kept| kept.is_usual || !kept.paths.is_empty()).collect();
    let folders = |shown: &[&Kept]| {
        let mut folders: Vec<&Path> = shown.iter().map(|kept| kept.folder.as_path()).collect();
        folders.dedup();
        folders.len()
    };
    let is_known = stock.unknown.is_empty();
    let mut left_out = 0;
    while shown.len() + folders(&shown) + usize::from(left_out > 0 || !is_known) > room {
        // The smallest of what not everybody has goes first.
        let unusual = shown.iter().enumerate().filter(|(_, kept)| !kept.is_usual).min_by_key(|(_, kept)| kept.bytes);
        let Some(at) = unusual.map(|(at, _)| at).or_else(|| shown.len().checked_sub(1)) else { break };
        shown.remove(at);
        left_out += 1;
    }
    let rows: Vec<[String; 5]> = shown.iter().map(|kept| row(kept)).collect();
    let table = columns::lines(&rows, COLUMNS - 2, &[(0, 11), (3, 12), (4, 12)]);
    let mut lines = Vec::new();
    let mut folder: Option<&Path> = None;
    for (kept, row) in shown.iter().zip(table) {
        if folder != Some(&kept.folder) {
            folder = Some(&kept.folder);
            lines.push(Line::Plain(fitted(&short(&kept.folder, home))));
        }
        lines.push(Line::Plain(format!("  {row}")));
    }
    let more = match (left_out, stock.unknown.as_slice()) {
        (0, []) => return lines,
        (0, [one]) => format!("  unknown here: {}", short(Path::new(one), home)),
        (0, many) => format!("  {} unknown files here; `gptos privacy --json` names them", many.len()),
        // A file that nobody knows is worth its name.
        (more, [one]) => format!("  and {more} more: --json; unknown here: {}", short(Path::new(one), home)),
        (more, unknown) => format!("  and {} more; `gptos privacy --json` names them", more + unknown.len()),
    };
    lines.push(Line::Plain(fitted(&more)));
    lines
}

fn row(kept: &Kept) -> [String; 5] {
    let content = match (kept.what, kept.encrypted) {
        _ if kept.others_can_read => "OPEN",
        (_, true) => "encrypted",
        ("socket, pipes and lock of the background process", _) => "socket",
        _ => "readable",
    };
    // Nothing in the usual lines is longer than its column.
    let lasts = if kept.on { kept.lasts.replace(" days, ", " d, ") } else { "off, no more".to_owned() };
    let is_there = !kept.paths.is_empty();
    // What is running is ended, and not turned off for good.
    let end = kept.turned_off_by.filter(|_| kept.on && content != "socket").unwrap_or(kept.verb.unwrap_or("remove it by hand"));
    [kept.name.clone(), content.to_owned(), if is_there { bytes(kept.bytes) } else { "none".to_owned() }, lasts, end.to_owned()]
}

fn sending(sent: &Sent, receivers: &[Receiver]) -> Vec<Line> {
    if receivers.is_empty() {
        let mut lines = vec![Line::Title("LEAVES THIS MACHINE: nothing, no provider is configured".to_owned())];
        lines.extend(port(sent));
        return lines;
    }
    let context = if sent.context.is_empty() { "nothing about where you are".to_owned() } else { sent.context.join(", ") };
    let mut lines = vec![
        Line::Title("LEAVES THIS MACHINE when nothing here knows the answer; see it before it goes:".to_owned()),
        Line::Plain(format!("  {}", sent.shown_by)),
        Line::Plain(fitted(&format!("  {}; {context}", sent.always.join(", ")))),
    ];
    if sent.while_typing {
        lines.push(Line::Plain("  also while you pause in a line `?? words` in zsh (prefetch = true)".to_owned()));
    }
    lines.extend(port(sent));
    let rows: Vec<[String; 4]> = receivers
        .iter()
        .map(|one| {
            let way = one.way.as_deref().filter(|way| *way != "direct").map(|way| format!(", by {way}")).unwrap_or_default();
            let place = if one.stays_here { " (here)" } else { "" };
            let allowed = match &one.off_here {
                Some(file) => format!("not asked here: {file}"),
                None => format!("allowed by {}", one.allowed_at.as_deref().map_or(one.allowed_by, last_name)),
            };
            [one.name.clone(), format!("{}{place}{way}", one.to), allowed, format!("key: {}", one.key)]
        })
        .collect();
    let table = columns::lines(&rows, COLUMNS - 2, &[(3, 9), (2, 22), (1, 16), (0, 8), (2, 12)]);
    lines.extend(table.into_iter().map(|row| Line::Plain(format!("  {row}"))));
    lines
}

/// The place without the folders, which stand above.
fn last_name(place: &str) -> &str {
    if place.starts_with("~/") { place.rsplit('/').next().unwrap_or(place) } else { place }
}

fn port(sent: &Sent) -> Option<Line> {
    let port = sent.metrics_port?;
    Some(Line::Plain(format!("  metrics_port {port}: counts without words, to every user of this machine")))
}

fn fitted(text: &str) -> String {
    if text.chars().count() <= COLUMNS {
        return text.to_owned();
    }
    text.chars().take(COLUMNS - 1).chain(['…']).collect()
}

fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..100_000 => format!("{:.1} kB", count as f64 / 1e3),
        100_000..1_000_000 => format!("{} kB", count / 1_000),
        1_000_000..100_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{} MB", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Project, parse};
    use crate::paths::Paths;

    /// The screen for a configuration and the files of a home.
    fn screen(config: &str, files: &[&str]) -> String {
        let home = tempfile::tempdir().unwrap();
        for file in files {
            let path = home.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, vec![0; 1234]).unwrap();
            for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
                std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
            }
        }
        let own = home.path().as_os_str().to_owned();
        let lookup = |name: &str| ["HOME", "XDG_RUNTIME_DIR"].contains(&name).then(|| own.clone());
        let mut paths = Paths::resolve(&lookup, 1000, &|| None);
        paths.runtime.truncate(1);
        let config = parse(config, Path::new("/c.toml"), None).unwrap();
        let receivers = super::super::sent::receivers(&config, &Project::default(), &paths, &[]);
        let lines = lines(&Stock::take(&config, &paths), &Sent::by(&config), &receivers, paths.home.as_deref());
        for line in &lines {
            assert!(line.text().chars().count() <= COLUMNS, "{}", line.text());
        }
        assert!(lines.len() <= ROWS, "{lines:?}");
        lines.iter().map(|line| format!("{}\n", line.text())).collect()
    }

    fn blocks(count: usize) -> String {
        let block = |at| {
            format!("[[provider]]\nname = \"vendor-{at}\"\nbase_url = \"https://a-rather-long-name-{at}.example.com/v1\"\nmodel = \"m\"\n")
        };
        (1..=count).map(block).collect()
    }

    const ALL: &[&str] = &[
        ".cache/gptos/cache.v1/db",
        ".cache/gptos/tldr.index",
        ".local/state/gptos/memory.v1",
        ".local/state/gptos/audit/00000001.seg",
        ".local/state/gptos/audit.key",
        ".local/state/gptos/hints",
        ".local/share/gptos/tldr/current/x",
        ".config/gptos/config.toml",
        ".config/gptos/intents/a.toml",
        ".config/gptos/plugin/x",
        "gptos/v1.sock",
    ];

    #[test]
    fn nothing_configured_is_said_to_send_nothing() {
        let text = screen("", &[]);
        assert!(text.contains("No telemetry exists") && text.contains("LEAVES THIS MACHINE: nothing"), "{text}");
        for name in ["cache.v1", "memory.v1", "audit", "config.toml"] {
            assert!(text.contains(&format!("\n  {name} ")), "{name}: {text}");
        }
    }

    #[test]
    fn whatever_there_is_it_is_one_screen() {
        for providers in [0, 1, 2, 5, 6, 40] {
            let more = "metrics_port = 9464\ncontext = [\"cwd\", \"branch\", \"files\"]\n[shell]\nprefetch = true\n";
            let text = screen(&format!("{more}{}", blocks(providers)), ALL);
            assert_eq!(text.matches("vendor-").count(), providers.min(5), "{text}");
            assert!(providers <= 5 || text.contains(&format!("and {} more: gptos provider list", providers - 5)), "{text}");
            assert!(text.contains("encrypted") && text.contains("gptos audit off") && text.contains("gptos cache clear"), "{text}");
            assert!(text.contains("metrics_port 9464"), "{text}");
        }
    }

    #[test]
    fn nothing_is_cut_that_is_usual() {
        let provider = "[[provider]]\nname = \"openai\"\nbase_url = \"https://api.openai.com/v1\"\nmodel = \"m\"\nkey = { env = \"OPENAI_API_KEY\" }\n";
        let more = "metrics_port = 9464\ncontext = [\"cwd\", \"branch\", \"files\"]\n[shell]\nprefetch = true\n";
        let keys = [ALL, &[".local/state/gptos/keys/openai", ".local/state/gptos/log/gptos.jsonl", ".local/state/gptos/stats.v1"]].concat();
        for (config, files) in [
            ("", &[][..]),
            ("", ALL),
            (provider, &keys),
            (&format!("{more}{provider}"), &keys),
            ("audit = \"off\"\nmemory = \"off\"\n", ALL),
        ] {
            let text = screen(config, files);
            assert!(!text.contains('…'), "{text}");
        }
    }

    #[test]
    fn what_is_off_and_what_is_strange_are_told() {
        let text = screen("audit = \"off\"\n", &[".local/state/gptos/audit/00000001.seg", ".local/state/gptos/strange"]);
        assert!(text.contains("1.2 kB  off, no more"), "{text}");
        assert!(text.contains("unknown here: ~/.local/state/gptos/strange"), "{text}");
    }
}
