use std::path::PathBuf;

use super::*;
use crate::config::{Guard, ValueOrigin};
use crate::domain::KeySettings;
use crate::offline::Preferred;

fn read(text: &str) -> Result<Config, ConfigProblem> {
    parse(text, Path::new("/home/ada/.config/gptos/config.toml"), Some(Path::new("/home/ada")))
}

const SCOPES: &str = "expected an array of at most 32 names of programs such as [\"git\", \"docker\", \"k\"]";

const FULL: &str = r#"
resident = "off"
deadline_ms = 5000
idle_exit_minutes = 10
guard = "all"

[shell]
key = "ctrl-space"
key2 = ""
async = true
progress_ms = 0
enter_guard_ms = 300
note = false
ghost = false
scopes = ["git", "k"]
hash = true

[offline]
prefer = ["rg", "fd", "rg"]

[cache]
max_entries = 100
max_disk_mib = 2
ttl_days = 7

[[provider]]
name = "openai"
base_url = "https://api.openai.com/v1/"
model = "gpt-4.1-mini"
key = { command = "pass 'show me' openai" }

[[provider]]
name = "local"
kind = "openai"
base_url = "http://localhost:11434/v1"
model = "qwen"
"#;

#[test]
fn every_key_arrives_with_its_line() {
    let config = read(FULL).unwrap();
    assert!(!config.resident);
    assert_eq!((config.deadline, config.idle_exit), (Duration::from_secs(5), Some(Duration::from_secs(600))));
    assert_eq!(config.guard, Guard::All);
    assert_eq!((config.shell.key.as_str(), config.shell.key2.as_deref(), config.shell.asynchronous), ("ctrl-space", Some(""), Some(true)));
    assert!(!config.shell.ghost);
    assert_eq!((config.shell.note, config.shell.scopes.join(" ").as_str(), config.shell.hash), (false, "git k", true));
    assert_eq!((config.shell.progress, config.shell.enter_guard), (Duration::ZERO, Duration::from_millis(300)));
    assert_eq!((config.cache.max_entries, config.cache.max_disk_bytes, config.cache.ttl), (100, 2 * MIB, 7 * DAY));
    assert_eq!(config.prefer, Preferred::ALL);
    let names: Vec<_> =
        config.providers.iter().map(|provider| (provider.name.clone(), provider.server().unwrap().base_url.to_string())).collect();
    let expected = [("openai", "https://api.openai.com/v1"), ("local", "http://localhost:11434/v1")];
    assert_eq!(names, expected.map(|(name, url)| (name.to_owned(), url.to_owned())));
    let words = ["pass", "show me", "openai"].map(str::to_owned).to_vec();
    assert_eq!(config.providers[0].key, Some(KeySettings::Command(words)));
    assert_eq!(config.providers[1].key, None);
    for (key, line) in [
        ("deadline_ms", 3),
        ("guard", 5),
        ("shell.enter_guard_ms", 12),
        ("shell.scopes", 15),
        ("offline.prefer", 19),
        ("provider.openai.key", 30),
        ("provider.local.model", 36),
    ] {
        assert_eq!(config.origin(key), ValueOrigin::File { line }, "{key}");
    }
    assert_eq!(config.origin("provider.openai.kind"), ValueOrigin::Default);
}

#[test]
fn every_scope_of_the_guard_has_its_word() {
    for guard in [Guard::Suggested, Guard::All, Guard::Off] {
        assert_eq!(read(&format!("guard = \"{}\"", guard.name())).unwrap().guard, guard);
    }
}

#[test]
fn an_empty_file_is_the_default() {
    for text in ["", "\n# nothing\n", "[shell]\n[cache]\n"] {
        assert_eq!(read(text).unwrap(), Config::default());
    }
    assert!(Config::default().rows().iter().all(|(_, _, origin)| *origin == ValueOrigin::Default));
}

#[test]
fn problems_name_line_and_key_and_say_what_was_expected() {
    let block = "[[provider]]\nname = \"a\"\nbase_url = \"https://a.example\"\nmodel = \"m\"\n";
    for (text, line, key, cause) in [
        ("deadline_ms = \"8000\"", 1, "deadline_ms", "expected a whole number from 500 to 60000"),
        ("\n\ndeadline_ms = 8.5", 3, "deadline_ms", "expected a whole number from 500 to 60000"),
        ("deadline_ms = -1", 1, "deadline_ms", "expected a whole number from 500 to 60000"),
        ("deadline_ms = 999999999999999999999", 1, "deadline_ms", "expected a whole number from 500 to 60000"),
        ("resident = true", 1, "resident", "expected \"on\" or \"off\""),
        ("resident = \"maybe\"", 1, "resident", "expected \"on\" or \"off\""),
        ("guard = \"on\"", 1, "guard", "expected \"suggested\", \"all\" or \"off\""),
        ("[shell]\nasync = \"yes\"", 2, "shell.async", "expected true or false"),
        ("[shell]\nkey = \"a\\nb\"", 2, "shell.key", "expected a key such as \"ctrl-g\""),
        ("[shell]\nnote = 1", 2, "shell.note", "expected true or false"),
        ("[shell]\nscopes = \"git\"", 2, "shell.scopes", SCOPES),
        ("[offline]\nprefer = [\"ag\"]", 2, "offline.prefer", "expected an array of \"rg\" and \"fd\""),
        ("[shell]\nscopes = [\"git\", \"$(id)\"]", 2, "shell.scopes", SCOPES),
        ("[chell]\nkey = \"x\"", 1, "chell", "unknown key"),
        ("[shell]\n\nkye = \"x\"", 3, "shell.kye", "unknown key"),
        ("shell = 3", 1, "shell", "expected a table"),
        ("cache = []", 1, "cache", "expected a table"),
        ("[provider]\nname = \"a\"", 1, "provider", "expected blocks that begin with `[[provider]]`"),
        ("[[provider]]\nname = \"A b\"", 2, "provider.name", "expected 1 to 32 characters out of a-z, 0-9, `_` and `-`"),
        ("\n[[provider]]\nname = \"a\"", 2, "provider.base_url", "missing"),
        ("[[provider]]\nname = \"a\"\nbase_url = \"https://a\"", 1, "provider.model", "missing"),
        (
            &format!("{block}kind = \"smtp\""),
            5,
            "provider.kind",
            "expected \"openai\", \"anthropic\", \"gemini\", \"ollama\", \"azure\" or \"command\"",
        ),
        (&format!("{block}{block}"), 6, "provider.name", "a second provider named `a`"),
        (&format!("{block}key = {{ env = \"A-B\" }}"), 5, "provider.key.env", "expected the name of an environment variable"),
        (
            &format!("{block}key = {{ command = \"pass 'x\" }}"),
            5,
            "provider.key.command",
            "expected a command line, or an array of its words",
        ),
        (&format!("{block}key = {{ command = [] }}"), 5, "provider.key.command", "expected a command line, or an array of its words"),
        (&format!("{block}key = {{ command = 3 }}"), 5, "provider.key.command", "expected a command line, or an array of its words"),
        (&format!("{block}key = {{ fiel = \"x\" }}"), 5, "provider.key.fiel", "unknown key"),
    ] {
        let problem = read(text).unwrap_err();
        assert_eq!((problem.line, problem.key.as_deref(), problem.cause.as_str()), (Some(line), Some(key), cause), "{text}");
    }
}

#[test]
fn broken_syntax_names_the_line() {
    for (text, line) in [
        ("deadline_ms = ", 1),
        ("resident = \"on\"\n[shell\nkey = 1", 2),
        ("\n\n[[provider]]\nname = \"a", 4),
        ("deadline_ms = 1\ndeadline_ms = 2", 2),
    ] {
        let problem = read(text).unwrap_err();
        assert_eq!(problem.line, Some(line), "{problem}");
        assert!(!problem.cause.is_empty() && !problem.cause.contains('\n'), "{problem}");
    }
}

#[test]
fn an_unknown_key_is_answered_with_the_one_that_was_meant() {
    for (text, hint) in [
        ("deadlin_ms = 1", "did you mean `deadline_ms`?"),
        ("[shel]", "did you mean `shell`?"),
        ("[shell]\nscope = []", "did you mean `scopes`?"),
        ("[cache]\nttl_day = 1", "did you mean `ttl_days`?"),
        ("[[provider]]\nurl_base = \"x\"", "known here: name, kind, base_url, model, key, api_version, argv, proxy, ca_file, price"),
        ("[[provider]]\nmodle = \"x\"", "did you mean `model`?"),
    ] {
        assert_eq!(read(text).unwrap_err().hint.as_deref(), Some(hint), "{text}");
    }
}

#[test]
fn a_key_written_into_the_file_is_never_repeated() {
    let secret = "sk-do-not-print-me";
    for text in [
        format!("[[provider]]\nkey = \"{secret}\""),
        format!("[[provider]]\nkey = {{ file = [\"{secret}\"] }}"),
        format!("[[provider]]\nkey = {{ command = {{ x = \"{secret}\" }} }}"),
        format!("[[provider]]\nname = \"{secret} expected \"\nmodel = 3"),
        format!("[[provider]]\nname = \"a\"\nbase_url = \"https://x:{secret}@a.example\"\nmodel = \"m\""),
        format!("[[provider]]\nname = \"a\"\nbase_url = \"https://a.example\"\nmodel = \"m\"\nkey = {{ env = \"{secret}\" }}"),
        format!("resident = \"{secret}\""),
        format!("deadline_ms = \"{secret}"),
    ] {
        let problem = read(&text).unwrap_err();
        assert!(!format!("{problem} {problem:?}").contains(secret), "{problem}");
    }
}

#[test]
fn the_documented_bounds_are_the_real_ones() {
    let mut n_checked = 0;
    for key in keys::ALL {
        let Some((low, high)) = key.expects.strip_prefix("a whole number from ").and_then(|bounds| bounds.split_once(" to ")) else {
            continue;
        };
        let (low, high): (i64, i64) =
            (low.parse().unwrap(), high.trim_end_matches(", or 0 for none").trim_end_matches(", or \"none\"").parse().unwrap());
        for (number, fits) in [(low - 1, false), (low, true), (high, true), (high + 1, false)] {
            assert_eq!(read(&format!("{} = {number}", key.path)).is_ok(), fits, "{} = {number}", key.path);
        }
        n_checked += 1;
    }
    assert_eq!(n_checked, 13);
}

#[test]
fn the_documented_defaults_are_the_real_ones() {
    for (key, value, _) in Config::default().rows() {
        assert_eq!(keys::find(&key).map(|entry| entry.default), Some(value.as_str()), "{key}");
    }
}

#[test]
fn key_files_are_made_absolute() {
    let block =
        |file: &str| format!("[[provider]]\nname = \"a\"\nbase_url = \"https://a.example\"\nmodel = \"m\"\nkey = {{ file = \"{file}\" }}");
    for (file, path) in [("/k", "/k"), ("~/k", "/home/ada/k"), ("k", "/home/ada/.config/gptos/k")] {
        assert_eq!(read(&block(file)).unwrap().providers[0].key, Some(KeySettings::File(PathBuf::from(path))));
    }
    assert!(read(&block("")).is_err());
    assert!(parse(&block("~/k"), Path::new("/etc/g.toml"), None).is_err());
}

#[test]
fn shown_values_hold_no_arguments_of_key_commands() {
    let rows = read(FULL).unwrap().rows();
    let key = rows.iter().find(|(key, _, _)| key == "provider.openai.key").unwrap();
    assert_eq!(key.1, "command pass …");
    assert_eq!(read(FULL).unwrap().key_variables().count(), 0);
}

const RULE: &str = "[[rules.add]]\nid = \"no-apply\"\nprograms = [\"terraform\"]\nsub = [\"apply\"]\nflags = [[\"-a\", \"--auto\"]]\nwithout = [\"-n\"]\ncontains = [\"prod\"]\ntarget = \"any\"\nrisk = \"high\"\nreason = \"changes what runs\"\nsafer = \"terraform plan\"\n";

#[test]
fn rules_are_added_and_silenced() {
    let config = read(&format!("[rules]\nsilence = [\"rm-recursive\", \"dd-write\"]\n{RULE}")).unwrap();
    assert!(config.rules.silences("dd-write") && !config.rules.silences("rm-vital"));
    let [rule] = config.rules.added() else { panic!("one rule") };
    assert_eq!(
        (rule.id.as_str(), rule.risk, rule.target),
        ("no-apply", crate::domain::Risk::High, Some(crate::validate::CustomTarget::Any))
    );
    assert_eq!(rule.flags, [["-a".to_owned(), "--auto".to_owned()]]);
    assert_eq!((rule.without.as_slice(), rule.contains.as_slice()), (&["-n".to_owned()][..], &["prod".to_owned()][..]));
    let rows = config.rows();
    let row = |key: &str| rows.iter().find(|(name, ..)| name == key).map(|(_, value, origin)| (value.as_str(), *origin));
    assert_eq!(row("rules.silence"), Some(("[\"rm-recursive\", \"dd-write\"]", ValueOrigin::File { line: 2 })));
    assert_eq!(row("rules.add"), Some(("no-apply", ValueOrigin::File { line: 3 })));
}

#[test]
fn mistakes_in_rules_name_line_and_key() {
    let spoilt = |from: &str, to: &str| {
        let text = RULE.replace(from, to);
        assert_ne!(text, RULE);
        text
    };
    for (text, line, key, cause) in [
        ("[rules]\nsilence = [\n\"rm-vital\",\n\"rm-recursiv\"]".to_owned(), 4, "rules.silence", "no rule has this name"),
        ("[rules]\nsilence = \"rm-vital\"".to_owned(), 2, "rules.silence", "expected an array of names of embedded rules"),
        ("rules = []".to_owned(), 1, "rules", "expected a table"),
        ("[rules]\nadd = 1".to_owned(), 2, "rules.add", "expected blocks that begin with `[[rules.add]]`"),
        ("[rules]\nad = 1".to_owned(), 2, "rules.ad", "unknown key"),
        (spoilt("risk = \"high\"", "risk = \"huge\""), 9, "rules.add.risk", "expected \"low\", \"medium\", \"high\" or \"critical\""),
        (
            spoilt("target = \"any\"", "target = 1"),
            8,
            "rules.add.target",
            "expected \"vital\", \"system\", \"device\", \"everything\" or \"any\"",
        ),
        (spoilt("\"no-apply\"", "\"rm-vital\""), 2, "rules.add.id", "an embedded rule has this name"),
        (spoilt("[\"terraform\"]", "[\"/bin/x\"]"), 3, "rules.add.programs", "expected names of programs without folders"),
        (
            spoilt("[[\"-a\", \"--auto\"]]", "[\"-a\"]"),
            5,
            "rules.add.flags",
            "expected an array of groups of flags such as [[\"-r\", \"--recursive\"], [\"-f\"]]",
        ),
        (spoilt("reason =", "raeson ="), 10, "rules.add.raeson", "unknown key"),
        (spoilt("reason = \"changes what runs\"\n", ""), 1, "rules.add.reason", "missing"),
        (format!("{RULE}{RULE}"), 12, "rules.add.id", "a second rule named `no-apply`"),
    ] {
        let problem = read(&text).unwrap_err();
        assert_eq!((problem.line, problem.key.as_deref(), problem.cause.as_str()), (Some(line), Some(key), cause), "{text}");
    }
    let hint = |text: &str| read(text).unwrap_err().hint;
    assert_eq!(hint("[rules]\nsilence = [\"rm-recursiv\"]").as_deref(), Some("did you mean `rm-recursive`?"));
    assert_eq!(hint("[rule]").as_deref(), Some("did you mean `rules`?"));
    assert_eq!(hint(&spoilt("reason =", "raeson =")).as_deref(), Some("did you mean `reason`?"));
}

#[test]
fn nothing_is_spent_under_a_cap_of_nothing_and_none_is_no_cap() {
    let caps = |text: &str| read(text).unwrap().online.caps;
    assert_eq!((caps("spend.day = \"0 USD\"").day, caps("spend.day_tokens = 0").day_tokens), (Some(Money(0)), Some(0)));
    assert_eq!((caps("spend.day = \"none\"").day, caps("spend.day_tokens = \"none\"").day_tokens), (None, None));
    assert!(read("spend.day_tokens = \"all\"").is_err());
}
