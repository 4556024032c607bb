//! The words that a shell knows by itself.

use crate::domain::ShellKind;

/// Builtins and reserved words of all three.
const ALL: &str = "alias bg bind break builtin case cd command continue echo else eval exec exit false fg for function history if \
    in jobs kill printf pwd read return set source test time true type ulimit umask wait while [ . : !";
/// Those that zsh and bash share and fish lacks.
const POSIX: &str = "[[ ]] (( )) { } coproc declare dirs disown do done elif enable esac export fc fi getopts hash let local logout \
    popd pushd readonly select shift suspend then times trap typeset unalias unset until";
const BASH: &str = "caller compgen complete compopt help mapfile readarray shopt";
const ZSH: &str = "- always autoload bindkey bye chdir compadd compdef comparguments compcall compctl compdescribe compfiles compgroups \
    compquote compset comptags comptry compvalues disable echotc echoti emulate end float foreach functions getln integer limit log \
    nocorrect noglob print pushln rehash repeat sched setopt ttyctl unfunction unhash unlimit unsetopt \
    vared whence where which zcompile zformat zle zmodload zparseopts zregexparse zstyle";
const FISH: &str = "_ abbr and argparse begin block breakpoint cdh commandline complete contains count dirh dirs disown emit end export \
    fish_add_path fish_config fish_indent fish_key_reader fish_update_completions funced funcsave functions help isatty math nextd not \
    open or path popd prevd prompt_pwd psub pushd random realpath set_color status string suspend switch trap vared";

/// Whether a word can stand first in a command of this shell without any file or function.
pub(super) fn is_builtin(word: &str, shell: ShellKind) -> bool {
    names(shell).any(|known| known == word)
}

/// All such words.
pub(super) fn names(shell: ShellKind) -> impl Iterator<Item = &'static str> {
    let own: &'static [&'static str] = match shell {
        ShellKind::Bash => &[POSIX, BASH],
        ShellKind::Zsh => &[POSIX, ZSH],
        ShellKind::Fish => &[FISH],
    };
    [ALL].into_iter().chain(own.iter().copied()).flat_map(|list| list.split(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_knows_its_own_words() {
        for (word, shells) in [
            ("cd", "zsh bash fish"),
            ("[", "zsh bash fish"),
            ("export", "zsh bash fish"),
            ("then", "zsh bash"),
            ("mapfile", "bash"),
            ("print", "zsh"),
            ("setopt", "zsh"),
            ("string", "fish"),
            ("end", "zsh fish"),
            ("", ""),
            ("ls", ""),
            ("tree", ""),
        ] {
            for shell in ShellKind::ALL {
                let known = shells.split(' ').any(|name| name == shell.name());
                assert_eq!(is_builtin(word, shell), known, "{word} {shell}");
            }
        }
    }
}
