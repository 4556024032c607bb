//! What the shell keeps for its user in spite of the keys.

use super::*;

#[test]
fn the_last_argument_of_the_line_before_is_kept() {
    for setup in [Setup::default(), vi(), Setup { rc: "set -u".into(), ..Setup::default() }] {
        let answer = notes::records(&[("holes", "<name>", ""), ("cmd", "ls <name>", NOTE)]);
        let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), setup);
        bench.type_and_press("mkdir first", "Enter");
        bench.t.wait_for_prompt(2);
        bench.type_and_press("cd $_ && pwd", "Enter");
        bench.t.wait_for_screen("/cwd/first\n");
        bench.type_and_press("echo second", "Enter");
        bench.t.wait_for_prompt(4);
        // Nor does a request change it, a hole or a line that asks. (The harness looks at the buffer by a key that does.)
        bench.type_and_press("list files", "C-g");
        bench.t.wait_for_screen("]> ls <name>");
        bench.t.type_text("typed");
        bench.t.wait_for_screen("]> ls typed");
        bench.t.keys(&["C-e", "C-u"]);
        bench.t.wait_for_screen_without("typed");
        bench.type_and_press("?? list files", "Enter");
        bench.t.wait_for_screen("]> ls <name>");
        bench.t.keys(&["C-e", "C-u"]);
        bench.t.wait_for_screen_without("]> ls <name>");
        bench.t.type_text("echo \"<$_>\"");
        bench.read_and_enter();
        bench.t.wait_for_screen("\n<second>\n");
    }
}
