//! What a text in another language does, as far as words tell: one-liners of interpreters, and SQL.

use super::analyse::{Analysis, Around};
use super::call::Call;
use super::path;
use crate::domain::Risk;
use crate::syntax::Word;

/// Calls that delete whole trees or files, in the languages that one-liners are written in.
const DELETES: [&str; 24] = [
    "rmtree",
    "rm_rf",
    "rm_r(",
    "rmSync",
    "rmdirSync",
    "rimraf",
    "remove_tree",
    "os.remove",
    "os.unlink",
    "os.rmdir",
    "unlink(",
    "unlink ",
    "unlinkSync",
    "FileUtils.rm",
    "File.delete",
    "Dir.delete",
    "Deno.remove",
    "fs.rm(",
    "pathlib.Path.unlink",
    "os.removedirs",
    "delete-directory",
    "delete-file",
    "removeItem",
    "File.rm",
];

/// Calls that start programs.
const STARTS: [&str; 33] = [
    "os.system",
    "subprocess",
    "os.popen",
    "os.exec",
    "pty.spawn",
    "system(",
    "system \"",
    "system '",
    "exec(",
    "exec \"",
    "exec '",
    "shell_exec",
    "passthru(",
    "popen(",
    "child_process",
    "execSync",
    "spawnSync",
    "Kernel.exec",
    "%x(",
    "%x{",
    "do shell script",
    "os.execute",
    "Deno.run",
    "io.popen",
    "Open3",
    "IO.popen",
    "shell-command",
    "call-process",
    "callCommand",
    "System.cmd",
    "os:cmd",
    ".execute()",
    "getRuntime().exec",
];

/// Calls that fetch something.
const FETCHES: [&str; 16] = [
    "urlopen",
    "urllib",
    "requests.get",
    "http.get",
    "https.get",
    "fetch(",
    "LWP::",
    "URI.open",
    "open-uri",
    "file_get_contents(\"http",
    "file_get_contents('http",
    "Net::HTTP",
    "urlretrieve",
    "httpx.",
    "curl_exec",
    "HTTP::Tiny",
];

/// Calls that run text as a program.
const EVALUATES: [&str; 8] = ["exec(", "eval(", "eval ", "Function(", "instance_eval", "compile(", "vm.run", "loadstring"];

/// Judges the text of a program in a language that is not the shell's.
pub(super) fn scan(analysis: &mut Analysis<'_>, text: &str, around: &Around<'_>) {
    let has = |list: &[&str]| list.iter().any(|part| text.contains(part));
    let literals = literals(text);
    let fork_loop =
        text.contains("fork") && ["while", "for ", "loop", "iter(int", "1 while", "map{"].iter().any(|part| text.contains(part));
    if fork_loop {
        analysis.add("fork-bomb", Risk::High, "the script starts processes without end");
    }
    let socket = [
        "socket",
        "TCPSocket",
        "fsockopen",
        "net.connect",
        "net.Socket",
        "/inet/tcp",
        "IO::Socket",
        "TCPServer",
        "require(\"net\")",
        "require('net')",
        "new Socket(",
        "ServerSocket(",
    ]
    .iter()
    .any(|part| text.contains(part));
    let shell = literals.iter().any(|text| {
        matches!(text.as_str(), "/bin/sh" | "/bin/bash" | "sh" | "bash" | "sh -i" | "/bin/sh -i" | "/bin/zsh" | "bash -i" | "cmd.exe")
    });
    if socket && (shell || has(&["dup2", "pty.spawn", "subprocess", "exec", "popen", "|&", "spawn(", "system", ".execute()"])) {
        return analysis.add("reverse-shell", Risk::Critical, "the script hands a shell to another machine");
    }
    if has(&FETCHES) && has(&EVALUATES) {
        analysis.add("remote-code", Risk::High, "the script runs what it downloads");
    }
    let runs = has(&STARTS);
    if runs {
        let mut judged = false;
        for literal in &literals {
            if literal.len() > 1 && (literal.contains(' ') || literal.starts_with('/')) {
                judged = true;
                analysis.text(literal, &Word::default(), around.depth + 1, around.root);
            }
        }
        if text.contains("setuid") || text.contains("setgid") || (shell && around.root) {
            analysis.add("script-shell", Risk::High, "the script opens a shell with other rights");
        } else if shell {
            analysis.add("script-shell", Risk::Medium, "the script opens a shell");
        }
        if !judged {
            analysis.add("script-runs", Risk::Medium, "the script runs other programs");
        }
    }
    if has(&DELETES) {
        let home = [
            "expanduser",
            "$HOME",
            "os.homedir",
            "Dir.home",
            "ENV[\"HOME\"]",
            "ENV['HOME']",
            "$ENV{HOME}",
            "Path.home()",
            "getenv('HOME')",
            "getenv(\"HOME\")",
            "environ['HOME']",
            "environ[\"HOME\"]",
        ];
        let vital = literals.iter().any(|literal| path::is_vital(literal)) || has(&home);
        match vital {
            true => analysis.add("script-deletes-vital", Risk::Critical, "the script deletes a system or home directory"),
            false => analysis.add("script-deletes", Risk::High, "the script deletes files"),
        }
    }
    let removes = ["delete(", "remove(", "unlink", "rm("].iter().any(|part| text.contains(part));
    if removes && !has(&DELETES) && !runs && literals.iter().any(|literal| path::is_vital(literal) || path::is_cornerstone(literal)) {
        analysis.add("script-deletes-vital", Risk::High, "the script deletes a system or home directory");
    }
    // Backquotes run a command in Perl, PHP and Ruby.
    for (index, command) in text.split('`').enumerate() {
        if index % 2 == 1 && command.contains(' ') {
            analysis.later(command, &Word::default());
        }
    }
    if text.contains("getattr(") && text.contains("__import__") {
        analysis.add("script-runs", Risk::Medium, "the script hides what it calls");
    }
    let writes =
        ["open(", "writeFileSync", "File.write", "write_text", "file_put_contents", "'w'", "\"w\""].iter().any(|part| text.contains(part));
    if writes
        && let Some(target) =
            literals.iter().find(|literal| path::is_cornerstone(literal) || path::is_device(literal) || path::is_personal_setup(literal))
    {
        let modes = ["'w", "\"w", "'a", "\"a", "write", "put_contents", ">"];
        if modes.iter().any(|mode| text.contains(mode)) {
            analysis.add("script-writes", Risk::High, format!("the script writes to {target}"));
        }
    }
    if ["os.kill(-1", "kill(-1", "kill 9, -1", "kill -9"].iter().any(|part| text.contains(part)) {
        analysis.add("script-kills", Risk::High, "the script ends all processes");
    }
    if has(&["base64"]) && has(&EVALUATES) {
        analysis.add("encoded-code", Risk::High, "the script runs a program that is written in code");
    }
}

/// The texts between quotes.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '`']) {
        let quote = rest[at..].chars().next().unwrap_or('"');
        let inside = &rest[at + 1..];
        let Some(end) = inside.find(quote) else { break };
        found.push(inside[..end].to_owned());
        rest = &inside[end + 1..];
        if found.len() >= 64 {
            break;
        }
    }
    found
}

impl Analysis<'_> {
    /// The program text that an interpreter gets as an argument.
    pub(super) fn language(&mut self, call: &Call<'_>, around: &Around<'_>) {
        const FLAGS: [&str; 9] = ["-c", "-e", "-E", "-r", "-p", "--eval", "-pe", "-ne", "--execute"];
        let mut any = false;
        for (index, word) in call.args.iter().enumerate() {
            let cluster = call.name == "perl" || call.name == "ruby";
            let is_flag = FLAGS.contains(&word.shape.as_str())
                || (cluster
                    && word.shape.starts_with('-')
                    && !word.shape.starts_with("--")
                    && word.shape.len() < 8
                    && word.shape.ends_with(['e', 'E']));
            if is_flag && let Some(text) = call.args.get(index + 1) {
                any = true;
                // What a module option loads belongs to the program.
                let modules: String = call
                    .args
                    .iter()
                    .filter(|word| word.shape.starts_with("-M") || word.shape.starts_with("-r"))
                    .map(|word| word.shape.as_str())
                    .collect();
                scan(self, &format!("{modules} {}", text.shape), around);
            }
        }
        if !any {
            self.interpreter(call, around);
        }
    }

    /// The program of awk.
    pub(super) fn awk(&mut self, call: &Call<'_>, around: &Around<'_>) {
        for word in call.args {
            let text = word.shape.as_str();
            if text.contains("/inet/tcp") || text.contains("/inet/udp") {
                self.add_at(word, "reverse-shell", Risk::Critical, "connects a program to another machine");
            } else if text.contains("system(") {
                let commands: Vec<String> = literals(text).into_iter().filter(|text| text.len() > 1).collect();
                for command in &commands {
                    self.text(command, word, around.depth + 1, around.root);
                }
                self.add_at(word, "awk-runs", Risk::Medium, "the program runs commands");
            } else if text.contains("getline") && text.contains('|') {
                for command in literals(text).into_iter().filter(|text| text.contains(' ')) {
                    self.later(&command, word);
                }
            } else if ["print >", "print > ", "print $0 >", "> \""].iter().any(|part| text.contains(part)) && text.contains("print") {
                self.add_at(word, "awk-writes", Risk::Low, "the program writes files");
            } else if text.contains("| \"sh\"") || text.contains("| \"bash\"") || text.contains("|\"sh\"") {
                self.add_at(word, "generated-code", Risk::High, "runs the output of another program");
            }
        }
        if call.contains("inplace") {
            self.add("awk-writes", Risk::Low, "the program writes files");
        }
    }

    /// What a client of a database is told to do.
    pub(super) fn database(&mut self, call: &Call<'_>, around: &Around<'_>) {
        let mut texts: Vec<String> = call.args.iter().map(|word| word.shape.clone()).collect();
        texts.extend(self.standard_input(around).text);
        for text in texts {
            let upper = text.to_uppercase();
            let upper = upper.split_whitespace().collect::<Vec<_>>().join(" ");
            let has = |part: &str| upper.contains(part);
            if has("DROP DATABASE") || has("DROP SCHEMA") || has("DROPDATABASE") || has("DROP KEYSPACE") || has("FLUSHALL") {
                self.add("database-drop", Risk::Critical, "deletes a whole database");
            } else if has("DROP TABLE")
                || has("TRUNCATE ")
                || has("DROP COLLECTION")
                || has(".DROP(")
                || has("FLUSHDB")
                || has("DROP COLUMN")
                || has("DROP OWNED")
                || has("DROP USER")
                || has("DROP ROLE")
                || has("DROP VIEW")
                || has("DROP INDEX")
                || has("DROP MEASUREMENT")
                || has("DROP SERIES")
                || has("DROP BUCKET")
            {
                self.add("table-drop", Risk::High, "deletes data from a database");
            } else if (has("DELETE FROM") && !has(" WHERE "))
                || (has("UPDATE ") && has(" SET ") && !has(" WHERE "))
                || has("DELETEMANY({})")
                || has("DELETE_MANY({})")
                || has(".REMOVE({})")
            {
                self.add("rows-all", Risk::High, "changes or deletes every row of a table");
            } else if has("DELETE FROM") || (has("UPDATE ") && has(" SET ")) || has("ALTER TABLE") || has("DELETEONE") || has("DELETEMANY")
            {
                self.add("rows-some", Risk::Medium, "changes or deletes rows of a database");
            }
            if has("GRANT ALL") || has("WITH SUPERUSER") || has(" SUPERUSER") || has("IDENTIFIED BY") {
                self.add("database-rights", Risk::High, "gives rights on a database");
            }
            if has("COPY ") && has(" PROGRAM ")
                || has("XP_CMDSHELL")
                || has("INTO OUTFILE")
                || has("SYS_EXEC")
                || text.trim_start().starts_with("\\!")
                || (upper.starts_with("SYSTEM ") && call.name != "psql")
                || has(".SHELL ")
            {
                self.add("database-shell", Risk::High, "makes the database run a program or write a file");
            }
        }
    }
}
