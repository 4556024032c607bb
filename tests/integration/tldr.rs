//! Pages of the tldr collection: those that are here, those that are fetched, and what is told of them.

use std::fs;
use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ring::digest::{SHA256, digest};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::environment::{Resident, TestEnv, is_alive, kill, records, wait_until};

const WORDS: &str = "frobnicate a quux gently";
const FITS: &str = "quuxer --gently <path/to/quux>";
const PAGE: &str = "# quuxer\n\n> Handle quuxes.\n\n- Frobnicate a quux [g]ently:\n\n`quuxer --gently {{path/to/quux}}`\n\n\
                    - Frobnicate all quuxes gently and then everything else:\n\n`rm -rf /`\n";

fn archive(page: &str) -> Vec<u8> {
    packed(&[("common/quuxer.md", page)])
}

fn packed(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn sum(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server of files: a path and the response to it. Everything else is not found.
fn serve(files: Vec<(&'static str, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = respond(stream.unwrap(), &files);
        }
    });
    format!("http://{address}")
}

fn respond(mut stream: TcpStream, files: &[(&'static str, Vec<u8>)]) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = first.split(' ').nth(1).unwrap_or_default();
    match files.iter().find(|(name, _)| *name == path) {
        Some((_, response)) => stream.write_all(response),
        None => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    }
}

fn file(bytes: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", bytes.len()).as_bytes(), bytes].concat()
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}

fn put_page(folder: &Path) {
    fs::create_dir_all(folder.join("common")).unwrap();
    fs::write(folder.join("common/quuxer.md"), PAGE).unwrap();
}

#[test]
fn pages_are_fetched_searched_and_shown_but_never_put_into_the_line() {
    let env = TestEnv::new();
    let none = env.run(&["tldr", "search", WORDS]);
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
    assert!(none.err.contains("no tldr pages on this machine\nhint: `gptos tldr update`"), "{}", none.err);

    let archive = archive(PAGE);
    let sums = format!("{}  pages.zip\n", sum(&archive));
    let url = serve(vec![
        ("/sent/pages.zip", file(&archive)),
        ("/tldr.sha256sums", file(sums.as_bytes())),
        ("/pages.zip", redirect("/sent/pages.zip")),
    ]);
    let run = env.run(&["tldr", "update", "--url", &format!("{url}/pages.zip")]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(0), "", "gptos: 1 tldr pages are here\n"));

    let run = env.run(&["tldr", "search", "frobnicate", "quuxes"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.starts_with(&format!("{FITS}  # Frobnicate a quux gently\nrm -rf /  # ")), "{}", run.out);
    assert!(run.out.contains("risk critical: "), "{}", run.out);

    // A machine that is too busy to look them up in time shows none.
    wait_until("the examples are found in time", || env.run(&["translate", "--offline", "--", WORDS]).err.contains("tldr: "));
    let run = env.run(&["translate", "-n", "3", "--offline", "--", WORDS]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{}", run.err);
    assert!(run.err.contains(&format!("gptos: tldr: {FITS}  # Frobnicate a quux gently\n")), "{}", run.err);

    let run = env.run(&["translate", "--json", "--offline", "--", WORDS]);
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let offer = &report["offers"][0];
    assert!(report["command"].is_null() && report["alternatives"] == serde_json::json!([]), "{report}");
    assert_eq!((&offer["command"], &offer["source"], &offer["placeholders"]), (&FITS.into(), &"tldr".into(), &true.into()));
    assert!(offer["confidence"].as_f64().unwrap() < 0.8, "{report}");

    let run = env.run_with_input(&["widget", "bash"], WORDS.as_bytes());
    let records = records(&run.out);
    assert!(records.iter().all(|(kind, ..)| kind == "msg" || kind == "end"), "{records:?}");
    assert!(records[0].1.contains(&format!("; from tldr: `{FITS}`")), "{records:?}");

    let known = env.run(&["translate", "--json", "--offline", "--", "list files by size"]);
    assert!(!known.out.contains("offers"), "{}", known.out);
}

#[test]
fn a_fetch_that_fails_says_why_and_leaves_the_old_copy() {
    let env = TestEnv::new();
    let good = archive(PAGE);
    let (sums, other) = (format!("{}  pages.zip\n", sum(&good)), archive("# other\n"));
    let with = |sums: &str, pages: Vec<u8>| {
        let url = serve(vec![("/tldr.sha256sums", file(sums.as_bytes())), ("/pages.zip", pages)]);
        env.run(&["tldr", "update", "--url", &format!("{url}/pages.zip")])
    };
    assert_eq!(with(&sums, file(&good)).code, Some(0));
    let mut cut = file(&good);
    cut.truncate(cut.len() - 10);
    let huge = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec();
    for (sums, pages, reason) in [
        (sums.as_str(), file(&other), "the archive does not match its checksum"),
        ("", file(&good), "the list of checksums does not name pages.zip"),
        (&sums, Vec::new(), "closed the connection without an answer"),
        (&sums, cut, "the file was cut off"),
        (&sums, huge, "the file is larger than 32768 KiB"),
        (&sums, redirect("http://192.0.2.1/pages.zip"), "the address is not https, nor http to this machine"),
        (&sums, redirect("/pages.zip"), "the server sends from one place to the next"),
        (&sums, redirect("ftp://example.invalid/"), "the address is not https, nor http to this machine"),
    ] {
        let run = with(sums, pages);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{reason}");
        assert!(run.err.contains(reason) && run.err.contains("hint: what was there before is still in use"), "{reason}: {}", run.err);
        assert!(env.run(&["tldr", "search", WORDS]).out.starts_with(FITS), "{reason}");
    }
    // What is not right in itself, although the list of checksums names it.
    for (pages, reason) in [
        (good[..good.len() - 10].to_vec(), "the archive is damaged"),
        (good[..20].to_vec(), "the archive is damaged"),
        (Vec::new(), "the archive is damaged"),
        (packed(&[("common/quuxer.md", PAGE), ("common/../../../../evil.md", PAGE)]), "the archive holds a name that leads elsewhere"),
        (packed(&[("/common/evil.md", PAGE)]), "the archive holds a name that leads elsewhere"),
        (packed(&[("windows/quuxer.md", PAGE)]), "the archive holds no pages"),
    ] {
        let run = with(&format!("{}  pages.zip\n", sum(&pages)), file(&pages));
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{reason}");
        assert!(run.err.contains(reason) && run.err.contains("hint: what was there before is still in use"), "{reason}: {}", run.err);
        assert!(env.run(&["tldr", "search", WORDS]).out.starts_with(FITS), "{reason}");
    }
    let data = env.home().join(".local/share");
    assert!([data.join("evil.md"), data.join("gptos/evil.md"), env.home().join("evil.md")].iter().all(|path| !path.exists()));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, code, reason) in [
        (format!("http://{closed}/pages.zip"), 1, "nothing listens on"),
        ("http://192.0.2.1/pages.zip".to_owned(), 1, "the address is not https"),
        (format!("http://ada:hush@{closed}/pages.zip"), 1, "a name or a password"),
        ("pages.zip".to_owned(), 64, "is not the address of an archive"),
    ] {
        let run = env.run(&["tldr", "update", "--url", &url]);
        assert!(run.code == Some(code) && run.err.contains(reason), "{url}: {}", run.err);
    }
    assert!(env.run(&["tldr", "search", WORDS]).out.starts_with(FITS));
}

#[test]
fn the_resident_indexes_the_pages_of_another_client_behind_the_first_question() {
    let env = TestEnv::new();
    let offers = |env: &TestEnv| {
        let run = env.run(&["translate", "--json", "--offline", "--", WORDS]);
        serde_json::from_str::<serde_json::Value>(&run.out).unwrap()["offers"][0]["command"] == FITS
    };
    put_page(&env.home().join(".cache/tealdeer/tldr-pages/pages.en"));
    let index = env.home().join(".cache/gptos/tldr.index");
    assert!(!offers(&env) && !index.exists(), "a process of its own builds nothing");
    kill_started(&env);
    let resident = Resident(env.start_resident());
    wait_until("the index is there", || offers(&env));
    // Half of it is gone; what is left is no answer, and a whole one comes by itself.
    fs::write(&index, &fs::read(&index).unwrap()[..200]).unwrap();
    wait_until("a damaged index is made anew", || offers(&env));
    assert!(fs::metadata(&index).unwrap().len() > 200);
    drop(resident);
}

/// What fish completes `quuxer` with, and with what else than the example uses.
const COMPLETION: &str = "complete -c quuxer -s a\ncomplete -c quuxer -s b -l both\ncomplete -c quuxer -l calmly -l slowly\n";

#[test]
fn an_option_that_completions_do_not_know_is_told_of_and_nothing_is_run() {
    let env = TestEnv::new();
    let path = format!("{}:/usr/bin:/bin", env.home().join("bin").display());
    let env = env.set("PATH", &path);
    put_page(&env.home().join(".cache/tlrc/pages.en"));
    let ran = env.home().join("ran");
    let program = env.home().join("bin/quuxer");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let search = || env.run(&["tldr", "search", WORDS]).out.lines().next().unwrap_or_default().to_owned();
    let report = || {
        let run = env.run(&["translate", "--json", "--offline", "--", WORDS]);
        let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let offer = report["offers"].as_array().into_iter().flatten().find(|offer| offer["command"] == FITS).cloned().unwrap_or_default();
        (offer["options"].clone(), offer["unlisted"].clone(), offer["confidence"].as_f64().unwrap_or_default())
    };
    assert_eq!(search(), format!("{FITS}  # Frobnicate a quux gently"));
    wait_until("the example is found in time", || report().0 == "unknown");
    let before = report().2;

    let folder = env.home().join(".config/fish/completions");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("quuxer.fish"), format!("{COMPLETION}complete -c quuxer -l gently\n")).unwrap();
    restart(&env);
    wait_until("the option is known", || report().0 == "listed");
    fs::write(folder.join("quuxer.fish"), COMPLETION).unwrap();
    restart(&env);
    wait_until("the option is not known", || report().0 == "unlisted");
    let (_, option, confidence) = report();
    assert_eq!(option, "--gently");
    assert!(0.0 < confidence && confidence < before, "{confidence} {before}");
    let out = env.run(&["tldr", "search", WORDS]).out;
    assert!(out.contains(&format!("{FITS}  # Frobnicate a quux gently · quuxer may have no --gently here\n")), "{out}");
    let message = records(&env.run_with_input(&["widget", "bash"], WORDS.as_bytes()).out)[0].1.clone();
    assert!(message.contains(&format!("`{FITS}` (quuxer may have no --gently here)")), "{message}");
    assert!(!ran.exists(), "the program was run");
}

/// Ends the resident, so that the next question is answered by one that has read nothing yet.
fn restart(env: &TestEnv) {
    if env.status().is_some() {
        kill_started(env);
    }
}

/// Ends the resident that a question may have started.
fn kill_started(env: &TestEnv) {
    wait_until("the resident that was started answers", || env.status().is_some());
    let pid = env.status().unwrap()["pid"].as_i64().unwrap();
    let pid = i32::try_from(pid).unwrap();
    kill(pid, "TERM");
    // One that still drains answers nobody and holds the lock.
    wait_until("it has ended", || !is_alive(pid));
}
