use super::*;

/// The commands of the machine of these tests.
const COMMANDS: &str = "ls git docker grep cat cp mv mkdir cd echo apt apt-get systemctl cargo npm kubectl python3 pip3 find tar rm touch \
    chmod chown tee sudo make head tail tree sort curl mount nc less wc true false ln sed dnf brew ssh sleep diff umount ip deploy pushd \
    dpkg service unzip xargs nano vim node";
/// Builtins and functions among them.
const NO_PROGRAMS: &str = "cd echo deploy pushd true false";
/// Programs that are in the search path of the administrator only.
const ADMINISTRATORS: &str = "useradd iptables fdisk";
const PACKAGES: &[(&str, &str)] = &[("htop", "htop"), ("jq", "jq"), ("fd", "fd-find"), ("rg", "ripgrep")];
const FOLDERS: &[&str] = &[
    "/",
    "/etc",
    "/etc/nginx",
    "/var",
    "/var/log",
    "/home/ada",
    "/home/ada/Downloads",
    "/home/ada/Documents",
    "/home/ada/project",
    "/home/ada/project/src",
    "/usr",
    "/usr/local",
    "/opt",
];
const FILES: &[&str] = &[
    "/etc/hosts",
    "/etc/shadow",
    "/etc/nginx/nginx.conf",
    "/home/ada/project/README.md",
    "/home/ada/project/a.txt",
    "/home/ada/project/b.txt",
    "/home/ada/project/build.sh",
    "/home/ada/project/src/main.rs",
    "/home/ada/project/my file.txt",
];

/// Ports that somebody listens on.
const TAKEN: &[u16] = &[3000, 5000, 8000, 8080];

/// What is seen from `/home/ada/project`.
fn seen(wanted: &Wanted) -> Seen {
    let mut seen = Seen { elevator: Some("sudo".to_owned()), installer: Some("apt install".to_owned()), ..Seen::default() };
    for word in &wanted.commands {
        let is = |list: &str| list.split_whitespace().any(|name| name == word);
        if is(ADMINISTRATORS) || (is(COMMANDS) && !is(NO_PROGRAMS)) {
            seen.programs.insert(word.clone());
        }
        if is(COMMANDS) {
            seen.commands.insert(word.clone());
            continue;
        }
        seen.near.insert(word.clone(), COMMANDS.split_whitespace().filter(|name| is_near(word, name)).map(str::to_owned).collect());
        seen.packages.extend(PACKAGES.iter().filter(|(name, _)| name == word).map(|(_, package)| (word.clone(), (*package).to_owned())));
        seen.other_names.extend((word == "bat").then(|| (word.clone(), "batcat".to_owned())));
    }
    seen.paths = wanted.paths.iter().map(|path| (path.clone(), path_seen(path))).collect();
    seen.taken = wanted.ports.iter().filter(|port| TAKEN.contains(port)).map(|port| (*port, port + 1)).collect();
    seen.repository = wanted.repository.then(|| Some(repository()));
    seen
}

fn path_seen(path: &str) -> PathSeen {
    let whole = match path.strip_prefix('~') {
        Some(rest) => format!("/home/ada{rest}"),
        None if path.starts_with('/') => path.to_owned(),
        None => format!("/home/ada/project/{path}"),
    };
    let tidy = |text: &str| {
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
            match part {
                ".." => parts.truncate(parts.len().saturating_sub(1)),
                part => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    };
    let place = tidy(&whole);
    let there = |place: &str| FOLDERS.contains(&place) || FILES.contains(&place);
    let own = |place: &str| place.starts_with("/home/ada");
    let parent = tidy(&format!("{place}/.."));
    let exists = there(&place);
    let mut seen = PathSeen {
        exists,
        is_folder: FOLDERS.contains(&place.as_str()),
        is_executable: false,
        has_parent: FOLDERS.contains(&parent.as_str()),
        may_read: exists && place != "/etc/shadow",
        may_write: own(&place),
        may_replace: own(&parent),
        is_own: exists && own(&place),
        ..PathSeen::default()
    };
    if !exists {
        let parts: Vec<&str> = path.split('/').collect();
        let start = if path.starts_with(['/', '~']) { "" } else { "/home/ada/project" };
        let upto = |count: usize| tidy(&format!("{start}/{}", parts[..count].join("/").replacen('~', "/home/ada", 1)));
        seen.reached = (1..=parts.len()).find(|count| !there(&upto(*count))).map_or(parts.len(), |count| count - 1);
        let around = upto(seen.reached);
        let part = parts.get(seen.reached).copied().unwrap_or_default();
        let beside = |places: &[&str]| {
            let names = places.iter().filter_map(|place| place.rsplit_once('/')).filter(|(folder, _)| tidy(folder) == around);
            names.map(|(_, name)| name.to_owned()).filter(|name| is_near(part, name)).collect()
        };
        (seen.folders, seen.files) = (beside(FOLDERS), beside(FILES));
    }
    seen
}

fn repository() -> Repository {
    let names = ["main", "develop", "feature/login", "origin/main", "v1.0", "release"];
    Repository {
        branch: Some("feature/login".to_owned()),
        names: names.map(str::to_owned).into(),
        remotes: vec!["upstream".to_owned(), "origin".to_owned()],
        has_upstream: false,
    }
}

fn fixed_in(line: &str, status: i32, shell: ShellKind) -> Fixes {
    let failed = Failed { line, status, shell, printed: None };
    failed.fixes(&seen(&failed.wanted()))
}

fn commands(fixes: &Fixes) -> Vec<&str> {
    fixes.candidates.iter().map(|candidate| candidate.command.as_str()).collect()
}

#[test]
fn the_first_line_is_the_one_that_was_meant() {
    let mut wrong = Vec::new();
    for (line, status, meant) in [
        // Ports.
        ("python3 -m http.server", 1, "python3 -m http.server 8001"),
        ("python3 -m http.server 8080 --bind 127.0.0.1", 1, "python3 -m http.server 8081 --bind 127.0.0.1"),
        ("docker run -d -p 8080:80 nginx", 125, "docker run -d -p 8081:80 nginx"),
        ("docker run -p 127.0.0.1:8080:80/tcp nginx", 125, "docker run -p 127.0.0.1:8081:80/tcp nginx"),
        ("docker run -p 127.0.0.1:8080:8080 nginx", 125, "docker run -p 127.0.0.1:8081:8080 nginx"),
        ("flask run --port=5000", 1, "flask run --port=5001"),
        ("flask run", 1, "flask run --port 5001"),
        ("uvicorn app:app --port 8000", 1, "uvicorn app:app --port 8001"),
        ("cd src && rails s -p 3000", 1, "cd src && rails s -p 3001"),
        // Names of commands.
        ("gti status", 127, "git status"),
        ("sl -la", 127, "ls -la"),
        ("dokcer ps", 127, "docker ps"),
        ("systmectl status nginx", 127, "systemctl status nginx"),
        ("sytsemclt status nginx", 127, "systemctl status nginx"),
        ("grpe -r x .", 127, "grep -r x ."),
        ("pyhton3 x.py", 127, "python3 x.py"),
        ("cta a.txt | head", 1, "cat a.txt | head"),
        ("cd src && mkae", 127, "cd src && make"),
        ("sudo systmectl restart nginx", 1, "sudo systemctl restart nginx"),
        ("FOO=1 mkae all", 127, "FOO=1 make all"),
        ("depoly now", 127, "deploy now"),
        ("Git status", 127, "git status"),
        ("cd..", 127, "cd .."),
        ("cd../src", 127, "cd ../src"),
        ("ls-la", 127, "ls -la"),
        ("htop", 127, "sudo apt install htop"),
        ("jq . x.json", 127, "sudo apt install jq"),
        ("bat README.md", 127, "batcat README.md"),
        ("useradd bob", 127, "sudo useradd bob"),
        ("./biuld.sh", 127, "./build.sh"),
        ("./build.sh --all", 126, "chmod +x ./build.sh && ./build.sh --all"),
        ("./src", 126, "cd ./src"),
        // Verbs.
        ("git comit -m 'it works'", 1, "git commit -m 'it works'"),
        ("git stauts", 1, "git status"),
        ("git -C /tmp psuh", 1, "git -C /tmp push"),
        ("git stash ppop", 1, "git stash pop"),
        ("git remote ad origin x", 1, ""),
        ("docker contianer ls", 1, "docker container ls"),
        ("docker compose dwon", 1, "docker compose down"),
        ("sudo apt instal jq", 100, "sudo apt install jq"),
        ("apt-get udpate", 100, "apt-get update"),
        ("cargo biuld --release", 101, "cargo build --release"),
        ("npm instal left-pad", 1, "npm install left-pad"),
        ("kubectl descirbe pod x", 1, "kubectl describe pod x"),
        ("pip3 isntall requests", 1, "pip3 install requests"),
        ("systemctl statsu nginx", 1, "systemctl status nginx"),
        ("brew upgarde", 1, "brew upgrade"),
        // Options.
        ("git commit --ammend", 129, "git commit --amend"),
        ("git push --froce", 129, "git push --force"),
        ("ls --al", 2, ""),
        ("ls --colro=auto", 2, "ls --color=auto"),
        ("find . -nmae '*.rs'", 1, "find . -name '*.rs'"),
        ("grep --recusrive x .", 2, "grep --recursive x ."),
        ("grep -r --inclde=*.rs x .", 2, "grep -r --include=*.rs x ."),
        ("tar --extarct -f x.tar", 64, "tar --extract -f x.tar"),
        ("curl --locaton https://x.y", 2, "curl --location https://x.y"),
        // Rights.
        ("apt install jq", 100, "sudo apt install jq"),
        ("apt-get update && apt-get upgrade", 100, "sudo apt-get update && apt-get upgrade"),
        ("systemctl restart nginx", 1, "sudo systemctl restart nginx"),
        ("dpkg -i x.deb", 2, "sudo dpkg -i x.deb"),
        ("dnf install jq", 1, "sudo dnf install jq"),
        ("mount /dev/sdb1 /mnt", 32, "sudo mount /dev/sdb1 /mnt"),
        ("cat /etc/shadow", 1, "sudo cat /etc/shadow"),
        ("cp a.txt /etc/nginx/", 1, "sudo cp a.txt /etc/nginx/"),
        ("rm /etc/hosts", 1, "sudo rm /etc/hosts"),
        ("touch /opt/x", 1, "sudo touch /opt/x"),
        ("chmod 600 /etc/hosts", 1, "sudo chmod 600 /etc/hosts"),
        ("mkdir /opt/tool", 1, "sudo mkdir /opt/tool"),
        ("python3 -m http.server 80", 1, "sudo python3 -m http.server 80"),
        ("nc -l 443", 1, "sudo nc -l 443"),
        ("echo '127.0.0.1 x' >> /etc/hosts", 1, "echo '127.0.0.1 x' | sudo tee -a /etc/hosts > /dev/null"),
        ("sudo echo x > /etc/hosts", 1, "echo x | sudo tee /etc/hosts > /dev/null"),
        // Places.
        ("cp a.txt backup/old/", 1, "mkdir -p backup/old && cp a.txt backup/old/"),
        ("cp a.txt b.txt backup", 1, "mkdir -p backup && cp a.txt b.txt backup"),
        ("mv a.txt x/y/z.txt", 1, "mkdir -p x/y && mv a.txt x/y/z.txt"),
        ("touch x/y/z", 1, "mkdir -p x/y && touch x/y/z"),
        ("mkdir x/y/z", 1, "mkdir -p x/y/z"),
        ("echo hi > logs/today.txt", 1, "mkdir -p logs && echo hi > logs/today.txt"),
        ("tar -xf a.txt -C out", 2, "mkdir -p out && tar -xf a.txt -C out"),
        ("cp 'my file.txt' 'new place/'", 1, "mkdir -p 'new place' && cp 'my file.txt' 'new place/'"),
        ("cd ~/Donwloads", 1, "cd ~/Downloads"),
        ("cd /etc/ngnix", 1, "cd /etc/nginx"),
        ("cd scr", 1, "cd src"),
        ("cd src/main.rs", 1, "cd src"),
        ("cat READEM.md", 1, "cat README.md"),
        ("less src/mian.rs", 1, "less src/main.rs"),
        // Repositories.
        ("git push", 128, "git push -u origin HEAD"),
        ("git push --force", 128, "git push --force -u origin HEAD"),
        ("git checkout mian", 1, "git checkout main"),
        ("git switch devlop", 128, "git switch develop"),
        ("git merge orign/main", 1, "git merge origin/main"),
        ("git rebase relaese", 128, "git rebase release"),
    ] {
        for shell in [ShellKind::Bash, ShellKind::Zsh, ShellKind::Fish] {
            let fixes = fixed_in(line, status, shell);
            if commands(&fixes).first().copied().unwrap_or_default() != meant {
                wrong.push(format!("{line} ({status}) in {shell}: not `{meant}` but {fixes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn where_nothing_is_known_nothing_is_offered_and_that_is_said() {
    for (line, status, remark) in [
        ("grep nosuch a.txt", 1, "exit 1: nothing matched"),
        ("grep --colro x a.txt", 1, "exit 1: nothing matched"),
        ("diff a.txt b.txt", 1, "exit 1: they differ"),
        ("false", 1, "exit 1: it always fails"),
        ("make", 2, "exit 2: nothing to correct is known"),
        ("cargo test", 101, "exit 101: nothing to correct is known"),
        ("git sparse-checkout x", 1, "exit 1: nothing to correct is known"),
        ("git frobnicate", 1, "exit 1: nothing to correct is known"),
        ("git commit -m 'x --ammend'", 1, "exit 1: nothing to correct is known"),
        ("git commit -m --ammend", 1, "exit 1: nothing to correct is known"),
        ("git push origin main", 1, "exit 1: nothing to correct is known"),
        ("git checkout main", 1, "exit 1: nothing to correct is known"),
        ("git checkout -b mian", 128, "exit 128: nothing to correct is known"),
        ("zzqqx", 127, "exit 127: `zzqqx` is no command here"),
        ("xx yy", 127, "exit 127: `xx` is no command here"),
        ("zzqqx", 1, "exit 1: nothing to correct is known"),
        ("sleep 100", 130, "exit 130: it was interrupted"),
        ("git comit", 130, "exit 130: it was interrupted"),
        ("python3 x.py", 137, "exit 137: it was killed, perhaps because memory ran out"),
        ("node x.js", 139, "exit 139: it crashed (invalid memory)"),
        ("sudo apt install jq", 100, "exit 100: nothing to correct is known"),
        ("apt search jq", 100, "exit 100: nothing to correct is known"),
        ("apt install jq", 1, "exit 1: nothing to correct is known"),
        ("systemctl status nginx", 3, "exit 3: nothing to correct is known"),
        ("systemctl --user restart x", 1, "exit 1: nothing to correct is known"),
        ("python3 -m http.server 8090", 1, "exit 1: nothing to correct is known"),
        ("ps -p 8080", 1, "exit 1: nothing to correct is known"),
        ("pg_dump -p 8080 mydb", 1, "exit 1: nothing to correct is known"),
        ("curl --port 8080 x", 1, "exit 1: nothing to correct is known"),
        ("nc -l 8090", 1, "exit 1: nothing to correct is known"),
        ("nc example.org 80", 1, "exit 1: nothing to correct is known"),
        ("cp nosuch.bin backup/", 1, "exit 1: nothing to correct is known"),
        ("cp a.txt b.txt", 1, "exit 1: nothing to correct is known"),
        ("rm READEM.md", 1, "exit 1: nothing to correct is known"),
        ("cat zzqqx", 1, "exit 1: nothing to correct is known"),
        ("cd /tmp && cp a.txt backup/old/", 1, "exit 1: nothing to correct is known"),
        ("echo $(gti status)", 1, "exit 1: nothing to correct is known"),
        ("for x in 1 2\necho $x\nend", 1, "exit 1: the line has several rows and is left as it is"),
        ("command -v zzqqx", 1, "exit 1: it was not found"),
        ("$EDITOR x", 127, "exit 127: a command was not found"),
        ("find . -name '*.rs' -exec grep --colro x {} +", 1, "exit 1: nothing to correct is known"),
    ] {
        let fixes = fixed_in(line, status, ShellKind::Bash);
        assert_eq!((commands(&fixes), fixes.remark.as_str()), (vec![], remark), "{line} ({status})");
    }
    let fixes = fixed_in("echo 'a", 2, ShellKind::Bash);
    assert!(fixes.candidates.is_empty() && fixes.remark.starts_with("exit 2: "), "{fixes:?}");
}

#[test]
fn several_lines_come_in_the_order_of_their_likelihood_and_each_says_why() {
    let fixes = fixed_in("git switch devlop", 128, ShellKind::Bash);
    assert_eq!(commands(&fixes), ["git switch develop", "git switch -c devlop"]);
    assert_eq!(fixes.candidates[0].reading.as_deref(), Some("there is no branch `devlop`, but `develop`"));
    assert_eq!(commands(&fixed_in("cd Donwloads/x", 1, ShellKind::Bash)), ["mkdir -p Donwloads/x && cd Donwloads/x"]);
    assert_eq!(commands(&fixed_in("cd ~/Donwloads", 1, ShellKind::Bash)), ["cd ~/Downloads", "mkdir -p ~/Donwloads && cd ~/Donwloads"]);
    assert_eq!(commands(&fixed_in("htop", 127, ShellKind::Bash)), ["sudo apt install htop"]);
    let fixes = fixed_in("gitt comit", 127, ShellKind::Bash);
    assert_eq!(commands(&fixes), ["git comit"], "one mistake at a time");
    for candidate in fixed_in("git branch", 1, ShellKind::Bash).candidates.iter().chain(&fixes.candidates) {
        assert!(candidate.origin == Origin::Fix && candidate.reading.is_some());
    }
}

#[test]
fn a_folder_without_a_repository_is_told_and_one_below_is_offered() {
    let failed = Failed { line: "git status", status: 128, shell: ShellKind::Bash, printed: None };
    let none = Seen { repository: Some(None), ..seen(&failed.wanted()) };
    let fixes = failed.fixes(&none);
    assert_eq!(
        (commands(&fixes), fixes.remark.as_str()),
        (vec![], "exit 128: this is no git repository, nor in one (`git init` makes one)")
    );
    let below = Seen { repositories_below: vec!["my project".to_owned()], ..none.clone() };
    assert_eq!(commands(&failed.fixes(&below)), ["cd 'my project' && git status", "git init"]);
    for line in ["git clone x", "git init y"] {
        let failed = Failed { line, ..failed };
        assert!(failed.fixes(&below).candidates.is_empty(), "{line}");
    }
    let push = Failed { line: "git push", ..failed };
    let lonely = Seen { repository: Some(Some(Repository { remotes: Vec::new(), ..repository() })), ..none.clone() };
    assert_eq!(push.fixes(&lonely).remark, "exit 128: the repository knows no remote to push to");
    let tracked = Seen { repository: Some(Some(Repository { has_upstream: true, ..repository() })), ..none };
    assert!(push.fixes(&tracked).candidates.is_empty());
}

#[test]
fn the_administrator_and_a_machine_without_sudo_get_no_sudo() {
    for (line, status) in [("apt install jq", 100), ("cat /etc/shadow", 1), ("echo x > /etc/hosts", 1)] {
        let failed = Failed { line, status, shell: ShellKind::Bash, printed: None };
        let machine = seen(&failed.wanted());
        assert!(failed.fixes(&Seen { is_root: true, ..machine.clone() }).candidates.is_empty(), "{line}");
        assert!(failed.fixes(&Seen { elevator: None, ..machine }).candidates.is_empty(), "{line}");
    }
    let failed = Failed { line: "jq", status: 127, shell: ShellKind::Bash, printed: None };
    assert_eq!(commands(&failed.fixes(&Seen { is_root: true, ..seen(&failed.wanted()) })), ["apt install jq"]);
}

#[test]
fn without_anything_seen_only_the_line_itself_tells() {
    let fixes =
        |line, status| Failed { line, status, shell: ShellKind::Bash, printed: None }.fixes(&Seen { late: true, ..Seen::default() });
    assert_eq!(commands(&fixes("git comit", 1)), ["git commit"]);
    let none = fixes("gti status", 127);
    assert_eq!(
        (commands(&none), none.remark.as_str()),
        (vec![], "exit 127: a command was not found (not everything could be looked at in time)")
    );
}
