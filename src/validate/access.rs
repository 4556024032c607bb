//! Programs that write the files they are told of, or change who may use them.

use super::analyse::{Analysis, named};
use super::call::Call;
use super::path;
use super::verdict::EffectKind;
use crate::domain::Risk;
use crate::syntax::{HOME, Word};

impl Analysis<'_> {
    /// Programs that write a file they are told of.
    pub(super) fn written(&mut self, call: &Call<'_>) {
        self.replaces(call);
        let paths = call.paths(&self.scope);
        let targets: Vec<(String, &Word)> = match call.name {
            // Without these it only lists what it finds.
            "wipefs" if !call.has_any(&["-a", "--all", "-o", "--offset"]) => return,
            "tee" | "sponge" | "truncate" | "shred" | "wipefs" | "blkdiscard" | "mkswap" => paths,
            "dd" => call.operands.iter().filter_map(|word| Some((self.scope.resolve(word.shape.strip_prefix("of=")?)?, *word))).collect(),
            "cp" | "install" | "ln" | "mv" => paths.into_iter().skip(1).last().into_iter().collect(),
            "scp" | "rsync" => paths.into_iter().skip(1).last().filter(|(path, _)| !super::sends::is_remote(path)).into_iter().collect(),
            "sed" | "gsed" | "perl" if call.has_any(&["-i", "--in-place"]) => paths.into_iter().skip(1).collect(),
            "curl" | "wget" | "sort" => {
                let flags: &[&str] = if call.name == "wget" { &["-O", "--output-document"] } else { &["-o", "--output"] };
                let Some(word) = call.value_of(flags) else { return };
                let path = self.scope.resolve(&word.shape).unwrap_or_else(|| word.shape.clone());
                self.write_to(&word, &path, false);
                return;
            }
            _ => return,
        };
        let appends = call.name == "tee" && call.has_any(&["-a", "--append"]) || call.name == "ln";
        for (path, word) in targets {
            if matches!(call.name, "truncate" | "shred") {
                self.effect(EffectKind::Overwrite, word, &path, false);
            }
            let into_folder = path::is_vital(&path) && matches!(call.name, "cp" | "mv" | "install" | "ln" | "rsync" | "scp");
            let delete = call.has_any(&["--delete", "--delete-after", "--delete-before", "--delete-excluded", "--del"]);
            if call.name == "rsync" && delete && path::is_vital(&path) && !call.has_any(&["-n", "--dry-run"]) {
                self.add_at(
                    word,
                    "sync-delete-vital",
                    Risk::Critical,
                    "deletes what is missing on the other side from a system or home directory",
                );
            } else if call.name == "dd" && path::normalise(&path).matches('/').count() == 1 && path.starts_with('/') {
                self.add_at(word, "fills-root", Risk::Medium, "writes a file into the root directory");
            } else if into_folder {
                let risk = if path.starts_with("/usr") || path.starts_with("/bin") || path.starts_with("/sbin") || path.starts_with("/lib")
                {
                    Risk::Medium
                } else {
                    Risk::Low
                };
                self.add_at(word, "write-vital", risk, format!("puts files into {}", named(&path)));
            } else if call.name == "ln" && call.has("-f") && path::is_system(&path) {
                let risk = if path.starts_with("/usr/local/") { Risk::Medium } else { Risk::High };
                self.add_at(word, "replaces-system", risk, "puts something else in the place of a file of the system");
            } else if matches!(call.name, "cp" | "install" | "mv" | "tee") && path::is_system(&path) && !path::is_cornerstone(&path) {
                self.add_at(word, "write-system", Risk::Medium, format!("writes to {}", named(&path)));
            } else if matches!(call.name, "cp" | "dd") && path::is_cornerstone(&path) {
                self.write_to(word, &path, false);
            } else {
                self.write_to(word, &path, appends);
            }
        }
    }

    /// `chmod -R`, `chown -R` and their like.
    pub(super) fn access(&mut self, call: &Call<'_>) {
        let recursive = call.has_any(&["-R", "--recursive"]);
        let keys_off = call.args.iter().any(|word| word.shape.starts_with("--reference"));
        // `chmod -x` and `chattr -i` look like options.
        let signed = call.options.iter().find(|word| {
            let letters = word.shape.trim_start_matches('-');
            !letters.is_empty()
                && word.shape != "-R"
                && letters.chars().all(|c| "rwxXstiaAdcDejSTu".contains(c))
                && matches!(call.name, "chmod" | "chattr")
        });
        let skip = usize::from(!keys_off && signed.is_none() && call.name != "setfacl");
        let mode = signed.or(call.operands.first()).map(|word| word.shape.clone()).unwrap_or_default();
        let opens = call.name == "chmod"
            && (mode.ends_with("777")
                || mode.ends_with("666")
                || ["a+w", "o+w", "+w", "a+rw", "o+rw", "a=rwx", "ugo+rwx", "+rwx", "a+rwX", "ugo+w"]
                    .iter()
                    .any(|part| mode.contains(part) && !mode.starts_with('u') && !mode.starts_with('g')));
        for (path, word) in call.paths(&self.scope).into_iter().skip(skip) {
            self.effect(EffectKind::ChangeAccess, word, &path, recursive);
            let whole_home = path.starts_with(HOME) && !path.contains('/');
            if recursive && path::is_vital(&path) && !path::is_served(&path) {
                let risk = if whole_home { Risk::High } else { Risk::Critical };
                self.add_at(word, "access-vital", risk, "changes who may use a whole system or home directory");
            } else if path::is_vital(&path)
                && !whole_home
                && !path::is_served(&path)
                && matches!(call.name, "chmod" | "chown" | "setfacl" | "chgrp")
            {
                self.add_at(word, "access-folder", Risk::High, "changes who may use a system directory");
            } else if path::is_system(&path) || path::is_cornerstone(&path) {
                let risk =
                    if opens || recursive || path::is_cornerstone(&path) || path.starts_with("/usr/bin/") || path.starts_with("/bin/") {
                        Risk::High
                    } else {
                        Risk::Medium
                    };
                self.add_at(word, "access-system", risk, "changes who may use a file of the system");
            } else if recursive && opens {
                self.add_at(word, "access-open", Risk::High, "lets everybody change everything below");
            }
        }
        if recursive {
            self.add("access-recursive", Risk::Medium, "changes permissions recursively");
        } else if opens {
            self.add_safer(
                "access-all",
                Risk::Medium,
                "lets everybody on this machine change it",
                Some("chmod u+rwX gives the owner alone what is needed"),
            );
        }
        let special = mode.starts_with("u+s")
            || mode.contains("+s")
            || mode.contains("=s")
            || mode.contains("xs")
            || (mode.len() == 4 && mode.chars().all(|c| c.is_digit(8)) && mode.starts_with(['2', '4', '6']));
        if call.name == "chmod" && special {
            self.add("set-uid", Risk::High, "lets others run it with its owner's rights");
        }
    }
}
