//! What happens with the files, in the words of `find` and of what stands behind a pipe.

use super::query::{Action, Key, Query, What};
use super::render::Writer;

pub(super) fn action(query: &Query, writer: &mut Writer<'_>) -> Option<()> {
    if query.order.is_some() {
        return ordered(query, writer);
    }
    match &query.action {
        Action::List => {
            if let Some(top) = query.top {
                writer.raw(&format!("| head -n {top}"));
            }
        }
        Action::Long => writer.raw("-ls"),
        Action::Null => writer.raw("-print0"),
        Action::BaseNames if writer.is_gnu() => writer.raw("-printf '%f\\n'"),
        Action::BaseNames => writer.raw("-exec basename {} \\;"),
        Action::Count => writer.raw("| wc -l"),
        Action::CountLines => writer.raw("-exec cat {} + | wc -l"),
        Action::CountLinesEach => writer.raw("-exec wc -l {} +"),
        Action::TotalSize if query.what == What::Folders => return None,
        Action::TotalSize => writer.raw("-exec du -ch {} + | tail -n 1"),
        Action::Delete
            if matches!(query.what, What::Folders | What::Any) && !query.tests.iter().any(|test| test.kind == super::TestKind::Empty) =>
        {
            writer.raw("-prune -exec rm -r {} +");
        }
        Action::Delete => writer.raw("-delete"),
        Action::DeleteAsking => writer.raw("-ok rm {} \\;"),
        Action::Copy(to) if query.what == What::Folders => return to.as_ref().and(None),
        Action::Copy(to) => into("cp", to.as_deref()?, writer),
        Action::Move(to) => into("mv", to.as_deref()?, writer),
        Action::Link(to) => into("ln -s", to.as_deref()?, writer),
        Action::Chmod(mode) => with("chmod", mode.as_deref()?, writer),
        Action::Chown(owner) => with("chown", owner.as_deref()?, writer),
        Action::Chgrp(group) => with("chgrp", group.as_deref()?, writer),
        Action::Archive(file) => {
            let file = file.as_deref()?;
            let flags = match () {
                () if file.ends_with("gz") => "czf",
                () if file.ends_with("bz2") => "cjf",
                () if file.ends_with("xz") => "cJf",
                () if file.ends_with(".tar") => "cf",
                () => return None,
            };
            writer.raw(&format!("-print0 | tar -{flags}"));
            writer.path(file);
            writer.raw("--null -T -");
        }
        Action::Lines(tool, count) => writer.raw(&format!("-exec {tool} -n {count} {{}} +")),
        Action::Apply(_) if query.what == What::Folders => return None,
        Action::Apply(tool) => writer.raw(&format!("-exec {tool} {{}} +")),
        Action::Run(program) => {
            writer.raw("-exec");
            program.split_whitespace().for_each(|word| writer.word(word));
            writer.raw("{} \\;");
        }
        Action::Checksum(tool) => {
            let tool = match (*tool, writer.is_gnu()) {
                (tool, true) => tool,
                ("md5sum", false) => "md5",
                ("sha1sum", false) => "shasum",
                (_, false) => "shasum -a 256",
            };
            writer.raw(&format!("-exec {tool} {{}} +"));
        }
        Action::Grep(text) => {
            writer.raw(if query.ignore_case { "-exec grep -Hni" } else { "-exec grep -Hn" });
            if text.starts_with('-') {
                writer.raw("-e");
            }
            writer.word(text);
            writer.raw("{} +");
        }
        Action::Replace(old, new) => {
            writer.raw("-exec");
            sed(old, new, writer)?;
            writer.raw("{} +");
        }
    }
    Some(())
}

/// `sed` that replaces a text everywhere in the files that follow. A line break would end its program.
pub(super) fn sed(old: &str, new: &str, writer: &mut Writer<'_>) -> Option<()> {
    let in_one_line = |text: &str| !text.contains(['\n', '\r']);
    (in_one_line(old) && in_one_line(new)).then_some(())?;
    let escape = |text: &str, special: &str| {
        text.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect::<String>()
    };
    writer.raw(if writer.is_gnu() { "sed -i" } else { "sed -i ''" });
    writer.word(&format!("s/{}/{}/g", escape(old, "\\.[]*^$/"), escape(new, "\\/&")));
    Some(())
}

fn into(tool: &str, place: &str, writer: &mut Writer<'_>) {
    writer.raw(&format!("-exec {tool} {{}}"));
    writer.path(&format!("{}/", place.trim_end_matches('/')));
    writer.raw("\\;");
}

fn with(tool: &str, operand: &str, writer: &mut Writer<'_>) {
    writer.raw(&format!("-exec {tool}"));
    writer.word(operand);
    writer.raw("{} +");
}

/// Largest, newest and so on over a tree.
fn ordered(query: &Query, writer: &mut Writer<'_>) -> Option<()> {
    let order = query.order?;
    if !matches!(query.action, Action::List | Action::Long) {
        return None;
    }
    let direction = if order.reverse { "" } else { "r" };
    match order.key {
        Key::Name => writer.raw(if order.reverse { "| sort -r" } else { "| sort" }),
        Key::Size if query.what == What::Folders => return None,
        Key::Size => writer.raw(&format!("-exec du -h {{}} + | sort -{direction}h")),
        Key::Time if writer.is_gnu() => writer.raw(&format!("-printf '%T@ %p\\n' | sort -{direction}n")),
        Key::Time => writer.raw(&format!("-exec stat -f '%m %N' {{}} + | sort -{direction}n")),
    }
    if let Some(top) = query.top {
        writer.raw(&format!("| head -n {top}"));
    }
    if order.key == Key::Time {
        writer.raw("| cut -d' ' -f2-");
    }
    Some(())
}
