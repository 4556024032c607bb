//! Words about more than they say: a question about one program, a change of a command.

use super::*;
use crate::domain::{Refined, Scope};

fn about(program: &str) -> Aim {
    Aim { scope: Some(Scope::from_word(program).unwrap()), ..Aim::default() }
}

fn changing(command: &str, asked: &str) -> Aim {
    Aim { refines: Some(Refined::new(command, asked).unwrap()), ..Aim::default() }
}

async fn commands(bench: &Bench, query: &str, aim: Aim) -> Vec<String> {
    let reply = bench.ask(&Request { aim, ..bench.request(query) }).await;
    reply.offers.iter().map(|offer| offer.suggestion.command().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_question_about_a_program_is_answered_with_it_alone() {
    let bench = Bench::new("ls -l");
    for (program, words, expected) in [
        ("git", "undo last commit", "git reset --soft HEAD~1"),
        ("git", "git undo last commit", "git reset --soft HEAD~1"),
        ("docker", "list running containers", "docker ps"),
        ("k", "list pods", "kubectl get pods"),
    ] {
        assert_eq!(commands(&bench, words, about(program)).await.first().map(String::as_str), Some(expected), "{words}");
    }
    assert_eq!(bench.provider.count(), 0);
    // Without the scope the same words are answered with another program.
    assert!(bench.best(KNOWN).await.unwrap().0.starts_with("ls "));
    assert_eq!(commands(&bench, KNOWN, about("svn")).await, [""; 0], "nor is a provider's answer of another program taken");
    bench.set(Ok("svn list"));
    assert_eq!(commands(&bench, KNOWN, about("svn")).await, ["svn list"]);
    let system = bench.provider.last_prompt().system;
    assert!(system.contains("the command must begin with svn.\n"), "{system}");
    // What is kept for one program is found for it and for nobody else.
    bench.set(Ok("hg files"));
    assert_eq!(commands(&bench, KNOWN, about("svn")).await, ["svn list"]);
    assert_eq!(commands(&bench, KNOWN, about("hg")).await, ["hg files"]);
    assert!(commands(&bench, KNOWN, Aim::default()).await.iter().all(|command| command.starts_with("ls ")));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_asked_for_with_its_command_and_kept_for_it_alone() {
    let bench = Bench::new("mount -t quux /srv");
    let aim = changing("mount -t frob /srv", "frobnicate /srv");
    assert_eq!(commands(&bench, UNKNOWN, aim.clone()).await, ["mount -t quux /srv"]);
    let prompt = bench.provider.last_prompt();
    assert_eq!(prompt.user.as_str(), r#"{"asked":"frobnicate /srv","command":"mount -t frob /srv","request":"frobnicate the quux"}"#);
    assert!(prompt.system.contains("how to change it"), "{}", prompt.system);
    bench.set(Ok("uptime"));
    assert_eq!(commands(&bench, UNKNOWN, aim.clone()).await, ["mount -t quux /srv"], "the same change of the same command is kept");
    for other in [Aim::default(), changing("mount -t frob /srv", "other"), changing("mount -t frob /mnt", "frobnicate /srv")] {
        assert_eq!(commands(&bench, UNKNOWN, other).await, ["uptime"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_understood_here_asks_nobody_and_is_no_answer_to_the_words_alone() {
    let bench = Bench::new("uptime");
    let (words, base) = ("but only python files", "find . -size +100M");
    let aim = changing(base, "find files bigger than 100 MB");
    for _ in 0..2 {
        assert_eq!(commands(&bench, words, aim.clone()).await[0], "find . -name '*.py' -size +100M");
    }
    assert_eq!(bench.provider.count(), 0);
    for other in [Aim::default(), changing("ls -l", "list files"), changing("find /etc -size +100M", "find files bigger than 100 MB")] {
        assert!(!commands(&bench, words, other.clone()).await.contains(&"find . -name '*.py' -size +100M".to_owned()), "{other:?}");
    }
    let request = Request { aim, mode: Mode::Offline, use_cache: false, ..bench.request(words) };
    assert_eq!(bench.ask(&request).await.offers[0].via, Via::Live);
}

#[tokio::test(start_paused = true)]
async fn secrets_of_a_command_stay_here_and_come_back_into_the_changed_one() {
    let bench = Bench::new("ls");
    let secret = "hunter2hunter2";
    let aim = changing(&format!("mysql --password={secret} shop"), &format!("open the shop with password {secret}"));
    let request = Request { aim, ..bench.request("only the table orders") };
    bench.ask(&request).await;
    let sent = bench.provider.last_prompt().user.as_str().to_owned();
    assert!(!sent.contains(secret) && sent.contains("--password="), "{sent}");
    let placeholder = sent.split("--password=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(sent.matches(&placeholder).count(), 2, "one secret has one name: {sent}");
    let redacted = request.redacted();
    let away = redacted.beside()[0].text.as_str().replace("shop", "shop orders");
    assert_eq!(redacted.restore(&away, request.facts.shell).unwrap(), format!("mysql --password={secret} shop orders"));
}

#[tokio::test(start_paused = true)]
async fn what_was_run_is_remembered_for_what_the_words_were_about() {
    let bench = Bench::new("git log --quux");
    let query = |words: &str| Query::from_bytes(words.as_bytes()).unwrap();
    let ran = |words: &str, aim: &Aim, command: &str| {
        bench.pipeline.record_ran(
            &Ran { query: &query(words), aim, command, status: 0, rules: &Arc::default(), keeps: true },
            &facts(),
            bench.now,
        );
    };
    commands(&bench, UNKNOWN, about("git")).await;
    ran(UNKNOWN, &about("git"), "git log --quux -n 3");
    assert_eq!(commands(&bench, UNKNOWN, about("git")).await[0], "git log --quux -n 3");
    bench.set(Ok("uptime"));
    assert_eq!(commands(&bench, UNKNOWN, Aim::default()).await, ["uptime"]);
    // A change that has lost its command is no question, so its line is no answer.
    bench.set(Ok("ls -d *.py"));
    let words = "but only frobnicated ones";
    commands(&bench, words, Aim::default()).await;
    ran(words, &Aim::default(), "ls -d *.py *.pyc");
    assert_eq!(commands(&bench, words, Aim::default()).await[0], "ls -d *.py");
    let aim = changing("ls", "list files");
    commands(&bench, words, aim.clone()).await;
    ran(words, &aim, "ls -d *.py *.pyc");
    assert_eq!(commands(&bench, words, aim).await[0], "ls -d *.py *.pyc");
}
