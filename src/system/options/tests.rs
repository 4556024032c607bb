use std::fs;

use super::*;

struct Bench {
    temp: tempfile::TempDir,
    lists: OptionLists,
}

impl Bench {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = temp.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            vec![temp.path().join("none"), folder]
        };
        let places = Places { fish: folder("fish"), bash: folder("bash"), zsh: folder("zsh") };
        Self { temp, lists: OptionLists::new(places) }
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.temp.path().join(name), text).unwrap();
    }

    fn check(&self, command: &str) -> OptionCheck {
        self.lists.check(command, '_')
    }
}

fn unlisted(program: &str, option: &str) -> OptionCheck {
    OptionCheck::Unlisted { program: program.to_owned(), option: option.to_owned() }
}

const PACK: &str = "complete -c pack -s x\ncomplete -c pack -s n -l number\ncomplete -c pack -l recursive\ncomplete -c pack -o name\n\
                    complete -c pack -l color\n";

#[test]
fn an_option_that_is_listed_exists_and_a_whole_list_denies_others() {
    let bench = Bench::new();
    bench.file("fish/pack.fish", PACK);
    for command in
        ["pack -x _", "pack -xn5 --rec --number=_", "pack -name --no-color | pack --number _", "sudo pack -x", "ls | pack -x -- --gently"]
    {
        assert_eq!(bench.check(command), OptionCheck::Listed, "{command}");
    }
    for (command, option) in
        [("pack -x --gently", "--gently"), ("wrap --all | pack -q", "-q"), ("sudo pack --recursively", "--recursively")]
    {
        assert_eq!(bench.check(command), unlisted("pack", option), "{command}");
    }
    for command in ["pack _", "pack", "wrap --all", "wrap --all | pack -x", "pack --_", "pack 'open", ""] {
        assert_eq!(bench.check(command), OptionCheck::Unknown, "{command}");
    }
}

#[test]
fn completions_that_are_programs_confirm_and_do_not_deny() {
    let bench = Bench::new();
    bench.file("bash/wrap", "OPTS='--all --some'\n");
    bench.file("zsh/_wrap", "_arguments '--deep[how]'\n");
    assert_eq!(bench.check("wrap --all --deep"), OptionCheck::Listed);
    assert_eq!(bench.check("wrap --all --gently"), OptionCheck::Unknown);
    // What another list has is there, also where the list that is whole is of an older version.
    bench.file("fish/pack.fish", PACK);
    bench.file("bash/pack", "OPTS='--new --newer'\n");
    assert_eq!(bench.check("pack --newer"), OptionCheck::Listed);
}

#[test]
fn what_is_no_file_or_has_no_end_is_passed_by() {
    let bench = Bench::new();
    fs::create_dir(bench.temp.path().join("fish/pack.fish")).unwrap();
    bench.file("fish/wrap.fish", &PACK.replace("pack", "wrap").repeat(10_000));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        bench.temp.path().join("bash/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    bench.file("secret.fish", PACK);
    for command in ["pack -x", "wrap -x", "pipe -x", "../secret -x", "/bin/pack -x"] {
        assert_eq!(bench.check(command), OptionCheck::Unknown, "{command}");
    }
}

#[test]
fn the_kept_lists_have_a_bound() {
    let bench = Bench::new();
    for number in 0..MOST_KEPT * 2 {
        bench.check(&format!("pack{number} -x"));
    }
    assert!(bench.lists.kept.lock().unwrap().len() <= MOST_KEPT);
    bench.file("fish/pack.fish", PACK);
    assert_eq!(bench.check("pack -x"), OptionCheck::Listed);
    fs::remove_file(bench.temp.path().join("fish/pack.fish")).unwrap();
    assert_eq!(bench.check("pack -x"), OptionCheck::Listed, "it is not read for each question");
}

#[test]
fn a_tool_of_the_system_is_asked_beside_the_question_and_others_never() {
    let bench = Bench::new();
    let lists = OptionLists::new(Places::default()).with_help();
    assert_eq!(lists.check("sort --reverse", '_'), OptionCheck::Unknown, "the first question does not wait");
    let deadline = Instant::now() + Duration::from_secs(20);
    let help = lists.help.as_ref().unwrap();
    if help::base_tool("sort").is_some() {
        while help.said.lock().unwrap().is_empty() {
            assert!(Instant::now() < deadline, "nothing was said");
            std::thread::yield_now();
        }
        if help::ask("sort").is_some() {
            assert_eq!(lists.check("sort --reverse", '_'), OptionCheck::Listed);
            assert_eq!(lists.check("sort --gently", '_'), unlisted("sort", "--gently"));
        }
    }
    bench.file("fish/sort.fish", &PACK.replace("pack", "sort"));
    assert_eq!(bench.check("sort -x"), OptionCheck::Listed);
    if help::base_tool("sort").is_some() {
        assert_eq!(bench.check("sort --gently"), OptionCheck::Unknown, "only its help may deny");
    }
    lists.check("pack --gently", '_');
    lists.check("rm --gently", '_');
    assert!(help.said.lock().unwrap().keys().all(|tool| *tool == "sort"));
    assert!(bench.lists.help.is_none(), "without leave none is asked");
}

#[test]
fn the_usual_places_are_those_of_the_shells() {
    let lookup = |name: &str| (name == "XDG_CONFIG_HOME").then(|| "/c".into());
    let places = Places::usual(Some(Path::new("/home/ada")), &lookup);
    for folder in ["/c/fish/completions", "/home/ada/.cache/fish/generated_completions", "/usr/share/fish/completions"] {
        assert!(places.fish.iter().any(|known| known == Path::new(folder)), "{folder}");
    }
    assert!(places.bash.contains(&PathBuf::from("/usr/share/bash-completion/completions")));
    assert!(Places::usual(None, &|_| Some("relative".into())).fish.iter().all(|folder| folder.is_absolute()));
}
