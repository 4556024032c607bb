use super::*;
use crate::domain::ShellKind::{Bash, Fish, Zsh};

/// Spelled in parts, so that no scanner takes the tests of this file for a leak.
fn fake(prefix: &str, rest: &str) -> String {
    format!("{prefix}{rest}")
}

const LETTERS: &str = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7j";

fn hidden(secrets: &[(&str, &str)]) -> Redacted {
    let hidden = secrets
        .iter()
        .map(|(placeholder, secret)| Hidden {
            placeholder: (*placeholder).to_owned(),
            stable: (*placeholder).to_owned(),
            secret: Secret::new((*secret).to_owned()),
        })
        .collect();
    Redacted { text: RedactedText::default(), stable: RedactedText::default(), beside: Vec::new(), hidden }
}

#[test]
fn secrets_are_taken_out() {
    let mut table: Vec<(String, String)> = Vec::new();
    for prefix in [
        "ghp_",
        "gho_",
        "github_pat_",
        "sk-",
        "sk-proj-",
        "sk-ant-",
        "xoxb-",
        "glpat-",
        "hf_",
        "npm_",
        "AIza",
        "dop_v1_",
        "gsk_",
        "nfp_",
        "lin_api_",
        "pscale_tkn_",
    ] {
        let letters = if prefix == "dop_v1_" { "0123456789abcdef0123456789abcdef" } else { LETTERS };
        let token = fake(prefix, letters);
        table.push((format!("curl -H 'X: {token}' https://example.com"), token.clone()));
        table.push((format!("why is {token} refused"), token));
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
        ("curl https://ann:S3c^r+e*t#@example.com/x", "S3c^r+e*t#"),
        ("psql postgres://ann:p%40ss@db/x", "p%40ss"),
        ("curl -H 'Authorization: Bearer abc.def-123' x", "abc.def-123"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("curl -H 'PRIVATE-TOKEN: abcdef12345' x", "abcdef12345"),
        ("DB_PASS=hunter2 ./run", "hunter2"),
        ("API_KEY=\"a b c1\" ./run", "a b c1"),
        ("set -gx API_KEY abcdef12345", "abcdef12345"),
        ("export GITLAB_TOKEN=abcdef12345", "abcdef12345"),
        ("{\"password\": \"hunter2\"}", "hunter2"),
        ("<password>hunter2</password>", "hunter2"),
        ("Server=db;Password=hunter2;Database=x", "hunter2"),
        ("//registry.example.org/:_authToken=abcdef12345", "abcdef12345"),
        ("the password is hunter2", "hunter2"),
        ("log in, my passphrase is correcthorse.", "correcthorse"),
        ("the passphrase is correct horse battery staple", "correct horse battery staple"),
        ("my pin is 4711", "4711"),
        ("sshpass -p S3cret ssh host", "S3cret"),
        ("sshpass -pS3cret ssh host", "S3cret"),
        ("docker login -u me -p S3cret", "S3cret"),
        ("redis-cli -a S3cret ping", "S3cret"),
        ("openssl enc -aes-256-cbc -k S3cret -in a", "S3cret"),
        ("gpg --passphrase S3cret -c f", "S3cret"),
        ("echo \"bob:S3cret\" | sudo chpasswd", "S3cret"),
        ("echo S3cret | docker login --password-stdin", "S3cret"),
        ("ssh host 'mysql -pS3cret db'", "S3cret"),
        ("use token 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
        ("secret: 'x9Kq2LmZ'", "x9Kq2LmZ"),
        ("log in as ann with password Tr0ub4dor", "Tr0ub4dor"),
        ("aws_secret_access_key = abcd/efgh+12", "abcd/efgh+12"),
        ("ldapsearch -D x -w S3cret", "S3cret"),
        ("openssl rsa -passin pass:S3cret", "S3cret"),
        ("smbclient //a/b -U ann%S3cret", "S3cret"),
        ("HEROKU_API_KEY=550e8400-e29b-41d4-a716-446655440000 heroku apps", "550e8400-e29b-41d4-a716-446655440000"),
        ("pay with card 4539 1488 0343 6467 now", "4539 1488 0343 6467"),
        (
            "wallet import \"apple banana cherry dance eagle fabric gadget hammer ice jacket kangaroo ladder\"",
            "apple banana cherry dance eagle fabric gadget hammer ice jacket kangaroo ladder",
        ),
    ] {
        table.push((text.to_owned(), secret.to_owned()));
    }
    for (text, secret) in table {
        let redacted = redact(&text);
        assert!(!redacted.text.as_str().contains(&secret), "{text}\n{}", redacted.text);
        assert!(looks_secret(&text) && !redacted.is_clean());
        assert_eq!(redacted.hidden.len(), 1, "{text}: {}", redacted.text);
        assert_eq!(redacted.hidden[0].secret.expose(), secret, "{text}");
        assert!(!RedactedText::mask(&text).as_str().contains(&secret));
        assert_eq!(RedactedText::if_clean(text), None);
    }
}

#[test]
fn behind_the_name_of_a_secret_a_sample_is_one_too() {
    let sample = fake("wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY");
    for (text, secret) in [
        ("AWS_SECRET_ACCESS_KEY=%", sample.as_str()),
        ("aws_secret_access_key = %", sample.as_str()),
        ("tool --secret-key % x", sample.as_str()),
        ("password=%", "hunter2EXAMPLE"),
        ("the password is %", "Rex2011example"),
        ("mysql -u root -p% db", "S3cretExample"),
        ("curl -u ann:% https://x", "xxxRated99"),
        ("DB_PASSWORD=% ./run", "XXXXXXXXXXXX1234"),
        ("DB_PASSWORD=% ./run", "yourMother!"),
        ("tool --password % x", "my-dog-rex"),
        ("tool --password % x", "example.horse"),
        ("PASSWORD=% ./run", "SECRETSQUIRREL"),
        ("PASSWORD=% ./run", "aaaaaaa"),
        ("curl -H 'Authorization: Bearer %' x", "abc.def-123EXAMPLE"),
    ] {
        let text = text.replace('%', secret);
        assert!(!redact(&text).text.as_str().contains(secret), "{text}");
    }
    for stand_in in [
        "your-api-key",
        "YOUR_API_KEY",
        "my_secret_password",
        "yourpasswordhere",
        "YourToken",
        "your-github-token",
        "insert-token-here",
        "<your password>",
        "replace_me",
        "xxxx-xxxx-xxxx",
        "********",
        "example",
        "examplepassword",
        "AKIAIOSFODNN7EXAMPLE",
    ] {
        for text in [format!("AWS_ACCESS_KEY_ID={stand_in} x"), format!("use {stand_in} as it is")] {
            assert_eq!(redact(&text).text, text.as_str());
        }
        if !stand_in.starts_with("AKIA") {
            let text = format!("tool --password '{stand_in}' x");
            assert_eq!(redact(&text).text, text.as_str());
        }
    }
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    for text in [
        "git show 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "git checkout 9f86d08",
        "docker run x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "rm 550e8400-e29b-41d4-a716-446655440000",
        "kubectl get pod api-550e8400-e29b-41d4-a716-446655440000",
        "ls /usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "find ~/Documents/Projects2024/AnotherFolder -name '*.rs'",
        "reset my password",
        "change the password of user ann",
        "how do I use a password manager",
        "what is a bearer token",
        "echo $PASSWORD",
        "tool --password \"$PASS\" x",
        "tool --password={{ secrets.TOKEN }}",
        "tool --password=`cat token`",
        "tool --password changeme",
        "curl -H 'Authorization: Bearer ********' x",
        "curl -H \"Authorization: Bearer \"$TOKEN\"\" x",
        "curl -H 'Authorization: Bearer YOUR_API_KEY' x",
        "read -sp \"Password: \" PW",
        "mysql -u root -p db",
        "docker run -p3306:3306 mysql",
        "PASSWORD_FILE=/run/secret ./x",
        "curl https://example.com:8080/path@x",
        "https://example.com/#a:b@c",
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
        "the token is expired",
        "archive it with password protection",
        "test \"$token\" = x",
        "PATH=/usr/bin ls",
        "tokens=3",
        "max_tokens=2048",
        "ssh-keygen -t ed25519 -C ann@example.com",
        "API_KEY=$(pass show x) ./run",
        "export TOKEN=${OTHER}",
        "sha256sum -c SHA256SUMS",
        "integrity sha512-Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7jAb3dEf6hIj9l==",
        "cp key.pem other/",
        "--token-file x",
        "card 4242 4242 4242 4242 is for tests",
        "-----BEGIN CERTIFICATE-----\nMIIEabc\n-----END CERTIFICATE-----",
        "ffmpeg -i a -pass 1 b",
        "please find every text file that has the seed word and then copy them over into the other place",
    ] {
        assert_eq!(redact(text).text, text);
        assert!(!looks_secret(text), "{text}");
    }
}

#[test]
fn a_placeholder_is_one_plain_word_that_nobody_can_guess() {
    let text = "HIDDENVALUE1X password=a1b2 token=b2c3d4e5 password=a1b2";
    let (one, other) = (redact(text), redact(text));
    assert_ne!(one.text, other.text, "each request has its own words");
    assert_eq!(one.stable(), other.stable(), "what is kept has the same");
    assert_eq!(*one.stable(), "HIDDENVALUE1X password=HIDDENVALUEZ1X token=HIDDENVALUEZ2X password=HIDDENVALUEZ1X");
    for hidden in &one.hidden {
        assert!(hidden.placeholder.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{hidden:?}");
    }
    assert_eq!(one.restore(one.text.as_str(), Bash).unwrap(), text);
    assert_eq!(one.restore_kept(one.stable(), Bash).unwrap(), text);
    assert_eq!(one.restore(other.text.as_str(), Bash).unwrap(), other.text.as_str(), "the words of another request mean nothing");
    let kept = one.keep(&format!("x --token={}", one.hidden[1].placeholder)).unwrap();
    assert_eq!(kept, "x --token=HIDDENVALUEZ2X");
    assert_eq!(other.restore_kept(&kept, Zsh).unwrap(), "x --token=b2c3d4e5");
}

#[test]
fn what_may_not_be_kept_is_not() {
    let redacted = redact("use password=hunter2");
    assert_eq!(redacted.keep("x HIDDENVALUE1X"), None, "it would be taken for a placeholder later");
    assert_eq!(redacted.keep("x --password=hunter3"), None, "a secret of the answer's own");
    assert_eq!(redacted.keep("ls -l").unwrap(), "ls -l");
}

#[test]
fn a_changed_placeholder_is_refused() {
    let redacted = redact("use password=hunter2");
    let word = redacted.hidden[0].placeholder.clone();
    for changed in
        [word.to_uppercase(), word[..word.len() - 2].to_owned(), word[4..].to_owned(), format!("{word}x"), word.replacen('h', "H", 1)]
    {
        assert_eq!(redacted.restore(&format!("tool {changed}"), Bash), Err(RedactError::Altered), "{changed}");
    }
    assert_eq!(redacted.restore(&format!("tool -p{word}"), Bash).unwrap(), "tool -phunter2");
}

#[test]
fn debug_output_hides_the_secret() {
    assert!(!format!("{:?}", redact("password=hunter2")).contains("hunter2"));
}

#[test]
fn a_foreign_text_keeps_no_disguised_secret() {
    let token = fake("sk-proj-", LETTERS);
    let encoded = "c2stcHJvai1BYjNkRWY2aElqOWxNbjJwUXI1dFV2OHhZejFCY0Q0Zkdo";
    let escaped: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for disguise in [token.as_str(), encoded, escaped.as_str()] {
        let masked = RedactedText::mask_foreign(&format!("Incorrect key provided: {disguise} here"));
        assert_eq!(masked, "Incorrect key provided: [hidden] here");
    }
    let plain = "The model `gpt-4o-mini-2024-07-18` does not exist, see https://example.com/docs/error-codes";
    assert_eq!(RedactedText::mask_foreign(plain), plain);
}

#[test]
fn restored_text_is_data_wherever_the_placeholder_stands() {
    let secret = "it's; $(rm x) \"`\\";
    let redacted = hidden(&[("P1X", secret)]);
    for (command, words) in [
        ("a P1X b", vec!["a", secret, "b"]),
        ("a 'P1X' b", vec!["a", secret, "b"]),
        ("a \"P1X\" b", vec!["a", secret, "b"]),
        ("a --p=P1X", vec!["a", &format!("--p={secret}")]),
        ("a 'x: P1X y'", vec!["a", &format!("x: {secret} y")]),
        ("a https://u:P1X@h/x", vec!["a", &format!("https://u:{secret}@h/x")]),
        ("a \"x \\\"P1X\"", vec!["a", &format!("x \"{secret}")]),
    ] {
        for shell in [Bash, Zsh] {
            let restored = redacted.restore(command, shell).unwrap();
            assert_eq!(shell_words::split(&restored).unwrap_or_else(|_| panic!("{restored}")), words, "{restored}");
        }
        let tree = crate::syntax::parse(&redacted.restore(command, Fish).unwrap(), Fish).unwrap();
        assert_eq!(tree.commands()[0].words.iter().map(|word| word.shape.as_str()).collect::<Vec<_>>(), words, "fish: {command}");
    }
    assert_eq!(redacted.restore("a P10X b", Bash).unwrap(), "a P10X b");
}

#[test]
fn the_rest_of_a_command_keeps_its_meaning() {
    let redacted = hidden(&[("P1X", "a b'c")]);
    for (command, restored) in [
        ("PASS=P1X run", "PASS=\"a b'c\" run"),
        ("curl \"$HOST/P1X\"", "curl \"$HOST/\"\"a b'c\"\"\""),
        ("ls *.txt && echo P1X", "ls *.txt && echo \"a b'c\""),
        ("echo P1X | tee ~/x", "echo \"a b'c\" | tee ~/x"),
    ] {
        assert_eq!(redacted.restore(command, Bash).unwrap(), restored);
    }
    // The inner shell reads its command once more.
    let restored = redacted.restore("ssh host 'mysql -pP1X db'", Bash).unwrap();
    let outer = shell_words::split(&restored).unwrap();
    assert_eq!(shell_words::split(&outer[2]).unwrap(), ["mysql", "-pa b'c", "db"]);
    assert_eq!(redacted.restore("echo 'P1X", Bash), Err(RedactError::Unplaceable), "no shell reads this");
}

#[test]
fn what_is_masked_is_masked_once() {
    for text in
        ["password =x", "pw =\0", "password =hunter2x!", "token= S3cretWord9", "{*secret \":\"a1B2c3D4:(p)}; c(p)}; cd \"$x\": \"zY7\"}"]
    {
        let once = RedactedText::mask(text);
        assert_eq!(RedactedText::mask(once.as_str()), once, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn redacting_never_fails_and_what_is_masked_stays_masked(text in ".{0,80}") {
        let redacted = redact(&text);
        proptest::prop_assert_eq!(redacted.is_clean(), redacted.text.as_str() == text);
        let masked = RedactedText::mask(&text);
        for hidden in redacted.hidden.iter().filter(|hidden| hidden.secret.expose().len() > 7) {
            proptest::prop_assert!(!masked.as_str().contains(hidden.secret.expose()));
        }
    }

    #[test]
    fn any_secret_is_restored_as_one_word(secret in "[ -~]{1,20}") {
        let redacted = hidden(&[("Placeholder1X", &secret)]);
        for command in ["a Placeholder1X", "a 'Placeholder1X'", "a \"Placeholder1X\""] {
            let restored = redacted.restore(command, Bash).expect("fits");
            proptest::prop_assert_eq!(shell_words::split(&restored).expect("valid"), vec!["a".to_owned(), secret.clone()]);
        }
    }
}

#[test]
fn what_a_command_was_given_back_is_taken_out_of_it_again() {
    let redacted = hidden(&[("HIDDENone", "it's \"me\""), ("HIDDENtwo", "blue")]);
    for (command, left) in [
        ("echo blue sky", "echo [hidden] sky"),
        ("echo bl'u'e", "[hidden]"),
        ("echo bl\\ue", "[hidden]"),
        ("echo 'it'\\''s \"me\"'", "[hidden]"),
        ("echo red", "echo red"),
    ] {
        assert_eq!(redacted.conceal(command).as_str(), left, "{command}");
    }
    let own = fake("ghp_", LETTERS);
    assert!(!redacted.conceal(&format!("curl -H 'authorization: bearer {own}'")).as_str().contains(&own));
    assert_eq!(redact("list files").conceal("ls").as_str(), "ls");
}
