use super::*;

const TEXT: &str = r#"# mine
deadline_ms = 5000 # five

# how it looks
[shell]
key = "ctrl-g"   # the key
scopes = [
  "git", # most
]

[[provider]]
# the first
name = "a"
kind = "command"
argv = ["x"]

[[provider]]
name = "b"
base_url = "https://b.example"
model = "m"
key = { env = "B" } # its key
"#;

fn place(key: &str) -> Place<'_> {
    Place::of(key).unwrap()
}

fn set_to(key: &str, literal: &str) -> String {
    with(TEXT, place(key), literal).unwrap()
}

#[test]
fn a_value_changes_and_every_comment_stays() {
    for (key, literal, from, to) in [
        ("deadline_ms", "900", "5000 # five", "900 # five"),
        ("shell.key", "\"alt-x\"", "\"ctrl-g\"   # the key", "\"alt-x\"   # the key"),
        ("provider.a.argv", "[\"y\"]", "[\"x\"]", "[\"y\"]"),
        ("provider.b.model", "\"n\"", "\"m\"", "\"n\""),
        ("provider.b.key.file", "\"/k\"", "{ env = \"B\" } # its key", "{ file = \"/k\" } # its key"),
    ] {
        assert_eq!(set_to(key, literal), TEXT.replacen(from, to, 1), "{key}");
    }
    let added = [
        ("memory", "\"off\"", "memory = \"off\"\n"),
        ("shell.hash", "true", "hash = true\n"),
        ("cache.ttl_days", "3", "[cache]\nttl_days = 3\n"),
    ];
    for (key, literal, line) in added {
        let text = set_to(key, literal);
        assert!(text.contains(line), "{text}");
        assert_eq!(TEXT.lines().filter(|line| !text.contains(line)).count(), 0, "{text}");
        assert_eq!(without(&text, place(key)).map(|text| text.replace("\n[cache]\n", "")).as_deref(), Some(TEXT), "{key}");
    }
    for (text, made) in [
        ("# mine\n\n# keys\n[shell]\n", "# mine\n\nhedge = 1\n# keys\n[shell]\n"),
        ("# mine", "# mine\nhedge = 1\n"),
        ("[shell]\n", "hedge = 1\n[shell]\n"),
        ("", "hedge = 1\n"),
    ] {
        assert_eq!(with(text, place("hedge"), "1").unwrap(), made);
    }
    assert!(with(TEXT, place("provider.c.model"), "1").is_err());
    assert!(with("shell = { key = \"x\" }\n", place("shell.key"), "\"y\"").unwrap().contains("{ key = \"y\" }"));
}

#[test]
fn a_key_goes_with_its_line_alone() {
    for (key, gone) in [
        ("deadline_ms", "deadline_ms = 5000 # five\n"),
        ("shell.key", "key = \"ctrl-g\"   # the key\n"),
        ("shell.scopes", "scopes = [\n  \"git\", # most\n]\n"),
        ("provider.b.key", "key = { env = \"B\" } # its key\n"),
        ("provider.b.key.env", "key = { env = \"B\" } # its key\n"),
        ("provider.a", "[[provider]]\n# the first\nname = \"a\"\nkind = \"command\"\nargv = [\"x\"]\n\n"),
    ] {
        assert!(TEXT.contains(gone));
        assert_eq!(without(TEXT, place(key)).unwrap().trim(), TEXT.replacen(gone, "", 1).trim(), "{key}");
    }
    for key in ["memory", "cache.ttl_days", "provider.c", "provider.a.model", "provider.b.key.file"] {
        assert_eq!(without(TEXT, place(key)), None, "{key}");
    }
    assert_eq!(without("shell.key = \"x\"\nhedge = \"on\"\n", place("shell.key")).as_deref(), Some("hedge = \"on\"\n"));
    assert_eq!(without("shell = { key = \"x\", note = true }\n", place("shell.key")).unwrap().replace(' ', ""), "shell={note=true}\n");
}

#[test]
fn comments_above_a_block_stay_when_it_goes() {
    let a = "[[provider]]\nname = \"a\"\nkind = \"command\"\nargv = [\"x\"]\n";
    let b = a.replace("\"a\"", "\"b\"");
    for (text, made) in [
        (format!("# mine\n\n{a}"), "# mine\n\n".to_owned()),
        (format!("# mine\n\n{a}\n# b's\n{b}"), format!("# mine\n\n\n# b's\n{b}")),
        (format!("{b}\n# mine\n{a}\n# key\n[shell]\nnote = true\n"), format!("{b}\n# mine\n\n# key\n[shell]\nnote = true\n")),
        (format!("{a}# mine\n"), "# mine\n".to_owned()),
    ] {
        assert_eq!(without(&text, place("provider.a")).unwrap(), made);
    }
}

#[test]
fn what_is_no_single_value_is_not_set() {
    for (key, hint) in [
        ("provider", "gptos provider add"),
        ("rules.add.id", "gptos config edit"),
        ("locked", "gptos config edit"),
        ("quux", "gptos config reference"),
        ("deadlin_ms", "did you mean `deadline_ms`?"),
        ("provider.a.modle", "did you mean `provider.a.model`?"),
    ] {
        let (what, told) = Place::of(key).unwrap_err();
        assert!(what.starts_with(&format!("`{key}`: ")) && told.contains(hint), "{key}: {told}");
    }
}

#[test]
fn lines_end_as_they_did() {
    let text = "# mine\r\nmemory = \"on\"\r\n\r\n[shell]\r\nnote = true # it tells\r\n";
    let set = |key: &str, literal: &str| with(text, Place::of(key).unwrap(), literal).unwrap();
    assert_eq!(set("memory", "\"off\""), text.replace("\"on\"", "\"off\""));
    assert_eq!(set("shell.note", "false"), text.replace("true", "false"));
    for made in [set("cache.ttl_days", "3"), set("hedge", "\"on\"")] {
        assert_eq!(made.matches('\n').count(), made.matches("\r\n").count(), "{made:?}");
    }
    assert_eq!(without(text, Place::of("memory").unwrap()).unwrap(), text.replace("memory = \"on\"\r\n", ""));
}
