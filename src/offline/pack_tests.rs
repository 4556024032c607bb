use super::*;
use crate::domain::ShellKind;

const TEAM: &str = r#"
family = "team"

[[intent]]
id = "team.logs"
example = "show the logs of shop"
need = ["log", "of"]
slots = ["app: name after of"]
flags = { follow = "follow" }
cmd = "kubectl logs deploy/<app>(?follow: -f?)"
reading = "logs of <app>"

[[phrase]]
id = "team.deploy"
example = "deploy shop to staging"
say = ["deploy|ship $any:app"]
with.target = ["to $any:where"]
with.dry = ["dry run"]
cmd = "./deploy <app>(?target: --to <where>?)(?dry: --dry-run?)"
reading = "deploy <app>"
"#;

fn machine() -> Machine {
    Machine::usual(ShellKind::Bash, Os::Linux)
}

fn taught(text: &str) -> Translator {
    let (translator, problems) = Translator::with_packs(&[pack(text)]);
    assert_eq!(problems, []);
    translator
}

fn pack(text: &str) -> Pack {
    Pack { name: "team.toml".to_owned(), text: text.to_owned() }
}

fn best(translator: &Translator, query: &str) -> Option<(String, bool)> {
    let translation = translator.translate(query, &machine());
    translation.candidates.into_iter().next().map(|best| (best.command, best.confidence >= SURE))
}

/// Line and cause of what is wrong with a pack.
fn wrong(text: &str) -> (Option<usize>, String) {
    let (_, mut problems) = Translator::with_packs(&[pack(text)]);
    let problem = problems.pop().expect("a problem");
    (problem.line, problem.cause)
}

#[test]
fn a_pack_answers_beside_what_is_embedded() {
    let translator = taught(TEAM);
    let sure = |command: &str| Some((command.to_owned(), true));
    assert_eq!(best(&translator, "deploy shop to staging"), sure("./deploy shop --to staging"));
    assert_eq!(best(&translator, "ship 'a b; rm -rf ~' dry run"), sure("./deploy 'a b; rm -rf ~' --dry-run"));
    assert_eq!(best(&translator, "follow the logs of shop"), sure("kubectl logs deploy/shop -f"));
    assert_eq!(best(&translator, "undo last commit"), best(Translator::embedded(), "undo last commit"));
    assert_eq!(best(Translator::embedded(), "deploy shop to staging"), None);
    let known = |translator: &Translator| translator.intents().filter(|info| info.written.is_some()).count();
    assert_eq!((known(&translator), known(Translator::embedded())), (2, 0));
    let line = translator.intents().find(|info| info.id == "team.deploy").and_then(|info| info.written).map(|written| written.line);
    assert_eq!(line, Some(14));
}

#[test]
fn a_pack_wins_where_both_are_as_sure() {
    let own = "family = \"git\"\n[[intent]]\nid = \"git.mine\"\nexample = \"git status\"\nneed = [\"git\", \"status\"]\ncmd = \"git status -sb\"\nreading = \"short\"\n";
    assert_eq!(best(Translator::embedded(), "git status"), Some(("git status".to_owned(), true)));
    assert_eq!(best(&taught(own), "git status"), Some(("git status -sb".to_owned(), true)));
    let doubtful = format!("{own}doubt = 0.1\n");
    assert_eq!(best(&taught(&doubtful), "git status"), Some(("git status".to_owned(), true)));
}

#[test]
fn every_mistake_has_its_line() {
    let intent = |lines: &str| format!("family = \"x\"\n[[intent]]\nid = \"x.y\"\nexample = \"e\"\nreading = \"r\"\n{lines}");
    let phrase = |lines: &str| format!("family = \"x\"\n[[phrase]]\nid = \"x.y\"\nexample = \"e\"\nreading = \"r\"\n{lines}");
    let table = [
        ("family = \n".to_owned(), 1, "value"),
        ("family = \"A b\"\n".to_owned(), 1, "`A b` is no name"),
        (intent("need = []\ncmd = \"x\"\n"), 3, "`need` must name something"),
        (intent("need = [\n\"\"]\ncmd = \"x\"\n"), 7, "`need` must name something"),
        (intent("need = [\"n\"]\ncmd = []\n"), 7, "`cmd` must name something"),
        (intent("need = [\"n\"]\ncmd = 3\n"), 7, "expected a text or a list of texts"),
        (intent("need = [\"n\"]\ncmd = \"x <slot>\"\n"), 7, "`slot` is neither a slot nor a flag"),
        (intent("need = [\"n\"]\ncmd = \"x\"\nalt = [\n  \"y <slot>\"]\n"), 9, "`slot` is neither a slot nor a flag"),
        (intent("need = [\"n\"]\ncmd = \"x <a|shout>\"\nslots = [\"a: name\"]\n"), 7, "there is no filter `shout`"),
        (intent("need = [\"n\"]\ncmd = \"@amiga x\"\n"), 7, "unknown guard `@amiga`"),
        (intent("need = [\"n\"]\ncmd = \"x\"\nslots = [\n  \"a: nam\"]\n"), 9, "slot `a: nam`: unknown kind `nam`"),
        (intent("need = [\"n\"]\nnot = \"n\"\ncmd = \"x\"\n"), 7, "`not` names a word that `need` or `may` names too"),
        (intent("need = [\"n\"]\ncmd = \"x\"\ndoubt = nan\n"), 3, "`doubt` must be between -0.1 and 1"),
        (intent("need = [\"n\"]\ncmd = \"x\"\ncolour = 1\n"), 8, "unknown field `colour`"),
        (intent(&format!("need = [\"n\"]\ncmd = \"{}\"\n", "<\\\"".repeat(600))), 7, "longer than 1000 bytes"),
        (phrase("say = []\ncmd = \"x\"\n"), 3, "`say` must name something"),
        (phrase("say = [\n  \"go\",\n  \"go $nowhere\"]\ncmd = \"x\"\n"), 8, "`go $nowhere`: there is no slot `$nowhere`"),
        (phrase("say = [\"go?\"]\ncmd = \"x\"\n"), 6, "`go?`: nothing in it must be said"),
        (phrase("say = [\"go\"]\nwith.far = \"@distance\"\ncmd = \"x\"\n"), 7, "`@distance`: there is no set `@distance`"),
        (phrase("say = [\"go\"]\ncmd = \"x <place>\"\n"), 7, "`place` is neither a slot nor a flag"),
        (
            phrase(
                "say = [\"go\"]\ncmd = \"x\"\n[[phrase]]\nid = \"x.y\"\nexample = \"e\"\nreading = \"r\"\nsay = [\"go\"]\ncmd = \"x\"\n",
            ),
            9,
            "`x.y` is there twice",
        ),
    ];
    for (text, line, cause) in table {
        let (at, said) = wrong(&text);
        assert!(at == Some(line) && said.contains(cause), "{text}\nwanted {line}: {cause}\ngot {at:?}: {said}");
    }
}

#[test]
fn a_bad_pack_is_left_out_whole_and_the_others_work() {
    let bad = format!("{TEAM}\n[[intent]]\nid = \"team.bad\"\n").replace("deploy|ship", "frobnicate");
    let (translator, problems) = Translator::with_packs(&[pack(&bad), pack(TEAM)]);
    assert_eq!(problems.len(), 1);
    assert_eq!(best(&translator, "deploy shop to staging"), Some(("./deploy shop --to staging".to_owned(), true)));
    assert_eq!(best(&translator, "frobnicate shop to staging"), None);
    // What was left out has no part in the identity, and what is in it has.
    assert_eq!(translator.identity(), taught(TEAM).identity());
    assert_ne!(translator.identity(), taught(&TEAM.replace("--to", "--into")).identity());
}

/// A pack of so many intents and as many phrases, none of which has a word in common with another.
fn many(count: usize) -> String {
    let one = |n: usize| {
        let (word, other) = (letters(2 * n), letters(2 * n + 1));
        format!(
            "[[intent]]\nid = \"many.i{n}\"\nexample = \"e\"\nneed = [\"{word}\", \"file\"]\ncmd = \"x\"\nreading = \"r\"\n\
             [[phrase]]\nid = \"many.p{n}\"\nexample = \"e\"\nsay = [\"show {other} @file\"]\ncmd = \"x\"\nreading = \"r\"\n"
        )
    };
    format!("family = \"many\"\n{}", (0..count).map(one).collect::<String>())
}

/// A word that is no English.
fn letters(mut number: usize) -> String {
    let mut word = "qx".to_owned();
    for _ in 0..4 {
        word.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number /= 26;
    }
    word
}

#[test]
fn twice_as_many_intents_cost_sentences_no_more_steps() {
    let (doubled, problems) = Translator::with_packs(&[pack(&many(1000))]);
    assert_eq!(problems, []);
    // Other words are the rarest ones now, which costs one sentence some steps and saves another some.
    let steps = |translator: &Translator| -> u32 {
        Translator::embedded().intents().step_by(7).map(|info| translator.explain(info.example, &machine()).steps).sum()
    };
    let (more, before) = (steps(&doubled), steps(Translator::embedded()));
    assert!(more <= before + before / 100, "{more} steps, {before} before");
    let (_, problems) = Translator::with_packs(&[pack(&many(1000)), pack(TEAM)]);
    assert!(problems[0].cause.starts_with("more than 2000 intents"), "{problems:?}");
}

#[test]
fn a_pattern_that_can_match_in_countless_ways_is_given_up() {
    let text = format!(
        "family = \"x\"\n[[phrase]]\nid = \"x.y\"\nexample = \"e\"\nsay = [\"{}end stop\"]\ncmd = \"x\"\nreading = \"r\"\n",
        "go? ".repeat(60)
    );
    let translator = taught(&text);
    let query = format!("{}stop end", "go ".repeat(40));
    let explanation = translator.explain(&query, &machine());
    assert!(explanation.gave_up, "{} steps", explanation.steps);
    assert_eq!(translator.translate(&query, &machine()).candidates, []);
    assert!(best(&translator, "undo last commit").is_some());
}

#[test]
fn the_parse_is_told_with_what_was_bound_and_what_is_left() {
    let translator = taught(TEAM);
    let explained = |query: &str| translator.explain(query, &machine());
    let deploy = explained("deploy shop to staging dry run");
    let best = &deploy.readings[0];
    let slots: Vec<(&str, &str)> = best.slots.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(slots, [("app", "shop"), ("where", "staging"), ("target", "to staging"), ("dry", "dry run")]);
    assert!(best.from_pack && best.left.is_empty() && best.sureness == Sureness::Sure);
    let undo = &explained("undo last commit with purple glitter").readings[0];
    assert_eq!(undo.left, ["purple", "glitter"]);
    assert!(undo.slots.contains(&("n".to_owned(), "1 (assumed)".to_owned())), "{undo:?}");
    assert!(undo.confidence < SURE && undo.sureness != Sureness::Sure);
    let files = &explained("find files bigger than 100 MB in /var").readings[0];
    assert!(files.intent == "files.list" && files.slots.contains(&("in".to_owned(), "/var".to_owned())), "{files:?}");
    let mended = &explained("undo last comit").readings[0];
    assert_eq!(mended.mended, ["comit"]);
    let unknown = explained("commit the purple glitter of branches");
    assert!(unknown.nearest.len() <= 3);
    assert_eq!(explained(""), Explanation::default());
}

#[test]
fn a_sentence_that_is_no_english_is_noticed() {
    let foreign = |query: &str| Translator::embedded().translate(query, &machine()).is_foreign;
    for query in
        ["zeige die größten dateien", "列出所有文件", "покажи все файлы", "montre moi les fichiers", "muestra los archivos ocultos"]
    {
        assert!(foreign(query), "{query}");
    }
    for query in ["show the flux capacitor", "frobnicate", "undo last commit", "delete größe.txt", "rename café to bar", ""] {
        assert!(!foreign(query), "{query}");
    }
}

proptest::proptest! {
    #[test]
    fn no_damaged_pack_panics(at in 0..TEAM.len(), put in proptest::collection::vec(proptest::char::any(), 0..4), cut in 0..9usize) {
        let end = (at + cut).min(TEAM.len());
        let damaged = format!("{}{}{}", &TEAM[..at], put.into_iter().collect::<String>(), &TEAM[end..]);
        let _ = pack(&damaged).read(MOST_INTENTS, &lexicon::Lexicon::default());
    }
}
