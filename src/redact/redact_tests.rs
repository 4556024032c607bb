use super::*;

/// Spelled in parts, so that no scanner takes the tests of this file for a leak.
fn fake(prefix: &str, rest: &str) -> String {
    format!("{prefix}{rest}")
}

#[test]
fn secrets_are_taken_out() {
    let letters = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7j";
    let mut table: Vec<(String, String)> = Vec::new();
    for prefix in ["ghp_", "gho_", "github_pat_", "sk-", "sk-proj-", "sk-ant-", "xoxb-", "glpat-", "hf_", "npm_", "AIza"] {
        let token = fake(prefix, letters);
        table.push((format!("curl -H 'X: {token}' https://example.com"), token));
    }
    let aws = fake("AKIA", "ABCDEFGHIJKLMNOP");
    table.push((format!("export AWS_ACCESS_KEY_ID={aws}"), aws));
    let jwt = fake("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXBhcnQ");
    table.push((format!("call it with {jwt} please"), jwt));
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----".to_owned();
    table.push((format!("save {pem} to a file"), pem));
    for (text, secret) in [
        ("connect with password=hunter2 now", "hunter2"),
        ("mysql -u root -pS3cret db", "S3cret"),
        ("mysqldump --password=S3cret db", "S3cret"),
        ("tool --password S3cret x", "S3cret"),
        ("tool --token 'abc def1' x", "abc def1"),
        ("curl -u ann:S3cret https://x", "S3cret"),
        ("curl https://ann:S3cret@example.com/x", "S3cret"),
        ("psql postgres://ann:p%40ss@db/x", "p%40ss"),
        ("curl -H 'Authorization: Bearer abc.def-123' x", "abc.def-123"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("DB_PASS=hunter2 ./run", "hunter2"),
        ("API_KEY=\"a b c1\" ./run", "a b c1"),
        ("export GITLAB_TOKEN=abcdef12345", "abcdef12345"),
        ("{\"password\": \"hunter2\"}", "hunter2"),
        ("the password is hunter2", "hunter2"),
        ("log in, my passphrase is correcthorse.", "correcthorse"),
        ("sshpass -p S3cret ssh host", "S3cret"),
        ("sshpass -pS3cret ssh host", "S3cret"),
        ("docker login -u me -p S3cret", "S3cret"),
        ("redis-cli -a S3cret ping", "S3cret"),
        ("use token 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
        ("secret: 'x9Kq2LmZ'", "x9Kq2LmZ"),
        ("log in as ann with password Tr0ub4dor", "Tr0ub4dor"),
        ("aws_secret_access_key = abcd/efgh+12", "abcd/efgh+12"),
        ("ldapsearch -D x -w S3cret", "S3cret"),
        ("openssl rsa -passin pass:S3cret", "S3cret"),
        ("smbclient //a/b -U ann%S3cret", "S3cret"),
    ] {
        table.push((text.to_owned(), secret.to_owned()));
    }
    for (text, secret) in table {
        let redacted = redact(&text);
        assert!(!redacted.text.contains(&secret), "{text}\n{}", redacted.text);
        assert!(looks_secret(&text) && !redacted.is_clean());
        assert_eq!(redacted.secrets.len(), 1, "{text}: {}", redacted.text);
        assert_eq!(redacted.secrets[0].1.expose(), secret, "{text}");
    }
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    for text in [
        "git show 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "git checkout 9f86d08",
        "docker run x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "rm 550e8400-e29b-41d4-a716-446655440000",
        "ls /usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "find ~/Documents/Projects2024/AnotherFolder -name '*.rs'",
        "reset my password",
        "change the password of user ann",
        "how do I use a password manager",
        "what is a bearer token",
        "echo $PASSWORD",
        "tool --password \"$PASS\" x",
        "mysql -u root -p db",
        "PASSWORD_FILE=/run/secret ./x",
        "curl https://example.com:8080/path@x",
        "git@github.com:a/b.git",
        "ssh ann@host",
        "sort --key=2,3 x",
        "git log --author=ann:bob",
        "skip-worktree",
        "ask-me",
        "npm_config",
        "list files by size",
        "mkdir -p a/b",
        "curl -u ann https://x",
        "tar -pcf x y",
        "grep -r password .",
        "the password is wrong",
        "archive it with password protection",
        "test \"$token\" = x",
        "PATH=/usr/bin ls",
        "tokens=3",
        "ssh-keygen -t ed25519 -C ann@example.com",
        "API_KEY=$(pass show x) ./run",
        "export TOKEN=${OTHER}",
        "sha256sum -c SHA256SUMS",
        "cp key.pem other/",
        "--token-file x",
    ] {
        assert_eq!(redact(text).text, text);
        assert!(!looks_secret(text), "{text}");
    }
}

#[test]
fn a_placeholder_is_one_plain_word_that_was_not_there() {
    let redacted = redact("HIDDENVALUE1X password=a1 token=b2 password=a1");
    assert_eq!(redacted.text, "HIDDENVALUE1X password=HIDDENVALUEZ1X token=HIDDENVALUEZ2X password=HIDDENVALUEZ1X");
    assert_eq!(redacted.restore(&redacted.text), "HIDDENVALUE1X password=a1 token=b2 password=a1");
}

#[test]
fn debug_output_hides_the_secret() {
    assert!(!format!("{:?}", redact("password=hunter2")).contains("hunter2"));
}

#[test]
fn restored_text_is_data_wherever_the_placeholder_stands() {
    let secret = "it's; $(rm x) \"`\\";
    let redacted = Redacted { text: String::new(), secrets: vec![("P1X".to_owned(), Secret::new(secret.to_owned()))] };
    for (command, words) in [
        ("a P1X b", vec!["a", secret, "b"]),
        ("a 'P1X' b", vec!["a", secret, "b"]),
        ("a \"P1X\" b", vec!["a", secret, "b"]),
        ("a --p=P1X", vec!["a", &format!("--p={secret}")]),
        ("a 'x: P1X y'", vec!["a", &format!("x: {secret} y")]),
        ("a \"x \\\"P1X\"", vec!["a", &format!("x \"{secret}")]),
    ] {
        let restored = redacted.restore(command);
        assert_eq!(shell_words::split(&restored).unwrap_or_else(|_| panic!("{restored}")), words, "{restored}");
    }
    assert_eq!(redacted.restore("a P10X b"), "a P10X b");
}

proptest::proptest! {
    #[test]
    fn redacting_never_fails_and_comes_back(text in ".{0,80}") {
        let redacted = redact(&text);
        let again: String = redacted.secrets.iter().rev().fold(redacted.text.clone(), |text, (placeholder, secret)| text.replace(placeholder, secret.expose()));
        proptest::prop_assert_eq!(again, text);
    }

    #[test]
    fn any_secret_is_restored_as_one_word(secret in "[ -~]{1,20}") {
        let redacted = Redacted { text: String::new(), secrets: vec![("P1X".to_owned(), Secret::new(secret.clone()))] };
        for command in ["a P1X", "a 'P1X'", "a \"P1X\""] {
            proptest::prop_assert_eq!(shell_words::split(&redacted.restore(command)).expect("valid"), vec!["a".to_owned(), secret.clone()]);
        }
    }
}
