use super::{Action, FileQuery, Key, Order, What};

/// The action's name, for the parse and for people.
pub(super) fn action_name(action: &Action) -> &'static str {
    match action {
        Action::List | Action::Long => "list",
        Action::Count => "count",
        Action::CountLines | Action::CountLinesEach => "lines",
        Action::TotalSize => "size",
        Action::Delete => "delete",
        Action::Copy(_) => "copy",
        Action::Move(_) => "move",
        Action::Chmod(_) => "mode",
    }
}

/// What the command does, in one line of plain words.
pub(super) fn reading(query: &FileQuery) -> String {
    let mut text = String::new();
    match &query.action {
        Action::List | Action::Long => {}
        Action::Count => text.push_str("how many: "),
        Action::CountLines => text.push_str("lines in all: "),
        Action::CountLinesEach => text.push_str("lines of each: "),
        Action::TotalSize => text.push_str("total size of: "),
        Action::Delete => text.push_str("delete "),
        Action::Copy(place) => text.push_str(&format!("copy to {place}: ")),
        Action::Move(place) => text.push_str(&format!("move to {place}: ")),
        Action::Chmod(mode) => text.push_str(&format!("set mode {mode} on ")),
    }
    if let Some(top) = query.top {
        text.push_str(&format!("the first {top} of "));
    }
    if query.empty {
        text.push_str("empty ");
    }
    if query.hidden {
        text.push_str("hidden ");
    }
    if query.executable {
        text.push_str("executable ");
    }
    text.push_str(match query.what {
        What::Files => "files",
        What::Folders => "folders",
        What::Symlinks => "symbolic links",
        What::BrokenSymlinks => "broken symbolic links",
        What::Any => "files and folders",
    });
    if !query.patterns.is_empty() {
        text.push_str(&format!(" named {}", query.patterns.join(" or ")));
    }
    if query.roots.is_empty() {
        text.push_str(" here");
    } else {
        text.push_str(&format!(" in {}", query.roots.join(", ")));
    }
    let mut more: Vec<String> = Vec::new();
    more.extend(query.size.as_ref().map(|size| size.words()));
    more.extend(query.age.as_ref().map(|age| format!("{} {}", if query.accessed { "read" } else { "changed" }, age.words())));
    more.extend(query.perm.as_ref().map(|perm| format!("with mode {perm}")));
    more.extend(query.owner.as_ref().map(|(is, owner)| format!("{}owned by {owner}", if *is { "" } else { "not " })));
    more.extend(query.group.as_ref().map(|group| format!("of group {group}")));
    more.extend(query.content.as_ref().map(|content| format!("containing {content}")));
    more.extend(query.not_patterns.iter().chain(&query.not_folders).map(|name| format!("without {name}")));
    more.extend(query.no_hidden.then(|| "without hidden ones".to_owned()));
    more.extend(query.order.map(|order| order_words(order).to_owned()));
    for part in more {
        text.push_str(", ");
        text.push_str(&part);
    }
    text
}

fn order_words(order: Order) -> &'static str {
    match (order.key, order.reverse) {
        (Key::Size, false) => "largest first",
        (Key::Size, true) => "smallest first",
        (Key::Time, false) => "newest first",
        (Key::Time, true) => "oldest first",
        (Key::Name, false) => "by name",
        (Key::Name, true) => "by name, backwards",
    }
}
