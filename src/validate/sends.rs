//! What leaves for another machine.

use super::analyse::{Analysis, Around, named};
use super::call::Call;
use super::{path, unwrap};
use crate::domain::Risk;

/// Programs that hand what they read to somebody else.
const SENDERS: [&str; 18] = [
    "nc", "ncat", "netcat", "socat", "telnet", "mail", "mailx", "sendmail", "mutt", "ftp", "sftp", "ssh", "tftp", "logger", "croc",
    "transfer", "gsutil", "xmpp",
];

impl Analysis<'_> {
    /// Credentials or whole folders on their way to another machine.
    pub(super) fn sends(&mut self, call: &Call<'_>, around: &Around<'_>) {
        let uploads = match call.name {
            "curl" => {
                call.has_any(&["-d", "--data", "-F", "--form", "-T", "--upload-file", "--json"])
                    || call.args.iter().any(|word| word.shape.starts_with("--data") || word.shape.starts_with("--form"))
            }
            "wget" => call.args.iter().any(|word| word.shape.starts_with("--post") || word.shape.starts_with("--body")),
            "scp" | "rsync" => call.operands.iter().any(|word| is_remote(&word.shape)),
            "rclone" => call.begins_with("copy") || call.begins_with("sync") || call.begins_with("move") || call.begins_with("copyto"),
            "aws" => call.begins_with("s3 cp") || call.begins_with("s3 sync") || call.begins_with("s3 mv"),
            "http" | "https" | "xh" => call.operands.iter().any(|word| word.shape.contains('@') || word.shape == "POST"),
            "openssl" => call.begins_with("s_client"),
            name => SENDERS.contains(&name),
        };
        let asks = matches!(call.name, "curl" | "wget" | "dig" | "nslookup" | "host" | "ping" | "nc" | "http" | "xh");
        if !uploads && !asks {
            return;
        }
        let mut secret = None;
        if uploads {
            for word in call.args {
                // A key that is named to log in with is not sent.
                let shape = word
                    .shape
                    .split_once("=@")
                    .or_else(|| word.shape.split_once("post-file="))
                    .map_or(word.shape.as_str(), |(_, file)| file);
                let shape = shape.trim_start_matches(['@', '<']);
                let key_option = call.value_of(&["-i", "--key", "-E", "--cert", "--cacert"]).is_some_and(|key| key.shape == word.shape);
                secret = secret.or_else(|| self.secret_name(shape).filter(|_| !key_option && !is_remote(shape)));
                let whole = path::is_vital(&self.scope.resolve(shape).unwrap_or_default());
                if whole
                    && matches!(call.name, "scp" | "rclone" | "aws")
                    && call.operands.first().is_some_and(|first| {
                        first.shape == word.shape || call.operands.get(1).is_some_and(|second| second.shape == word.shape)
                    })
                {
                    secret = secret.or_else(|| Some(shape.to_owned()));
                }
            }
            let input = self.standard_input(around);
            secret = secret.or_else(|| input.secret.clone());
            if input.bulk && secret.is_none() {
                return self.add("sends-folder", Risk::High, "sends a whole folder to another machine");
            }
            let network = matches!(call.name, "nc" | "ncat" | "netcat" | "socat" | "telnet" | "openssl");
            if network && self.hands_over_shell(around) {
                return self.add("reverse-shell", Risk::Critical, "hands a shell to another machine");
            }
            if network && input.fed && input.secret.is_none() && !around.tree.commands()[around.index].input.is_empty() {
                self.add("sends-output", Risk::Medium, "sends what it reads to another machine");
            }
            let whole_list = call
                .args
                .iter()
                .any(|word| matches!(word.shape.trim_start_matches("--post-file=").trim_start_matches('@'), "/etc/passwd" | "/etc/group"));
            if secret.is_none()
                && (whole_list
                    || around.tree.commands()[around.index].redirects.iter().any(|redirect| redirect.target.shape == "/etc/passwd"))
            {
                secret = Some("/etc/passwd".to_owned());
            }
        }
        // The output of a command inside an address or a name is sent with it.
        let nested = around.tree.commands()[around.index].nested.clone();
        for command in &around.tree.commands()[nested] {
            let words = self.expand_all(around.tree, &command.words);
            let revealed = words.iter().find_map(|word| self.secret_name(&self.scope.located(word).shape));
            let tool =
                words.first().and_then(|word| word.value.clone()).filter(|name| matches!(name.as_str(), "env" | "printenv" | "history"));
            secret = secret.or(revealed).or(tool);
            if matches!(call.name, "dig" | "nslookup" | "host" | "ping")
                && words.first().is_some_and(|word| matches!(word.shape.as_str(), "base64" | "xxd" | "cat" | "base32"))
            {
                secret = secret.or_else(|| Some("data in a name".to_owned()));
            }
        }
        if let Some(secret) = secret {
            let risk = if secret.contains("shadow") { Risk::Critical } else { Risk::High };
            self.add("sends-secret", risk, format!("sends {} to another machine", named(&secret)));
        }
    }

    /// Whether a shell that takes commands from elsewhere feeds this command.
    fn hands_over_shell(&mut self, around: &Around<'_>) -> bool {
        let command = &around.tree.commands()[around.index];
        command.input.clone().any(|index| {
            let feeder = &around.tree.commands()[index];
            let words = self.expand_all(around.tree, &feeder.words);
            let name = words.first().and_then(|word| word.value.as_deref()).map(|value| value.rsplit('/').next().unwrap_or(value));
            let plain = words.iter().skip(1).all(|word| matches!(word.shape.as_str(), "-i" | "-l" | "-s"));
            name.is_some_and(unwrap::is_shell) && plain && (!feeder.input.is_empty() || !feeder.redirects.is_empty() || words.len() > 1)
        })
    }
}

/// `host:path`, as scp and rsync name a place on another machine.
pub(super) fn is_remote(shape: &str) -> bool {
    shape.split_once(':').is_some_and(|(host, rest)| {
        !host.is_empty()
            && !host.contains('/')
            && !rest.starts_with("//")
            && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '-' | '_' | '['))
    }) || shape.starts_with("rsync://")
}
