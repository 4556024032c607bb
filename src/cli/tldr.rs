//! `gptos tldr update` and `gptos tldr search`.

use super::arguments::{TldrUpdateArguments, TldrVerb};
use super::output::Output;
use super::{ExitStatus, facts, pages};
use crate::line::standing::Standing;
use crate::paths::Paths;
use crate::system::tldr::{self, IndexError};
use crate::wiring;

/// Where the collection publishes its English pages; the list of checksums stands beside it.
const ARCHIVE: &str = "https://github.com/tldr-pages/tldr/releases/latest/download/tldr-pages.en.zip";
const SUMS: &str = "tldr.sha256sums";
/// The archive has about four MiB.
const MOST_ARCHIVE: usize = 32 * 1024 * 1024;
const MOST_SUMS: usize = 256 * 1024;
/// Letters of the bar that shows how much of a file is here.
const BAR: usize = 24;
/// Examples that a search prints.
const MOST_FOUND: usize = 10;

const FETCH: &str = "`gptos tldr update` fetches the pages";
const KEPT: &str = "what was there before is still in use; `--url` names a mirror";

/// Does what was asked with the pages.
pub(super) fn run(verb: &TldrVerb, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    match verb {
        TldrVerb::Update(arguments) => update(arguments, paths, output),
        TldrVerb::Search { words } => search(&words.join(" "), paths, output),
    }
}

fn update(arguments: &TldrUpdateArguments, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let url = arguments.url.as_deref().unwrap_or(ARCHIVE);
    let (Some(data), Some(pages)) = (paths.data_dir.as_deref(), wiring::tldr_pages(paths)) else {
        output.error("tldr update: no home directory to keep the pages in", Some("set HOME"));
        return ExitStatus::Internal;
    };
    let Some((folder, name)) = url.rsplit_once('/').filter(|(folder, name)| folder.contains("://") && !name.is_empty()) else {
        output.error(
            &format!("tldr update: `{url}` is not the address of an archive"),
            Some("for example https://example.com/tldr-pages.en.zip"),
        );
        return ExitStatus::Usage;
    };
    let unpacked = fetch(&format!("{folder}/{SUMS}"), MOST_SUMS, output)
        .and_then(|sums| Ok((sums, fetch(url, MOST_ARCHIVE, output)?)))
        .and_then(|(sums, archive)| {
            tldr::check_sum(&archive, name, &String::from_utf8_lossy(&sums))
                .and_then(|()| tldr::unpack(&archive, data))
                .map_err(|error| error.to_string())
        });
    output.end_progress();
    let count = match unpacked {
        Ok(count) => count,
        Err(reason) => {
            let (reason, hint) = reason
                .split_once("; hint: ")
                .map_or((reason.as_str(), KEPT.to_owned()), |(reason, hint)| (reason, format!("{hint} {KEPT}")));
            output.error(&format!("tldr update: {reason}"), Some(&hint));
            return ExitStatus::NoAnswer;
        }
    };
    output.progress("reading the pages");
    let refreshed = pages.refresh();
    output.end_progress();
    match refreshed {
        Ok(()) => output.remark(&format!("{count} tldr pages are here")),
        Err(error) => {
            output.error(&format!("tldr update: {count} pages are here, but there is no index of them: {error}"), None);
            return ExitStatus::Internal;
        }
    }
    ExitStatus::Success
}

fn fetch(url: &str, most: usize, output: &mut Output<'_>) -> Result<Vec<u8>, String> {
    wiring::fetch(url, most, &facts::proxies(), &mut |here, all| {
        output.progress(&format!("fetching {}", far(url, here, all)));
    })
}

/// How far it is: a bar where the server has said how much there is.
fn far(url: &str, here: usize, all: Option<usize>) -> String {
    let name = url.rsplit('/').next().unwrap_or(url);
    let Some(all) = all.filter(|all| *all > 0) else { return format!("{name}: {} KiB", here / 1024) };
    let done = here.min(all) * BAR / all;
    format!("{name} [{}{}] {} of {} KiB", "#".repeat(done), "-".repeat(BAR - done), here / 1024, all.div_ceil(1024))
}

fn search(words: &str, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let Some(pages) = wiring::tldr_pages(paths) else {
        output.error("tldr search: no home directory to find pages in", Some("set HOME"));
        return ExitStatus::Internal;
    };
    let found = match pages.refresh() {
        Err(IndexError::NoPages) => Err(IndexError::NoPages),
        // An index that cannot be written anew may still be there from before.
        _ => pages.search(words, MOST_FOUND),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            output.error(&format!("tldr search: {error}"), Some(FETCH));
            return ExitStatus::NoAnswer;
        }
    };
    let facts = facts::gather(facts::default_shell(), String::new());
    let shown = pages::shown(found, &Standing::look(paths, &facts).policy(&facts));
    if shown.is_empty() {
        output.error("tldr search: no page fits these words", None);
        return ExitStatus::NoAnswer;
    }
    for page in shown {
        output.line(&format!("{}  # {}", page.command(), page.remark()));
    }
    ExitStatus::Success
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_with_what_is_here() {
        for (here, all, shown) in [
            (0, Some(4096), "p.zip [------------------------] 0 of 4 KiB"),
            (2048, Some(4096), "p.zip [############------------] 2 of 4 KiB"),
            (4096, Some(4096), "p.zip [########################] 4 of 4 KiB"),
            (5000, Some(4096), "p.zip [########################] 4 of 4 KiB"),
            (3000, None, "p.zip: 2 KiB"),
            (0, Some(0), "p.zip: 0 KiB"),
        ] {
            assert_eq!(far("https://example.com/a/p.zip", here, all), shown);
        }
    }
}
