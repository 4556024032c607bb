//! Starts the user's editor and waits for it.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// What is started where the user named nothing.
const USUAL: &str = "vi";

/// Opens `file` in `$VISUAL`, `$EDITOR` or vi.
///
/// # Errors
/// Why it was not edited, in one line.
pub(super) fn open(file: &Path, lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<(), String> {
    let named = ["VISUAL", "EDITOR"].iter().find_map(|name| lookup(name)?.into_string().ok().filter(|line| !line.trim().is_empty()));
    let line = named.unwrap_or_else(|| USUAL.to_owned());
    // Both variables hold words, as in `code --wait`.
    let words = shell_words::split(&line).ok().filter(|words| !words.is_empty()).ok_or(format!("`{line}`: quotes without an end"))?;
    let status = Command::new(&words[0]).args(&words[1..]).arg(file).status().map_err(|error| format!("{}: {error}", words[0]))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", words[0])) }
}
