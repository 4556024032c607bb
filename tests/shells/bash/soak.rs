//! Fresh shells in a row, each through all that a person does with it.

use super::terminal::is_alive;
use super::*;

/// How many shells; the long run of `tests/run` takes 50.
const SHELLS: &str = "GPTOS_TEST_MOMENTS";

#[test]
fn shells_in_a_row_do_all_of_it() {
    let shells: usize = std::env::var(SHELLS).ok().and_then(|count| count.parse().ok()).unwrap_or(2);
    for number in 0..shells {
        let vi = number % 4 == 3;
        let bench = Bench::new(
            |helper| {
                let helper =
                    helper.answer_after(NOW, &[("echo one", NOTE), ("echo two", NOTE)]).answer_after(SOON, &[("echo three", NOTE)]);
                helper.hang().message_after(NOW, "nothing known").answer_after(NOW, &[("echo one", NOTE), ("echo two", NOTE)])
            },
            Setup { vi, ..Setup::default() },
        );
        bench.type_and_press("say it", "C-g");
        bench.expect_buffer("echo one");
        bench.t.key("C-g");
        bench.expect_buffer("echo two");
        if vi {
            bench.t.key("C-g");
        } else {
            bench.t.keys(&["C-_", "C-_"]);
        }
        bench.expect_buffer("say it");
        bench.t.keys(&["C-u"]);
        bench.type_and_press("?? what's up", "Enter");
        bench.expect_buffer("echo three");
        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        bench.type_and_press("?? wait for it", "Enter");
        bench.t.wait_for_screen("(Ctrl-C cancels)");
        bench.t.key("C-c");
        bench.t.wait_for_screen("gptos: cancelled");
        bench.t.wait_for(|| (!is_alive(bench.helper.pids()[2])).then_some(()), "the helper to end");
        bench.expect_buffer("?? wait for it");
        bench.t.key("C-g");
        bench.t.wait_for_screen("gptos: nothing known");
        bench.t.key("Tab");
        bench.expect_buffer("echo one");
        bench.t.type_text(" ?? but two");
        bench.t.key("Enter");
        bench.t.wait_for(|| (bench.helper.calls().len() == 6).then_some(()), "the change");
        bench.expect_buffer("echo one");
        bench.t.assert_not_spinning();
        bench.t.keys(&["C-u"]);
        bench.assert_sane();
    }
}
