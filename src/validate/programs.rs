//! Which questions are asked of which program.

use super::analyse::{Analysis, Around};
use super::call::Call;
use super::rules;
use super::unwrap;
use crate::domain::Risk;
use crate::syntax::Word;

impl Analysis<'_> {
    /// A partition editor whose answers come from somewhere else than the keyboard.
    fn edits_partitions(&mut self, call: &Call<'_>, around: &Around<'_>) -> bool {
        let device = call.paths(&self.scope).iter().any(|(path, _)| super::path::is_device(path));
        device
            && !call.has_any(&["-l", "--list"])
            && self.standard_input(around).text.is_none_or(|text| text.contains(['d', 'o', 'g', 'w']))
            && !(around.tree.commands()[around.index].input.is_empty() && around.tree.commands()[around.index].redirects.is_empty())
    }

    /// `chmod +x` on what the line downloads.
    fn makes_fetched_run(&self, call: &Call<'_>) -> bool {
        let runs = call.operands.first().is_some_and(|mode| mode.shape.contains('x') || mode.shape.contains('7'));
        runs && call.paths(&self.scope).iter().skip(1).any(|(path, _)| self.scope.is_fetched(path))
    }

    /// What the program itself does with its arguments and its input.
    pub(super) fn program(&mut self, call: &Call<'_>, around: &Around<'_>) {
        let embedded: Vec<_> = rules::matching(call, &self.scope).collect();
        let custom = rules::custom(call, &self.scope, &self.policy.rules);
        for rule in embedded.into_iter().chain(&custom) {
            let target = rule.target.and_then(|target| rule.target_of(call, &self.scope, target));
            match target {
                Some(word) => self.add_at(word, &rule.id, rule.risk.0, rule.reason.as_str()),
                None => self.add_safer(&rule.id, rule.risk.0, rule.reason.as_str(), rule.safer.as_deref()),
            }
        }
        self.definition(call, around);
        self.sends(call, around);
        self.fetched(call, around);
        if !call.name.is_ascii() {
            self.add("foreign-letters", Risk::High, "the program's name has letters that may look like others");
        }
        match call.name {
            "source" | "." => {
                call.operands.iter().take(1).for_each(|word| self.runs_file(word));
                self.sourced(call, around);
            }
            name if unwrap::is_shell(name) => {
                call.operands.iter().take(1).for_each(|word| self.runs_file(word));
                self.interpreter(call, around);
            }
            name if unwrap::is_language(name) => {
                call.operands.iter().take(1).for_each(|word| self.runs_fetched(word));
                self.language(call, around);
            }
            "fdisk" | "gdisk" | "cgdisk" if self.edits_partitions(call, around) => {
                self.add("write-device", Risk::Critical, "changes the partitions of a disk without asking");
            }
            "ssh" | "su" | "newgrp" | "autossh" => self.session(call, around),
            "awk" | "gawk" | "mawk" | "nawk" => self.awk(call, around),
            "rm" | "unlink" | "rmdir" | "shred" | "srm" | "wipe" | "rimraf" | "trash" | "mv" | "gio" | "Remove-Item" => {
                self.deletion(call, around)
            }
            "find" | "gfind" | "fd" | "fdfind" => self.find(call),
            "chmod" if self.makes_fetched_run(call) => {
                self.add("remote-code", Risk::Medium, "makes what it downloads a program");
                self.access(call);
            }
            "chmod" | "chown" | "chgrp" | "setfacl" | "chattr" | "chflags" => self.access(call),
            "kill" => self.kill(call),
            "make" | "gmake" if call.value_of(&["-f", "--file", "--makefile"]).is_some_and(|word| word.shape == "-") => {
                let text = self.standard_input(around).text.unwrap_or_default();
                let recipes = text.lines().filter_map(|line| line.strip_prefix('\t')).map(|line| line.trim_start_matches(['@', '-', '+']));
                for recipe in recipes.map(str::to_owned).collect::<Vec<_>>() {
                    self.text(&recipe, &Word::default(), around.depth + 1, around.root);
                }
            }
            "crontab" => {
                let text = self.standard_input(around).text.unwrap_or_default();
                for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
                    let fields = if line.trim_start().starts_with('@') { 1 } else { 5 };
                    let command = line.split_whitespace().skip(fields).collect::<Vec<_>>().join(" ");
                    self.text(&command, &Word::default(), around.depth + 1, around.root);
                }
            }
            "at" | "batch" => {
                if let Some(text) = self.standard_input(around).text {
                    self.text(&text, &Word::default(), around.depth + 1, around.root);
                }
            }
            "psql" | "mysql" | "mariadb" | "sqlite3" | "mongosh" | "mongo" | "redis-cli" | "influx" | "clickhouse-client" | "cqlsh"
            | "sqlcmd" | "sqlplus" | "duckdb" | "cockroach" | "valkey-cli" | "bq" | "mysqlsh" | "snowsql" | "trino" | "presto"
            | "beeline" | "hive" | "cypher-shell" | "usql" | "pgcli" | "mycli" | "litecli" | "isql" | "tsql" | "impala-shell" => {
                self.database(call, around)
            }
            _ => {}
        }
        self.written(call);
    }

    /// `kill -9 -1` ends everything; `-1` alone is only a signal.
    fn kill(&mut self, call: &Call<'_>) {
        let mut words = call.args.iter().map(|word| word.shape.as_str()).peekable();
        match words.peek().copied() {
            Some("-s" | "-n" | "--signal") => drop(words.nth(1)),
            Some(word) if word.starts_with('-') && word != "--" => drop(words.next()),
            _ => {}
        }
        if words.any(|word| word == "-1") {
            self.add("kill-everything", Risk::Critical, "ends every process that you may end");
        }
        if call.args.iter().any(|word| word.raw.contains("$$")) {
            self.add("kill-shell", Risk::Medium, "ends the shell you are in");
        }
    }
}
