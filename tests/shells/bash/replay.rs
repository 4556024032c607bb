//! The keys that were typed meanwhile, as readline is to play them.

use std::process::Command;

/// Runs lines in a bash that has the function alone, and prints what they print.
fn run(lines: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/shell/bash/request.bash")).unwrap();
    let from = text.find("__gptos_bind_replay() {").unwrap();
    let length = text[from..].find("\n}\n").unwrap() + 3;
    let script = format!("{}\n__gptos_bind_step() {{ bound=$2; }}\n{lines}", &text[from..from + length]);
    let output = Command::new("bash").arg("-c").arg(script).env("LC_ALL", "C.UTF-8").output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_key_is_written_as_readline_reads_it() {
    let macros = run("__gptos_bind_replay x $'a\\e[A\\x7f\\t\"\\\\&\\1é\\r'; printf %s \"$bound\"");
    assert_eq!(macros, "\"a\\033[A\\177\\011\\\"\\\\&1é\\015\"".replace("&1", "&\\001"));
}

#[test]
fn sixteen_times_the_keys_take_no_square_of_it() {
    let measured = run("least() { local n=$1 text best=0 i before; printf -v text '%*s' \"$n\" ''; text=${text// /é}$'\\e'
        for i in 1 2 3; do before=${EPOCHREALTIME//[!0-9]/}; __gptos_bind_replay x \"$text\"; ((before = ${EPOCHREALTIME//[!0-9]/} - before))
        ((best && best < before)) || best=$before; done; echo \"$best\"; }
        least 2000; least 32000");
    let times: Vec<f64> = measured.split_whitespace().map(|time| time.parse().unwrap()).collect();
    assert!(times[1] < 100.0 * times[0], "a square would be 256 times as long: {times:?}");
}
