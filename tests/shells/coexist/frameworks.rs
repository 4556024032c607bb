//! Plugin frameworks. antigen and zplug are Debian's; the others are loaders of the same shape, since their own way leads to the network.

use super::*;

/// The lines of the README that make the plugin folder.
const FOLDER: &str = "mkdir -p ~/.config/gptos/plugin
echo 'source <(gptos init zsh)' >~/.config/gptos/plugin/gptos.plugin.zsh";

/// A framework: its name, what it is loaded by, the line of the README, and what the framework does with it.
const FRAMEWORKS: &[(&str, &str, &str, &str)] = &[
    ("antigen", "source /usr/share/zsh-antigen/antigen.zsh", "antigen bundle ~/.config/gptos/plugin --no-local-clone", "antigen apply"),
    ("zplug", "source /usr/share/zplug/init.zsh", "zplug \"~/.config/gptos/plugin\", from:local", "zplug load"),
    (
        "oh-my-zsh",
        "ZSH=~/.oh-my-zsh; mkdir -p $ZSH/custom/plugins",
        "ln -s ~/.config/gptos/plugin \"${ZSH_CUSTOM:-$HOME/.oh-my-zsh/custom}/plugins/gptos\"",
        "plugins=(gptos); ZSH_CUSTOM=$ZSH/custom; autoload -Uz compinit; compinit -u -D
alias -- -='cd -' ...=../.. md='mkdir -p' _='sudo ' grep='grep --color=auto' history='fc -l 1'; setopt multios prompt_subst auto_cd pushd_minus
for plugin ($plugins); do
  if [ -f $ZSH_CUSTOM/plugins/$plugin/$plugin.plugin.zsh ]; then
    source $ZSH_CUSTOM/plugins/$plugin/$plugin.plugin.zsh
  fi
done",
    ),
    (
        "antidote",
        "",
        "$HOME/.config/gptos/plugin",
        // It writes a file of such lines, which it compiles and reads within a function.
        "() { emulate -L zsh; setopt extended_glob
print -r -- \"fpath+=( \\\"\\$HOME/.config/gptos/plugin\\\" )
source \\\"\\$HOME/.config/gptos/plugin/gptos.plugin.zsh\\\"\" >~/.zsh_plugins.zsh
zcompile ~/.zsh_plugins.zsh; setopt no_extended_glob; source ~/.zsh_plugins.zsh }",
    ),
    (
        "zinit",
        "zinit() {
    emulate -LR zsh; setopt extended_glob warn_create_global typeset_silent no_short_loops rc_quotes
    local ZERO=\"$2/gptos.plugin.zsh\" 0
    bindkey() { builtin bindkey \"$@\" }; zle() { builtin zle \"$@\" }; autoload() { builtin autoload \"$@\" }; compdef() { : }
    alias() { builtin alias \"$@\" }; 0=\"$ZERO\"
    builtin source \"$ZERO\"
    unfunction bindkey zle autoload compdef alias
}",
        "zinit light ~/.config/gptos/plugin",
        "",
    ),
];

#[test]
fn each_framework_loads_it_by_the_lines_of_the_readme() {
    let text = readme();
    assert!(text.contains(&format!("```sh\n{FOLDER}\n```")), "the README makes another folder");
    for (name, framework, line, applies) in FRAMEWORKS {
        assert!(text.contains(&format!("| {name} | `{line}`")), "the README has another line for {name}");
        let (_bin, path) = with_gptos();
        // What stands in a list of plugins is no line of a start-up file.
        let own = if *name == "antidote" { "" } else { line };
        let load = format!("{FOLDER}\n{framework}\n{own}\n{applies}");
        let setup = Setup { load: Some(load), env: vec![path], before: "typeset -A __had=(${(kv)options})".to_owned(), ..Setup::default() };
        let scene = Scene::start(Shell::Zsh, name, setup);
        scene.lives();
        scene.run("echo ${(t)GPTOS_KEY} ${widgets[gptos-translate]} ${#precmd_functions:#__gptos_precmd}");
        assert!(scene.t.screen().contains("\nscalar user:__gptos_translate "), "{name}: {}", scene.t.screen());
    }
}

/// `fisher` and oh-my-fish read the files of `conf.d` as fish itself does, before the user's own file.
#[test]
fn a_file_in_conf_d_loads_it() {
    const LINE: &str = "echo 'gptos init fish | source' >~/.config/fish/conf.d/gptos.fish";
    assert!(readme().contains(&format!("`{LINE}`")), "the README has another line");
    let (bin, path) = with_gptos();
    let load = format!(
        "mkdir -p ~/.config/fish/conf.d ~/.config/fish/functions; {LINE}
function __fisher_like; for file in ~/.config/fish/conf.d/*.fish; source $file; end; end; __fisher_like
bind \\cb beginning-of-line; function fish_user_key_bindings; bind \\cf forward-char; bind -M insert \\cf forward-char; end"
    );
    let setup = Setup { load: Some(load), env: vec![path], ..Setup::default() };
    let scene = Scene::start(Shell::Fish, "fisher", setup);
    scene.lives();
    drop(bin);
}
