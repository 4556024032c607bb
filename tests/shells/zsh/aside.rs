//! What ends at a time of its own is not zsh's child: the signal of its end would interrupt what zsh writes just then, and a typed letter
//! would be missing on the screen.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::{AT_ONCE, NOTE, READING, SOON, scripted, start_with};
use crate::fake::FakeHelper;
use crate::resident::{FakeResident, Say};
use crate::terminal::{Setup, Shell, Terminal, is_alive};

/// A program of which every call writes down its process and stays for a minute; its words are answered by the helper.
fn lingering(dir: &Path, helper: &FakeHelper) -> PathBuf {
    let path = dir.join("lingering");
    let text = format!(
        "#!/bin/sh\ncase $1 in\n  warm | ran) echo $$ >>'{dir}/'\"$1\"; exec sleep 60 ;;\nesac\nexec '{helper}' \"$@\"\n",
        dir = dir.display(),
        helper = helper.write().display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The process of the one call of this verb.
fn caller(t: &Terminal, dir: &Path, verb: &str) -> u32 {
    t.wait_for(|| fs::read_to_string(dir.join(verb)).ok()?.trim().parse().ok(), &format!("{verb} to be called"))
}

#[test]
fn neither_the_connection_nor_the_clock_of_the_guard_nor_the_report_is_a_child() {
    let resident = FakeResident::start(|_, _| Say::ask());
    // Where there are ghosts, the end of the warm-up is waited for.
    for with_ghosts in [false, true] {
        let (dir, helper) = scripted();
        let helper = helper.answer_after(AT_ONCE, &[("true", NOTE)]);
        let setup = Setup { before: "GPTOS_ENTER_GUARD_MS=60000".into(), rc: "sleep 1000 &!\n__last=$!".into(), ..Setup::default() };
        let setup = Setup { bin: lingering(dir.path(), &helper), ..setup };
        let t = Terminal::start(Shell::Zsh, if with_ghosts { resident.setup(setup) } else { setup });
        no_child_but_the_users_own(&t, dir.path());
    }
}

fn no_child_but_the_users_own(t: &Terminal, dir: &Path) {
    // What reads the integration at the start has ended.
    let own = t.wait_for(|| Some(t.children()).filter(|found| found.len() == 1), "the user's own sleep to be the only child");
    t.type_text("?? do nothing");
    let warm = caller(t, dir, "warm");
    t.wait_for(|| (t.children() == own).then_some(()), "the connection to be no child");
    assert!(is_alive(warm));
    t.key("C-g");
    t.wait_for_buffer(|b| b == "true");
    t.wait_for(|| (t.helpers().len() == 3).then_some(()), "the user's sleep, the connection and the clock to run");
    t.wait_for(|| (t.children() == own).then_some(()), "the clock of the guard and the request that has ended to be none");
    t.key("C-c");
    t.wait_for_prompt(2);
    t.type_text("GPTOS_ENTER_GUARD_MS=0; [[ $! == $__last ]] && print same job");
    t.key("Enter");
    t.wait_for_screen("\nsame job");
    t.type_text("?? do nothing");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "true");
    t.key("Enter");
    t.wait_for_prompt(4);
    let ran = caller(t, dir, "ran");
    assert!(is_alive(ran));
    t.wait_for(|| (t.children() == own).then_some(()), "the report to be none");
    for pid in [warm, ran] {
        assert!(Command::new("kill").arg(pid.to_string()).status().unwrap().success());
    }
}

/// What an fd handler adds to zsh's list is polled for nothing but its end, so that /dev/null would hold Enter until the next key.
#[test]
fn an_answer_that_comes_while_no_key_waits_starts_the_clock_of_the_guard_itself() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(SOON, &[("echo done", NOTE)]);
    let rc = "__gptos_load; functions[__gptos_guard_begin]=': >$HOME/begun; '$functions[__gptos_guard_begin]";
    let t = start_with(&helper, Setup { rc: rc.into(), ..Setup::default() });
    t.type_text("?? say done");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo done");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_screen("\ndone\n");
    assert!(!t.dir().join("home/begun").exists(), "a descriptor that is always ready was waited for");
}
