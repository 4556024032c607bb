//! Tools that draw the prompt, take keys or hook commands, each loaded before the integration and after it. `tests/run` brings those that are
//! no packages of Debian.

mod bash;
mod fish;
mod zsh;

use super::*;

/// A tool in a shell.
struct Neighbour {
    shell: Shell,
    name: &'static str,
    /// The lines of its manual.
    load: &'static str,
    /// Whether the prompt is its own.
    draws: bool,
    /// What it is there for.
    own: fn(&Scene),
}

/// Tests, one for each tool.
macro_rules! beside {
    ($($name:ident, $shell:ident, $draws:literal, $load:expr, $own:expr;)*) => {$(
        #[test]
        fn $name() {
            let neighbour = Neighbour { shell: Shell::$shell, name: stringify!($name), load: $load, draws: $draws, own: $own };
            neighbour.lives_before_and_after();
        }
    )*};
}
use beside;

impl Neighbour {
    fn lives_before_and_after(&self) {
        for first in [true, false] {
            let (mut before, mut rc) = (String::new(), String::new());
            let place = if first { &mut before } else { &mut rc };
            if self.draws {
                place.push_str(counts(self.shell));
            }
            place.push_str(self.load);
            if self.draws {
                rc.push_str(frames(self.shell));
            }
            if self.shell == Shell::Bash {
                rc.push_str("\n[[ \"${PROMPT_COMMAND[*]}$(declare -f)\" == *__test_precmd* ]] || PROMPT_COMMAND+=(__test_precmd)");
            }
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("neighbours/bin");
            let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
            let name = format!("{} {}", self.name, if first { "before" } else { "after" });
            let setup = Setup { before, rc, env: vec![("PATH".to_owned(), path)], ..Setup::default() };
            let scene = Scene::start(self.shell, &name, setup);
            let screen = scene.t.screen();
            assert!(!screen.contains("not found") && !screen.contains("No such file"), "install what `tests/run` does: {screen}");
            scene.lives();
            (self.own)(&scene);
            scene.answers();
        }
    }
}

/// The harness only counts the prompts and leaves drawing to the tool.
fn counts(shell: Shell) -> &'static str {
    match shell {
        Shell::Zsh => "__test_precmd() { (( ++__test_prompt )) }\n",
        Shell::Bash => "__test_precmd() { __test_prompt=$((__test_prompt + 1)); }\n",
        Shell::Fish => "",
    }
}

/// Below the tool's prompt stands the one by which the harness knows where it is.
fn frames(shell: Shell) -> &'static str {
    match shell {
        Shell::Zsh => {
            "\n__test_frame() { emulate -L zsh; PS1=\"${PS1%$'\\n['*}\"$'\\n'\"[$__test_prompt]> \" }; precmd_functions+=(__test_frame)"
        }
        Shell::Bash => "\n__test_frame() { PS1=\"${PS1%$'\\n['*}\"$'\\n'\"[$__test_prompt]> \"; }; PROMPT_COMMAND+=(__test_frame)",
        Shell::Fish => {
            "\nfunctions --copy fish_prompt __test_drawn; function fish_prompt; __test_drawn; printf '\\n[%s]> ' $__test_prompt; end"
        }
    }
}

/// The prompt tells the folder and, behind a line that failed, its status.
fn powerline(scene: &Scene) {
    scene.run("cd /usr/share");
    assert_shows(scene, "usr");
    scene.run("sh -c 'exit 63'");
    assert_shows(scene, "63");
    scene.run("true");
    assert!(!tells(&last_rows(&scene.t.screen()), "63"), "{}: {}", scene.name, scene.t.screen());
}

/// Whether these rows hold the text, not as a part of a number: some prompts tell the machine's load.
fn tells(rows: &str, text: &str) -> bool {
    let joins = |c: char| c.is_ascii_digit() || c == '.';
    rows.match_indices(text).any(|(at, _)| !rows[..at].ends_with(joins) && !rows[at + text.len()..].starts_with(joins))
}

/// The last prompt holds this.
fn assert_shows(scene: &Scene, text: &str) {
    scene.t.wait_for(|| tells(&last_rows(&scene.t.screen()), text).then_some(()), &format!("{}: the prompt to show {text}", scene.name));
}

fn command_not_found(scene: &Scene) {
    scene.run("no-such-program");
    let screen = scene.t.screen();
    let asked = ["no-such-program: command not found", "Could not find command-not-found database", "Command 'no-such-program' not found"];
    assert!(asked.iter().any(|said| screen.contains(said)) && !screen.contains("zsh: command"), "{screen}");
    scene.run("echo \"status $?\"");
    scene.t.wait_for_screen("status 127");
}

/// Its search opens and closes, and Tab still lists for words and completes elsewhere.
fn fzf(scene: &Scene) {
    scene.run("echo found by fzf");
    scene.t.key("C-r");
    scene.t.wait_for_screen("> echo found by fzf");
    scene.t.wait_for_screen("FIND");
    scene.t.key("Escape");
    scene.t.wait_for_screen_without("FIND");
    scene.t.wait_until_idle();
    scene.expect_buffer("");
    scene.t.type_text("?? what's to be written");
    scene.t.key("Tab");
    scene.expect_buffer("echo suggested again");
    scene.empty();
    fs::write(scene.dir.path().join("completed"), "").unwrap();
    scene.t.type_text(&format!("cat {}/comp", scene.dir.path().display()));
    scene.t.key("Tab");
    scene.t.wait_for_buffer(|buffer| buffer.trim_end().ends_with("/completed"));
    scene.empty();
}

/// starship's sign is red behind a line that failed.
fn starship(scene: &Scene) {
    scene.run("true");
    scene.t.wait_for_screen("❯");
    assert!(!last_rows(&scene.t.coloured_screen()).contains("\u{1b}[31m❯"), "{}: {}", scene.name, scene.t.screen());
    scene.run("sh -c 'exit 3'");
    scene.t.wait_for(|| last_rows(&scene.t.coloured_screen()).contains("\u{1b}[31m❯").then_some(()), "the sign of failure");
}

/// The last prompt, which is two rows high.
fn last_rows(screen: &str) -> String {
    let rows: Vec<&str> = screen.lines().collect();
    rows[rows.len().saturating_sub(2)..].join("\n")
}

/// atuin keeps what ran and opens on its key.
fn atuin(scene: &Scene) {
    scene.run("echo kept by atuin");
    scene.t.key("C-r");
    scene.t.wait_for_screen("Atuin v");
    scene.t.wait_for_screen("echo kept by atuin");
    scene.t.key("Escape");
    scene.t.wait_for_screen_without("Atuin v");
    scene.t.wait_until_idle();
    // Now and then bash still takes the Escape for the beginning of the next key.
    scene.t.key("C-u");
    scene.t.wait_until_idle();
    scene.expect_buffer("");
}

fn zoxide(scene: &Scene) {
    scene.run("cd /usr/share/doc");
    scene.run("cd /");
    scene.run("z share doc");
    assert_runs(scene, "pwd", "/usr/share/doc");
}

fn direnv(scene: &Scene) {
    let folder = scene.dir.path().join("project");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(".envrc"), "export FROM_DIRENV=loaded\n").unwrap();
    scene.run(&format!("direnv allow {}", folder.display()));
    scene.run(&format!("cd {}", folder.display()));
    assert_runs(scene, "echo \"<$FROM_DIRENV>\"", "<loaded>");
}

fn autojump(scene: &Scene) {
    scene.run("cd /usr/share/doc");
    // It writes in the background.
    scene.t.wait_for(
        || {
            let number = scene.t.prompt_number();
            scene.run("cd / && j doc; pwd");
            (scene.t.screen().contains("\n/usr/share/doc\n") && scene.t.prompt_number() > number).then_some(())
        },
        "autojump to know the folder",
    );
}

/// Runs a line and expects this row of output.
fn assert_runs(scene: &Scene, line: &str, row: &str) {
    scene.run(line);
    let screen = scene.t.screen();
    assert!(screen.lines().any(|shown| shown.trim_end() == row), "{}: {line} has no {row:?}: {screen}", scene.name);
}
