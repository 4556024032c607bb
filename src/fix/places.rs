//! Folders and files that are not there.

use super::called::{Call, Line, path, value};
use super::{Fix, PathSeen, Seen, Wanted, nearest_names};
use crate::syntax::{RedirectKind, Word};

/// Commands that go to a folder.
const GO: [&str; 3] = ["cd", "pushd", "chdir"];

/// Programs whose last operand is where they put something.
const PUT: [&str; 5] = ["cp", "mv", "ln", "install", "rsync"];

/// Programs that make what their operands name.
const MAKE: [&str; 3] = ["touch", "tee", "truncate"];

/// Programs that read the files that their operands name, and harm none of them.
const READ: [&str; 23] = [
    "cat",
    "less",
    "more",
    "head",
    "tail",
    "wc",
    "sort",
    "uniq",
    "ls",
    "file",
    "stat",
    "du",
    "cp",
    "md5sum",
    "sha256sum",
    "python",
    "python3",
    "node",
    "bash",
    "sh",
    "source",
    ".",
    "bat",
];

/// Options whose value is the folder to put something into.
const INTO: [(&str, &str); 2] = [("tar", "-C"), ("unzip", "-d")];

/// Most paths that are looked at.
const MOST_PATHS: usize = 16;

pub(super) fn want(line: &Line<'_>, wanted: &mut Wanted) {
    for call in line.failing() {
        let name = call.name();
        let is_about = |names: &[&str]| names.contains(&name);
        if is_about(&GO) || is_about(&PUT) || is_about(&MAKE) || is_about(&READ) || name == "mkdir" || into(&call).is_some() {
            let words = call.words.iter().skip(1);
            wanted.paths.extend(words.filter_map(path).filter(|path| !path.starts_with('-')).take(MOST_PATHS));
        }
        wanted.paths.extend(call.redirects.iter().filter(|redirect| makes(redirect.kind)).filter_map(|redirect| path(&redirect.target)));
    }
}

pub(super) fn fixes(line: &Line<'_>, seen: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    for call in line.failing() {
        if GO.contains(&call.name()) {
            found.extend(elsewhere(line, &call, seen));
        } else {
            let folder = missing_folder(&call, seen);
            found.extend(folder.iter().filter_map(|folder| with_folder(line, &call, folder)));
            found.extend(misnamed(line, &call, seen));
        }
    }
    found
}

fn makes(kind: RedirectKind) -> bool {
    matches!(kind, RedirectKind::Truncate | RedirectKind::Append | RedirectKind::ReadWrite)
}

fn into<'a>(call: &Call<'a>) -> Option<&'a Word> {
    let (_, option) = INTO.iter().find(|(name, _)| *name == call.name())?;
    let at = call.words.iter().position(|word| value(word) == Some(option))?;
    call.words.get(at + 1)
}

/// A path with another name for one of its components.
pub(super) fn with_component(path: &str, at: usize, name: &str) -> String {
    path.split('/').enumerate().map(|(here, part)| if here == at { name } else { part }).collect::<Vec<_>>().join("/")
}

/// `cd` to what is no folder.
fn elsewhere(line: &Line<'_>, call: &Call<'_>, seen: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    let operands = call.operands();
    let [word] = operands.as_slice() else { return found };
    let Some((text, there)) = path(word).and_then(|path| Some((seen.paths.get(&path)?, path))).map(|(there, path)| (path, there)) else {
        return found;
    };
    let go_to = |place: &str| line.with(word, &line.quoted_path(place));
    if there.exists && !there.is_folder {
        let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !folder.is_empty() {
            found.extend(go_to(folder).map(|line| Fix::new(line, format!("`{text}` is a file in `{folder}`"), 0.8)));
        }
    } else if !there.exists {
        let part = text.split('/').nth(there.reached).unwrap_or_default();
        for (at, name) in nearest_names(part, &there.folders, 2).iter().enumerate() {
            let slope = f64::from(u8::try_from(at).unwrap_or(u8::MAX));
            let whole = with_component(&text, there.reached, name);
            found.extend(go_to(&whole).map(|line| Fix::new(line, format!("`{text}` is not there, `{whole}` is"), 0.9 - 0.1 * slope)));
        }
        if line.is_single() {
            let first = format!("mkdir -p {} && {}", line.quoted_path(&text), line.text.trim_start());
            found.push(Fix::new(first, format!("`{text}` is not there; make it first"), 0.4));
        }
    }
    found
}

/// The folder that a call wants to put something into and that is not there.
fn missing_folder(call: &Call<'_>, seen: &Seen) -> Option<String> {
    let lacks = |path: &str| seen.paths.get(path).is_some_and(|there| !there.exists);
    // Of a name that is to be made, the folder around it has to be there; of one that ends in a slash, it itself.
    let around = |path: &str| {
        let there = seen.paths.get(path).filter(|there| !there.exists)?;
        match path.strip_suffix('/') {
            Some(folder) => Some(folder.to_owned()),
            None => (!there.has_parent).then(|| path.rsplit_once('/').map(|(folder, _)| folder.to_owned())).flatten(),
        }
    };
    let by_redirect = call.redirects.iter().filter(|redirect| makes(redirect.kind)).filter_map(|redirect| path(&redirect.target));
    if let Some(folder) = by_redirect.filter(|path| !path.ends_with('/')).find_map(|path| around(&path)) {
        return Some(folder);
    }
    if let Some(folder) = into(call).and_then(path).filter(|folder| lacks(folder)) {
        return Some(folder);
    }
    let operands: Vec<Option<String>> = call.operands().into_iter().map(path).collect();
    let name = call.name();
    if PUT.contains(&name) && !["-t", "-d", "-D", "--mkpath", "--target-directory"].iter().any(|option| call.has(option)) {
        let (last, sources) = operands.split_last()?;
        // Something else is missing, and a folder would not help.
        let is_whole = sources.iter().flatten().all(|source| !lacks(source) || name == "ln");
        let last = last.as_ref().filter(|last| !sources.is_empty() && is_whole && !last.contains(':'))?;
        return if sources.len() > 1 && lacks(last) { Some(last.trim_end_matches('/').to_owned()) } else { around(last) };
    }
    if MAKE.contains(&name) {
        return operands.iter().flatten().filter(|path| !path.ends_with('/')).find_map(|path| around(path));
    }
    // The folder around the one that is to be made is what is missing.
    if name == "mkdir" && !["-p", "--parents"].iter().any(|option| call.has(option)) {
        let deep =
            |path: &&String| seen.paths.get(path.trim_end_matches('/')).is_some_and(|there: &PathSeen| !there.exists && !there.has_parent);
        return operands.iter().flatten().find(deep).cloned();
    }
    None
}

fn with_folder(line: &Line<'_>, call: &Call<'_>, folder: &str) -> Option<Fix> {
    if call.name() == "mkdir" {
        let name = call.words.first()?;
        return line.behind(name, " -p").map(|line| Fix::new(line, "the folders around it are made too", 0.88));
    }
    // Where the line itself goes somewhere else, the place that was looked at is not the one it meant.
    if line.calls().any(|call| GO.contains(&call.name())) && !folder.starts_with(['/', '~']) {
        return None;
    }
    // In front of several commands it would belong to the first, and those before the one that failed would run again.
    if line.calls().count() > 1 {
        return None;
    }
    let elevator = if call.elevated { value(call.all.first()?).map(|name| format!("{name} ")).unwrap_or_default() } else { String::new() };
    let command = format!("{elevator}mkdir -p {} && {}", line.quoted_path(folder), line.text.trim_start());
    Some(Fix::new(command, format!("the folder `{folder}` is not there; make it first"), 0.88))
}

/// Files to be read whose names are nearly those of files that are there.
fn misnamed(line: &Line<'_>, call: &Call<'_>, seen: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    let mut operands = call.operands();
    if call.name() == "cp" {
        operands.pop();
    }
    for word in operands.into_iter().filter(|_| READ.contains(&call.name())) {
        let Some(text) = path(word) else { continue };
        let Some(there) = seen.paths.get(&text).filter(|there| !there.exists) else { continue };
        let part = text.split('/').nth(there.reached).unwrap_or_default();
        let names = there.folders.iter().chain(there.files.iter().filter(|_| there.has_parent));
        for (at, name) in nearest_names(part, names, 2).iter().enumerate() {
            let slope = f64::from(u8::try_from(at).unwrap_or(u8::MAX));
            let whole = with_component(&text, there.reached, name);
            let fixed = line.with(word, &line.quoted_path(&whole));
            found.extend(fixed.map(|line| Fix::new(line, format!("`{text}` is not there, `{whole}` is"), 0.84 - 0.1 * slope)));
        }
    }
    found
}
