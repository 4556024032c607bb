//! The integration read again and again, as a start-up file is that somebody works on.

use super::*;

/// Prints everything that could grow, and puts the memory in use into a file.
const ZSH: &str = "__count() { emulate -L zsh; setopt extended_glob
print -r -- state ${(o)functions[(I)*gptos*]} : ${(o)widgets[(I)*gptos*]} : $precmd_functions $preexec_functions $zshaddhistory_functions \\
$zshexit_functions $chpwd_functions : ${(o)parameters[(I)_GPTOS*]} : ${(kv)_GPTOS_FORMER} : $widgets[accept-line] : $(ls /proc/$$/fd | wc -l) \\
$(zstyle -L 'zle-*') $(for m in emacs viins vicmd isearch; do bindkey -L -M $m; done | cksum) ${(kv)options} >$1.state
grep VmRSS /proc/$$/status >$1.memory }";
const BASH: &str = "__count() {
{ compgen -A function | grep gptos; compgen -v | grep GPTOS; for m in emacs-standard vi-insert vi-command; do bind -m $m -X; bind -m $m -s; bind -m $m -p; done
complete -p; echo \"${PROMPT_COMMAND[*]}\"; trap -p; shopt; set -o; ls /proc/$$/fd | wc -l; } >$1.state
grep VmRSS /proc/$$/status >$1.memory; }";
const FISH: &str = "function __count
begin; functions -a | string match '*gptos*'; set -n | string match '*GPTOS*'; bind; functions --handlers; complete; ls /proc/$fish_pid/fd | count; end >$argv[1].state
grep VmRSS /proc/$fish_pid/status >$argv[1].memory
end";

#[test]
fn reading_it_many_times_leaves_what_reading_it_once_leaves() {
    for (shell, count, again) in [
        (Shell::Zsh, ZSH, "repeat @ source '@F'"),
        (Shell::Bash, BASH, "for n in {1..@}; do source '@F'; done"),
        (Shell::Fish, FISH, "for n in (seq @); source '@F'; end"),
    ] {
        let again = again.replace("@F", &shell.script().display().to_string());
        let scene = Scene::with(shell, "again", Setup { rc: count.to_owned(), ..Setup::default() }, |helper| helper);
        // The parts that come later are there from here on.
        scene.answers();
        let path = |name: &str| scene.dir.path().join(name);
        let look = |times: u32, name: &str| {
            scene.run(&again.replace('@', &times.to_string()));
            scene.run(&format!("__count {}", path(name).display()));
            // A question reads what was put off.
            scene.answers();
            let memory = fs::read_to_string(path(&format!("{name}.memory"))).unwrap();
            let kilobytes: u64 = memory.split_whitespace().nth(1).unwrap().parse().unwrap();
            (fs::read_to_string(path(&format!("{name}.state"))).unwrap(), kilobytes)
        };
        let (once, _) = look(1, "once");
        let (often, some) = look(20, "often");
        assert!(once.contains("gptos"), "{shell:?}: {once}");
        assert_eq!(once, often, "{shell:?}");
        let (_, more) = look(20, "more");
        assert!(more < some + 1024, "{shell:?}: {some} kB after twenty, {more} kB after forty");
        assert!(scene.t.screen().lines().all(|line| !line.starts_with("gptos: ") && !line.contains("error")), "{}", scene.t.screen());
    }
}
