//! All of it on one screen of 24 rows and 80 columns.

use std::path::Path;

use super::kept::{Kept, Stock};
use super::sent::{Receiver, Sent, short};
use crate::cli::columns;

const ROWS: usize = 24;
const COLUMNS: usize = 80;
/// What has a line of its own only where there is room, the least first.
const LEAST: [&str; 9] = ["plugin", "hints", "tldr.index", "tldr", "intents", "audit.key", "stats.v1", "log", "keys"];
/// More of the end of an address is shown than of its beginning: who is behind it stands there.
const LONGEST_ADDRESS: usize = 40;

/// Who says whom words are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The files.
    Files,
    /// A background process, because the files have a mistake.
    Resident,
    /// Nobody, because the files have a mistake and none runs.
    Nobody,
}

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
pub(super) fn lines(stock: &Stock, (sent, receivers, by): (&Sent, &[Receiver], By), home: Option<&Path>) -> Vec<Line> {
    let all = sending(sent, receivers, by);
    let head = [
        Line::Plain("No telemetry exists. Secrets are taken out of all that is kept or sent.".to_owned()),
        Line::Title("KEPT HERE, for you alone (OPEN: for others too): what, size, how long, end".to_owned()),
    ];
    let closing = [
        "  delete: gptos cache clear; gptos memory forget --all; gptos audit forget --all",
        "  the history of your shell has your `?? words` too, as it has all lines",
        "  words behind a blank are kept nowhere and sent to nobody",
    ];
    let closing = closing.map(|text| Line::Plain(text.to_owned()));
    let mut most = receivers.len().clamp(1, 5);
    loop {
        let mut tail = all.clone();
        if receivers.len() > most {
            let more = format!("  and {} more: gptos provider list", receivers.len() - most);
            tail.splice(all.len() - receivers.len() + most.., [Line::Plain(more)]);
        }
        let room = ROWS - head.len() - closing.len() - tail.len();
        let lines = [head.to_vec(), keeping(stock, room, home), closing.to_vec(), tail].concat();
        if lines.len() <= ROWS || most == 1 {
            return lines;
        }
        most -= 1;
    }
}

/// What is kept, folder by folder, in so many lines at most.
fn keeping(stock: &Stock, room: usize, home: Option<&Path>) -> Vec<Line> {
    let mut shown: Vec<&Kept> = stock.kept.iter().filter(|kept| kept.is_usual || !kept.paths.is_empty()).collect();
    let folders = |shown: &[&Kept]| {
        let mut folders: Vec<&Path> = shown.iter().map(|kept| kept.folder.as_path()).collect();
        folders.dedup();
        folders.len()
    };
    let mut left_out: Vec<&Kept> = Vec::new();
    while shown.len() + folders(&shown) + rest(&left_out, stock, home).len() > room {
        let place = |kept: &Kept| LEAST.iter().position(|name| *name == kept.name).unwrap_or(LEAST.len());
        let unusual = shown.iter().enumerate().filter(|(_, kept)| !kept.is_usual).min_by_key(|(_, kept)| place(kept));
        let Some(at) = unusual.map(|(at, _)| at).or_else(|| shown.len().checked_sub(1)) else { break };
        left_out.push(shown.remove(at));
    }
    // They stand in the order of the table.
    left_out.sort_by_key(|kept| stock.kept.iter().position(|other| std::ptr::eq(*kept, other)));
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
    lines.extend(rest(&left_out, stock, home).into_iter().map(Line::Plain));
    lines
}

/// What has no line of its own, by name and size, and what nobody knows.
fn rest(left_out: &[&Kept], stock: &Stock, home: Option<&Path>) -> Vec<String> {
    let open = |kept: &Kept| if kept.others_can_read { " OPEN" } else { "" };
    let mut items: Vec<String> = left_out.iter().map(|kept| format!("{} {}{}", kept.name, bytes(kept.bytes), open(kept))).collect();
    match stock.unknown.as_slice() {
        [] => {}
        // A file that nobody knows is worth its name.
        [one] => items.push(format!("unknown: {}", short(Path::new(one), home))),
        many => items.push(format!("{} unknown files: --json", many.len())),
    }
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + item.chars().count() <= COLUMNS => {
                line.push_str(", ");
                line.push_str(&item);
            }
            None => lines.push(format!("  also {item}")),
            Some(_) => lines.push(format!("    {item}")),
        }
    }
    lines.iter().map(|line| fitted(line)).collect()
}

fn row(kept: &Kept) -> [String; 5] {
    let content = match (kept.what, kept.encrypted) {
        _ if kept.others_can_read => "OPEN",
        (_, true) => "encrypted",
        ("socket, pipes, slates and lock of the background process", _) => "socket",
        _ => "readable",
    };
    // Nothing in the usual lines is longer than its column.
    let lasts = if kept.on { kept.lasts.replace(" days, ", " d, ") } else { "off, no more".to_owned() };
    let is_there = !kept.paths.is_empty();
    // What is running is ended, and not turned off for good.
    let end = kept.turned_off_by.filter(|_| kept.on && content != "socket").unwrap_or(kept.verb.unwrap_or("remove it by hand"));
    [kept.name.clone(), content.to_owned(), if is_there { bytes(kept.bytes) } else { "none".to_owned() }, lasts, end.to_owned()]
}

fn sending(sent: &Sent, receivers: &[Receiver], by: By) -> Vec<Line> {
    if receivers.is_empty() {
        let why = match by {
            By::Files => "no provider is configured",
            By::Resident => "the background process that runs knows no provider",
            By::Nobody => "while the configuration has a mistake",
        };
        let mut lines = vec![Line::Title(format!("LEAVES THIS MACHINE: nothing, {why}"))];
        lines.extend(port(sent));
        return lines;
    }
    if by == By::Resident {
        let mut lines = vec![
            Line::Title("LEAVES THIS MACHINE: the configuration has a mistake, so the background process".to_owned()),
            Line::Plain("  keeps to what it read before, also to what it tells of the place you are at:".to_owned()),
        ];
        lines.extend(table(receivers, |_| "as it was before".to_owned()));
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
    lines.extend(table(receivers, |one| match &one.off_here {
        Some(file) => format!("not asked here: {file}"),
        None => format!("allowed by {}", one.allowed_at.as_deref().map_or(one.allowed_by, last_name)),
    }));
    lines
}

/// A line for each of them.
fn table(receivers: &[Receiver], allowed: impl Fn(&Receiver) -> String) -> Vec<Line> {
    let row = |one: &Receiver| {
        let way = one.way.as_deref().filter(|way| *way != "direct").map(|way| format!(", by {way}")).unwrap_or_default();
        let place = if one.stays_here { " (here)" } else { "" };
        [one.name.clone(), format!("{}{place}{way}", ending(&one.to)), allowed(one), format!("key: {}", one.key)]
    };
    let rows: Vec<[String; 4]> = receivers.iter().map(row).collect();
    let table = columns::lines(&rows, COLUMNS - 2, &[(3, 9), (2, 22), (0, 8), (2, 12), (1, 16)]);
    table.into_iter().map(|row| Line::Plain(format!("  {row}"))).collect()
}

/// The end of a long address.
fn ending(address: &str) -> String {
    match address.chars().count().checked_sub(LONGEST_ADDRESS) {
        Some(more) if more > 0 => std::iter::once('…').chain(address.chars().skip(more + 1)).collect(),
        _ => address.to_owned(),
    }
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
    use crate::config::{Config, Project, parse};
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
        let lines = lines(&Stock::take(&config, &paths), (&Sent::by(&config), &receivers, By::Files), paths.home.as_deref());
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
    fn what_has_no_line_of_its_own_is_named_with_its_size() {
        let keys = [ALL, &[".local/state/gptos/keys/openai", ".local/state/gptos/log/gptos.jsonl", ".local/state/gptos/stats.v1"]].concat();
        for providers in [0, 1, 5] {
            let text = screen(&blocks(providers), &keys);
            for name in ["cache.v1", "tldr.index", "keys", "memory.v1", "audit", "audit.key", "log", "stats.v1", "hints", "intents"] {
                assert!(text.contains(&format!(" {name} ")), "{name}: {text}");
            }
            assert!(providers == 5 || !text.contains(" more"), "{text}");
        }
    }

    #[test]
    fn of_a_long_address_the_end_is_shown() {
        let host = format!("{}.eu-central-1.vendor.example.com:8443", "deep-".repeat(12));
        let block = format!("[[provider]]\nname = \"a-vendor-with-a-long-name\"\nbase_url = \"https://{host}/v1\"\nmodel = \"m\"\n");
        let text = screen(&block, ALL);
        assert!(text.contains(".vendor.example.com:8443"), "{text}");
    }

    #[test]
    fn a_mistake_in_the_files_is_not_taken_for_no_provider() {
        let none = |by| sending(&Sent::by(&Config::default()), &[], by)[0].text().to_owned();
        assert!(none(By::Nobody).contains("while the configuration has a mistake"));
        assert!(none(By::Resident).contains("the background process that runs knows no provider"));
    }

    #[test]
    fn what_is_off_and_what_is_strange_are_told() {
        let text = screen("audit = \"off\"\n", &[".local/state/gptos/audit/00000001.seg", ".local/state/gptos/strange"]);
        assert!(text.contains("1.2 kB  off, no more"), "{text}");
        assert!(text.contains("also unknown: ~/.local/state/gptos/strange"), "{text}");
    }
}
